//! Recording scenarios on lanes, one after the other, once everything is measured.

use protocol::trace::Recording;
use protocol::{Availability, LaneId};

use crate::assemble::assemble;
use crate::lane::{Lane, LaneError};
use crate::scenarios::Scenario;

/// What was recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// In their order: of one scenario every lane, then the next.
    pub recordings: Vec<Recording>,
    /// What could not be recorded, and why.
    pub warnings: Vec<String>,
}

/// Who is told how it goes.
pub trait Witness {
    /// A recording begins: this many of all are over.
    fn begins(&mut self, done: usize, all: usize, lane: &LaneId, scenario: &Scenario);

    /// One is there.
    fn recorded(&mut self, recording: &Recording);
}

/// Records a scenario on a lane.
///
/// # Errors
/// If the lane cannot play it, it went wrong, or what was noted cannot be put together.
pub async fn record_on(
    lane: &dyn Lane,
    scenario: &'static Scenario,
) -> Result<Recording, LaneError> {
    if let Availability::Unavailable { reason } = lane.availability() {
        return Err(LaneError::Unavailable(reason));
    }
    let played = lane.record(scenario).await?;
    let recording = assemble(scenario.id, lane.id(), lane.kind(), played);
    let recording = recording.map_err(LaneError::failed)?;
    if recording.events.is_empty() {
        return Err(LaneError::Unavailable("nothing happens in it on this lane".into()));
    }
    Ok(recording)
}

/// Records scenarios on lanes. What a lane cannot play is worth a word only where the lanes were `named`. The second is
/// whether somebody cancelled.
pub async fn record_all(
    lanes: &[&dyn Lane],
    scenarios: &[&'static Scenario],
    named: bool,
    witness: &mut impl Witness,
) -> (Recorded, bool) {
    let all = lanes.len() * scenarios.len();
    let mut recorded = Recorded::default();
    let mut done = 0;
    for scenario in scenarios {
        for lane in lanes {
            witness.begins(done, all, &lane.id(), scenario);
            done += 1;
            let why = match record_on(*lane, scenario).await {
                Ok(recording) => {
                    witness.recorded(&recording);
                    recorded.recordings.push(recording);
                    continue;
                }
                Err(LaneError::Cancelled) => return (recorded, true),
                Err(LaneError::Unavailable(_)) if !named => continue,
                Err(
                    LaneError::Unavailable(why) | LaneError::Failed(why) | LaneError::Void(why),
                ) => why,
            };
            let (scenario, lane) = (scenario.id, lane.id());
            recorded.warnings.push(format!("no trace of {scenario} on {lane}: {why}"));
        }
    }
    (recorded, false)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::mock::MockLane;
    use crate::scenarios;

    struct Nobody;

    impl Witness for Nobody {
        fn begins(&mut self, _done: usize, _all: usize, _lane: &LaneId, _scenario: &Scenario) {}
        fn recorded(&mut self, _recording: &Recording) {}
    }

    #[test]
    fn what_cannot_be_recorded_is_said_of_lanes_that_were_named() {
        let lane = MockLane::new();
        let scenarios = [&scenarios::ALL[0]];
        let said = |named| {
            let recorded = block_on(record_all(&[&lane], &scenarios, named, &mut Nobody));
            recorded.0.warnings
        };
        assert_eq!(said(true), ["no trace of tasks on mock: mock cannot be recorded"]);
        assert!(said(false).is_empty());
    }
}
