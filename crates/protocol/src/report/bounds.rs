//! What a report may hold that somebody opens on the page. Files are written by others, too: whoever looks at one must
//! know beforehand that it takes no more time and memory than this much can take.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::{Measured, Report, ReportRow};
use crate::trace::Recording;

/// Rows; a `--full` run has some 3,000.
pub const MAX_ROWS: usize = 10_000;
/// Lanes; there are some dozen.
pub const MAX_LANES: usize = 40;
/// Params of a row; the experiments have eight at most.
pub const MAX_PARAMS: usize = 24;
/// Bytes of a name: an experiment's, a lane's, a param's or its value, a track's or what that waits in.
pub const MAX_NAME: usize = 256;
/// Bytes of any other text: what a child may say at most.
pub const MAX_LETTERS: usize = 64 * 1024;
/// Samples of all rows together; a `--full` run has some 200,000.
pub const MAX_SAMPLES: usize = 500_000;
/// Blocks of a row; a `--full` run has 30.
pub const MAX_BLOCKS: usize = 200;
/// Different sightings of all rows together, each fact of one counted.
pub const MAX_FACTS: usize = 50_000;
/// Warnings, and parts of the command line.
pub const MAX_LINES: usize = 500;
/// Recordings; six scenarios on every lane are some 80.
pub const MAX_RECORDINGS: usize = 256;
/// Events of all recordings together.
pub const MAX_EVENTS: usize = 200_000;

/// What a report has more of than is opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// Rows.
    #[error(
        "this report has {0} rows, and {MAX_ROWS} are opened at most: have fewer experiments run at once"
    )]
    Rows(usize),
    /// Lanes.
    #[error(
        "this report has {0} lanes, and {MAX_LANES} are opened at most: choose lanes by `--lane`"
    )]
    Lanes(usize),
    /// Params of a row.
    #[error(
        "this report has a row with {0} params, and {MAX_PARAMS} are read at most: no experiment writes more"
    )]
    Params(usize),
    /// A name.
    #[error(
        "this report has a name of {0} bytes, and {MAX_NAME} are read at most: no experiment has longer ones"
    )]
    Name(usize),
    /// Any other text.
    #[error(
        "this report has a text of {0} bytes, and {MAX_LETTERS} are read at most: take it out of the file"
    )]
    Letters(usize),
    /// Samples.
    #[error(
        "this report has {0} samples, and {MAX_SAMPLES} are opened at most: have fewer experiments run at once"
    )]
    Samples(usize),
    /// Blocks of a row.
    #[error(
        "this report has a row of {0} blocks, and {MAX_BLOCKS} are read at most: no run has more"
    )]
    Blocks(usize),
    /// Facts that were seen.
    #[error(
        "this report has {0} facts of trials, and {MAX_FACTS} are opened at most: have fewer experiments run at once"
    )]
    Facts(usize),
    /// Warnings, or parts of the command line.
    #[error(
        "this report has {0} warnings or arguments, and {MAX_LINES} are read at most: no run has more"
    )]
    Lines(usize),
    /// Recordings.
    #[error(
        "this report has {0} recordings, and {MAX_RECORDINGS} are opened at most: have fewer lanes recorded at once"
    )]
    Recordings(usize),
    /// Events.
    #[error(
        "this report has {0} recorded events, and {MAX_EVENTS} are opened at most: have fewer lanes recorded at once"
    )]
    Events(usize),
}

impl Report {
    /// Whether it holds no more than can be looked at: every bound of this module.
    ///
    /// # Errors
    /// The first bound that it goes beyond.
    pub fn check_bounds(&self) -> Result<(), TooLarge> {
        within(self.results.len(), MAX_ROWS, TooLarge::Rows)?;
        self.results.iter().try_for_each(check_row)?;
        let rows = self.results.iter().map(|row| &row.lane);
        let recordings = self.trace.iter().map(|recording| &recording.lane);
        let lanes: BTreeSet<_> = rows.chain(recordings).collect();
        within(lanes.len(), MAX_LANES, TooLarge::Lanes)?;
        let measured = || self.results.iter().filter_map(ReportRow::measured);
        within(measured().map(|it| it.samples.len()).sum(), MAX_SAMPLES, TooLarge::Samples)?;
        let facts = |it: &Measured| it.seen.iter().map(|seen| seen.facts.len() + 1).sum::<usize>();
        within(measured().map(facts).sum(), MAX_FACTS, TooLarge::Facts)?;
        let lines = self.run.warnings.len() + self.run.command.len() + self.machine.guards.len();
        within(lines, MAX_LINES, TooLarge::Lines)?;
        within(self.trace.len(), MAX_RECORDINGS, TooLarge::Recordings)?;
        self.trace.iter().try_for_each(check_names)?;
        let events = self.trace.iter().map(|recording| recording.events.len());
        within(events.sum(), MAX_EVENTS, TooLarge::Events)?;
        within(longest_text(self), MAX_LETTERS, TooLarge::Letters)
    }
}

fn check_row(row: &ReportRow) -> Result<(), TooLarge> {
    within(row.params.len(), MAX_PARAMS, TooLarge::Params)?;
    let params = row.params.iter();
    let params = params.flat_map(|(name, value)| [Some(name.as_str()), value.as_text()]).flatten();
    let names = [row.experiment.as_str(), row.lane.as_str()].into_iter().chain(params);
    within(names.map(str::len).max().unwrap_or(0), MAX_NAME, TooLarge::Name)?;
    let blocks = row
        .measured()
        .map_or(0, |measured| measured.blocks.chunk_by(|one, next| one == next).count());
    within(blocks, MAX_BLOCKS, TooLarge::Blocks)
}

fn check_names(recording: &Recording) -> Result<(), TooLarge> {
    let tracks = recording.tracks.iter();
    let tracks = tracks.flat_map(|it| [&it.name, &it.waits, &it.heap, &it.channel]);
    let names = [recording.scenario.as_str(), recording.lane.as_str()].into_iter();
    let names = names.chain(tracks.map(String::as_str));
    within(names.map(str::len).max().unwrap_or(0), MAX_NAME, TooLarge::Name)
}

fn within(found: usize, most: usize, beyond: fn(usize) -> TooLarge) -> Result<(), TooLarge> {
    if found > most { Err(beyond(found)) } else { Ok(()) }
}

/// Bytes of the longest text of a report, wherever it stands: what is written is looked at, so that no field is
/// forgotten.
fn longest_text(report: &Report) -> usize {
    let mut longest = Longest::default();
    let mut writer = Serializer::with_formatter(io::sink(), &mut longest);
    // Figures that are not finite are written as nothing; nothing else can go wrong.
    let _ = report.serialize(&mut writer);
    longest.most
}

/// Measures texts instead of writing them.
#[derive(Default)]
struct Longest {
    now: usize,
    most: usize,
}

impl Formatter for &mut Longest {
    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.now = 0;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.now += fragment.len();
        self.most = self.most.max(self.now);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        _: CharEscape,
    ) -> io::Result<()> {
        self.now += 1;
        self.most = self.most.max(self.now);
        Ok(())
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        // No text, and long to write.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::a_report;
    use super::*;
    use crate::LaneId;
    use crate::report::{Param, RowOutcome};
    use crate::trace::{Event, Track, What};
    use crate::trial::{Fact, Sighting};

    /// The report with something of it changed, and what is said of it.
    fn changed(change: impl FnOnce(&mut Report)) -> Result<(), TooLarge> {
        let mut report = a_report();
        change(&mut report);
        report.check_bounds()
    }

    fn measured(report: &mut Report) -> &mut Measured {
        match &mut report.results[0].outcome {
            RowOutcome::Measured(measured) => measured,
            other => panic!("{other:?}"),
        }
    }

    fn with_rows(count: usize, change: impl Fn(usize, &mut ReportRow)) -> Result<(), TooLarge> {
        changed(|report| {
            let row = report.results[0].clone();
            report.results = (0..count)
                .map(|at| {
                    let mut row = row.clone();
                    change(at, &mut row);
                    row
                })
                .collect();
        })
    }

    fn recording(events: usize) -> Recording {
        Recording {
            scenario: "tasks".into(),
            lane: LaneId::PROCESS_PIPE,
            kind: crate::LaneKind::Process,
            began: 0,
            tick: 1.0,
            tracks: vec![Track {
                name: "caller".into(),
                process: None,
                thread: None,
                waits: "read".into(),
                heap: "its own".into(),
                heap_bytes: None,
                channel: String::new(),
                cost: 0.0,
                dropped: 0,
                lost: None,
            }],
            events: vec![Event { at: 0, track: 0, message: None, what: What::Wait }; events],
        }
    }

    #[test]
    fn each_bound_holds_just_so_much() {
        let rows = |count| with_rows(count, |_, _| {});
        assert_eq!(
            (rows(MAX_ROWS), rows(MAX_ROWS + 1)),
            (Ok(()), Err(TooLarge::Rows(MAX_ROWS + 1)))
        );
        let lanes = |count| {
            with_rows(count, |at, row| row.lane = LaneId::from(format!("lane {at}").as_str()))
        };
        assert_eq!(lanes(MAX_LANES), Ok(()));
        assert_eq!(lanes(MAX_LANES + 1), Err(TooLarge::Lanes(MAX_LANES + 1)));
        let params = |count| {
            with_rows(1, |_, row| {
                row.params = (0..count).map(|at| (at.to_string(), Param::from(1))).collect();
            })
        };
        assert_eq!(params(MAX_PARAMS), Ok(()));
        assert_eq!(params(MAX_PARAMS + 1), Err(TooLarge::Params(MAX_PARAMS + 1)));
        let blocks = |count: usize| {
            changed(|report| {
                let measured = measured(report);
                measured.samples = vec![1.0; count];
                measured.blocks = (0..count as u32).collect();
            })
        };
        assert_eq!(blocks(MAX_BLOCKS), Ok(()));
        assert_eq!(blocks(MAX_BLOCKS + 1), Err(TooLarge::Blocks(MAX_BLOCKS + 1)));
        let samples = |count: usize| {
            changed(|report| {
                let measured = measured(report);
                (measured.samples, measured.blocks) = (vec![1.0; count], vec![0; count]);
            })
        };
        assert_eq!(samples(MAX_SAMPLES), Ok(()));
        assert_eq!(samples(MAX_SAMPLES + 1), Err(TooLarge::Samples(MAX_SAMPLES + 1)));
        let facts = |count: usize| {
            changed(|report| {
                let facts = [("died".to_owned(), Fact::Is(true))].into();
                measured(report).seen = vec![Sighting { facts, times: 1 }; count / 2];
            })
        };
        assert_eq!(facts(MAX_FACTS), Ok(()));
        assert_eq!(facts(MAX_FACTS + 2), Err(TooLarge::Facts(MAX_FACTS + 2)));
        let recordings = |count| changed(|report| report.trace = vec![recording(0); count]);
        assert_eq!(recordings(MAX_RECORDINGS), Ok(()));
        assert_eq!(recordings(MAX_RECORDINGS + 1), Err(TooLarge::Recordings(MAX_RECORDINGS + 1)));
        let events = |count| changed(|report| report.trace = vec![recording(count)]);
        assert_eq!(events(MAX_EVENTS), Ok(()));
        assert_eq!(events(MAX_EVENTS + 1), Err(TooLarge::Events(MAX_EVENTS + 1)));
        let warnings = |count| changed(|report| report.run.warnings = vec!["noisy".into(); count]);
        assert_eq!(warnings(400), Ok(()));
        assert!(matches!(warnings(MAX_LINES + 1), Err(TooLarge::Lines(_))));
    }

    #[test]
    fn no_text_is_long_wherever_it_stands() {
        let name = "n".repeat(MAX_NAME + 1);
        let too_long = Err(TooLarge::Name(MAX_NAME + 1));
        assert_eq!(changed(|report| report.results[0].experiment = name.clone()), too_long);
        assert_eq!(changed(|report| report.results[0].lane = name.as_str().into()), too_long);
        let value = Param::from(name.as_str());
        assert_eq!(
            changed(|report| drop(report.results[0].params.insert("a".into(), value))),
            too_long
        );
        assert_eq!(
            changed(|report| drop(report.results[0].params.insert(name, Param::from(1)))),
            too_long
        );
        // What must be escaped is written in pieces.
        let text = "\n".repeat(10) + &"t".repeat(MAX_LETTERS);
        let too_long = |found: Result<(), TooLarge>| {
            assert!(matches!(found, Err(TooLarge::Letters(_))), "{found:?}");
        };
        too_long(changed(|report| report.machine.cpu.clone_from(&text)));
        too_long(changed(|report| report.run.placement.clone_from(&text)));
        too_long(changed(|report| report.run.warnings = vec![text.clone()]));
        let error = text.clone();
        too_long(changed(|report| {
            report.results[1].outcome = RowOutcome::Unavailable { reason: error };
        }));
        too_long(changed(|report| {
            let mut recording = recording(0);
            recording.tracks[0].lost = Some(text);
            report.trace = vec![recording];
        }));
        let fits = "t".repeat(MAX_LETTERS);
        assert_eq!(changed(|report| report.machine.cpu = fits), Ok(()));
    }

    #[test]
    fn what_a_program_writes_is_far_within() {
        let recorded = include_str!("../../../../web/recorded/report.json");
        let report = Report::parse(recorded).unwrap();
        assert_eq!(report.check_bounds(), Ok(()));
        assert!(report.results.len() * 4 < MAX_ROWS, "{} rows", report.results.len());
    }
}
