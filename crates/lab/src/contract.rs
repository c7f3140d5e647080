//! What every lane must do, checked on the lane itself: one suite for all of them.

use protocol::report::Unit;
use protocol::trace::{Crosses, Event, Recording, What};
use protocol::trial::Facts;
use protocol::{Availability, Filter, LaneEvent, LaneKind, Nanos, Picture, Task};
use workloads::compute;
use workloads::{Checksum, Dimensions, Source};

use crate::experiments::{self, Extent, Sweep};
use crate::lane::{Lane, LaneError};
use crate::op::{Effort, Op, Placement, Series};
use crate::recordings::record_on;
use crate::scenarios::{self, Scenario};
use crate::trial::Trial;
use crate::visit::{Observer, visit};

/// Runs the whole suite on a lane that is available.
///
/// # Errors
/// Says which promise the lane broke.
pub async fn check(lane: &dyn Lane) -> Result<(), String> {
    if let Availability::Unavailable { reason } = lane.availability() {
        return Err(format!("{} is unavailable: {reason}", lane.id()));
    }
    for filter in Filter::all(3.0, [50, 70]) {
        // More workers than rows, odd shapes, and one picture large enough to fill a pipe.
        for (width, height, workers) in [(1, 1, 1), (5, 2, 4), (61, 43, 3), (640, 400, 2)] {
            let built_in =
                Task { filter, picture: Picture::BuiltIn, width, height, workers, runs: 2 };
            right_answers(lane, &built_in, None)
                .await
                .map_err(|why| format!("{built_in:?}: {why}"))?;
            let (dimensions, _) = built_in.check().map_err(|why| why.to_string())?;
            let pixels = some_pixels(dimensions);
            let picture = Picture::Own(Checksum::of_rows(dimensions, 0, &pixels));
            let own = Task { picture, ..built_in };
            right_answers(lane, &own, Some(&pixels))
                .await
                .map_err(|why| format!("{own:?}: {why}"))?;
        }
    }
    Ok(())
}

/// A picture with every alpha.
fn some_pixels(dimensions: Dimensions) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(dimensions.pixels());
    let pixel = |random: &mut fastrand::Rng| {
        let alpha = random.u8(..);
        [random.u8(..=alpha), random.u8(..=alpha), random.u8(..=alpha), alpha]
    };
    (0..dimensions.pixels()).flat_map(|_| pixel(&mut random)).collect()
}

/// How little is enough.
const EFFORT: Effort = Effort {
    samples: 3,
    sample_time: Nanos(100_000),
    turn_time: Nanos(20_000_000),
    placement: Placement::Unpinned,
};

/// Has the lane perform every timed operation that it does, in small.
///
/// # Errors
/// Says which promise the lane broke.
pub async fn check_operations(lane: &dyn Lane) -> Result<(), String> {
    let effort = EFFORT;
    let sweep = Sweep { extent: Extent::Quick, cores: 2, load: None };
    for op in [
        Op::Echo { bytes: 0 },
        Op::Echo { bytes: u64::MAX },
        Op::Compute { workload: compute::ALL[0], pages: 0, workers: 1 },
        Op::Compute { workload: compute::ALL[0], pages: u32::MAX, workers: 1 },
        Op::Dispatch { workers: 0 },
        Op::Dispatch { workers: u32::MAX },
    ] {
        let result = lane.perform(&[op], &effort, &mut |_| {}).await;
        if !matches!(result, Err(LaneError::Failed(_) | LaneError::Unavailable(_))) {
            return Err(format!("{op} is not refused: {result:?}"));
        }
    }
    for experiment in experiments::timed() {
        let mut left = experiment.operations(sweep);
        left.retain(|op| lane.does(*op));
        while let Some(first) = left.first() {
            let workers = first.workers();
            let (ops, rest): (Vec<Op>, _) =
                left.into_iter().partition(|op| op.workers() == workers);
            left = rest;
            perform(lane, &ops, &effort).await?;
        }
    }
    Ok(())
}

/// Has the lane record every scenario; returns what it recorded, and of what it cannot the reason.
///
/// # Errors
/// Says which promise a recording breaks: it can be drawn; what was received was sent; whoever is there got ready;
/// processes are where the lane's kind says; what is copied on the way of an echo is what reports say is copied.
pub async fn check_recordings(lane: &dyn Lane) -> Result<Vec<Result<Recording, String>>, String> {
    let mut all = Vec::new();
    for scenario in &scenarios::ALL {
        let broken = |why: String| format!("{}: {why}", scenario.id);
        match record_on(lane, scenario).await {
            Ok(recording) => {
                holds(&recording).map_err(broken)?;
                copies_as_reported(lane, scenario, &recording).await.map_err(broken)?;
                all.push(Ok(recording));
            }
            Err(LaneError::Unavailable(why)) => all.push(Err(why)),
            Err(why) => return Err(broken(format!("{why:?}"))),
        }
    }
    Ok(all)
}

fn holds(recording: &Recording) -> Result<(), String> {
    let events = &recording.events;
    let is_there = |message: Option<u32>, track: u32, peer: u32| {
        message.is_some_and(|number| {
            events.iter().any(|it| {
                matches!(it.what, What::Send { peer: to, .. } if to == track)
                    && (it.message, it.track) == (Some(number), peer)
            })
        })
    };
    for event in events {
        let What::Receive { peer, .. } = event.what else { continue };
        // Who crashed took along that it had sent something.
        let is_known = recording.tracks[peer as usize].lost.is_none();
        if is_known && !is_there(event.message, event.track, peer) {
            return Err(format!("nobody sent what {event:?} received"));
        }
    }
    let caller = &recording.tracks[0];
    for (place, track) in recording.tracks.iter().enumerate().skip(1) {
        if track.lost.is_some() {
            continue;
        }
        let is_ready = |event: &Event| event.track as usize == place && event.what == What::Ready;
        if !events.iter().any(is_ready) {
            return Err(format!("{} did not get ready", track.name));
        }
        let is_apart = track.process != caller.process;
        if is_apart != (recording.kind == LaneKind::Process) {
            return Err(format!("{} is in process {:?}", track.name, track.process));
        }
        if track.cost <= 0.0 {
            return Err(format!("what a note of {} takes is not known", track.name));
        }
    }
    Ok(())
}

/// Bytes that were copied in a recording are those that a report says are copied, as often as there were echoes.
async fn copies_as_reported(
    lane: &dyn Lane,
    scenario: &'static Scenario,
    recording: &Recording,
) -> Result<(), String> {
    let Some((bytes, times)) = scenario.echoes() else { return Ok(()) };
    let mut found = Vec::new();
    let mut tell = |series| found.push(series);
    lane.perform(&[Op::Echo { bytes }], &EFFORT, &mut tell)
        .await
        .map_err(|why| format!("{why:?}"))?;
    let series: Vec<Series> = found.into_iter().flatten().collect();
    let crossing = series.first().and_then(|series| series.crossing).unwrap_or_default();
    let (copied, reported) = (recording.bytes_copied(), crossing.copied * u64::from(times));
    if copied != reported {
        return Err(format!("{copied} bytes were copied, and a report would say {reported}"));
    }
    let is_shared = |event: &Event| matches!(event.what, What::Send { crosses: Crosses::Shared, bytes, .. } if bytes > 0);
    if (crossing.shared > 0) != recording.events.iter().any(is_shared) && recording.tracks.len() > 1
    {
        return Err("memory is shared in the report or in the recording, and not in both".into());
    }
    Ok(())
}

/// Has the lane make every trial once; returns what each saw, or the reason why it means nothing there.
///
/// # Errors
/// Says which trial failed, or told too little.
pub async fn check_trials(
    lane: &dyn Lane,
) -> Result<Vec<(&'static Trial, Result<Facts, String>)>, String> {
    let mut all = Vec::new();
    for trial in experiments::trials() {
        let mut found = Vec::new();
        let mut tell = |series| found.push(series);
        let op = Op::Trial(trial);
        let performed = lane.perform(&[op], &EFFORT, &mut tell).await;
        performed.map_err(|why| format!("{op}: {why:?}"))?;
        let series: Vec<Series> = found.into_iter().flatten().collect();
        is_whole(op, &EFFORT, &series).map_err(|why| format!("{op}: {why}"))?;
        let first = series.into_iter().next().ok_or_else(|| format!("{op}: nothing was told"))?;
        let seen = first.seen.unwrap_or_default();
        all.push((trial, first.samples.map(|_| seen)));
    }
    Ok(all)
}

async fn perform(lane: &dyn Lane, ops: &[Op], effort: &Effort) -> Result<(), String> {
    let mut found = Vec::new();
    let mut tell = |series| found.push(series);
    let result = lane.perform(ops, effort, &mut tell).await;
    if let Err(why) = result {
        let what = ops.get(found.len()).map_or("the end".to_owned(), Op::to_string);
        return Err(format!("{what}: {why:?}"));
    }
    if found.len() != ops.len() {
        return Err(format!("{} operations were told of, of {}", found.len(), ops.len()));
    }
    ops.iter()
        .zip(&found)
        .try_for_each(|(op, all)| is_whole(*op, effort, all).map_err(|why| format!("{op}: {why}")))
}

/// Whether an operation gave every row that each lane must have, with as many samples as were wanted at
/// most, all of them positive, or the reason why there are none.
///
/// # Errors
/// Says what is missing or wrong.
pub fn is_whole(op: Op, effort: &Effort, all: &[Series]) -> Result<(), String> {
    for (row, unit) in op.rows() {
        let is_it = |series: &&Series| {
            series.unit == unit && row.iter().all(|(name, is)| series.params.get(name) == Some(is))
        };
        if !all.iter().any(|series| is_it(&series)) {
            return Err(format!("no samples for {row:?} in {unit}"));
        }
    }
    for series in all {
        let samples = match &series.samples {
            Ok(samples) => samples,
            Err(reason) if reason.is_empty() => {
                return Err(format!("no reason why there is no {:?}", series.params));
            }
            Err(_) => continue,
        };
        if !(1..=effort.samples as usize).contains(&samples.len()) {
            return Err(format!("{} samples for {:?}", samples.len(), series.params));
        }
        // Of a count, none is an answer.
        let least = if series.unit == Unit::Bytes { 0.0 } else { f64::MIN_POSITIVE };
        if !samples.iter().all(|sample| sample.is_finite() && *sample >= least) {
            return Err(format!("{:?}: {samples:?}", series.params));
        }
        if let (Op::Trial(_), None, Ok(_)) = (op, &series.seen, &series.samples)
            && !series.params.contains_key("metric")
        {
            return Err(format!("{:?}: nothing was seen", series.params));
        }
        let has_payload = matches!(op, Op::Echo { .. } | Op::Compute { .. });
        if has_payload != series.crossing.is_some_and(|it| it.copied + it.shared + it.moved > 0) {
            return Err(format!("{:?} crosses as {:?}", series.params, series.crossing));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Log {
    events: Vec<LaneEvent>,
    started_clean: bool,
    warm: Option<Vec<u8>>,
}

impl Observer for Log {
    fn event(&mut self, event: LaneEvent) {
        self.events.push(event);
    }

    fn before_warm_up(&mut self, out: &[u8]) {
        self.started_clean = out.iter().all(|byte| *byte == 0);
    }

    fn after_warm_up(&mut self, out: &[u8]) {
        self.warm = Some(out.to_vec());
    }
}

async fn right_answers(lane: &dyn Lane, task: &Task, own: Option<&[u8]>) -> Result<(), String> {
    let mut log = Log::default();
    visit(lane, task, own, &mut log).await;
    let (expected, checksum) = in_place(task, own)?;
    if !log.started_clean {
        return Err("the warm-up began on memory that was not zero".into());
    }
    if log.warm.as_deref() != Some(&expected) {
        return Err("the warm-up's picture is not the kernel's".into());
    }
    let [LaneEvent::Ready { startup }, samples @ .., LaneEvent::Closed { .. }] =
        log.events.as_slice()
    else {
        return Err(format!("not Ready, samples, Closed: {:?}", log.events));
    };
    if startup.0 == 0 {
        return Err("its workers started in no time".into());
    }
    if samples.len() != task.runs as usize {
        return Err(format!("{} samples of {} runs", samples.len(), task.runs));
    }
    for event in samples {
        let LaneEvent::Sample(sample) = event else {
            return Err(format!("among the samples: {event:?}"));
        };
        if sample.checksum != checksum {
            return Err(format!("checksum {} is not {checksum}", sample.checksum));
        }
        if sample.compute > sample.total {
            return Err(format!("it computed longer than the run took: {sample:?}"));
        }
    }
    Ok(())
}

/// The task done in one piece by the kernels alone.
fn in_place(task: &Task, own: Option<&[u8]>) -> Result<(Vec<u8>, Checksum), String> {
    let (dimensions, kernel) = task.check().map_err(|why| why.to_string())?;
    let make = |kernel: workloads::Kernel, source: &[u8]| -> Result<Vec<u8>, String> {
        let makes = kernel.makes(dimensions);
        let mut out = vec![0; makes.bytes()];
        let source = Source::new(dimensions, 0, source).map_err(|why| why.to_string())?;
        kernel.apply(&source, 0..makes.height(), &mut out);
        Ok(out)
    };
    let picture = match own {
        Some(own) => make(kernel, own)?,
        None => make(kernel, &make(workloads::Kernel::Scene, &[])?)?,
    };
    let checksum = Checksum::of_rows(kernel.makes(dimensions), 0, &picture);
    Ok((picture, checksum))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::{check, check_operations};
    use crate::mock::{Misdeed, MockLane};

    #[test]
    fn the_mock_lane_passes_and_each_misdeed_is_caught() {
        assert_eq!(block_on(check(&MockLane::new())), Ok(()));
        assert_eq!(block_on(check_operations(&MockLane::new())), Ok(()));
        let trials = block_on(super::check_trials(&MockLane::new())).unwrap();
        assert!(trials.iter().all(|(_, seen)| seen.as_ref().is_ok_and(|facts| !facts.is_empty())));
        for misdeed in [Misdeed::DiesInRun(1), Misdeed::CancelledInRun(2), Misdeed::NoEnd] {
            let lane = MockLane::new().with(misdeed);
            assert!(block_on(check_operations(&lane)).is_err(), "{misdeed:?}");
        }
        for misdeed in [
            Misdeed::Unavailable,
            Misdeed::NoStart,
            Misdeed::DiesInRun(1),
            Misdeed::CancelledInRun(2),
            Misdeed::WrongAnswerInRun(0),
            Misdeed::WrongAnswerInRun(1),
            Misdeed::WrongAnswerInRun(2),
            Misdeed::WritesNothingInRun(3),
            Misdeed::NoEnd,
        ] {
            assert!(block_on(check(&MockLane::new().with(misdeed))).is_err(), "{misdeed:?}");
        }
    }
}
