//! What a child may do beyond computing: by name, and nothing unless it is named.

use std::fmt;
use std::str::FromStr;

/// Something that a child may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Files: whatever its user may open.
    Files,
    /// Sockets of its own.
    Network,
    /// Starting others, threads included, and sending them signals.
    Processes,
}

impl Allowance {
    const ALL: [Self; 3] = [Self::Files, Self::Network, Self::Processes];

    fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Network => "network",
            Self::Processes => "processes",
        }
    }
}

/// Everything that a child is allowed. As text: the names, with commas between them, or `nothing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances(u8);

impl Allowances {
    /// As for a child that only computes.
    pub const NOTHING: Self = Self(0);
    /// As without a sandbox.
    pub const EVERYTHING: Self = Self(7);

    /// These and one more.
    #[must_use]
    pub fn with(self, one: Allowance) -> Self {
        Self(self.0 | 1 << one as u8)
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(self, one: Allowance) -> bool {
        self.0 & 1 << one as u8 != 0
    }

    pub(crate) fn is_all(self) -> bool {
        self == Self::EVERYTHING
    }
}

impl fmt::Display for Allowances {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            Allowance::ALL.into_iter().filter(|one| self.has(*one)).map(Allowance::name).collect();
        out.write_str(if names.is_empty() { "nothing" } else { "" })?;
        out.write_str(&names.join(","))
    }
}

impl FromStr for Allowances {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "nothing" {
            return Ok(Self::NOTHING);
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
        for bits in 0..=7 {
            let allowances = Allowances(bits);
            assert_eq!(allowances.to_string().parse(), Ok(allowances));
        }
        assert_eq!(Allowances::EVERYTHING.to_string(), "files,network,processes");
        assert!("files,root".parse::<Allowances>().is_err());
    }
}
