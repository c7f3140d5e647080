//! Private folders whose runner is gone: it was killed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::geteuid;

use super::{NAME, OWNER, open, scratch};

/// Tries to remove a folder that a process still writes into: its keeper is about to end it.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Removes the private folders of this account's runners that are gone. What they left elsewhere `release` frees
/// before, from what each folder says.
pub(crate) fn sweep(release: impl Fn(&Path)) {
    if let Ok(place) = scratch() {
        within(place, &release);
    }
}

/// The same in this place.
pub(super) fn within(place: &Path, release: &dyn Fn(&Path)) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(NAME) {
            continue;
        }
        let folder = entry.path();
        // With the lock on it nobody else sweeps it meanwhile.
        if let Ok(Some(_owner)) = abandoned(&folder) {
            release(&folder);
            remove(&folder);
        }
    }
}

/// Takes over a folder whose owner is gone; none if it has one, or is nothing that a runner of this account made.
fn abandoned(folder: &Path) -> io::Result<Option<File>> {
    let data = open(folder)?.metadata()?;
    if data.uid() != geteuid().as_raw() || data.mode() & 0o077 != 0 {
        return Ok(None);
    }
    // Neither a link nor a pipe holds this up.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags);
    let owner = match options.open(folder.join(OWNER)) {
        // Its runner died, or is, between two steps of making it: it is empty then.
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return fs::remove_dir(folder).map(|()| None);
        }
        opened => opened?,
    };
    let is_free = owner.metadata()?.is_file()
        && flock(&owner, FlockOperation::NonBlockingLockExclusive).is_ok();
    Ok(is_free.then_some(owner))
}

/// Removes a folder, whoever is still about to end in it.
pub(super) fn remove(folder: &Path) {
    for _ in 0..TRIES {
        // It goes by descriptors and follows no link.
        match fs::remove_dir_all(folder) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => thread::sleep(PAUSE),
            _ => return,
        }
    }
}
