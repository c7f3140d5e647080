//! Recording scenarios on lanes, one after the other: before anything is measured, as all of them make notes.

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
    let played = lane.record(scenario).await?;
    let recording = assemble(scenario.id, lane.id(), lane.kind(), played);
    let recording = recording.map_err(LaneError::failed)?;
    if recording.events.is_empty() {
        return Err(LaneError::Unavailable("nothing happens in it on this lane".into()));
    }
    Ok(recording)
}

/// Records scenarios on lanes. A lane that is unavailable is left out: its rows say why. The second is whether
/// somebody cancelled.
pub async fn record_all(
    lanes: &[&dyn Lane],
    scenarios: &[&'static Scenario],
    witness: &mut impl Witness,
) -> (Recorded, bool) {
    let is_there = |lane: &&&dyn Lane| matches!(lane.availability(), Availability::Available);
    let lanes: Vec<&&dyn Lane> = lanes.iter().filter(is_there).collect();
    let all = lanes.len() * scenarios.len();
    let mut recorded = Recorded::default();
    let mut done = 0;
    for scenario in scenarios {
        for lane in &lanes {
            witness.begins(done, all, &lane.id(), scenario);
            done += 1;
            match record_on(**lane, scenario).await {
                Ok(recording) => {
                    witness.recorded(&recording);
                    recorded.recordings.push(recording);
                }
                Err(LaneError::Cancelled) => return (recorded, true),
                // That it has no such thing is no trouble.
                Err(LaneError::Unavailable(_)) => {}
                Err(LaneError::Failed(why) | LaneError::Void(why)) => {
                    let (scenario, lane) = (scenario.id, lane.id());
                    recorded.warnings.push(format!("no trace of {scenario} on {lane}: {why}"));
                }
            }
        }
    }
    (recorded, false)
}
