//! `breakeven advise`: which lane for somebody's workload, from figures, and the proof.

mod quantities;
mod text;

use std::path::PathBuf;

use advisor::{Advice, Amount, BreakEven, For, Model, Need, Standing, Workload};
use clap::{Args, ValueEnum};
use lab::Lane;
use lab::experiments::{self, Experiment, workload::WORKLOAD};
use lab::plan::{Depth, Plan};
use lab::study::Ended;
use protocol::LaneId;
use protocol::report::{Param, Report, RowOutcome};
use protocol::study::Proof;
use serde_json::{Value, json};

use super::End;
use super::measure::{Measured, Measuring};
use crate::browser::Kind;
use crate::cancel::Cancel;
use crate::terminal::{print, print_json, say};
use crate::{input, lanes, machine};
use quantities::{bytes, part, rate};

/// Predicts a workload on every lane from this machine's figures, and says which lane it would be.
///
/// Without a report it measures what it needs first, which takes a good minute.
#[derive(Args)]
pub(super) struct Advise {
    /// Milliseconds that one worker computes for a task.
    #[arg(long, value_name = "T")]
    task_ms: f64,
    /// Bytes that each task gets: 64KiB, 1MiB, 1000.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    payload: u64,
    /// Whose lanes compete.
    #[arg(long = "for", value_enum, default_value_t = Whose::Node)]
    of: Whose,
    /// How many tasks there are.
    #[arg(long, value_name = "N", conflicts_with = "rate", default_value_t = 100)]
    tasks: u32,
    /// How many tasks come a second, instead: 50, 50/s.
    #[arg(long, value_name = "N/s", value_parser = rate)]
    rate: Option<f64>,
    /// Bytes that each task answers with.
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "64")]
    reply: u64,
    /// How many workers there may be at once; without it one per processor.
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Each task has a worker of its own, started for it and ended after it.
    #[arg(long, conflicts_with = "rate")]
    fresh: bool,
    /// Which part of the tasks takes its worker along: 0.01, 1%.
    #[arg(long, value_name = "P", value_parser = part, default_value = "0")]
    crash_rate: f64,
    /// What all workers may take of memory together.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory_limit: Option<u64>,
    /// What must be had, separated by commas.
    #[arg(long, value_enum, value_name = "NEED", value_delimiter = ',')]
    needs: Vec<Needed>,
    /// An earlier report (`breakeven run tasks startup memory --json FILE`); without it the figures are taken first.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Measures this browser's lanes too: opens the page in it, headless.
    #[arg(long, value_enum, value_name = "BROWSER")]
    browser: Option<Kind>,
    /// Runs exactly this workload on the recommended lane and its nearest rivals, and shows what it takes.
    #[arg(long)]
    prove: bool,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Whose {
    Node,
    Rust,
    Browser,
    Any,
}

#[derive(Clone, Copy, ValueEnum)]
enum Needed {
    Isolation,
    SharedState,
    Language,
    Database,
}

impl From<Whose> for For {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Node => Self::Node,
            Whose::Rust => Self::Rust,
            Whose::Browser => Self::Browser,
            Whose::Any => Self::Any,
        }
    }
}

impl From<Needed> for Need {
    fn from(needed: Needed) -> Self {
        match needed {
            Needed::Isolation => Self::Isolation,
            Needed::SharedState => Self::SharedState,
            Needed::Language => Self::Language,
            Needed::Database => Self::Database,
        }
    }
}

/// A proof that would take longer is refused, in nanoseconds.
const LONGEST_PROOF: f64 = 600e9;
/// Blocks of a proof at the least.
const FEWEST: f64 = 3.0;

/// What a lane took, beside what was predicted.
struct Proved {
    lane: LaneId,
    outcome: RowOutcome,
}

impl Advise {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let (workload, of) = (self.workload(), For::from(self.of));
        if let Err(why) = workload.check() {
            return Ok(End::BadUsage(why));
        }
        if of == For::Browser && self.browser.is_none() && (self.report.is_none() || self.prove) {
            let why = "a browser's lanes are measured in one: add --browser chromium or firefox";
            return Ok(End::BadUsage(why.into()));
        }
        let cancel = Cancel::default();
        let report = match &self.report {
            Some(file) => match input::report(file) {
                Ok(report) => report,
                Err(why) => return Ok(End::BadUsage(why)),
            },
            None => match self.measure(&cancel)? {
                Ok(report) => report,
                Err(end) => return Ok(end),
            },
        };
        let model = match Model::fit(&report, of) {
            Ok(model) => model,
            Err(missing) if self.report.is_some() => return Ok(End::BadUsage(missing.to_string())),
            Err(missing) => {
                say!("breakeven: {missing}");
                return Ok(End::Unavailable);
            }
        };
        let advice = match model.advise(&workload, of) {
            Ok(advice) => advice,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let break_evens = model.break_evens(&advice, &workload);
        let mut end = End::Done;
        let mut proved = Vec::new();
        if self.prove {
            match self.prove(&model, &advice, &workload, &cancel)? {
                Ok(all) => {
                    let failed = |one: &Proved| !matches!(one.outcome, RowOutcome::Measured(_));
                    if all.iter().any(failed) {
                        end = End::Failed;
                    }
                    proved = all;
                }
                // What was said stands without its proof.
                Err(why) => end = why,
            }
        }
        if self.json {
            let data = json(&advice, &break_evens, &workload, &proved);
            print_json(&data)?;
        } else {
            print(&text::of(&advice, &break_evens, &workload, &proved))?;
        }
        Ok(end)
    }

    fn workload(&self) -> Workload {
        Workload {
            task: self.task_ms * 1e6,
            payload: self.payload,
            reply: self.reply,
            amount: self.rate.map_or(Amount::Tasks(self.tasks), Amount::Rate),
            workers: self.workers.unwrap_or_else(|| machine::describe().cores.clamp(1, 64)),
            fresh: self.fresh,
            crash_rate: self.crash_rate,
            memory_limit: self.memory_limit,
            needs: self.needs.iter().copied().map(Need::from).collect(),
        }
    }

    fn measuring(&self, depth: Depth, experiments: Vec<&'static Experiment>) -> Measuring {
        Measuring { browser: self.browser, ..Measuring::of(depth, experiments) }
    }

    fn measure(&self, cancel: &Cancel) -> anyhow::Result<Result<Report, End>> {
        let is_chosen =
            |plan: &Plan, lane: &dyn Lane| lane.id() != LaneId::BROWSER_MAIN && plan.concerns(lane);
        let measuring = self.measuring(Depth::Guide, experiments::guiding());
        let measured = measuring.measure(lanes::all(cancel), cancel, is_chosen)?;
        Ok(measured.and_then(|Measured { report, ended }| match ended {
            Ended::Done => Ok(report),
            Ended::Cancelled => Err(End::Interrupted),
            Ended::Stopped(why) => {
                say!("breakeven: {why}");
                Err(End::Failed)
            }
        }))
    }

    /// Runs the workload on the first lanes, platform by platform: what a round takes is a matter of those.
    fn prove(
        &self,
        model: &Model,
        advice: &Advice,
        workload: &Workload,
        cancel: &Cancel,
    ) -> anyhow::Result<Result<Vec<Proved>, End>> {
        let proofs = model.proofs(advice, workload);
        let is_proved = |it: &&Standing| proofs.iter().any(|proof| proof.lanes.contains(&it.lane));
        let totals = advice.lanes.iter().filter(is_proved);
        let totals = totals.filter_map(|it| it.predicted.as_ref().ok()?.total);
        let once: f64 = totals.map(|total| total.median).sum();
        if once * FEWEST > LONGEST_PROOF {
            let why = format!(
                "to prove it would take {}: ask for fewer or shorter tasks",
                lab::format::time(once * FEWEST)
            );
            return Ok(Err(End::BadUsage(why)));
        }
        if workload.crash_rate > 0.0 {
            say!(
                "breakeven: the proof is without crashes: it shows what the tasks take by themselves"
            );
        }
        let mut all = Vec::new();
        for Proof { load, lanes: wanted } in proofs {
            let is_browsers = wanted.iter().any(|lane| lab::browser::BROWSER_LANES.contains(lane));
            let measuring = Measuring {
                load: Some(load),
                browser: self.browser.filter(|_| is_browsers),
                ..self.measuring(Depth::Proof, vec![&WORKLOAD])
            };
            let is_chosen = |_: &Plan, lane: &dyn Lane| wanted.contains(&lane.id());
            let measured = measuring.measure(lanes::all(cancel), cancel, is_chosen)?;
            let Measured { report, ended } = match measured {
                Ok(measured) => measured,
                Err(end) => return Ok(Err(end)),
            };
            match ended {
                Ended::Done => {}
                Ended::Cancelled => return Ok(Err(End::Interrupted)),
                Ended::Stopped(why) => anyhow::bail!(why),
            }
            let is_it = |found: &Param| *found == Param::from(workload.metric());
            let rows = report.results.into_iter();
            let rows = rows.filter(|row| row.params.get("metric").is_some_and(is_it));
            all.extend(rows.map(|row| Proved { lane: row.lane, outcome: row.outcome }));
        }
        Ok(Ok(all))
    }
}

fn json(
    advice: &Advice,
    break_evens: &[BreakEven],
    workload: &Workload,
    proved: &[Proved],
) -> Value {
    let lane = |standing: &Standing| {
        let predicted = standing.predicted.as_ref();
        let proof = proved.iter().find(|one| one.lane == standing.lane);
        let proof = proof.map(|one| match &one.outcome {
            RowOutcome::Measured(it) => {
                json!({ "unit": "ns", "median": it.median, "ci95": it.ci95, "samples": it.samples })
            }
            other => json!(other),
        });
        json!({
            "lane": standing.lane,
            "competes": standing.competes,
            "predicted": predicted.ok().map(|it| json!({
                "unit": "ns", "median": it.figure().median, "ci90": it.figure().ci90,
            })),
            "figures": predicted.ok(),
            "unpredicted": predicted.err(),
            "proved": proof,
            "ruled_out": standing.ruled_out.as_ref().map(|it| &it.claim),
            "ruled_out_by": standing.ruled_out,
            "excluded": standing.excluded,
        })
    };
    json!({
        "recommended": advice.recommended,
        "close": advice.close,
        "answer": advisor::answer(advice, workload),
        "reasons": advisor::reasons(advice, break_evens, workload),
        "metric": workload.metric(),
        "workload": workload,
        "lanes": advice.lanes.iter().map(lane).collect::<Vec<_>>(),
        "break_evens": break_evens,
        "sketches": advice.lanes.iter().find(|it| it.is_eligible()).map(|it| advisor::sketches(&it.lane)),
    })
}
