//! What a child may do beyond computing: by name, and nothing unless it is named.

use std::fmt;
use std::str::FromStr;

/// Something that a child may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Connections of its own over IPv4 and IPv6. It may not listen, and has no sockets of this machine.
    Network,
    /// The files that looking names up takes, to be read.
    Names,
    /// Threads. It may not start processes.
    Threads,
}

impl Allowance {
    const ALL: [Self; 3] = [Self::Network, Self::Names, Self::Threads];

    fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Names => "names",
            Self::Threads => "threads",
        }
    }
}

/// Everything that a child is allowed. As text: the names, with commas between them, or `nothing`, or `everything`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances(u8);

impl Allowances {
    /// As for a child that only computes.
    pub const NOTHING: Self = Self(0);
    /// As without a sandbox: more than all that has a name.
    pub const EVERYTHING: Self = Self(u8::MAX);
    /// What the kinds of children are allowed that have a sandbox: those that compute, and scrapers, with the built-in
    /// site alone and with names, as processes and as threads of one.
    pub const KINDS: [Self; 5] = [
        Self::NOTHING,
        Self::NOTHING.with(Allowance::Network),
        Self::NOTHING.with(Allowance::Network).with(Allowance::Names),
        Self::NOTHING.with(Allowance::Network).with(Allowance::Threads),
        Self::NOTHING.with(Allowance::Network).with(Allowance::Names).with(Allowance::Threads),
    ];

    /// These and one more.
    #[must_use]
    pub const fn with(self, one: Allowance) -> Self {
        Self(self.0 | 1 << one as u8)
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(self, one: Allowance) -> bool {
        self.0 & 1 << one as u8 != 0
    }

    pub(crate) fn is_everything(self) -> bool {
        self == Self::EVERYTHING
    }
}

impl fmt::Display for Allowances {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return out.write_str("everything");
        }
        let names: Vec<&str> =
            Allowance::ALL.into_iter().filter(|one| self.has(*one)).map(Allowance::name).collect();
        out.write_str(if names.is_empty() { "nothing" } else { "" })?;
        out.write_str(&names.join(","))
    }
}

impl FromStr for Allowances {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nothing" => return Ok(Self::NOTHING),
            "everything" => return Ok(Self::EVERYTHING),
            _ => {}
        }
        text.split(',').try_fold(Self::NOTHING, |all, name| {
            let known = Allowance::ALL.into_iter().find(|one| one.name() == name);
            known.map(|one| all.with(one)).ok_or_else(|| format!("nothing is called {name}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for bits in (0..=7).chain([u8::MAX]) {
            let allowances = Allowances(bits);
            assert_eq!(allowances.to_string().parse(), Ok(allowances));
        }
        assert_eq!(Allowances::KINDS[4].to_string(), "network,names,threads");
        assert!(Allowances::EVERYTHING != Allowances(7), "what has no name is more");
        assert!("names,root".parse::<Allowances>().is_err());
        assert!("network,everything".parse::<Allowances>().is_err());
    }
}
