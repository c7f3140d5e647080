//! The Rust toolchain that builds the wasm parts, with the standard library's source: the engine
//! rebuilds std with atomics.
//!
//! The native parts are built by the same one, so that both sides of a comparison come from one
//! compiler.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use super::apt;
use crate::shell;

/// Carries `--toolchain` to a nested xtask.
pub(crate) const TOOLCHAIN_VARIABLE: &str = "BREAKEVEN_TOOLCHAIN";

/// Where rustc, cargo and the standard library come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// rustup's active toolchain, with the wasm32 target and rust-src.
    Rustup,
    /// Debian's `rustc-web`, `cargo-web`, `rust-web-src` and `lld-22`.
    Debian,
}

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const WASM: &str = "wasm32-unknown-unknown";

impl FromStr for Toolchain {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "rustup" => Ok(Self::Rustup),
            "debian" => Ok(Self::Debian),
            other => Err(format!("no toolchain is named {other}: rustup or debian")),
        }
    }
}

impl Toolchain {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    /// The cargo to call.
    pub(crate) fn cargo(self) -> &'static Path {
        Path::new(match self {
            Self::Rustup => "cargo",
            Self::Debian => "/usr/bin/cargo",
        })
    }

    /// The folder that must come first on PATH for programs that call cargo themselves.
    pub(crate) fn folder(self) -> Option<PathBuf> {
        (self == Self::Debian).then(|| PathBuf::from("/usr/bin"))
    }

    /// What every build with it needs in its environment.
    pub(crate) fn environment(self) -> Vec<(&'static str, &'static str)> {
        let mut variables = vec![(TOOLCHAIN_VARIABLE, self.name())];
        if self == Self::Debian {
            variables.push(("RUSTC", "/usr/bin/rustc"));
            variables.push(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22"));
        }
        variables
    }

    /// What a build for the page needs besides: Debian has no prebuilt std for wasm32.
    pub(crate) fn page_environment(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Rustup => Vec::new(),
            Self::Debian => Self::build_std_environment(),
        }
    }

    /// Lets a stable cargo rebuild std (for the engine, with atomics).
    pub(crate) fn build_std_environment() -> Vec<(&'static str, &'static str)> {
        vec![("RUSTC_BOOTSTRAP", "1"), ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")]
    }

    fn ready(self) -> bool {
        match self {
            Self::Rustup => {
                let targets =
                    shell::answer(Command::new("rustup").args(["target", "list", "--installed"]));
                let root = shell::answer(Command::new("rustc").args(["--print", "sysroot"]));
                targets.is_some_and(|list| list.lines().any(|line| line == WASM))
                    && root.is_some_and(|root| {
                        Path::new(&root).join("lib/rustlib/src/rust/library/std").is_dir()
                    })
            }
            Self::Debian => DEBIAN_PACKAGES.iter().all(|package| apt::installed(package)),
        }
    }

    fn install(self) -> Result<(), String> {
        match self {
            Self::Rustup => {
                let step = |title: &str, arguments: &[&str]| {
                    shell::quietly(title, Command::new("rustup").args(arguments), shell::minutes(5))
                };
                step("adding rustup's wasm32 target", &["target", "add", WASM])?;
                step("adding rustup's rust-src component", &["component", "add", "rust-src"])
            }
            Self::Debian => apt::ensure(&DEBIAN_PACKAGES),
        }
    }
}

/// The forced toolchain or, without one, the first that is complete or can be completed.
pub(crate) fn ensure(forced: Option<Toolchain>) -> Result<Toolchain, String> {
    let candidates = match forced {
        Some(one) => vec![one],
        None => vec![Toolchain::Rustup, Toolchain::Debian],
    };
    if let Some(ready) = candidates.iter().find(|toolchain| toolchain.ready()) {
        return Ok(*ready);
    }
    let mut reasons = Vec::new();
    for toolchain in candidates {
        match toolchain.install() {
            Ok(()) if toolchain.ready() => return Ok(toolchain),
            Ok(()) => reasons.push(format!("{}: installed, yet incomplete", toolchain.name())),
            Err(why) => {
                eprintln!("the {} toolchain can't be completed here", toolchain.name());
                reasons.push(format!("{}: {why}", toolchain.name()));
            }
        }
    }
    Err(format!("no Rust toolchain for wasm:\n{}", reasons.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::Toolchain;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for toolchain in [Toolchain::Rustup, Toolchain::Debian] {
            assert_eq!(toolchain.name().parse(), Ok(toolchain));
        }
        assert!("nightly".parse::<Toolchain>().unwrap_err().contains("rustup or debian"));
    }
}
