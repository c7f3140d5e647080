//! Notes as bytes, for programs that know no JSON: 32 each, all numbers little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | when, u64 |
//! | 8..12 | what, u32: 1 ready, 2 send, 3 receive, 4 copy, 5 map, 6 wait, 7 wake, 8 compute, 9 computed, 10 blocked |
//! | 12..16 | of what is sent: how it gets across, u32 (0 copied, 1 moved, 2 shared) |
//! | 16..24 | bytes, u64 |
//! | 24..32 | what it took or the region, u64 |
//!
//! These are a worker's, whose other side is always the caller. What only callers note has no bytes.

use super::{Crosses, MAX_NOTES, Note, What};

/// Bytes of a note.
pub const NOTE_BYTES: usize = 32;

/// The bytes of notes; those that only callers make are left out.
#[must_use]
pub fn encode(notes: &[Note]) -> Vec<u8> {
    let mut all = Vec::with_capacity(notes.len() * NOTE_BYTES);
    for Note { at, what } in notes {
        let (kind, crosses, bytes, other) = match what {
            What::Ready => (1_u32, 0, 0, 0),
            What::Send { bytes, crosses, .. } => (2, *crosses as u32, *bytes, 0),
            What::Receive { bytes, .. } => (3, 0, *bytes, 0),
            What::Copy { bytes, took } => (4, 0, *bytes, *took),
            What::Map { region, bytes } => (5, 0, *bytes, *region),
            What::Wait => (6, 0, 0, 0),
            What::Wake => (7, 0, 0, 0),
            What::Compute => (8, 0, 0, 0),
            What::Computed => (9, 0, 0, 0),
            What::Blocked { took } => (10, 0, 0, *took),
            What::Spawn { .. } | What::Crash { .. } | What::Exit { .. } | What::Replaced { .. } => {
                continue;
            }
        };
        all.extend(at.to_le_bytes());
        all.extend(kind.to_le_bytes());
        all.extend(crosses.to_le_bytes());
        all.extend(bytes.to_le_bytes());
        all.extend(other.to_le_bytes());
    }
    all
}

/// Notes from their bytes; none if these are no notes, or too many.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Vec<Note>> {
    let (notes, rest) = bytes.as_chunks::<NOTE_BYTES>();
    (rest.is_empty() && notes.len() <= MAX_NOTES)
        .then(|| notes.iter().map(decode_one).collect())
        .flatten()
}

fn decode_one(note: &[u8; NOTE_BYTES]) -> Option<Note> {
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|offset| note[at + offset]));
    let long =
        |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|offset| note[at + offset]));
    let (crosses, bytes, other) = (word(12), long(16), long(24));
    let what = match word(8) {
        1 => What::Ready,
        2 => {
            let known = [Crosses::Copied, Crosses::Moved, Crosses::Shared];
            let crosses = *known.get(crosses as usize)?;
            What::Send { peer: 0, bytes, crosses }
        }
        3 => What::Receive { peer: 0, bytes },
        4 => What::Copy { bytes, took: other },
        5 => What::Map { region: other, bytes },
        6 => What::Wait,
        7 => What::Wake,
        8 => What::Compute,
        9 => What::Computed,
        10 => What::Blocked { took: other },
        _ => return None,
    };
    Some(Note { at: long(0), what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn a_note() -> impl Strategy<Value = Note> {
        let crosses =
            prop_oneof![Just(Crosses::Copied), Just(Crosses::Moved), Just(Crosses::Shared)];
        let what = prop_oneof![
            Just(What::Ready),
            (any::<u64>(), crosses).prop_map(|(bytes, crosses)| What::Send {
                peer: 0,
                bytes,
                crosses
            }),
            any::<u64>().prop_map(|bytes| What::Receive { peer: 0, bytes }),
            any::<[u64; 2]>().prop_map(|[bytes, took]| What::Copy { bytes, took }),
            any::<[u64; 2]>().prop_map(|[region, bytes]| What::Map { region, bytes }),
            Just(What::Wait),
            Just(What::Wake),
            Just(What::Compute),
            Just(What::Computed),
            any::<u64>().prop_map(|took| What::Blocked { took }),
        ];
        (any::<u64>(), what).prop_map(|(at, what)| Note { at, what })
    }

    proptest! {
        #[test]
        fn notes_round_trip(notes in prop::collection::vec(a_note(), 0..40)) {
            prop_assert_eq!(decode(&encode(&notes)), Some(notes));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(notes) = decode(&bytes) {
                // What is unused is lost, and nothing else.
                prop_assert_eq!(decode(&encode(&notes)), Some(notes));
            }
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        assert_eq!(decode(&[0; NOTE_BYTES - 1]), None);
        assert_eq!(decode(&[0; NOTE_BYTES]), None, "there is no kind 0");
        let mut send = encode(&[Note {
            at: 1,
            what: What::Send { peer: 0, bytes: 2, crosses: Crosses::Shared },
        }]);
        send[12] = 3;
        assert_eq!(decode(&send), None, "there is no crossing 3");
        let spawn = Note { at: 1, what: What::Spawn { peer: 0 } };
        assert!(encode(&[spawn]).is_empty());
    }
}
