//! Landlock: no files, no TCP, no signals to others, as far as the kernel has it.

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetError,
    RulesetStatus, Scope,
};

use crate::{Allowance, Allowances};

/// The newest that is asked for; an older kernel does what it can.
const NEWEST: ABI = ABI::V6;

/// Gives up all files and, unless it is allowed, TCP. Returns the version that is in force, if any is.
pub(crate) fn give_up(allowed: Allowances) -> Option<u8> {
    let status = restrict(allowed).ok()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => {
            Some((effective_abi as u8).min(NEWEST as u8))
        }
        _ => None,
    }
}

fn restrict(allowed: Allowances) -> Result<landlock::RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?;
    if !allowed.has(Allowance::Network) {
        rules = rules.handle_access(AccessNet::from_all(NEWEST))?;
    }
    if !allowed.has(Allowance::Processes) {
        rules = rules.scope(Scope::from_all(NEWEST))?;
    }
    // Without a rule nothing is allowed.
    rules.create()?.restrict_self()
}
