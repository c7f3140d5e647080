//! Made reports: what is usually seen, and what is changed about it.

use lab::params;
use protocol::LaneId;
use protocol::report::{
    Browser, Measured, Params, REPORT_VERSION, Report, ReportMachine, ReportRow, RowOutcome, Run,
    Unit,
};
use protocol::trial::{Fact, Facts, Sighting};

const NODE_THREADS: [&str; 2] = ["node.worker", "node.worker-shared"];
const FORKS: [&str; 2] = ["node.fork-json", "node.fork-advanced"];
const PROCESSES: [&str; 3] = ["process.pipe", "process.socket", "process.shm"];
const BROWSER: [&str; 3] = ["browser.clone", "browser.transfer", "browser.shared"];
const NATIVE: &str = "native.thread";

/// A report in the making.
#[derive(Clone, Debug)]
pub struct Made(Report);

impl Made {
    /// What is usually seen.
    #[must_use]
    pub fn usual() -> Self {
        let machine = ReportMachine {
            cpu: "a processor".into(),
            cores: 2,
            rustc: "rustc 1.95.0 (a day)".into(),
            node: Some("v20.20.2".into()),
            browser: Some(Browser { name: "Chromium 156".into(), ..Browser::default() }),
            ..ReportMachine::default()
        };
        let run = Run { blocks: 5, finished: 5, ..Run::default() };
        let mut made = Self(Report {
            version: REPORT_VERSION,
            machine,
            run,
            results: Vec::new(),
            trace: Vec::new(),
        });
        made.identities();
        made.shares();
        made.crashes();
        made.figures();
        made
    }

    /// The report.
    #[must_use]
    pub fn report(self) -> Report {
        self.0
    }

    /// Changes a fact, or adds it.
    #[must_use]
    pub fn seen(
        mut self,
        lanes: &[&str],
        trial: (&str, &str),
        fact: &str,
        is: impl Into<Seen>,
    ) -> Self {
        let is = is.into();
        for lane in lanes {
            self.fact(lane, trial.0, trial.1, fact, is.0.clone());
        }
        self
    }

    /// Changes a figure: its median, in nanoseconds or times.
    #[must_use]
    pub fn figure(mut self, lane: &str, experiment: &str, params: &Params, median: f64) -> Self {
        self.put(lane, experiment, params, median);
        self
    }

    /// Leaves an experiment out.
    #[must_use]
    pub fn without(mut self, experiment: &str) -> Self {
        self.0.results.retain(|row| row.experiment != experiment);
        self
    }

    /// Node's lanes say why they cannot.
    #[must_use]
    pub fn without_node(mut self) -> Self {
        self.0.machine.node = None;
        for row in self.0.results.iter_mut().filter(|row| row.lane.as_str().starts_with("node.")) {
            row.outcome = RowOutcome::Unavailable { reason: "node is not on PATH".into() };
        }
        self
    }

    /// A trial was once seen otherwise.
    #[must_use]
    pub fn seen_otherwise(mut self, lane: &str, trial: (&str, &str)) -> Self {
        let row = self.row(lane, trial.0, trial.1);
        if let RowOutcome::Measured(measured) = &mut row.outcome {
            measured.seen.push(Sighting { facts: Facts::new(), times: 1 });
        }
        self
    }

    /// A fact was once another one.
    #[must_use]
    pub fn seen_once(
        mut self,
        lane: &str,
        trial: (&str, &str),
        fact: &str,
        is: impl Into<Seen>,
    ) -> Self {
        let row = self.row(lane, trial.0, trial.1);
        if let RowOutcome::Measured(measured) = &mut row.outcome {
            let mut facts = measured.seen[0].facts.clone();
            facts.insert(fact.to_owned(), is.into().0);
            measured.seen.push(Sighting { facts, times: 1 });
        }
        self
    }

    fn row(&mut self, lane: &str, experiment: &str, trial: &str) -> &mut ReportRow {
        let param = match experiment {
            "identity" => "aspect",
            "share" => "resource",
            "crash" => "kind",
            _ => "program",
        };
        let params = params([(param, trial.into())]);
        let results = &mut self.0.results;
        let is_it = |row: &ReportRow| {
            row.lane.as_str() == lane && row.experiment == experiment && row.params == params
        };
        let at = results.iter().position(is_it).unwrap_or_else(|| {
            let mut measured = measured(Unit::Nanoseconds, 12_300.0);
            measured.seen = vec![Sighting { facts: Facts::new(), times: 3 }];
            let outcome = RowOutcome::Measured(measured);
            let (experiment, lane) = (experiment.to_owned(), LaneId::from(lane));
            results.push(ReportRow { experiment, lane, params: params.clone(), outcome });
            results.len() - 1
        });
        &mut results[at]
    }

    fn fact(&mut self, lane: &str, experiment: &str, trial: &str, fact: &str, is: Fact) {
        if let RowOutcome::Measured(measured) = &mut self.row(lane, experiment, trial).outcome {
            measured.seen[0].facts.insert(fact.to_owned(), is);
        }
    }

    fn facts(&mut self, lanes: &[&str], trial: (&str, &str), facts: &[(&str, Seen)]) {
        for lane in lanes {
            for (name, is) in facts {
                self.fact(lane, trial.0, trial.1, name, is.0.clone());
            }
        }
    }

    fn put(&mut self, lane: &str, experiment: &str, params: &Params, median: f64) {
        let results = &mut self.0.results;
        results.retain(|row| {
            row.lane.as_str() != lane || row.experiment != experiment || row.params != *params
        });
        let unit = if experiment == "compute" { Unit::Ratio } else { Unit::Nanoseconds };
        let outcome = RowOutcome::Measured(measured(unit, median));
        let (experiment, lane) = (experiment.to_owned(), LaneId::from(lane));
        results.push(ReportRow { experiment, lane, params: params.clone(), outcome });
    }

    fn identities(&mut self) {
        for aspect in ["process", "cwd", "signals"] {
            self.facts(&NODE_THREADS, ("identity", aspect), &[("same", true.into())]);
            self.facts(&[NATIVE], ("identity", aspect), &[("same", true.into())]);
            self.facts(&FORKS, ("identity", aspect), &[("same", false.into())]);
            self.facts(&PROCESSES, ("identity", aspect), &[("same", false.into())]);
        }
        for aspect in ["heap", "globals"] {
            self.facts(&NODE_THREADS, ("identity", aspect), &[("same", false.into())]);
            self.facts(&[NATIVE], ("identity", aspect), &[("same", true.into())]);
            self.facts(&FORKS, ("identity", aspect), &[("same", false.into())]);
            self.facts(&PROCESSES, ("identity", aspect), &[("same", false.into())]);
        }
        self.facts(&BROWSER, ("identity", "globals"), &[("same", false.into())]);
    }

    fn shares(&mut self) {
        let variables = ("share", "variables");
        let unseen: [(&str, Seen); 2] =
            [("later_change_seen", false.into()), ("change_seen", false.into())];
        for lanes in [&NODE_THREADS[..], &FORKS, &PROCESSES, &BROWSER] {
            self.facts(lanes, variables, &unseen);
        }
        self.facts(
            &[NATIVE],
            variables,
            &[("later_change_seen", true.into()), ("change_seen", true.into())],
        );
        for (lanes, map, function) in [
            (&NODE_THREADS[..], true, "refused"),
            (&BROWSER, true, "refused"),
            (&FORKS[..1], false, "dropped"),
            (&FORKS[1..], true, "refused"),
        ] {
            let facts = [
                ("map_kept", map.into()),
                ("date_kept", map.into()),
                ("prototype_kept", false.into()),
                ("function", function.into()),
            ];
            self.facts(lanes, variables, &facts);
        }

        let buffer = ("share", "buffer");
        for lane in ["node.worker-shared", "browser.shared", NATIVE, "process.shm"] {
            self.facts(&[lane], buffer, &[("shared", true.into()), ("bytes_copied", 0.into())]);
        }
        for lane in ["node.worker", "browser.clone", "process.pipe", "process.socket", FORKS[1]] {
            self.facts(
                &[lane],
                buffer,
                &[("shared", false.into()), ("bytes_copied", (1 << 20).into())],
            );
        }
        self.facts(
            &[FORKS[0]],
            buffer,
            &[("shared", false.into()), ("bytes_copied", (2 << 20).into())],
        );
        self.facts(&[FORKS[0]], buffer, &[("shared_array_buffer", "arrives as {}".into())]);
        self.facts(
            &["browser.transfer"],
            buffer,
            &[("shared", false.into()), ("sender_keeps_it", false.into())],
        );

        for engine in ["database", "database-server"] {
            let name = if engine == "database" { "SQLite 3.50.2" } else { "PostgreSQL 15.18" };
            let facts: [(&str, Seen); 4] = [
                ("engine", name.into()),
                ("connection_passed", false.into()),
                ("own_connections_work", true.into()),
                ("said", "it could not be cloned".into()),
            ];
            for lanes in [&NODE_THREADS[..], &FORKS, &PROCESSES, &[NATIVE]] {
                self.facts(lanes, ("share", engine), &facts);
            }
            self.facts(&[NATIVE], ("share", engine), &[("behind_a_lock", true.into())]);
        }
        self.facts(&FORKS, ("share", "database-server"), &[("stream_damaged", true.into())]);
        let own: [(&str, Seen); 3] = [
            ("engine", "IndexedDB".into()),
            ("connection_passed", false.into()),
            ("own_connections_work", true.into()),
        ];
        self.facts(&BROWSER, ("share", "database"), &own);

        let env: [(&str, Seen); 3] = [
            ("inherited", true.into()),
            ("later_change_seen", false.into()),
            ("workers_change_seen", false.into()),
        ];
        for lanes in [&NODE_THREADS[..], &FORKS, &PROCESSES] {
            self.facts(lanes, ("share", "env"), &env);
        }
        self.facts(&NODE_THREADS, ("share", "env"), &[("share_env", true.into())]);
        let one: [(&str, Seen); 3] = [
            ("inherited", true.into()),
            ("later_change_seen", true.into()),
            ("workers_change_seen", true.into()),
        ];
        self.facts(&[NATIVE], ("share", "env"), &one);

        for lanes in [&NODE_THREADS[..], &FORKS, &PROCESSES, &BROWSER, &[NATIVE]] {
            self.facts(lanes, ("share", "fd"), &[("passed", true.into())]);
        }
        self.facts(&NODE_THREADS, ("share", "fd"), &[("raw_number", true.into())]);
        self.facts(&[NATIVE], ("share", "fd"), &[("raw_number", true.into())]);
    }

    fn crashes(&mut self) {
        for kind in ["throw", "throw-unheard", "segfault"] {
            let of = |died: &'static str| -> [(&'static str, Seen); 2] {
                let lost = u64::from(died == "caller");
                [("died", died.into()), ("siblings_lost", lost.into())]
            };
            let node = if kind == "throw" { "worker" } else { "caller" };
            let native = if kind == "segfault" { "caller" } else { "worker" };
            self.facts(&NODE_THREADS, ("crash", kind), &of(node));
            self.facts(&[NATIVE], ("crash", kind), &of(native));
            self.facts(&FORKS, ("crash", kind), &of("worker"));
            self.facts(&PROCESSES, ("crash", kind), &of("worker"));
            if kind != "segfault" {
                self.facts(&BROWSER, ("crash", kind), &of("nobody"));
            }
        }
        for program in ["python", "shell", "node"] {
            self.facts(&FORKS, ("foreign", program), &[("runs", true.into())]);
            self.facts(&PROCESSES[..2], ("foreign", program), &[("runs", true.into())]);
        }
    }

    fn figures(&mut self) {
        let milliseconds = [
            ("node.worker", 20.0),
            ("node.worker-shared", 21.0),
            (FORKS[0], 40.0),
            (FORKS[1], 41.0),
            (NATIVE, 0.03),
            ("process.pipe", 0.7),
            ("process.socket", 0.6),
            ("process.shm", 0.8),
            ("browser.clone", 10.0),
        ];
        for (lane, time) in milliseconds {
            self.put(lane, "startup", &metric("first_answer"), time * 1e6);
            self.put(lane, "startup", &metric("blocked"), time * 1e4);
        }
        let echoes = [
            ("node.worker", 0.8),
            (FORKS[0], 12.0),
            (FORKS[1], 4.0),
            (NATIVE, 0.03),
            ("process.socket", 0.3),
            ("browser.clone", 2.7),
        ];
        for (lane, time) in echoes {
            self.put(lane, "echo", &echo(64), time * 1e5);
            self.put(lane, "echo", &echo(1 << 20), time * 1e6);
        }
        for lane in ["node.worker", NATIVE, FORKS[0], "process.socket", "browser.shared"] {
            self.put(lane, "compute", &speed_up(), 1.9);
        }
    }
}

/// The params of a metric alone.
#[must_use]
pub fn metric(name: &str) -> Params {
    params([("metric", name.into())])
}

/// The params of an echo there and back.
#[must_use]
pub fn echo(bytes: u64) -> Params {
    params([("bytes", bytes.into()), ("metric", "round_trip".into())])
}

/// The params of a gain by a second worker.
#[must_use]
pub fn speed_up() -> Params {
    params([
        ("workload", "sha256".into()),
        ("size", (512_u64 << 10).into()),
        ("workers", 2.into()),
        ("metric", "speed_up".into()),
    ])
}

fn measured(unit: Unit, median: f64) -> Measured {
    let samples: Vec<f64> = (0..5_u8).map(|at| median * (0.99 + 0.005 * f64::from(at))).collect();
    Measured {
        unit,
        median,
        ci95: [median * 0.98, median * 1.02],
        crossing: None,
        n: 5,
        samples,
        blocks: (0..5).collect(),
        seen: Vec::new(),
    }
}

/// What is seen, from whatever says it.
#[derive(Clone, Debug)]
pub struct Seen(Fact);

impl From<bool> for Seen {
    fn from(is: bool) -> Self {
        Self(Fact::Is(is))
    }
}

impl From<u64> for Seen {
    fn from(count: u64) -> Self {
        Self(Fact::Count(count))
    }
}

impl From<&str> for Seen {
    fn from(text: &str) -> Self {
        Self(Fact::Text(text.to_owned()))
    }
}
