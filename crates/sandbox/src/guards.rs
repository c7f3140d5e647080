//! Which guards hold a process, as a number that a child can report.

/// Something that holds a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It dies with its parent.
    ParentDeath,
    /// It is alone in its session and process group.
    Session,
    /// It has no descriptor but the three standard ones.
    Descriptors,
    /// Its memory, processor time and files are bounded, and it leaves no core file.
    Limits,
    /// Landlock: no files but those that are allowed, and where the kernel has it no TCP.
    Landlock,
    /// seccomp: no system calls but those of computing and of talking to its parent.
    Seccomp,
    /// Landlock, too: no signals to other processes, and no connections to their abstract sockets.
    Scope,
    /// It is not root.
    User,
    /// It has none of root's powers.
    Capabilities,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ParentDeath,
        Self::Session,
        Self::Descriptors,
        Self::Limits,
        Self::Landlock,
        Self::Seccomp,
        Self::Scope,
        Self::User,
        Self::Capabilities,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ParentDeath => "parent-death signal",
            Self::Session => "session of its own",
            Self::Descriptors => "closed descriptors",
            Self::Limits => "resource limits",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::Scope => "no signals to others",
            Self::User => "not root",
            Self::Capabilities => "no capabilities",
        }
    }

    /// What it takes to have it.
    fn needs(self) -> &'static str {
        match self {
            Self::ParentDeath | Self::Session => "any Linux",
            Self::Descriptors => "Linux 5.9",
            Self::Limits => "the right to lower limits",
            Self::Landlock => "Linux 5.13 with Landlock",
            Self::Seccomp => "Linux with seccomp filters, on x86-64, AArch64 or RISC-V",
            Self::Scope => "Landlock of ABI 6, since Linux 6.12",
            Self::User => "a runner that is not root, or one with all of root's powers",
            Self::Capabilities => "the right to give them up",
        }
    }
}

/// The guards that hold a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guards(u32);

/// Where the version of Landlock stands in the number.
const ABI_SHIFT: u32 = 16;

impl Guards {
    /// As another process says it; what is not known is left out.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & (0xff << ABI_SHIFT | ((1 << Guard::ALL.len()) - 1)))
    }

    /// As a number, for [`Guards::from_bits`].
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(self, guard: Guard) -> bool {
        self.0 & 1 << guard as u32 != 0
    }

    /// Their names, as people call them.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        let name = |guard: Guard| match (guard, self.0 >> ABI_SHIFT) {
            (Guard::Landlock, abi @ 1..) => format!("Landlock (ABI {abi})"),
            _ => guard.name().to_owned(),
        };
        Guard::ALL.into_iter().filter(|guard| self.has(*guard)).map(name).collect()
    }

    /// Those that are not among them, each with what it takes to have it.
    #[must_use]
    pub fn missing(self) -> Vec<String> {
        let missing = Guard::ALL.into_iter().filter(|guard| !self.has(*guard));
        missing.map(|guard| format!("{} (needs {})", guard.name(), guard.needs())).collect()
    }

    pub(crate) fn with(self, guard: Guard) -> Self {
        Self(self.0 | 1 << guard as u32)
    }

    pub(crate) fn with_landlock_abi(self, abi: u8) -> Self {
        Self(self.0 | u32::from(abi) << ABI_SHIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_which() {
        let guards =
            Guards::default().with(Guard::Limits).with(Guard::Landlock).with_landlock_abi(6);
        assert_eq!(Guards::from_bits(guards.bits()), guards);
        assert_eq!(guards.names(), ["resource limits", "Landlock (ABI 6)"]);
        assert!(guards.has(Guard::Limits) && !guards.has(Guard::Seccomp));
        assert_eq!(Guards::from_bits(u32::MAX).names().len(), Guard::ALL.len());
    }

    #[test]
    fn what_is_missing_is_named_with_what_it_takes() {
        let old = Guards::from_bits(!(1 << Guard::Scope as u32));
        let missing = ["no signals to others (needs Landlock of ABI 6, since Linux 6.12)"];
        assert_eq!(old.missing(), missing);
        assert!(Guards::from_bits(u32::MAX).missing().is_empty());
    }
}
