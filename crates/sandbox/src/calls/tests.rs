//! The filters of every kind of child, asked about every system call: what they let pass is a list in
//! `tests/calls`, one for each kind and architecture. `BREAKEVEN_RENEW=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::machine::{Answer, Asked, run};
use super::*;

/// The process that is asked for.
const OWN: u32 = 4711;
/// Numbers that are asked about: more than any kernel has, and the same once more as calls of x32.
const NUMBERS: u32 = 2048;
const X32: u32 = 0x4000_0000;

#[cfg(target_arch = "x86_64")]
const HERE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const HERE: u32 = 0xc000_00b7;
#[cfg(target_arch = "riscv64")]
const HERE: u32 = 0xc000_00f3;

/// What the kernel makes of several filters: the strictest answer, of two failures that of the filter that came last.
fn ask(filters: &[BpfProgram], asked: &Asked) -> Answer {
    let strictness = |answer: &Answer| match answer {
        Answer::Allowed => 0,
        Answer::Fails(_) => 1,
        Answer::Killed => 2,
    };
    filters.iter().map(|filter| run(filter, asked)).max_by_key(strictness).unwrap()
}

fn asked(call: u32, arguments: &[(usize, u64)]) -> Asked {
    // What an attacker would give: everything that a filter does not look at.
    let mut all = [0xdead_beef_0000_0000; 6];
    for (place, value) in arguments {
        all[*place] |= value;
    }
    Asked { architecture: HERE, call, arguments: all }
}

/// Bits of an argument: none, each one alone, all, and numbers that mean something to some call.
fn values() -> impl Iterator<Item = u64> {
    let bits = (0..32).map(|bit| 1 << bit);
    let small = 0..64;
    let of_fcntl = 1024..1044;
    let of_terminals_and_files = 0x5400..0x5500;
    let of_sockets = 0x8900..0x8a00;
    let others = [u64::from(u32::MAX), u64::from(OWN), 0xc020_660b, 0x8004_7601];
    bits.chain(small).chain(of_fcntl).chain(of_terminals_and_files).chain(of_sockets).chain(others)
}

/// A line per call that may pass, with what its arguments must be.
fn list(allowed: Allowances) -> String {
    let mut names = BTreeMap::new();
    let mut restricted = BTreeMap::new();
    for (calls, more) in lists(allowed) {
        names.extend(calls.iter().map(|(name, call)| (*call, *name)));
        for ((name, call), any) in more {
            names.insert(*call, *name);
            restricted.entry(*call).or_insert_with(Vec::new).extend(any.iter().copied());
        }
    }
    names.insert(libc::SYS_tgkill, "SYS_tgkill");
    let filters = filters(allowed, OWN).unwrap();
    let mut text = String::new();
    for number in 0..NUMBERS {
        let call = c_long::from(number);
        let plain = ask(&filters, &asked(number, &[]));
        if plain == Answer::Allowed && !restricted.contains_key(&call) {
            writeln!(text, "{number} {}", names[&call].trim_start_matches("SYS_")).unwrap();
        } else if call == libc::SYS_tgkill {
            writeln!(text, "{number} tgkill: to itself").unwrap();
        } else if let Some(any) = restricted.get(&call) {
            let mut ways = Vec::new();
            for all in any {
                let words = all.iter().map(|it| match it.mask {
                    u32::MAX => format!("{} is {:#x}", it.place, it.value),
                    mask => format!("{} & {mask:#x} is {:#x}", it.place, it.value),
                });
                ways.push(words.collect::<Vec<_>>().join(", "));
                let right: Vec<_> =
                    all.iter().map(|it| (usize::from(it.place), u64::from(it.value))).collect();
                assert_eq!(
                    ask(&filters, &asked(number, &right)),
                    Answer::Allowed,
                    "{number} {right:?}"
                );
            }
            let name = names[&call].trim_start_matches("SYS_");
            writeln!(text, "{number} {name}: argument {}", ways.join("; or argument ")).unwrap();
        } else {
            let own = ask(&filters, &asked(number, &[(0, OWN.into())]));
            assert!(plain != Answer::Killed && own != Answer::Allowed, "{number}");
        }
    }
    text
}

#[test]
fn every_call_of_every_kind_is_on_its_list() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls").join(std::env::consts::ARCH);
    for allowed in Allowances::KINDS {
        let file = folder.join(format!("{}.txt", allowed.to_string().replace(',', "-")));
        let found = list(allowed);
        if std::env::var_os("BREAKEVEN_RENEW").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &found).unwrap();
        }
        let Ok(known) = fs::read_to_string(&file) else {
            eprintln!("left out: nobody has made a list on {}", std::env::consts::ARCH);
            return;
        };
        assert!(found == known, "{allowed} may now do this:\n{found}\nand could do this:\n{known}");
    }
}

#[test]
fn arguments_that_are_not_named_are_refused() {
    for allowed in Allowances::KINDS {
        let filters = filters(allowed, OWN).unwrap();
        let mut rules = BTreeMap::<c_long, Vec<&[Argument]>>::new();
        for (_, restricted) in lists(allowed) {
            for ((_, call), any) in restricted {
                rules.entry(*call).or_default().extend(*any);
            }
        }
        for (call, any) in rules {
            let places: BTreeSet<u8> =
                any.iter().flat_map(|all| all.iter().map(|it| it.place)).collect();
            let places: Vec<usize> = places.into_iter().map(usize::from).collect();
            let try_it = |values: &[(usize, u64)]| {
                let of = |place: u8| {
                    values.iter().find(|it| it.0 == place.into()).map_or(0, |it| it.1) as u32
                };
                let fits = |it: &Argument| of(it.place) & it.mask == it.value;
                let expected = any.iter().any(|all| all.iter().all(fits));
                let found = ask(&filters, &asked(u32::try_from(call).unwrap(), values));
                assert_eq!(found == Answer::Allowed, expected, "{allowed}: {call} {values:x?}");
            };
            for first in values() {
                try_it(&[(places[0], first)]);
            }
            // Of two arguments all that any rule names, each bit changed, beside each other.
            let near = any.iter().flat_map(|all| all.iter()).flat_map(|it| {
                let value = u64::from(it.value);
                (0..32).map(move |bit| value ^ 1 << bit).chain([value])
            });
            let near: BTreeSet<u64> = near.collect();
            for first in near.iter().filter(|_| places.len() > 1) {
                for second in &near {
                    try_it(&[(places[0], *first), (places[1], *second)]);
                }
            }
        }
    }
}

#[test]
fn the_attacks_that_got_through_are_refused() {
    let number = |call: c_long| u32::try_from(call).unwrap();
    let (fcntl, ioctl) = (number(libc::SYS_fcntl), number(libc::SYS_ioctl));
    // F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE, F_NOTIFY; and O_ASYNC, beside what may be set.
    let commands = [8, 15, 10, 1024, 1026].map(|it| (fcntl, vec![(1, it)]));
    let asynchronous = [0x2000, 0x2800].map(|flags| (fcntl, vec![(1, 4), (2, flags)]));
    // FIOSETOWN, SIOCSPGRP, FIOASYNC, TIOCSTI.
    let requests = [0x8901, 0x8902, 0x5452, 0x5412].map(|it| (ioctl, vec![(1, it)]));
    // Unix sockets, raw ones, packets'.
    let sockets = [(1, 1), (2, 3), (17, 3), (10, 0x8_0003)]
        .map(|(family, kind)| (number(libc::SYS_socket), vec![(0, family), (1, kind)]));
    // Opened to be written, made, or without being opened.
    let opens = [0o1, 0o2, 0o100, 0o10_000_000, 0o20_200_000]
        .map(|flags| (number(libc::SYS_openat), vec![(2, flags)]));
    let fork = (number(libc::SYS_clone), vec![(0, 17)]);
    let other = (number(libc::SYS_tgkill), vec![(0, u64::from(OWN + 1))]);
    let calls = [
        libc::SYS_statx,
        libc::SYS_execve,
        libc::SYS_ptrace,
        libc::SYS_kill,
        libc::SYS_io_uring_setup,
    ]
    .map(|call| (number(call), vec![]));
    let all: Vec<(u32, Vec<(usize, u64)>)> = commands
        .into_iter()
        .chain(asynchronous)
        .chain(requests)
        .chain(sockets)
        .chain(opens)
        .chain(calls)
        .chain([fork, other])
        .collect();
    for allowed in Allowances::KINDS {
        let filters = filters(allowed, OWN).unwrap();
        for (call, arguments) in &all {
            let found = ask(&filters, &asked(*call, arguments));
            assert_eq!(found, Answer::Fails(1), "{allowed}: {call} {arguments:x?}");
        }
        let own = ask(&filters, &asked(number(libc::SYS_tgkill), &[(0, OWN.into())]));
        assert_eq!(own, Answer::Allowed, "it may abort");
        // The C library goes on to `clone` if there is no `clone3`, and only then.
        let expected = if allowed.has(Allowance::Threads) { libc::ENOSYS } else { libc::EPERM };
        let found = ask(&filters, &asked(number(libc::SYS_clone3), &[]));
        assert_eq!(found, Answer::Fails(expected.unsigned_abs()), "{allowed}");
    }
}

#[test]
fn other_architectures_and_x32_are_refused() {
    for allowed in Allowances::KINDS {
        let filters = filters(allowed, OWN).unwrap();
        for call in 0..NUMBERS {
            // Those of 32 bits: i386, ARM.
            for architecture in [0x4000_0003, 0x4000_0028] {
                let asked = Asked { architecture, ..asked(call, &[]) };
                assert_eq!(ask(&filters, &asked), Answer::Killed, "{allowed}: {call}");
            }
            let refused = ask(&filters, &asked(X32 | call, &[]));
            assert_eq!(refused, Answer::Fails(1), "{allowed}: {call} of x32");
        }
    }
}

#[test]
fn no_call_is_on_two_lists() {
    for allowed in Allowances::KINDS {
        for (_, restricted) in lists(allowed) {
            for ((name, call), _) in restricted {
                let free =
                    lists(allowed).iter().any(|(calls, _)| calls.iter().any(|it| it.1 == *call));
                assert!(!free, "{allowed}: {name}");
            }
        }
    }
}
