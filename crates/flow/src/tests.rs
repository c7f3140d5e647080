//! Drawing, on made recordings.

use protocol::LaneKind;
use protocol::trace::{Crosses, Event, Recording, What};

use crate::made::{event, message, recording, track};
use crate::{
    Doing, Film, View, caption, legend, messages, moments, sentence, sheet, spans, structure, time,
};

fn drawn(recording: Recording) -> String {
    structure(&Film::new(recording), 480.0, None).0.to_string().replace('\u{a0}', " ")
}

fn count(picture: &str, class: &str) -> usize {
    picture.matches(&format!("class=\"{class}\"")).count()
}

fn map(at: u64, track: u32, region: u64) -> Event {
    event(at, track, What::Map { region, bytes: 4096 })
}

#[test]
fn memory_is_drawn_shared_where_both_said_that_they_see_it() {
    let shared = drawn(recording(LaneKind::Process, vec![map(1, 0, 5), map(2, 1, 5)]));
    assert_eq!((count(&shared, "region"), count(&shared, "process")), (1, 2));
    assert!(shared.contains("shared: 4.00 KiB"), "{shared}");
    let apart = drawn(recording(LaneKind::Process, vec![map(1, 0, 5), map(2, 1, 6)]));
    assert_eq!(count(&apart, "region"), 0);
    let one_process = drawn(recording(LaneKind::Thread, vec![]));
    assert_eq!((count(&one_process, "process"), count(&one_process, "heap")), (1, 2));
}

#[test]
fn a_heap_that_all_say_is_theirs_is_drawn_once() {
    let mut shared = recording(LaneKind::Thread, vec![]);
    shared.tracks.iter_mut().for_each(|track| track.heap = "the process's own".into());
    let shared = drawn(shared);
    assert_eq!(count(&shared, "heap"), 1);
    assert!(shared.contains("one heap for all of them"), "{shared}");
}

#[test]
fn copied_and_shared_are_told_apart_and_so_is_what_has_no_order() {
    let events = [
        message(0, [10, 90], 64, Crosses::Copied),
        message(1, [100, 180], 64, Crosses::Shared),
        message(2, [200, 200], 64, Crosses::Copied),
    ];
    let film = Film::new(recording(LaneKind::Process, events.concat()));
    let (picture, _) = time(&film, &View::whole(film.length(), 800.0));
    let picture = picture.to_string();
    assert_eq!(count(&picture, "message copied"), 1);
    assert_eq!(count(&picture, "message shared"), 1);
    assert_eq!(count(&picture, "message copied unordered"), 1);
    assert!(picture.contains("which end came first is not known"), "{picture}");
    // And what a step shows.
    let moments = moments(&film.recording);
    assert_eq!(moments, [0..1, 1..2, 2..3, 3..4, 4..6]);
    let words = sentence(&film.recording, &film.recording.events[2]);
    assert_eq!(
        words.replace('\u{a0}', " "),
        "100 ns: caller sends worker 1 64 B in memory that both see."
    );
}

#[test]
fn spans_are_between_their_ends_and_what_has_none_lasts() {
    let events = vec![
        event(1, 0, What::Wait),
        event(2, 1, What::Compute),
        event(5, 0, What::Wake),
        event(6, 0, What::Copy { bytes: 9, took: 3 }),
        event(8, 1, What::Wait),
    ];
    let found = spans(&recording(LaneKind::Process, events));
    let found: Vec<_> = found.iter().map(|it| (it.track, it.from, it.to, it.doing)).collect();
    assert_eq!(
        found,
        [(0, 1, 5, Doing::Waiting), (1, 2, 8, Doing::Computing), (0, 6, 9, Doing::Copying(9)),]
    );
}

#[test]
fn a_hundred_thousand_events_are_no_more_shapes_than_pixels_have_room_for() {
    let mut events = Vec::new();
    for number in 0..25_000_u32 {
        let at = u64::from(number) * 1000;
        events.extend(message(number, [at, at + 100], 64, Crosses::Copied));
        events.push(event(at + 200, 1, What::Compute));
        events.push(event(at + 900, 1, What::Computed));
    }
    let film = Film::new(recording(LaneKind::Process, events));
    assert_eq!(film.messages().len(), 25_000);
    let (picture, _) = time(&film, &View::whole(film.length(), 1000.0));
    let shapes = picture.to_string().matches("class=").count();
    assert!(shapes < 3000, "{shapes} shapes");
    // Closer, everything is there.
    let view = View { from: 0.0, to: 10_000.0, ..View::whole(1, 1000.0) };
    let picture = time(&film, &view).0.to_string();
    assert_eq!((count(&picture, "message copied"), count(&picture, "computing")), (11, 10));
}

#[test]
fn what_a_report_names_is_text_and_nothing_else() {
    let mut hostile = recording(LaneKind::Process, vec![map(1, 0, 5), map(2, 1, 5)]);
    hostile.tracks[1] = track("<script>alert(1)</script>\"'&", 8);
    hostile.tracks[1].channel = "</text><image href='http://example.org'/>".into();
    let film = Film::new(hostile);
    for picture in [
        structure(&film, 480.0, Some(1)).0.to_string(),
        time(&film, &View::whole(film.length(), 480.0)).0.to_string(),
        sheet("<b>", &[&film], "&"),
    ] {
        assert!(!picture.contains("<script") && !picture.contains("<image"), "{picture}");
    }
}

#[test]
fn a_moment_shows_who_does_what_and_what_is_on_its_way() {
    let mut events = message(0, [10, 90], 64, Crosses::Copied).to_vec();
    events.push(event(95, 1, What::Compute));
    events.push(event(150, 1, What::Computed));
    let film = Film::new(recording(LaneKind::Process, events));
    assert_eq!(film.on_their_way(50).map(|(_, part)| part).collect::<Vec<_>>(), [0.5]);
    assert_eq!(film.on_their_way(91).count(), 0);
    assert_eq!((film.doing(1, 100), film.doing(1, 94)), (Some(Doing::Computing), None));
    let at = |at| structure(&film, 480.0, Some(at)).0.to_string();
    assert_eq!(count(&at(50), "flying copied"), 1);
    assert!(at(100).contains("track computes"));
}

#[test]
fn a_caption_has_the_recording_s_own_figures() {
    let mut events = message(0, [10, 90], 1 << 20, Crosses::Copied).to_vec();
    events.insert(1, event(10, 0, What::Copy { bytes: 1 << 20, took: 70 }));
    let recording = recording(LaneKind::Process, events);
    assert_eq!(
        caption(&recording).replace('\u{a0}', " "),
        "A mebibyte there and back took 90.0 ns with a child process. Of the payload of 1 message 1.00 MiB was copied. \
         70.0 ns were spent copying and sending."
    );
    assert_eq!(recording.bytes_copied(), 1 << 20);
    assert_eq!(messages(&recording)[0].received, Some(90));
}

#[test]
fn the_legend_fits_its_width() {
    let (wide, one) = legend(1055.0);
    let (_, many) = legend(320.0);
    assert!(many > 2.0 * one, "{one} and {many}");
    let right = |picture: &str| {
        let places = picture.split(" x=\"").skip(1).filter_map(|rest| rest.split('"').next());
        places.filter_map(|x| x.parse::<f64>().ok()).fold(0.0, f64::max)
    };
    assert!(right(&wide.to_string()) < 1055.0);
    assert!(right(&legend(320.0).0.to_string()) < 320.0);
}
