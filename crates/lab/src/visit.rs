//! One visit of a lane: fresh workers, the picture, a warm-up, the timed runs, the end.

use std::borrow::Cow;

use protocol::{Availability, Failure, LaneEvent, Picture, Sample, Stage, Task};
use workloads::{Checksum, Dimensions, Kernel};

use crate::lane::{Crew, Job, Lane, LaneError, Opened};

/// Who is told what happens on a visit.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: LaneEvent);

    /// The untimed run is about to write its picture here, over zeros.
    fn before_warm_up(&mut self, _out: &[u8]) {}

    /// The untimed run has written its picture here.
    fn after_warm_up(&mut self, _out: &[u8]) {}
}

/// Visits a lane. Whatever happens, the last event says how it ended, and the workers are gone.
///
/// `own` is the visitor's own picture if the task is about one, as RGBA with premultiplied alpha.
pub async fn visit(lane: &dyn Lane, task: &Task, own: Option<&[u8]>, observer: &mut impl Observer) {
    let last = match attempt(lane, task, own, observer).await {
        Ok(closed) => closed,
        Err((_, LaneError::Cancelled)) => LaneEvent::Cancelled,
        Err((
            stage,
            LaneError::Unavailable(error) | LaneError::Failed(error) | LaneError::Void(error),
        )) => LaneEvent::Failed(Failure { stage, error }),
    };
    observer.event(last);
}

async fn attempt(
    lane: &dyn Lane,
    task: &Task,
    own: Option<&[u8]>,
    observer: &mut impl Observer,
) -> Result<LaneEvent, (Stage, LaneError)> {
    let during = |stage| move |error| (stage, error);
    let (dimensions, kernel) =
        task.check().map_err(|why| (Stage::Prepare, LaneError::failed(why)))?;
    if let Availability::Unavailable { reason } = lane.availability() {
        return Err((Stage::Prepare, LaneError::Failed(reason)));
    }
    let own = match task.picture {
        Picture::BuiltIn => None,
        Picture::Own(checksum) => Some(the_very(own, dimensions, checksum)?),
    };
    let Opened { mut crew, startup } =
        lane.open(task.workers).await.map_err(during(Stage::Spawn))?;
    observer.event(LaneEvent::Ready { startup });

    let crew_ref = crew.as_mut();
    let source = match own {
        Some(own) => Cow::Borrowed(own),
        None => {
            let mut drawn = zeros(dimensions.bytes())?;
            let draw = Job { kernel: Kernel::Scene, dimensions, source: &[] };
            crew_ref.run(draw, &mut drawn).await.map_err(during(Stage::WarmUp))?;
            Cow::Owned(drawn)
        }
    };
    let job = Job { kernel, dimensions, source: &source };
    let makes = job.makes();
    let mut out = zeros(makes.bytes())?;
    observer.before_warm_up(&out);
    crew_ref.run(job, &mut out).await.map_err(during(Stage::WarmUp))?;
    observer.after_warm_up(&out);
    let expected = Checksum::of_rows(makes, 0, &out);

    for _ in 0..task.runs {
        let sample = timed(crew_ref, job, &mut out).await.map_err(during(Stage::Run))?;
        if sample.checksum != expected {
            let why =
                format!("a run gave {} where the one before gave {expected}", sample.checksum);
            return Err((Stage::Check, LaneError::Failed(why)));
        }
        observer.event(LaneEvent::Sample(sample));
    }
    let teardown = crew.close().await.map_err(during(Stage::Close))?;
    Ok(LaneEvent::Closed { teardown })
}

async fn timed(crew: &mut dyn Crew, job: Job<'_>, out: &mut [u8]) -> Result<Sample, LaneError> {
    // What the last run left must not pass for this run's answer.
    out.fill(0);
    let times = crew.run(job, out).await?;
    Ok(Sample {
        total: times.total,
        compute: times.compute,
        bytes_copied: times.bytes_copied,
        checksum: Checksum::of_rows(job.makes(), 0, out),
    })
}

/// The own picture, if it is there and the one that the task means.
fn the_very(
    own: Option<&[u8]>,
    dimensions: Dimensions,
    checksum: Checksum,
) -> Result<&[u8], (Stage, LaneError)> {
    own.filter(|own| own.len() == dimensions.bytes())
        .filter(|own| Checksum::of_rows(dimensions, 0, own) == checksum)
        .ok_or_else(|| {
            let why = "the picture is not there: choose it again".to_owned();
            (Stage::Prepare, LaneError::Failed(why))
        })
}

/// Memory for a picture; that there is too little of it is a failure of the visit, not of the
/// program.
fn zeros(bytes: usize) -> Result<Vec<u8>, (Stage, LaneError)> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(bytes).map_err(|_| {
        let why = format!("no memory for a picture of {} MB", bytes / 1_000_000);
        (Stage::Prepare, LaneError::Failed(why))
    })?;
    memory.resize(bytes, 0);
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use protocol::{Filter, Nanos};

    use super::*;
    use crate::mock::{Misdeed, MockLane};

    const TASK: Task = Task {
        filter: Filter::Edges,
        picture: Picture::BuiltIn,
        width: 8,
        height: 6,
        workers: 2,
        runs: 2,
    };

    #[derive(Default)]
    struct Log(Vec<LaneEvent>);

    impl Observer for Log {
        fn event(&mut self, event: LaneEvent) {
            self.0.push(event);
        }

        fn before_warm_up(&mut self, out: &[u8]) {
            assert!(out.iter().all(|byte| *byte == 0));
        }
    }

    fn events(lane: &MockLane, task: &Task) -> Vec<LaneEvent> {
        let mut log = Log::default();
        block_on(visit(lane, task, None, &mut log));
        assert_eq!(lane.crews_alive(), 0, "the workers are gone");
        assert!(log.0.last().unwrap().is_last());
        log.0
    }

    #[test]
    fn a_good_visit_is_ready_then_samples_then_closed() {
        let events = events(&MockLane::new(), &TASK);
        let [LaneEvent::Ready { startup: Nanos(7) }, first, second, LaneEvent::Closed { .. }] =
            events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!(first, second);
    }

    #[test]
    fn a_wrong_answer_is_no_sample() {
        let events = events(&MockLane::new().with(Misdeed::WrongAnswerInRun(3)), &TASK);
        let LaneEvent::Failed(failure) = events.last().unwrap() else { panic!("{events:?}") };
        assert_eq!(failure.stage, Stage::Check);
        let samples = events.iter().filter(|event| matches!(event, LaneEvent::Sample(_)));
        assert_eq!(samples.count(), 1);
    }

    #[test]
    fn a_run_that_writes_nothing_is_a_wrong_answer() {
        let events = events(&MockLane::new().with(Misdeed::WritesNothingInRun(2)), &TASK);
        let LaneEvent::Failed(failure) = events.last().unwrap() else { panic!("{events:?}") };
        assert_eq!(failure.stage, Stage::Check);
    }

    #[test]
    fn each_stage_that_fails_is_named() {
        for (misdeed, stage) in [
            (Misdeed::Unavailable, Stage::Prepare),
            (Misdeed::NoStart, Stage::Spawn),
            (Misdeed::DiesInRun(0), Stage::WarmUp),
            (Misdeed::DiesInRun(1), Stage::WarmUp),
            (Misdeed::DiesInRun(2), Stage::Run),
            (Misdeed::NoEnd, Stage::Close),
        ] {
            let events = events(&MockLane::new().with(misdeed), &TASK);
            let LaneEvent::Failed(failure) = events.last().unwrap() else { panic!("{events:?}") };
            assert_eq!(failure.stage, stage, "{misdeed:?}");
        }
    }

    #[test]
    fn a_cancelled_visit_says_so() {
        let events = events(&MockLane::new().with(Misdeed::CancelledInRun(3)), &TASK);
        assert_eq!(events.last(), Some(&LaneEvent::Cancelled));
    }

    #[test]
    fn an_impossible_task_starts_no_worker() {
        let lane = MockLane::new();
        let events = events(&lane, &Task { workers: 0, ..TASK });
        assert!(matches!(events.as_slice(), [LaneEvent::Failed(_)]));
        assert_eq!(lane.crews_started(), 0);
    }

    #[test]
    fn an_own_picture_that_is_not_there_starts_no_worker() {
        let pixels = [7; 8 * 6 * 4];
        let dimensions = Dimensions::new(8, 6).unwrap();
        let sum = Checksum::of_rows(dimensions, 0, &pixels);
        for (own, wanted) in [
            (None, sum),
            (Some(&pixels[..pixels.len() - 4]), sum),
            (Some(&pixels[..]), Checksum(sum.0 ^ 1)),
        ] {
            let lane = MockLane::new();
            let mut log = Log::default();
            let task = Task { picture: Picture::Own(wanted), ..TASK };
            block_on(visit(&lane, &task, own, &mut log));
            let [LaneEvent::Failed(failure)] = log.0.as_slice() else { panic!("{:?}", log.0) };
            assert_eq!(failure.stage, Stage::Prepare);
            assert_eq!(lane.crews_started(), 0);
        }
    }
}
