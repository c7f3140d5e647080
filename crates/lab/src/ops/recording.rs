//! A scenario, played while caller and workers note what they do.

use protocol::trace::Played;
use workloads::compute;

use super::compute::Piece;
use super::{Starter, Trails, Workers};
use crate::lane::LaneError;
use crate::op::Placement;
use crate::scenarios::{Act, Scenario};

/// Plays a scenario on a lane: [`crate::Lane::record`] for lanes that are a [`Starter`].
///
/// # Errors
/// If the lane cannot play it, or it went wrong.
pub async fn record<L: Starter>(lane: &L, scenario: &Scenario) -> Result<Played, LaneError> {
    lane.begin_trace()?;
    let played = play(lane, scenario.act).await;
    // Whatever happened: nobody notes anything any more.
    let caller = lane.end_trace();
    let workers = played?;
    Ok(Played { tick: lane.tick(), caller: caller?, workers })
}

async fn play<L: Starter>(lane: &L, act: Act) -> Result<Trails, LaneError> {
    let start = |count| lane.start(count, Placement::Unpinned);
    match act {
        Act::Start => start(1).await?.end().await,
        Act::Echo { bytes, times } => {
            let mut workers = start(1).await?;
            // The first way is the usual one.
            let way = workers.echoes().into_iter().next().unwrap_or_default();
            let mut echo = workers.echo(bytes, &way).await?;
            echo.batch(times).await?;
            if !echo.is_right()? {
                return Err(LaneError::failed("other bytes came back than were sent"));
            }
            drop(echo);
            workers.end().await
        }
        Act::Tasks { task, tasks, workers } => {
            let mut workers = start(workers).await?;
            workers.pool(task).await?.closed(tasks).await?;
            workers.end().await
        }
        Act::Crash { task } => {
            let mut workers = start(1).await?;
            workers.pool(task).await?.closed(1).await?;
            lane.crash(&mut workers).await?;
            workers.pool(task).await?.closed(1).await?;
            workers.end().await
        }
        Act::Scrape => lane.scrape().await,
        Act::Work { workload, pages, workers } => {
            let workload = compute::find(workload)
                .ok_or_else(|| LaneError::failed(format!("no workload {workload}")))?;
            let mut started = start(workers).await?;
            started.compute(Piece::new(workload, pages, workers)?).await?.batch(1).await?;
            started.end().await
        }
    }
}
