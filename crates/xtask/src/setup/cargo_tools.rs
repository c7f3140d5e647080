//! Tools that cargo builds from source, each into its own folder of the cache.

use std::path::PathBuf;
use std::process::Command;

use crate::{cache, pins, shell};

/// The wasm-bindgen command of exactly the locked version.
pub(crate) fn wasm_bindgen() -> Result<PathBuf, String> {
    Tool {
        package: "wasm-bindgen-cli",
        version: &pins::wasm_bindgen()?,
        binary: "wasm-bindgen",
        arguments: &["--no-default-features"],
        about: "2 minutes",
    }
    .ensure()
}

/// Trunk, which builds the page.
pub(crate) fn trunk() -> Result<PathBuf, String> {
    Tool {
        package: "trunk",
        version: pins::TRUNK,
        binary: "trunk",
        arguments: &["--locked", "--no-default-features", "--features", "rustls"],
        about: "4 minutes",
    }
    .ensure()
}

/// cargo-deny, which checks licences, sources and bans.
pub(crate) fn cargo_deny() -> Result<PathBuf, String> {
    Tool {
        package: "cargo-deny",
        version: pins::CARGO_DENY,
        binary: "cargo-deny",
        arguments: &["--locked"],
        about: "4 minutes",
    }
    .ensure()
}

/// cargo-fuzz, which builds and runs the fuzzer.
pub(crate) fn cargo_fuzz() -> Result<PathBuf, String> {
    Tool {
        package: "cargo-fuzz",
        version: pins::CARGO_FUZZ,
        binary: "cargo-fuzz",
        arguments: &["--locked"],
        about: "1 minute",
    }
    .ensure()
}

struct Tool<'a> {
    package: &'a str,
    version: &'a str,
    binary: &'a str,
    arguments: &'a [&'a str],
    about: &'a str,
}

impl Tool<'_> {
    fn ensure(&self) -> Result<PathBuf, String> {
        let folder = cache::tool(self.package, self.version)?;
        let binary = folder.join("bin").join(self.binary);
        if binary.is_file() {
            return Ok(binary);
        }
        let mut command = Command::new("cargo");
        command
            // An unoptimised build: these tools run for moments, and it halves the wait for them.
            .args(["install", "--debug", "--quiet", self.package, "--version", self.version])
            .args(self.arguments)
            .arg("--root")
            .arg(&folder)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", folder.join("build"))
            .env_remove("RUSTC")
            .env_remove("RUSTFLAGS")
            .current_dir(std::env::temp_dir());
        let title =
            format!("building {} {} (about {} once)", self.package, self.version, self.about);
        shell::quietly(&title, &mut command, shell::minutes(25))?;
        let _ = std::fs::remove_dir_all(folder.join("build"));
        Ok(binary)
    }
}
