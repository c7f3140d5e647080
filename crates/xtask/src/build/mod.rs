//! Building, from the inside out: the modules of the page's workers, the page around them, the runner
//! around the page.

mod join;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cache;
use crate::pins;
use crate::setup::{Toolchain, Tools};
use crate::shell;
use crate::snapshot::Snapshot;

const WASM: &str = "wasm32-unknown-unknown";

/// A wasm module that runs in workers of the page.
struct Module {
    /// Its folder beside the page.
    name: &'static str,
    /// The crate in `crates/`, whose `js` folder holds the scripts.
    package: &'static str,
    /// Of Cargo.
    profile: &'static str,
    features: &'static [&'static str],
    /// Whether `worker.js` and wasm-bindgen's script are to be one: for workers that are started often.
    joined: bool,
    /// Whether Node's lanes load wasm-bindgen's script, too.
    for_node: bool,
    rustflags: &'static [&'static str],
}

/// Where in our sources a panic began is told by no engine: those names are a tenth of what a visitor downloads.
const NOWHERE: &str = "-Zlocation-detail=none";

const MODULES: [Module; 5] = [
    Module {
        name: "engine",
        package: "engine",
        profile: "engine",
        features: &["--features", "threads"],
        joined: true,
        for_node: false,
        // `+atomics` alone no longer makes the memory shared (rust-lang/rust#147225), and
        // wasm-bindgen's thread start-up needs the TLS symbols and `__heap_base` exported.
        rustflags: &[
            NOWHERE,
            "-Ctarget-feature=+atomics,+bulk-memory,+simd128",
            "-Clink-args=--shared-memory",
            "-Clink-args=--import-memory",
            "-Clink-args=--max-memory=1073741824",
            "-Clink-args=--export=__heap_base",
            "-Clink-args=--export=__wasm_init_tls",
            "-Clink-args=--export=__tls_size",
            "-Clink-args=--export=__tls_align",
            "-Clink-args=--export=__tls_base",
        ],
    },
    Module {
        name: "engine-plain",
        package: "engine",
        profile: "engine",
        features: &[],
        joined: true,
        for_node: true,
        rustflags: &[NOWHERE, "-Ctarget-feature=+bulk-memory,+simd128"],
    },
    Module {
        name: "leader",
        package: "leader",
        profile: "engine",
        features: &[],
        joined: false,
        for_node: false,
        rustflags: &["-Ctarget-feature=+bulk-memory,+simd128"],
    },
    Module {
        name: "desk",
        package: "desk",
        // It reads once what somebody opens: small before fast.
        profile: "page",
        features: &[],
        joined: false,
        for_node: false,
        rustflags: &[
            NOWHERE,
            "-Ctarget-feature=+bulk-memory",
            "-Zunstable-options",
            "-Cpanic=immediate-abort",
        ],
    },
    Module {
        name: "codec",
        package: "codec",
        profile: "codec",
        features: &[],
        joined: false,
        for_node: false,
        rustflags: &["-Ctarget-feature=+bulk-memory,+simd128"],
    },
];

/// How the page is made small: views are put together at run time and not by the compiler, and a mistake stops the
/// page's program without words of its own (`web/boot.js` has some). Together they save a seventh of it.
const PAGE_FLAGS: [&str; 4] =
    [NOWHERE, "--cfg=erase_components", "-Zunstable-options", "-Cpanic=immediate-abort"];

/// All of them, into `target/workers/NAME`, from where trunk copies them beside the page.
pub(crate) fn workers(tools: &Tools) -> Result<(), String> {
    MODULES.iter().try_for_each(|module| build_module(tools, module))?;
    let root = cache::workspace();
    let (own, out) = (root.join("crates/engine/js/trial"), root.join("target/workers/trial"));
    let script = join::parts(&own)?;
    fs::create_dir_all(&out)
        .and_then(|()| fs::write(out.join("worker.js"), script))
        .map_err(|why| format!("{}: {why}", out.display()))
}

/// The page with its workers' modules, into `dist`.
pub(crate) fn page(tools: &Tools) -> Result<(), String> {
    let mut command = Command::new(&tools.trunk);
    command
        .args(["build", "--offline", "--release"])
        .current_dir(cache::workspace())
        .env("PATH", tools.path()?)
        .envs(tools.toolchain.environment())
        .envs(Toolchain::build_std_environment())
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", PAGE_FLAGS.join(" "))
        .env_remove("RUSTFLAGS")
        // trunk reads NO_COLOR as a boolean and refuses the usual "1".
        .env_remove("NO_COLOR");
    let dist = cache::workspace().join("dist");
    let reading = |why| format!("{}: {why}", dist.display());
    let before = Snapshot::of(&dist).map_err(reading)?;
    shell::loudly("building the page (trunk)", &mut command, shell::minutes(25))?;
    before.restore_times_if_same(&dist).map_err(reading)
}

/// `target/release/breakeven`, with the page and the child program inside.
pub(crate) fn runner(tools: &Tools) -> Result<(), String> {
    page(tools)?;
    let mut command = tools.cargo();
    command.args(["build", "--release", "--package", "native-runner"]);
    shell::loudly("building the runner", &mut command, shell::minutes(30))
}

fn build_module(tools: &Tools, module: &Module) -> Result<(), String> {
    let root = cache::workspace();
    let target = root.join("target/wasm").join(module.name);
    let mut cargo = tools.cargo();
    cargo
        .args(["build", "--package", module.package, "--profile", module.profile, "--target", WASM])
        .args(module.features)
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", module.rustflags.join("\x1f"))
        .env_remove("RUSTFLAGS")
        // What is measured is to be fast, whatever the page around this build asks for.
        .env_remove("CARGO_UNSTABLE_BUILD_STD_FEATURES")
        .envs(Toolchain::build_std_environment());
    shell::loudly(&format!("building {}", module.name), &mut cargo, shell::minutes(20))?;

    let bound = target.join("bound");
    let raw = target.join(WASM).join(module.profile).join(format!("{}.wasm", module.package));
    // Written last, so that what was interrupted, or made by other tools, is made again.
    let versions = format!("{}-{}", pins::wasm_bindgen()?, pins::BINARYEN);
    let stamp = target.join(format!("bound-{versions}"));
    if !(newer(&stamp, &raw) && bound.is_dir()) {
        bind(tools, module, &raw, &bound)?;
        fs::write(&stamp, "").map_err(|why| format!("{}: {why}", stamp.display()))?;
    }
    let own = root.join("crates").join(module.package).join("js");
    let out = root.join("target/workers").join(module.name);
    put(module, &bound, &own, &out).map_err(|why| format!("{}: {why}", out.display()))
}

/// Puts beside the page what it fetches, and no more.
fn put(module: &Module, bound: &Path, own: &Path, out: &Path) -> Result<(), String> {
    let io = |why: std::io::Error| why.to_string();
    if out.exists() {
        fs::remove_dir_all(out).map_err(io)?;
    }
    fs::create_dir_all(out).map_err(io)?;
    let script = format!("{}.js", module.package);
    let wasm = format!("{}_bg.wasm", module.package);
    fs::copy(bound.join(&wasm), out.join(&wasm)).map_err(io)?;
    if !module.joined || module.for_node {
        fs::copy(bound.join(&script), out.join(&script)).map_err(io)?;
    }
    let worker = if module.joined {
        join::join(&bound.join(&script), own)?
    } else {
        fs::read_to_string(own.join("worker.js")).map_err(io)?
    };
    fs::write(out.join("worker.js"), worker).map_err(io)
}

/// wasm-bindgen's output for the browser, made smaller and faster by wasm-opt.
fn bind(tools: &Tools, module: &Module, raw: &Path, out: &Path) -> Result<(), String> {
    if out.exists() {
        fs::remove_dir_all(out).map_err(|why| format!("{}: {why}", out.display()))?;
    }
    let mut bindgen = Command::new(&tools.wasm_bindgen);
    bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(out).arg(raw);
    shell::quietly(&format!("binding {}", module.name), &mut bindgen, shell::minutes(2))?;
    optimise(tools, &out.join(format!("{}_bg.wasm", module.package)))
}

fn newer(made: &Path, from: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified());
    matches!((time(made), time(from)), (Ok(made), Ok(from)) if made > from)
}

fn optimise(tools: &Tools, wasm: &Path) -> Result<(), String> {
    let smaller = wasm.with_extension("optimised.wasm");
    let mut command = Command::new(&tools.wasm_opt);
    command
        .args(["-O3", "--converge"])
        .args(["--enable-threads", "--enable-bulk-memory", "--enable-simd"])
        .args(["--enable-nontrapping-float-to-int", "--enable-sign-ext"])
        .args(["--enable-mutable-globals", "--enable-reference-types", "--enable-multivalue"])
        .arg(wasm)
        .arg("-o")
        .arg(&smaller);
    let name = wasm.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    shell::quietly(&format!("optimising {name} (wasm-opt)"), &mut command, shell::minutes(5))?;
    fs::rename(&smaller, wasm).map_err(|why| format!("{}: {why}", wasm.display()))
}
