//! One private folder for everything that a runner puts on a disk while it works: scripts, profiles of browsers, data
//! of servers, start pages.
//!
//! It is made when something needs it, below `TMPDIR` if that is safe ([`place`]), for this account alone whatever the
//! umask says, with a name that nobody can foresee. What is in it belongs to [`Folder`]s; the last one takes it
//! along. A runner that was killed leaves it behind: the lock on its file `owner` is free then, by which the next
//! runner knows it ([`sweep`]).

mod place;
mod sweep;

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::geteuid;
use tempfile::TempDir;

pub(crate) use place::{is_ours, scratch};
pub(crate) use sweep::sweep;

/// What the folders' names begin with.
const NAME: &str = "breakeven-run-";
/// The file in each that its runner has a lock on.
const OWNER: &str = "owner";
/// Tries to make one, each with another name.
const TRIES: u32 = 16;

/// The one of this process, while something is in it.
static CURRENT: Mutex<Weak<RunFolder>> = Mutex::new(Weak::new());

/// A folder in the runner's private one. It is removed with its contents when this is dropped.
pub(crate) struct Folder {
    // Before the one around it.
    inner: TempDir,
    _run: Arc<RunFolder>,
}

impl Folder {
    /// Makes one; `purpose` is in its name.
    ///
    /// # Errors
    /// If there is no safe place, or the disk takes none.
    pub(crate) fn new(purpose: &str) -> io::Result<Self> {
        let run = RunFolder::current()?;
        let inner = make(run.folder.path(), &format!("{purpose}-"))?;
        Ok(Self { inner, _run: run })
    }

    /// Where it is: an absolute path without links.
    pub(crate) fn path(&self) -> &Path {
        self.inner.path()
    }

    /// Writes a file in it that is not there yet, with the folders of its name, and returns where it is.
    ///
    /// # Errors
    /// If its name leads out of the folder, something of this name is there, or the disk does not take it.
    pub(crate) fn write(
        &self,
        name: impl AsRef<Path>,
        bytes: impl AsRef<[u8]>,
    ) -> io::Result<PathBuf> {
        let name = name.as_ref();
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it leads out of the folder"));
        }
        let file = self.path().join(name);
        if let Some(folder) = file.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        create_new(&file)?.write_all(bytes.as_ref())?;
        Ok(file)
    }
}

/// Opens a file for reading and writing that is not there yet, for this account alone. No link is followed.
pub(crate) fn create_new(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        // With O_EXCL: whatever has the name already, a link too, is an error.
        .create_new(true)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .mode(0o600)
        .open(file)
}

/// Makes a folder for this account alone, with a random name, and looks whether it is one.
fn make(within: &Path, prefix: &str) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(prefix)
        .rand_bytes(10)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(within)?;
    let opened = open(folder.path())?;
    // The umask may have taken more away.
    opened.set_permissions(Permissions::from_mode(0o700))?;
    let data = opened.metadata()?;
    if data.uid() != geteuid().as_raw() || data.mode() & 0o777 != 0o700 {
        let why = format!("{} does not keep folders private", within.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(folder)
}

/// Opens a folder, and nothing that a link leads to.
fn open(folder: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(folder)
}

/// The private folder of a runner.
struct RunFolder {
    folder: TempDir,
    /// For as long as this is open the folder has an owner.
    _owner: File,
}

impl RunFolder {
    fn current() -> io::Result<Arc<Self>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = current.upgrade() {
            return Ok(run);
        }
        let run = Arc::new(Self::create(scratch()?)?);
        *current = Arc::downgrade(&run);
        Ok(run)
    }

    fn create(within: &Path) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TRIES {
            let folder = make(within, NAME)?;
            let locked = create_new(&folder.path().join(OWNER)).and_then(|owner| {
                flock(&owner, FlockOperation::NonBlockingLockExclusive)?;
                Ok(owner)
            });
            match locked {
                Ok(owner) => return Ok(Self { folder, _owner: owner }),
                // Another runner that starts took it for one that was left, before it had a lock.
                Err(why) if is_taken(&why) => last = why,
                Err(why) => return Err(why),
            }
        }
        Err(last)
    }
}

fn is_taken(why: &io::Error) -> bool {
    why.kind() == io::ErrorKind::NotFound
        || why.raw_os_error() == Some(Errno::WOULDBLOCK.raw_os_error())
}

/// Removes the private folder, whoever still has something in it: for the end of the process.
pub(crate) struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(run) = current {
            sweep::remove(run.folder.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_are_private_and_go_with_the_last() {
        let one = Folder::new("one").unwrap();
        let other = Folder::new("other").unwrap();
        let run = one.path().parent().unwrap().to_owned();
        assert_eq!(other.path().parent(), Some(&*run), "all are in one");
        for folder in [&run, one.path(), other.path()] {
            assert_eq!(fs::metadata(folder).unwrap().mode() & 0o7777, 0o700);
        }
        let file = one.write("a/b.js", "text").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
        assert!(one.write("a/b.js", "again").is_err(), "nothing is overwritten");
        std::os::unix::fs::symlink(&file, one.path().join("link")).unwrap();
        assert!(one.write("link", "through").is_err(), "no link is followed");
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        for name in ["../x", "/x", "a/../../x", "."] {
            assert!(one.write(name, "").is_err(), "{name}");
        }
        drop(one);
        assert!(!file.exists() && other.path().exists());
    }

    #[test]
    fn a_folder_is_left_alone_for_as_long_as_it_has_an_owner() {
        let base = tempfile::tempdir().unwrap();
        let run = RunFolder::create(base.path()).unwrap();
        fs::write(run.folder.path().join("script"), "").unwrap();
        sweep::within(base.path(), &|_| panic!("it is in use"));
        assert!(run.folder.path().join("script").exists());
        // As if its owner had been killed.
        let RunFolder { folder, _owner } = run;
        let left = folder.keep();
        drop(_owner);
        sweep::within(base.path(), &|folder| assert_eq!(folder, left));
        assert!(!left.exists());
    }

    #[test]
    fn links_and_what_is_no_private_folder_are_not_swept() {
        let base = tempfile::tempdir().unwrap();
        let precious = base.path().join("precious");
        fs::create_dir(&precious).unwrap();
        for file in [precious.join(OWNER), precious.join("file")] {
            fs::write(file, "").unwrap();
        }
        fs::set_permissions(&precious, Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink(&precious, base.path().join(format!("{NAME}link"))).unwrap();
        let open = base.path().join(format!("{NAME}open"));
        fs::create_dir(&open).unwrap();
        fs::write(open.join(OWNER), "").unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let unowned = base.path().join(format!("{NAME}unowned"));
        fs::create_dir(&unowned).unwrap();
        fs::write(unowned.join("file"), "").unwrap();
        sweep::within(base.path(), &|folder| panic!("{} is swept", folder.display()));
        for file in [precious.join("file"), open.join(OWNER), unowned.join("file")] {
            assert!(file.exists(), "{}", file.display());
        }
    }
}
