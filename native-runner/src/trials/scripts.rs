//! The files that a trial finds in its folder.

use std::fs;
use std::io;
use std::path::Path;

use protocol::frame::{self, Head};
use rust_embed::Embed;

/// Other programs that echo a frame.
const FOREIGN: [(&str, &str); 3] = [
    ("foreign.py", include_str!("foreign/foreign.py")),
    ("foreign.sh", include_str!("foreign/foreign.sh")),
    ("foreign-node.cjs", include_str!("foreign/foreign-node.cjs")),
];

/// The caller on Node's lanes, and its workers.
const NODE: [(&str, &str); 8] = [
    ("main.cjs", include_str!("node/main.cjs")),
    ("peers.cjs", include_str!("node/peers.cjs")),
    ("worker.cjs", include_str!("node/worker.cjs")),
    ("identity.cjs", include_str!("node/identity.cjs")),
    ("share.cjs", include_str!("node/share.cjs")),
    ("databases.cjs", include_str!("node/databases.cjs")),
    ("crash.cjs", include_str!("node/crash.cjs")),
    ("foreign.cjs", include_str!("node/foreign.cjs")),
];

/// The databases' clients for Node, from npm; nothing where they were not installed before the build.
#[derive(Embed)]
#[folder = "node/node_modules"]
#[allow_missing = true]
struct Clients;

/// Writes what a trial needs into its folder.
pub(super) fn write(folder: &Path, node: bool, clients: bool) -> io::Result<()> {
    for (name, text) in FOREIGN {
        fs::write(folder.join(name), text)?;
    }
    if !node {
        return Ok(());
    }
    for (name, text) in NODE {
        fs::write(folder.join(name), text)?;
    }
    let body: Vec<u8> = (0..=255).cycle().take(1024).collect();
    let request = [&frame::encode(&Head::Echo, body.len() as u64)[..], &body].concat();
    fs::write(folder.join("frame.bin"), request)?;
    if clients {
        for path in Clients::iter().filter(|path| is_run(path)) {
            let file = folder.join("node_modules").join(&*path);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(file, Clients::get(&path).map(|it| it.data).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Whether Node reads it: npm's packages bring declarations, texts and maps, too.
fn is_run(path: &str) -> bool {
    [".js", ".cjs", ".mjs", ".json", ".wasm"].iter().any(|end| path.ends_with(end))
}
