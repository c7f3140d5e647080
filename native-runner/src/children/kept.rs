//! Programs that may start others: each under a keeper (`crates/keeper`), with a few words of our environment
//! and bounded memory.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::{AFTER_THE_STREAM, ChildProcess, first_line, programs};
use crate::cancel::{Cancel, Target};
use crate::private::Folder;
use keeper::{Input, Mechanism, Order, descendants};

/// What a program gets of our environment: where things are, and how to write.
pub(super) const ENVIRONMENT: [&str; 5] = ["HOME", "LANG", "LC_ALL", "PATH", "TZ"];

/// What leads to the folder of a program that has one; to its home, all of them.
const OWN_PLACES: [&str; 3] = ["TMPDIR", "HOME", "XDG_RUNTIME_DIR"];

/// A program that may start others.
pub(crate) struct KeptProgram {
    pub(crate) path: PathBuf,
    pub(crate) words: Vec<OsString>,
    /// How long it may take to end when its stream has.
    pub(crate) patience: Duration,
    /// Bytes of memory that each of its processes may write to.
    pub(crate) data: u64,
    /// Files that it finds open from descriptor 3 on.
    pub(crate) files: Vec<PathBuf>,
    /// What keeps its processes together; without one the best that there is.
    pub(crate) mechanism: Option<Mechanism>,
    /// A folder that is removed with it. Its temporary files go there.
    pub(crate) folder: Option<Folder>,
    /// The folder is its home, too; else it gets ours.
    pub(crate) is_home: bool,
    /// Where it starts; without one, where the runner did.
    pub(crate) within: Option<PathBuf>,
    /// What it gets of the environment beside what all get.
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

impl KeptProgram {
    /// A program that gets what Node needs and no more.
    pub(crate) fn new(path: &Path, words: Vec<OsString>) -> Self {
        Self {
            path: path.to_owned(),
            words,
            patience: AFTER_THE_STREAM,
            data: 8 << 30,
            files: Vec::new(),
            mechanism: None,
            folder: None,
            is_home: false,
            within: None,
            environment: Vec::new(),
        }
    }

    /// Starts it with these as its standard input and output.
    pub(crate) fn spawn(
        self,
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
    ) -> io::Result<ChildProcess> {
        let (input, output) = (Stdio::from(input), Stdio::from(output));
        self.start(Input::Shared, [input, output, Stdio::piped()], cancel)
    }

    /// Starts it without input and output; what it says on standard error goes there.
    pub(crate) fn spawn_alone(self, words: Stdio, cancel: &Cancel) -> io::Result<ChildProcess> {
        self.start(Input::Nothing, [Stdio::piped(), Stdio::null(), words], cancel)
    }

    fn start(
        self,
        input: Input,
        [stdin, stdout, stderr]: [Stdio; 3],
        cancel: &Cancel,
    ) -> io::Result<ChildProcess> {
        let Self {
            path,
            words,
            patience,
            data,
            files,
            mechanism,
            folder,
            is_home,
            within,
            environment,
        } = self;
        let mut program = vec![path.into_os_string()];
        program.extend(words);
        let runner = std::process::id();
        let place = folder.as_ref().map(|folder| folder.path().to_owned());
        let order = Order { runner, input, data, files, mechanism, folder: place.clone(), program };
        let own = place.iter().flat_map(|place| {
            let names = if is_home { &OWN_PLACES[..] } else { &OWN_PLACES[..1] };
            names.iter().map(move |name| (name, place))
        });
        #[expect(clippy::disallowed_methods, reason = "this is the module that starts children")]
        let mut command = Command::new(programs::keeper()?);
        let ours = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .arg0("breakeven-keeper")
            .args(order.words())
            .env_clear()
            .envs(ours)
            .envs(own)
            .envs(environment)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr);
        if let Some(within) = within {
            command.current_dir(within);
        }
        let mut process = ChildProcess::watch(command.spawn()?, cancel, Target::Kept, patience)?;
        // Where the keeper was killed, or had to leave something, it goes with this.
        process.folder = folder;
        Ok(process)
    }
}

impl ChildProcess {
    /// The process id, as it is outside, of a process under this keeper that has this id inside.
    pub(crate) fn outer_id(&self, inner: u32) -> Option<u32> {
        let found = descendants::with_inner_id(self.pid(), inner)?;
        Some(found.as_raw_nonzero().get().unsigned_abs())
    }
}

/// What keeps programs together that may start others, in words; found out once.
pub(crate) fn mechanism() -> String {
    static FOUND: OnceLock<String> = OnceLock::new();
    let ask = || {
        let keeper = programs::keeper()?;
        first_line(Path::new(&keeper), "--best")
    };
    let name = || ask().unwrap_or_else(|why| format!("none: the keeper does not run ({why})"));
    FOUND.get_or_init(name).clone()
}
