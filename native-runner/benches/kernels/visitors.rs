//! Who is visited: the runner's lanes in this process, the engines in Chromium, and the libraries in
//! Node, the latter two by scripts that answer one JSON line with one.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use futures::executor::block_on;
use lab::{Lane, Observer};
use native_runner::{Cancel, lanes};
use protocol::{Filter, LaneEvent, LaneId, Task};
use serde_json::{Value, json};
use workloads::Dimensions;

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
            chromium: Script::start("chromium.mjs", &[]),
            references: Script::start("references.mjs", &arguments),
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
        let Filter::Blur { sigma } = task.filter else {
            return Err("the libraries are measured on a blur".into());
        };
        self.references.as_mut().map_err(|why| why.clone())?.ask(&json!({
            "library": library,
            "sigma": sigma,
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

/// A Node program beside this file. It ends when its standard input does.
struct Script {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Script {
    fn start(name: &'static str, arguments: &[String]) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/kernels").join(name);
        let mut child = Command::new("node")
            .arg(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("node could not be started: {why}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = output.ok_or("no pipe to node")?;
        Ok(Self { name, child, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, question: &Value) -> Result<Vec<f64>, String> {
        let gone =
            format!("{} ended; `cargo xtask bench` installs and builds what it needs", self.name);
        let input = self.input.as_mut().ok_or_else(|| gone.clone())?;
        writeln!(input, "{question}").map_err(|_| gone.clone())?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|why| why.to_string())?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| gone)?;
        match (&answer["times"], &answer["error"]) {
            (Value::Array(times), _) => Ok(times.iter().filter_map(Value::as_f64).collect()),
            (_, error) => Err(error.as_str().unwrap_or("no times").to_owned()),
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
