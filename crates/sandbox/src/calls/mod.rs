//! seccomp: the system calls of a process that computes and talks to its parent, and no others.

mod lists;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use libc::c_long;
use rustix::process::getpid;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use crate::{Allowance, Allowances};
use lists::{Argument, Call, Restricted};

/// Gives up all calls but those of computing and of what is allowed. Others fail with `EPERM`.
///
/// # Errors
/// If the kernel has no seccomp, or this processor is none that the filter is known for.
pub(crate) fn give_up(allowed: Allowances) -> io::Result<()> {
    for filter in filters(allowed, own_id()).map_err(io::Error::other)? {
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
    }
    Ok(())
}

fn own_id() -> u32 {
    getpid().as_raw_nonzero().get().unsigned_abs()
}

/// The filters for the process of that id, in the order in which they are put on: the last forbids to put on more.
fn filters(allowed: Allowances, own: u32) -> Result<Vec<BpfProgram>, BackendError> {
    let mut rules = rules(allowed, own)?;
    let mut filters = Vec::new();
    if allowed.has(Allowance::Threads) {
        // What it is asked for lies in memory, where a filter cannot look: the C library asks again by `clone` if this
        // is unknown. Of two filters the stricter one counts.
        let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        let call = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
        filters.push(program(call, SeccompAction::Allow, unknown)?);
        rules.insert(libc::SYS_clone3, Vec::new());
    }
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    filters.push(program(rules, refuse, SeccompAction::Allow)?);
    Ok(filters)
}

fn program(
    rules: Rules,
    others: SeccompAction,
    these: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let here = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, others, these, here)?.try_into()
}

/// What each call is allowed for: anything, if nothing is named.
type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn rules(allowed: Allowances, own: u32) -> Result<Rules, BackendError> {
    let mut rules = Rules::new();
    for (calls, restricted) in lists(allowed) {
        rules.extend(calls.iter().map(|(_, call)| (*call, Vec::new())));
        for ((_, call), any) in restricted {
            let any = any.iter().map(|all| rule(all)).collect::<Result<Vec<_>, _>>()?;
            rules.entry(*call).or_default().extend(any);
        }
    }
    // An abort is a signal to oneself.
    let to_itself = Argument { place: 0, mask: u32::MAX, value: own };
    rules.insert(libc::SYS_tgkill, vec![rule(&[to_itself])?]);
    Ok(rules)
}

/// The lists of what is allowed. A call is in the lists of calls or in those of restricted ones.
fn lists(allowed: Allowances) -> Vec<(&'static [Call], &'static [Restricted])> {
    let of = |one: Allowance, calls, restricted| allowed.has(one).then_some((calls, restricted));
    let more = [
        of(Allowance::Network, lists::NETWORK, lists::NETWORK_RESTRICTED),
        of(Allowance::Network, lists::NETWORK_TOO, &[]),
        of(Allowance::Names, lists::NAMES, lists::NAMES_RESTRICTED),
        of(Allowance::Threads, &[], lists::THREADS_RESTRICTED),
    ];
    let computing = (lists::COMPUTING, lists::COMPUTING_RESTRICTED);
    [computing].into_iter().chain(more.into_iter().flatten()).collect()
}

fn rule(all: &[Argument]) -> Result<SeccompRule, BackendError> {
    let condition = |argument: &Argument| {
        let Argument { place, mask, value } = *argument;
        let how = match mask {
            u32::MAX => SeccompCmpOp::Eq,
            some => SeccompCmpOp::MaskedEq(some.into()),
        };
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, how, value.into())
    };
    SeccompRule::new(all.iter().map(condition).collect::<Result<_, _>>()?)
}
