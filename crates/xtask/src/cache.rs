//! Where pinned tools live: one folder per tool and version, never among the user's own tools.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/xtask lies two folders below the root")
        .to_path_buf()
}

/// The folder of one tool at one version, for example `…/breakeven/tools/trunk-0.21.14`.
pub(crate) fn tool(name: &str, version: &str) -> Result<PathBuf, String> {
    Ok(root()?.join("tools").join(format!("{name}-{version}")))
}

fn root() -> Result<PathBuf, String> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(own) = set("BREAKEVEN_CACHE") {
        return Ok(own.into());
    }
    if let Some(xdg) = set("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(xdg).join("breakeven"));
    }
    set("HOME")
        .map(|home| PathBuf::from(home).join(".cache/breakeven"))
        .ok_or_else(|| "no folder for tools: set BREAKEVEN_CACHE, XDG_CACHE_HOME or HOME".into())
}
