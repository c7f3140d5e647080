//! What Node's scripts take from npm, carried inside.

use std::io;
use std::path::Path;

use rust_embed::Embed;

use crate::private::Folder;

/// Nothing where it was not installed before the build.
#[derive(Embed)]
#[folder = "node/node_modules"]
#[allow_missing = true]
struct Packages;

/// Whether a package was there when this was built.
pub(crate) fn has(package: &str) -> bool {
    Packages::get(&format!("{package}/package.json")).is_some()
}

/// The databases' clients, with what they need themselves.
pub(crate) const CLIENTS: &[&str] = &[
    "node-sqlite3-wasm",
    "pg",
    "pg-cloudflare",
    "pg-connection-string",
    "pg-int8",
    "pg-pool",
    "pg-protocol",
    "pg-types",
    "pgpass",
    "postgres-array",
    "postgres-bytea",
    "postgres-date",
    "postgres-interval",
    "split2",
    "xtend",
];
/// The scraper's parsers, with what they need themselves.
pub(crate) const PARSERS: &[&str] = &[
    "dom-serializer",
    "domelementtype",
    "domhandler",
    "domutils",
    "entities",
    "htmlparser2",
    "robots-parser",
];

/// Writes packages into a folder, where Node looks for them.
pub(crate) fn write(folder: &Folder, packages: &[&str]) -> io::Result<()> {
    let wanted = |path: &str| packages.iter().any(|name| path.split('/').next() == Some(name));
    for path in Packages::iter().filter(|path| wanted(path) && is_run(path)) {
        let bytes = Packages::get(&path).map(|it| it.data).unwrap_or_default();
        folder.write(Path::new("node_modules").join(&*path), bytes)?;
    }
    Ok(())
}

/// Whether Node reads it: npm's packages bring declarations, texts and maps, too.
fn is_run(path: &str) -> bool {
    [".js", ".cjs", ".mjs", ".json", ".wasm"].iter().any(|end| path.ends_with(end))
}
