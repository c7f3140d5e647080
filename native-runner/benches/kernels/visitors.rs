//! Who is visited: the runner's lanes in this process, the engines in Chromium, and the libraries in
//! Node, the latter two by scripts that answer one JSON line with one.

use std::fmt;
use std::path::{Path, PathBuf};

use futures::executor::block_on;
use lab::{Lane, Observer};
use native_runner::{Cancel, lanes};
use protocol::{LaneEvent, LaneId, Task};
use serde_json::json;
use workloads::Dimensions;

use crate::script::Script;

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Visitor {
    Lane(LaneId),
    /// One of the two builds of the engine.
    Engine(&'static str),
    /// A name that `references.mjs` knows.
    Library(&'static str),
}

impl fmt::Display for Visitor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(lane) => write!(out, "{lane}"),
            Self::Engine(engine) => write!(out, "{engine} in Chromium"),
            Self::Library(library) => write!(out, "{library} in Node"),
        }
    }
}

pub(crate) struct Visitors {
    lanes: Vec<Box<dyn Lane>>,
    chromium: Result<Script, String>,
    references: Result<Script, String>,
    picture: PathBuf,
}

impl Visitors {
    /// Starts the scripts; one that cannot be started is told when it is visited.
    pub(crate) fn new(dimensions: Dimensions, picture: &[u8]) -> Result<Self, String> {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels.rgba");
        std::fs::write(&file, picture).map_err(|why| format!("{}: {why}", file.display()))?;
        let size = [dimensions.width(), dimensions.height()].map(|side| side.to_string());
        let arguments = [file.display().to_string(), size[0].clone(), size[1].clone()];
        Ok(Self {
            lanes: lanes::all(&Cancel::default()),
            chromium: Script::start("kernels/chromium.mjs", &[]),
            references: Script::start("kernels/references.mjs", &arguments),
            picture: file,
        })
    }

    /// The runs' times in nanoseconds.
    pub(crate) fn visit(&mut self, visitor: &Visitor, task: &Task) -> Result<Vec<f64>, String> {
        match visitor {
            Visitor::Lane(id) => {
                let lane = self.lanes.iter().find(|lane| lane.id() == *id);
                let lane = lane.ok_or_else(|| format!("no lane {id}"))?;
                let mut times = Times::default();
                block_on(lab::visit(lane.as_ref(), task, None, &mut times));
                times.trouble.map_or(Ok(times.runs), Err)
            }
            Visitor::Engine(engine) => self
                .chromium
                .as_mut()
                .map_err(|why| why.clone())?
                .ask(&json!({ "engine": engine, "task": task })),
            Visitor::Library(library) => self.library(library, task, None),
        }
    }

    /// What a library makes of the picture, as raw bytes.
    pub(crate) fn result(&mut self, library: &str, task: &Task) -> Result<Vec<u8>, String> {
        let file = self.picture.with_extension("result");
        self.library(library, task, Some(&file))?;
        std::fs::read(&file).map_err(|why| format!("{}: {why}", file.display()))
    }

    fn library(
        &mut self,
        library: &str,
        task: &Task,
        keep: Option<&Path>,
    ) -> Result<Vec<f64>, String> {
        self.references.as_mut().map_err(|why| why.clone())?.ask(&json!({
            "library": library,
            "filter": task.filter,
            "threads": task.workers,
            "runs": task.runs,
            "keep": keep,
        }))
    }
}

#[derive(Default)]
struct Times {
    runs: Vec<f64>,
    trouble: Option<String>,
}

impl Observer for Times {
    fn event(&mut self, event: LaneEvent) {
        match event {
            LaneEvent::Sample(sample) => self.runs.push(sample.total.0 as f64),
            LaneEvent::Failed(failure) => self.trouble = Some(failure.to_string()),
            _ => {}
        }
    }
}
