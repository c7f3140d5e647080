//! The versions of the tools that are not in a lock file.

use std::fs;

use crate::cache;

/// Builds the page. 0.22 needs a newer rustc than the Debian and rustup toolchains in use.
pub(crate) const TRUNK: &str = "0.21.14";
/// Carries a current `wasm-opt`; Debian's is too old for today's output.
pub(crate) const BINARYEN: &str = "132.0.0";
/// Checks licences, sources and bans.
pub(crate) const CARGO_DENY: &str = "0.20.2";

/// Feeds hostile bytes to the parsers.
pub(crate) const CARGO_FUZZ: &str = "0.13.2";

/// The wasm-bindgen of Cargo.lock: its command-line tool must be exactly the same version.
pub(crate) fn wasm_bindgen() -> Result<String, String> {
    let path = cache::workspace().join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| "Cargo.lock names no wasm-bindgen: run `cargo metadata` to renew it".into())
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    version.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn reads_the_exact_package_only() {
        let lock = "[[package]]\nname = \"wasm-bindgen-rayon\"\nversion = \"1.3.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}
