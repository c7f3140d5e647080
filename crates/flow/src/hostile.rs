//! Recordings that nobody would make: whatever passes the check is drawn and told, and nothing in it is obeyed.

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::trace::{Crosses, Event, Recording, Track, What};
use protocol::{LaneId, LaneKind};
use texts::outside;

use crate::made::track;
use crate::{Film, View, caption, messages, moments, sentence, sheet, structure, time};

const GREATEST: u64 = 1 << 53;

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..2000_u64, 2 => 0..=GREATEST, 1 => Just(GREATEST), 1 => Just(GREATEST - 1)]
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z <>&\"'\\x00-\\x1f\\x7f-\\u{9f}\\u{2028}-\\u{202e}\\u{2066}\\u{ffff}]{0,20}",
        Just("an event loop".to_owned()),
        Just("caller's own".to_owned()),
    ]
}

fn whats() -> impl Strategy<Value = What> {
    let crosses = prop_oneof![Just(Crosses::Copied), Just(Crosses::Moved), Just(Crosses::Shared)];
    (0..14_u8, 0..5_u32, 0..5_u32, numbers(), numbers(), crosses, words()).prop_map(
        |(kind, peer, by, bytes, took, crosses, how)| match kind {
            0 => What::Spawn { peer },
            1 => What::Ready,
            2 | 3 => What::Send { peer, bytes, crosses },
            4 => What::Receive { peer, bytes },
            5 => What::Copy { bytes, took },
            6 => What::Map { region: took, bytes },
            7 => What::Wait,
            8 => What::Wake,
            9 => What::Compute,
            10 => What::Computed,
            11 => What::Blocked { took },
            12 => What::Crash { peer, how },
            _ if by == peer => What::Exit { peer },
            _ => What::Replaced { peer, by },
        },
    )
}

fn tracks() -> impl Strategy<Value = Track> {
    let told = || proptest::option::of(numbers());
    (words(), told(), told(), words(), words(), words(), proptest::option::of(words())).prop_map(
        |(name, process, heap_bytes, waits, heap, channel, lost)| Track {
            process,
            heap_bytes,
            waits,
            heap,
            channel,
            lost,
            thread: heap_bytes,
            ..track(&name, 0)
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let message = proptest::option::of(prop_oneof![0..8_u32, Just(u32::MAX)]);
    (numbers(), 0..5_u32, message, whats()).prop_map(|(at, track, message, what)| Event {
        at,
        track,
        message,
        what,
    })
}

fn recordings() -> impl Strategy<Value = Recording> {
    let kinds = prop_oneof![Just(LaneKind::Main), Just(LaneKind::Thread), Just(LaneKind::Process)];
    let ticks = prop_oneof![Just(0.0), Just(1.0), Just(f64::MAX)];
    (words(), words(), kinds, ticks, vec(tracks(), 5..6), vec(events(), 0..40)).prop_map(
        |(scenario, lane, kind, tick, tracks, mut events)| {
            events.sort_by_key(|event| event.at);
            let lane = LaneId::from(&*lane);
            Recording { scenario, lane, kind, began: 0, tick, tracks, events }
        },
    )
}

proptest! {
    #[test]
    fn whatever_passes_the_check_is_drawn(recording in recordings(), at in numbers()) {
        prop_assume!(recording.check().is_ok());
        let _ = (messages(&recording), moments(&recording), caption(&recording));
        for event in &recording.events {
            let _ = sentence(&recording, event);
        }
        let film = Film::new(recording);
        let length = film.length();
        let part = View { from: at as f64, to: at as f64 + 1.0, ..View::whole(length, 320.0) };
        let drawn = [
            sheet(&film.recording.scenario, &[&film, &film], "of \u{1b}"),
            structure(&film, 480.0, Some(at)).0.to_string(),
            structure(&film, 320.0, Some(length)).0.to_string(),
            time(&film, &part).0.to_string(),
        ];
        for picture in drawn {
            prop_assert!(!picture.contains(|sign| outside::is_obeyed(sign) && sign != '\n'));
            prop_assert!(!picture.contains("NaN") && !picture.contains("inf\""), "{picture}");
        }
    }
}
