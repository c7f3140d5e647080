//! What is done with bytes from outside, one function per kind: nothing may panic, and what was understood
//! must be the same once it has been written and read again. The fuzzer calls these, and so do the tests,
//! with everything that the corpus and earlier finds hold.

use protocol::frame;
use protocol::report::Report;
use protocol::runner::{FromRunner, SessionRequest, ToRunner};
use protocol::study::News;

/// A byte stream from a child.
pub fn frames(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Some((head, length))) = frame::read_head(&mut rest) {
        let header = frame::encode(&head, length);
        let again = frame::decode(&header).expect("what was understood is understood again");
        assert_eq!(again, (head.clone(), length));
        assert!(length <= frame::MAX_BODY);
        let _ = (head.answer_bytes(), head.in_place(length));
        let Some(after) = usize::try_from(length).ok().and_then(|length| rest.get(length..)) else {
            return;
        };
        rest = after;
    }
}

/// A message of the page or of the runner, and a session's request.
pub fn messages(bytes: &[u8]) {
    if let Ok(message) = serde_json::from_slice::<ToRunner>(bytes) {
        same_again(&message);
        match message {
            ToRunner::Visit { task, .. } => drop(task.check()),
            ToRunner::News(News::Played { played, .. }) => {
                let (lane, kind) = (protocol::LaneId::BROWSER_CLONE, protocol::LaneKind::Thread);
                if let Ok(recording) = lab::assemble::assemble("tasks", lane, kind, *played) {
                    let film = flow::Film::new(recording);
                    let _ = flow::sheet("a recording", &[&film], "");
                }
            }
            ToRunner::News(News::Found { series, .. }) => {
                let effort = lab::Effort {
                    samples: 5,
                    sample_time: protocol::Nanos(1),
                    turn_time: protocol::Nanos(1),
                    placement: lab::Placement::Unpinned,
                };
                for experiment in lab::experiments::ALL {
                    let sweep = lab::experiments::Sweep {
                        extent: lab::experiments::Extent::Quick,
                        cores: 2,
                        load: None,
                    };
                    for op in experiment.operations(sweep) {
                        let _ = lab::contract::is_whole(op, &effort, &series);
                    }
                }
            }
            ToRunner::Study(wish) => drop(lab::plan::Depth::wished(&wish.experiments)),
            _ => {}
        }
    }
    if let Ok(message) = serde_json::from_slice::<FromRunner>(bytes) {
        same_again(&message);
        if let FromRunner::Order(protocol::study::Order::Perform { ops, .. }) = &message {
            ops.iter().for_each(|op| drop(lab::Op::from_wire(op)));
        }
    }
    let _ = serde_json::from_slice::<SessionRequest>(bytes);
}

/// A report file.
pub fn reports(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(report) = Report::parse(text) else { return };
    let json = report.to_json().expect("what was read can be written");
    let again = Report::parse(&json).expect("what was written can be read");
    assert_eq!(again.results.len(), report.results.len());
    // What is shown of it.
    let _ = lab::standings::standings(&report);
    for row in &report.results {
        let _ = lab::format::params(&row.params);
    }
    let films: Vec<_> = report.trace.iter().cloned().map(flow::Film::new).collect();
    for film in &films {
        let _ = flow::sheet("a report", &[film], &flow::origin(&report));
        let middle = film.length() / 2;
        let _ = flow::structure(film, 300.0, Some(middle));
        let recording = &film.recording;
        for moment in flow::moments(recording) {
            let _ = flow::sentence(recording, &recording.events[moment.start]);
        }
    }
    // The forms in which it is saved.
    for text in
        [lab::export::csv(&report), lab::export::markdown(&report), lab::table::text(&report)]
    {
        assert!(!text.chars().any(|it| it.is_control() && !"\r\n".contains(it)), "{text:?}");
    }
}

/// A picture file.
pub fn pictures(bytes: &[u8]) {
    if let Ok(picture) = codec::decode(bytes) {
        let pixels = picture.dimensions.pixels();
        assert_eq!(picture.pixels.len() as u64, pixels * 4, "four bytes a pixel");
        let is_premultiplied = |pixel: &[u8; 4]| pixel[..3].iter().all(|part| *part <= pixel[3]);
        assert!(picture.pixels.as_chunks().0.iter().all(is_premultiplied));
    }
}

fn same_again<T>(message: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(message).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(again, *message);
}
