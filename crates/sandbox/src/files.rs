//! Landlock: no files, no TCP, no signals to others and none of their sockets, as far as the kernel has it.

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::{Allowance, Allowances};

/// The newest that is asked for; an older kernel does what it can.
const NEWEST: ABI = ABI::V6;
/// The first that keeps signals, and connections to abstract sockets, among those that are held by the same rules.
const SCOPE: u8 = ABI::V6 as u8;

/// What the C library reads to look names up. Root certificates are inside the program.
const OF_NAMES: [&str; 6] = [
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
];
/// Where it has the ways to look them up, each a library.
const LIBRARIES: [&str; 4] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];

/// Which version of Landlock is in force.
#[derive(Clone, Copy)]
pub(crate) struct InForce {
    pub(crate) abi: u8,
}

impl InForce {
    /// Whether signals to others, and their abstract sockets, are kept out.
    pub(crate) fn has_scope(self) -> bool {
        self.abi >= SCOPE
    }
}

/// Gives up all files but those that are allowed, connections unless they are, listening, and signals to others in any
/// case. Returns what is in force, if anything is.
pub(crate) fn give_up(allowed: Allowances) -> Option<InForce> {
    let status = restrict(allowed).ok()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => {
            Some(InForce { abi: (effective_abi as u8).min(NEWEST as u8) })
        }
        _ => None,
    }
}

fn restrict(allowed: Allowances) -> Result<landlock::RestrictionStatus, RulesetError> {
    let mut network = AccessNet::from_all(NEWEST);
    if allowed.has(Allowance::Network) {
        network.remove(AccessNet::ConnectTcp);
    }
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(network)?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    // Without a rule nothing is allowed.
    if !allowed.has(Allowance::Names) {
        return rules.restrict_self();
    }
    let files = OF_NAMES.iter().chain(&LIBRARIES);
    rules.add_rules(path_beneath_rules(files, AccessFs::ReadFile))?.restrict_self()
}
