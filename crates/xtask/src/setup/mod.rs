//! `cargo xtask setup`: a list of steps, each of which first looks whether there is anything to do.
//!
//! One file per thing that is installed. Adding one is a file and a line in [`run`].

mod apt;
mod binaryen;
mod browsers;
mod cargo_tools;
pub(crate) mod npm;
mod postgres;
mod python;
mod toolchain;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

pub(crate) use browsers::Browsers;
pub(crate) use toolchain::{TOOLCHAIN_VARIABLE, Toolchain};

/// What the tools are wanted for: building needs less than testing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// The page and the runner.
    Build,
    /// Those, and the checks and browsers of the tests.
    Test,
    /// Those, and the libraries that the benches measure against.
    Bench,
}

/// Everything that was found or installed.
pub(crate) struct Tools {
    pub(crate) toolchain: Toolchain,
    pub(crate) wasm_bindgen: PathBuf,
    pub(crate) wasm_opt: PathBuf,
    pub(crate) trunk: PathBuf,
    /// Only where testing was wanted.
    pub(crate) testing: Option<Testing>,
}

/// What only the tests need.
pub(crate) struct Testing {
    pub(crate) cargo_deny: PathBuf,
    pub(crate) browsers: Browsers,
}

/// Installs what is missing; where nothing is, it takes a moment and says nothing.
pub(crate) fn run(want: Want, forced: Option<Toolchain>) -> Result<Tools, String> {
    if want == Want::Bench {
        npm::ensure("native-runner/benches/kernels")?;
        npm::ensure("native-runner/benches/browser")?;
    }
    // The runner carries the databases' clients for Node's trials.
    npm::ensure("native-runner/node")?;
    let toolchain = toolchain::ensure(forced)?;
    Ok(Tools {
        toolchain,
        wasm_bindgen: cargo_tools::wasm_bindgen()?,
        wasm_opt: binaryen::ensure()?,
        trunk: cargo_tools::trunk()?,
        testing: match want {
            Want::Build => None,
            Want::Test | Want::Bench => Some(Testing {
                cargo_deny: cargo_tools::cargo_deny()?,
                browsers: {
                    postgres::ensure()?;
                    python::ensure()?;
                    npm::ensure("tests/e2e")?;
                    browsers::ensure()?
                },
            }),
        },
    })
}

/// What fuzzing needs: cargo-fuzz, and a C++ compiler for the fuzzer that it links.
pub(crate) fn fuzzer(forced: Option<Toolchain>) -> Result<PathBuf, String> {
    toolchain::ensure(forced)?;
    if crate::shell::on_path("g++").is_none() {
        apt::ensure(&["g++"])?;
    }
    cargo_tools::cargo_fuzz()
}

impl Tools {
    /// A cargo command for the native side.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(self.toolchain.cargo());
        command.current_dir(crate::cache::workspace()).envs(self.toolchain.environment());
        command
    }

    /// PATH with the pinned tools first, for programs that look their helpers up there (trunk).
    pub(crate) fn path(&self) -> Result<OsString, String> {
        let mut folders: Vec<PathBuf> = [&self.trunk, &self.wasm_bindgen, &self.wasm_opt]
            .iter()
            .filter_map(|tool| tool.parent().map(PathBuf::from))
            .collect();
        folders.extend(self.toolchain.folder());
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path));
        std::env::join_paths(folders).map_err(|why| format!("PATH: {why}"))
    }
}
