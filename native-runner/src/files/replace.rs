//! Replacing a file by another as a careful tool does: through a file beside it that nobody foresees; with the mode
//! and the owner that it had; and through links that nobody else has put there.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, OFlags, accessat};
use tempfile::NamedTempFile;

use super::Readers;
use crate::private::is_ours;

/// Links on the way to one file, as many as the kernel follows.
const MOST_LINKS: u32 = 40;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;

/// Where a file really is, and what is there.
struct Place {
    file: PathBuf,
    old: Option<Metadata>,
}

impl Place {
    /// Follows links of this account and of the system, and no others: somebody may have put one where a name could be
    /// foreseen.
    fn find(named: &Path) -> io::Result<Self> {
        let mut file = named.to_owned();
        for _ in 0..MOST_LINKS {
            let data = match fs::symlink_metadata(&file) {
                Err(why) if why.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self { file, old: None });
                }
                found => found?,
            };
            if data.is_symlink() {
                if !is_ours(&data) {
                    return Err(refused("it is a link that another account has made"));
                }
                file = folder(&file).join(fs::read_link(&file)?);
            } else if is_planted(&file, &data)? {
                let why = "it belongs to another account, in a folder that everybody may write to: name another file";
                return Err(refused(why));
            } else if data.is_file() {
                return Ok(Self { file, old: Some(data) });
            } else {
                return Err(refused("it is no file"));
            }
        }
        Err(refused("there are too many links on the way to it"))
    }

    /// An empty file in the same folder, with a name of its own.
    fn beside(&self, mode: u32) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .prefix(".breakeven-")
            .suffix(".new")
            .rand_bytes(10)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder(&self.file))
    }
}

/// Whether a file is another account's, in a folder where everybody may make files: the kernel's protection of such
/// folders, which can be switched off.
pub(super) fn is_planted(file: &Path, data: &Metadata) -> io::Result<bool> {
    let around = fs::metadata(folder(file))?;
    let is_open = around.mode() & STICKY != 0 && around.mode() & OTHERS_WRITE != 0;
    Ok(is_open && !is_ours(data) && data.uid() != around.uid())
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// The folder that a file is in.
fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether [`replace`] would do, as far as that can be told without doing it.
pub(super) fn try_out(named: &Path) -> io::Result<()> {
    let place = Place::find(named)?;
    if place.old.is_some() {
        accessat(CWD, &place.file, Access::WRITE_OK, AtFlags::EACCESS)?;
    }
    place.beside(0o600).map(drop)
}

/// Writes a file so that it is the old one or the new one, whatever happens.
pub(super) fn replace(named: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let place = Place::find(named)?;
    let usual = place.old.is_none() && readers == Readers::Usual;
    // The umask is applied to a new file; one that takes another's place gets its mode once it has its owner.
    let mut new = place.beside(if usual { 0o666 } else { 0o600 })?;
    new.write_all(bytes)?;
    if let Some(old) = &place.old {
        match take_after(new.as_file(), old, readers) {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
                return write_into(&place.file, old, bytes);
            }
            Err(why) => return Err(why),
        }
    }
    new.as_file().sync_all()?;
    new.persist(&place.file).map_err(|why| why.error)?;
    // The folder has the name.
    File::open(folder(&place.file))?.sync_all()
}

/// Gives a file the owner, the group and the mode of another, and never more.
///
/// # Errors
/// If it cannot have the owner.
fn take_after(new: &File, old: &Metadata, readers: Readers) -> io::Result<()> {
    let mut mode = old.mode() & 0o777;
    let own = new.metadata()?;
    if own.uid() != old.uid() {
        fchown(new, Some(old.uid()), None)?;
    }
    if own.gid() != old.gid() && fchown(new, None, Some(old.gid())).is_err() {
        // What its group could do is no business of another one.
        mode &= !0o070;
    }
    if readers == Readers::Own {
        mode &= 0o700;
    }
    new.set_permissions(Permissions::from_mode(mode))
}

/// Writes into a file of another account's that lets us: it stays theirs.
fn write_into(file: &Path, old: &Metadata, bytes: &[u8]) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut out = OpenOptions::new().write(true).custom_flags(flags).open(file)?;
    let data = out.metadata()?;
    if (data.dev(), data.ino()) != (old.dev(), old.ino()) {
        return Err(refused("another file has taken its place meanwhile"));
    }
    out.set_len(0)?;
    out.write_all(bytes)?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_through_links_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, new] = ["file", "link", "new"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        for kept in [0o600, 0o640, 0o644, 0o666] {
            fs::set_permissions(&file, Permissions::from_mode(kept)).unwrap();
            try_out(&file).unwrap();
            replace(&file, b"new", Readers::Usual).unwrap();
            assert_eq!((fs::read(&file).unwrap().as_slice(), mode(&file)), (&b"new"[..], kept));
        }
        replace(&file, b"mine", Readers::Own).unwrap();
        assert_eq!(mode(&file), 0o600, "it is not left open to others");
        symlink("file", &link).unwrap();
        replace(&link, b"through", Readers::Usual).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"through");
        replace(&new, b"", Readers::Own).unwrap();
        assert_eq!(mode(&new), 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
        symlink("round", folder.path().join("round")).unwrap();
        assert!(try_out(&folder.path().join("round")).is_err());
    }

    #[test]
    fn the_owner_stays_and_what_others_have_planted_is_refused() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: only root can make files of two accounts");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::chown(&file, Some(65534), Some(65533)).unwrap();
        replace(&file, b"new", Readers::Usual).unwrap();
        let data = fs::metadata(&file).unwrap();
        assert_eq!((data.uid(), data.gid()), (65534, 65533));

        symlink("file", &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
        let why = replace(&link, b"planted", Readers::Usual).unwrap_err();
        assert!(why.to_string().contains("a link that another account has made"), "{why}");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        let why = replace(&file, b"planted", Readers::Usual).unwrap_err();
        assert!(why.to_string().contains("belongs to another account"), "{why}");
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }
}
