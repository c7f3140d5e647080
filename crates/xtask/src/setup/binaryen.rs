//! `wasm-opt`, from npm's binaryen: Debian's is too old for what today's rustc and wasm-bindgen emit.

use std::path::PathBuf;

use super::npm;
use crate::{cache, pins};

/// The path of `wasm-opt`.
pub(crate) fn ensure() -> Result<PathBuf, String> {
    let folder = cache::tool("binaryen", pins::BINARYEN)?;
    let wasm_opt = folder.join("node_modules/.bin/wasm-opt");
    if !wasm_opt.is_file() {
        npm::install_package("binaryen", pins::BINARYEN, &folder)?;
    }
    Ok(wasm_opt)
}
