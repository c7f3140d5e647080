//! What a server leaves that is killed: a small segment of System V's shared memory, by which servers tell whether
//! another one is on the same data. It has no name in any folder.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use crate::children::first_line;

/// Bytes of `postmaster.pid` that are read.
const MOST: u64 = 4 << 10;

/// What a server's file `postmaster.pid` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// Its process id, in its own namespace.
    pub(super) id: u32,
    /// The key and the id of its segment, once it has one.
    segment: Option<(u64, u64)>,
}

/// The server of these data, or the one that was killed on them; none if it ended well.
pub(super) fn postmaster(data: &Path) -> Option<Postmaster> {
    // Neither a link nor a pipe: the folder is another account's.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut text = String::new();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(data.join("postmaster.pid"));
    file.ok()?.take(MOST).read_to_string(&mut text).ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().collect();
    let segment = lines.get(6).and_then(|line| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    // In single-user mode, and while the data are made, the number is negative.
    let id = lines.first()?.trim().trim_start_matches('-');
    Some(Postmaster { id: id.parse().ok()?, segment })
}

/// Frees what servers have left whose folders are in this private folder of a runner that was killed.
pub(crate) fn release(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        release_segment(&entry.path());
    }
}

/// Removes the segment of the server with this folder, if it is still there, its own, and nobody uses it.
pub(super) fn release_segment(folder: &Path) {
    let Some(Postmaster { segment: Some((key, id)), .. }) = postmaster(&folder.join("data")) else {
        return;
    };
    let Ok(owner) = fs::symlink_metadata(folder).map(|data| data.uid()) else { return };
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    if is_left(&table, key, id, owner) {
        // It prints nothing, which is no failure here.
        let _ = first_line(Path::new("/usr/bin/ipcrm"), &format!("--shmem-id={id}"));
    }
}

/// Whether the system's table has this segment with this key, of this account and used by nobody.
fn is_left(table: &str, key: u64, id: u64, owner: u32) -> bool {
    table.lines().skip(1).any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<i64>().ok());
        let [is_key, is_id, users, is_owner] = [0, 1, 6, 7].map(number);
        // The key is printed as a signed number.
        is_key.is_some_and(|it| it as u32 == key as u32)
            && is_id.is_some_and(|it| it as u64 == id)
            && users == Some(0)
            && is_owner == Some(owner.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_removed_only_if_it_is_the_server_s_and_unused() {
        let text = "24601\n/proc/self/fd/3/data\n1795874947\n5432\n/proc/self/fd/3\n\n 10010825         5\nready   \n";
        let found = parse(text).unwrap();
        assert_eq!(found, Postmaster { id: 24601, segment: Some((10_010_825, 5)) });
        assert_eq!(parse("24601\n/x\n").unwrap().segment, None);
        assert_eq!(parse(&format!("-{text}")), parse(text));
        assert_eq!(parse(""), None);
        let table = |users: u32, owner: u32| {
            format!(
                "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap\n\
                 10010825 5 600 56 1 1 {users} {owner} 1 1 1 1 1 1 4096 0\n"
            )
        };
        assert!(is_left(&table(0, 106), 10_010_825, 5, 106));
        assert!(!is_left(&table(6, 106), 10_010_825, 5, 106));
        assert!(!is_left(&table(0, 107), 10_010_825, 5, 106));
        assert!(!is_left(&table(0, 106), 10_010_825, 6, 106));
    }
}
