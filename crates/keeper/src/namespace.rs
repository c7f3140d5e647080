//! What keeps processes together, best first.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

use rustix::process::{getgid, getuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// What keeps the processes that a program starts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// A PID namespace: the kernel ends all of them with its init.
    Namespace,
    /// The same, inside a user namespace: for whoever is not root.
    UserNamespace,
    /// A subreaper that adopts what loses its parent, finds all of them in `/proc` and ends them.
    Subreaper,
}

impl Mechanism {
    const ALL: [Self; 3] = [Self::Namespace, Self::UserNamespace, Self::Subreaper];

    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "PID namespace",
            Self::UserNamespace => "PID namespace inside a user namespace",
            Self::Subreaper => "subreaper",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The best that this process can have. Each is tried by a process of its own: a namespace that is of no
    /// use cannot be left again.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().find(|known| known.is_there()).unwrap_or(Self::Subreaper)
    }

    fn is_there(self) -> bool {
        self == Self::Subreaper
            || Command::new("/proc/self/exe")
                .args(["--probe", self.name()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    /// Has the next process that the caller starts be the first of its namespace.
    pub(crate) fn enter(self) -> io::Result<()> {
        match self {
            Self::Namespace => unshare(UnshareFlags::NEWPID),
            Self::UserNamespace => {
                let (user, group) = (getuid(), getgid());
                unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWPID)?;
                fs::write("/proc/self/setgroups", "deny")?;
                fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
                fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
            }
            Self::Subreaper => Ok(()),
        }
    }
}

/// Whether the mechanism of this name works here: the calling process is of no further use afterwards.
#[must_use]
pub fn probe(name: &str) -> bool {
    let Some(mechanism) = Mechanism::named(name) else { return false };
    let start = || Command::new("/proc/self/exe").arg("--nothing").status();
    mechanism.enter().and_then(|()| start()).is_ok_and(|status| status.success())
}

#[expect(unsafe_code, reason = "rustix leaves it to the caller which flags are safe")]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: Only FILES is unsafe, since threads could lose sight of each other's descriptors; it is not
    // among the flags, and a keeper has one thread.
    Ok(unsafe { unshare_unsafe(flags) }?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for mechanism in Mechanism::ALL {
            assert_eq!(Mechanism::named(mechanism.name()), Some(mechanism));
        }
        assert_eq!(Mechanism::named("hope"), None);
    }
}
