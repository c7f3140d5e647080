//! The files that a trial finds in its folder.

use std::io;

use protocol::frame::{self, Head};

use crate::npm;
use crate::private::Folder;

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

/// Writes what a trial needs into its folder.
pub(super) fn write(folder: &Folder, node: bool, clients: bool) -> io::Result<()> {
    for (name, text) in FOREIGN {
        folder.write(name, text)?;
    }
    if !node {
        return Ok(());
    }
    for (name, text) in NODE {
        folder.write(name, text)?;
    }
    let body: Vec<u8> = (0..=255).cycle().take(1024).collect();
    let request = [&frame::encode(&Head::Echo, body.len() as u64)[..], &body].concat();
    folder.write("frame.bin", request)?;
    if clients {
        npm::write(folder, npm::CLIENTS)?;
    }
    Ok(())
}
