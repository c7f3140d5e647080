//! A machine for filters, as the kernel has one: says what a filter answers, without a call being made.

use seccompiler::sock_filter;

/// What a filter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed,
    /// The call fails with this number.
    Fails(u32),
    /// The process ends.
    Killed,
}

/// A system call as a filter sees it.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) architecture: u32,
    pub(super) call: u32,
    pub(super) arguments: [u64; 6],
}

impl Asked {
    /// The 32 bits at this place of the kernel's `seccomp_data`, on a machine with the lower bytes first.
    fn word(&self, at: u32) -> u32 {
        match at {
            0 => self.call,
            4 => self.architecture,
            // Where it is called from.
            8 | 12 => 0,
            _ => {
                let argument = self.arguments[(at as usize - 16) / 8];
                (if at.is_multiple_of(8) { argument } else { argument >> 32 }) as u32
            }
        }
    }
}

const LOAD_WORD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_GREATER: u16 = 0x25;
const JUMP_IF_NOT_LESS: u16 = 0x35;
const RETURN: u16 = 0x06;

/// Runs a filter.
pub(super) fn run(filter: &[sock_filter], asked: &Asked) -> Answer {
    let (mut held, mut at) = (0, 0);
    loop {
        let sock_filter { code, jt, jf, k } = filter[at];
        at += 1;
        let to = |taken: bool| usize::from(if taken { jt } else { jf });
        match code {
            LOAD_WORD => held = asked.word(k),
            AND => held &= k,
            JUMP => at += k as usize,
            JUMP_IF_EQUAL => at += to(held == k),
            JUMP_IF_GREATER => at += to(held > k),
            JUMP_IF_NOT_LESS => at += to(held >= k),
            RETURN => {
                return match (k >> 16, k & 0xffff) {
                    (0x7fff, _) => Answer::Allowed,
                    (0x0005, number) => Answer::Fails(number),
                    _ => Answer::Killed,
                };
            }
            other => panic!("a filter has no instruction {other:#x}"),
        }
    }
}
