//! Trials: each is made by a program of its own, which is their caller and may be lost. What becomes of that
//! program the runner sees, and survives.
//!
//! On `native.thread` and the process lanes it is the trial program (`crates/trial`), on Node's lanes a Node with
//! the scripts in `node/`. Both work in a folder that is removed with them.

mod postgres;
mod scripts;

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use lab::{LaneError, Trial};
use protocol::LaneId;
use protocol::trial::{Fact, Facts, TrialNews, Tried};

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram, trial_program};
use crate::lanes::Node;
use crate::private::Folder;
use crate::timing;
use postgres::Cluster;
pub(crate) use postgres::{found as postgres_found, release};

/// How long a trial may be silent; a worker that is silent for less its caller reports.
const PATIENCE: Duration = Duration::from_secs(50);
/// Bytes of memory that each process of a trial may write to.
const DATA: u64 = 768 << 20;
/// The same for Node from this version on, where each worker thread sets half a gibibyte apart for its code.
const DATA_OF_NODE: (u32, u64) = (24, 3 << 30);
/// Of what a program said last, so much is kept.
const WORDS: usize = 160;

/// Who makes trials for all lanes of the runner.
pub(crate) struct Trials {
    cancel: Cancel,
    /// The data of a PostgreSQL server, made when it is first needed.
    cluster: RefCell<Option<Result<Cluster, String>>>,
}

/// What a trial's caller is.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// The trial program.
    Own,
    /// This Node, for workers of this kind.
    Node(&'a Node, &'a str),
}

impl Trials {
    pub(crate) fn new(cancel: Cancel) -> Rc<Self> {
        Rc::new(Self { cancel, cluster: RefCell::default() })
    }

    /// Makes a trial.
    ///
    /// # Errors
    /// If it means nothing on this lane, or could not be made.
    pub(crate) fn make(
        &self,
        lane: &LaneId,
        trial: &Trial,
        caller: Caller<'_>,
    ) -> Result<Tried, LaneError> {
        let mut running = self.start(lane, trial.experiment, trial.name, caller)?;
        let mut begun = None;
        loop {
            match running.hear()? {
                Some(TrialNews::Begun { at }) => begun = Some(at),
                Some(TrialNews::Outlived) => begun = None,
                Some(TrialNews::Tried(tried)) => return Ok(tried),
                Some(TrialNews::Unavailable(why)) => return Err(LaneError::Unavailable(why)),
                Some(TrialNews::Failed(why)) => {
                    return Err(LaneError::Failed(format!(
                        "{} {}: {why}",
                        trial.experiment, trial.name
                    )));
                }
                None => {
                    let at = timing::now() as f64;
                    let said = running.process.last_words();
                    let Some(began) = begun.filter(|_| trial.is_crash()) else {
                        let what = format!("the caller of {} {}", trial.experiment, trial.name);
                        let facts = lost(&said);
                        let told = ["how", "said"].into_iter().filter_map(|name| facts.get(name));
                        let told: Vec<String> = told.map(ToString::to_string).collect();
                        return Err(LaneError::Failed(format!(
                            "{what} ended: {}",
                            told.join(", ")
                        )));
                    };
                    let facts = lost(&said);
                    let replaced = self.replaced(lane, caller, began)?;
                    let replaced = Some(replaced);
                    return Ok(Tried { facts, took: at - began, replaced, lost: None });
                }
            }
        }
    }

    /// How long after the crash another caller's worker has answered.
    fn replaced(&self, lane: &LaneId, caller: Caller<'_>, began: f64) -> Result<f64, LaneError> {
        let mut running = self.start(lane, "identity", "process", caller)?;
        match running.hear()? {
            Some(TrialNews::Begun { at }) => Ok(at - began),
            other => Err(LaneError::Failed(format!("another caller did not begin: {other:?}"))),
        }
    }

    fn start(
        &self,
        lane: &LaneId,
        experiment: &str,
        name: &str,
        caller: Caller<'_>,
    ) -> Result<Running, LaneError> {
        let failed =
            |why: io::Error| LaneError::failed(format!("a trial could not be started: {why}"));
        let folder = Folder::new("trial").map_err(failed)?;
        let with_clients = name.starts_with("database");
        scripts::write(&folder, matches!(caller, Caller::Node(..)), with_clients)
            .map_err(failed)?;
        let mut environment = vec![("BREAKEVEN_FOLDER", folder.path().as_os_str().to_owned())];
        let mut server = None;
        if name == "database-server" {
            match self.serve() {
                Ok(process) => {
                    environment.push(("BREAKEVEN_POSTGRES", process.folder.clone().into()));
                    server = Some(process);
                }
                Err(why) => environment.push(("BREAKEVEN_NO_POSTGRES", why.into())),
            }
        }
        let program = match caller {
            Caller::Own => {
                let words = [lane.as_str(), experiment, name].map(Into::into);
                // Inside a user namespace nobody looks into this process's descriptors: the keeper opens it before.
                let files = vec![PathBuf::from(trial_program().map_err(failed)?)];
                KeptProgram {
                    files,
                    ..KeptProgram::new(Path::new("/proc/self/fd/3"), words.into())
                }
            }
            Caller::Node(node, kind) => {
                let script = folder.path().join("main.cjs").into_os_string();
                KeptProgram::new(
                    &node.program,
                    vec![script, kind.into(), experiment.into(), name.into()],
                )
            }
        };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        ours.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let output = theirs.try_clone().map_err(failed)?;
        let data = match caller {
            Caller::Node(node, _) if node.major() >= DATA_OF_NODE.0 => DATA_OF_NODE.1,
            _ => DATA,
        };
        let program = KeptProgram { data, environment, folder: Some(folder), ..program };
        let process = program.spawn(theirs.into(), output.into(), &self.cancel).map_err(failed)?;
        Ok(Running { process, news: BufReader::new(ours), _server: server })
    }

    /// A running server.
    fn serve(&self) -> Result<postgres::Server, String> {
        let mut cluster = self.cluster.borrow_mut();
        let cluster = cluster.get_or_insert_with(|| Cluster::create(&self.cancel));
        cluster.as_ref().map_err(Clone::clone)?.serve(&self.cancel)
    }
}

/// A trial that goes on.
struct Running {
    process: ChildProcess,
    news: BufReader<UnixStream>,
    /// It ends after it.
    _server: Option<postgres::Server>,
}

impl Running {
    /// The next piece of news; none once the program is gone.
    fn hear(&mut self) -> Result<Option<TrialNews>, LaneError> {
        let mut line = String::new();
        let talking = self.process.talking();
        let read = self.news.read_line(&mut line);
        drop(talking);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => serde_json::from_str(&line)
                .map(Some)
                .map_err(|why| LaneError::Failed(format!("a trial said {:?}: {why}", line.trim()))),
            Err(why) if why.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(why) => {
                self.process.give_up();
                Err(LaneError::Failed(format!("a trial was silent: {why}")))
            }
        }
    }
}

/// What is known of a caller that was lost: how it ended, and what was said last.
fn lost(said: &str) -> Facts {
    let mut facts = Facts::from([
        ("died".to_owned(), Fact::Text("caller".into())),
        ("told_by".to_owned(), Fact::Text("its starter".into())),
        ("siblings_lost".to_owned(), Fact::Count(1)),
    ]);
    if let Some(how) = said.lines().find_map(|line| line.strip_prefix("it ended with ")) {
        facts.insert("how".into(), Fact::Text(end(how)));
    }
    let is_telling = |line: &&str| {
        ["Error", "FATAL", "Fatal", "overflow", "failed", "could not"]
            .iter()
            .any(|word| line.contains(word))
    };
    if let Some(line) = said.lines().find(is_telling) {
        facts.insert("said".into(), Fact::Text(plain(line)));
    }
    facts
}

/// `exit status: 3` and `signal: 6 (SIGABRT)` as other lanes say it.
fn end(status: &str) -> String {
    match status.strip_prefix("exit status: ") {
        Some(code) => format!("exit code {}", code.trim()),
        None => {
            status.split(['(', ')']).find(|it| it.starts_with("SIG")).unwrap_or(status).to_owned()
        }
    }
}

/// Without what differs from time to time: the numbers of threads.
fn plain(line: &str) -> String {
    let mut text = line.trim().to_owned();
    while let Some((before, rest)) = text.split_once(" (") {
        let Some((number, after)) = rest.split_once(')') else { break };
        if !number.chars().all(|it| it.is_ascii_digit()) {
            break;
        }
        text = format!("{before}{after}");
    }
    text.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_caller_s_end_and_words_are_kept() {
        let said = "thread '<unknown>' (2269) has overflowed its stack\nfatal runtime error\n\
                    it ended with signal: 6 (SIGABRT)\n";
        let facts = lost(said);
        assert_eq!(facts["how"], Fact::Text("SIGABRT".into()));
        assert_eq!(facts["said"], Fact::Text("thread '<unknown>' has overflowed its stack".into()));
        assert_eq!(lost("it ended with exit status: 3\n")["how"], Fact::Text("exit code 3".into()));
        assert_eq!(lost("")["died"], Fact::Text("caller".into()));
    }
}
