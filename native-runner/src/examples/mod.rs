//! The seed's two examples as they are written, on Node, how large a page may be before its scraper loses it, and what
//! became of them ([`became`]).
//!
//! `claims::seed` has the programs, letter by letter.

mod became;

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use claims::seed::EXAMPLES;
use lab::LaneError;
use protocol::Nanos;
use protocol::example::{ExampleEvent, Ran, Swept};

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};
use crate::lanes::{Node, node};
use crate::private::Folder;
use crate::timing;

/// Sizes of a page, in bytes.
pub(crate) const SIZES: [u64; 7] =
    [1 << 10, 16 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20, 4 << 20];
/// How often each is tried, in each form.
pub(crate) const TRIES: u32 = 20;
/// How long a program may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that each of its processes may write to.
const DATA: u64 = 3 << 30;

/// Runs the examples, on the thread that calls; how it goes is told to `tell`. `site` is the built-in site's origin.
pub(crate) fn run(tries: u32, site: &str, cancel: &Cancel, tell: &mut dyn FnMut(ExampleEvent)) {
    let last = match attempt(tries, site, cancel, tell) {
        _ if cancel.is_asked() => ExampleEvent::Ended { node: String::new(), cancelled: true },
        Ok(node) => ExampleEvent::Ended { node, cancelled: false },
        Err(LaneError::Unavailable(error)) => ExampleEvent::Failed { error, unavailable: true },
        Err(LaneError::Failed(error) | LaneError::Void(error)) => {
            ExampleEvent::Failed { error, unavailable: false }
        }
        Err(LaneError::Cancelled) => ExampleEvent::Ended { node: String::new(), cancelled: true },
    };
    tell(last);
}

fn attempt(
    tries: u32,
    site: &str,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ExampleEvent),
) -> Result<String, LaneError> {
    let node = node().map_err(LaneError::Unavailable)?;
    for program in &EXAMPLES {
        let began = timing::now();
        let running = Running::start(node, &program.files, &[], cancel)?;
        let output: Vec<String> = running.lines.map_while(Result::ok).collect();
        running.process.end().map_err(LaneError::failed)?;
        let took = Nanos(timing::now() - began);
        let output = output.join("\n");
        tell(ExampleEvent::Ran(Ran { name: program.name.to_owned(), output, took }));
    }
    let files = [("main.js", include_str!("sweep.js")), ("scraper.js", include_str!("swept.js"))];
    let sizes = SIZES.map(|size| size.to_string());
    let words = [&[tries.to_string()], &sizes[..]].concat();
    let mut running = Running::start(node, &files, &words, cancel)?;
    for bytes in SIZES {
        let Some(Ok(line)) = running.lines.next() else {
            let end = running.process.last_words();
            return Err(LaneError::failed(format!("the sweep over sizes ended early: {end}")));
        };
        let swept: Swept = serde_json::from_str(&line)
            .map_err(|why| LaneError::failed(format!("the sweep said {line:?}: {why}")))?;
        debug_assert_eq!(swept.bytes, bytes);
        tell(ExampleEvent::Swept(swept));
    }
    drop(running.lines);
    running.process.end().map_err(LaneError::failed)?;
    became::fill(cancel, tell);
    became::read(site, cancel, tell);
    Ok(node.version.clone())
}

/// A program that runs, and what it writes.
struct Running {
    process: ChildProcess,
    lines: io::Lines<BufReader<UnixStream>>,
}

impl Running {
    fn start(
        node: &Node,
        files: &[(&str, &str)],
        words: &[String],
        cancel: &Cancel,
    ) -> Result<Self, LaneError> {
        let start = || -> io::Result<Self> {
            let folder = Folder::new("example")?;
            for (name, text) in files {
                folder.write(name, text)?;
            }
            let script = folder.path().join("main.js").into_os_string();
            let words = [script].into_iter().chain(words.iter().map(OsString::from)).collect();
            let program = KeptProgram::new(&node.program, words);
            // As whoever follows the seed would: `./worker.js` is looked for where one is.
            let within = Some(folder.path().to_owned());
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_read_timeout(Some(PATIENCE))?;
            let input = theirs.try_clone()?;
            let folder = Some(folder);
            let program = KeptProgram { data: DATA, folder, within, ..program };
            let process = program.spawn(input.into(), theirs.into(), cancel)?;
            Ok(Self { process, lines: BufReader::new(ours).lines() })
        };
        start().map_err(|why| LaneError::failed(format!("Node could not be started: {why}")))
    }
}
