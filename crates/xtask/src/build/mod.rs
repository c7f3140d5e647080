//! Building, from the inside out: the modules of the page's workers, the page around them, the runner
//! around the page.

mod join;

use std::fs;
use std::path::{Path, PathBuf};
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
    family: Family,
    features: &'static [&'static str],
    /// Whether `worker.js` and wasm-bindgen's script are to be one: for workers that are started often.
    joined: bool,
    /// Whether Node's lanes load wasm-bindgen's script, too.
    for_node: bool,
}

/// Modules that are built alike: they share one target folder, and so one standard library and one build of each
/// dependency.
#[derive(Clone, Copy)]
enum Family {
    /// Over shared memory.
    Threads,
    /// Measured, or under what is measured.
    Plain,
    /// The page and what only reads and writes for it: small before fast.
    Page,
}

/// Where in our sources a panic began is told by no engine: those names are a tenth of what a visitor downloads.
const NOWHERE: &str = "-Zlocation-detail=none";

impl Family {
    /// Of Cargo.
    fn profile(self) -> &'static str {
        match self {
            Self::Threads | Self::Plain => "engine",
            Self::Page => "page",
        }
    }

    /// trunk builds the page in the workspace's own target folder.
    fn target(self) -> PathBuf {
        let target = cache::workspace().join("target");
        match self {
            Self::Threads => target.join("wasm/threads"),
            Self::Plain => target.join("wasm/plain"),
            Self::Page => target,
        }
    }

    fn rustflags(self) -> &'static [&'static str] {
        match self {
            // `+atomics` alone no longer makes the memory shared (rust-lang/rust#147225), and
            // wasm-bindgen's thread start-up needs the TLS symbols and `__heap_base` exported.
            Self::Threads => &[
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
            Self::Plain => &[NOWHERE, "-Ctarget-feature=+bulk-memory,+simd128"],
            // Views are put together at run time and not by the compiler, and a mistake stops the page's program
            // without words of its own (`web/boot.js` has some). Together they save a seventh of it.
            Self::Page => &[
                NOWHERE,
                "--cfg=erase_components",
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
            ],
        }
    }

    /// Has a cargo, or a program that calls one, build for this family.
    fn prepare(self, command: &mut Command) {
        command
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", self.rustflags().join(" "))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTFLAGS")
            .envs(Toolchain::build_std_environment());
        match self {
            // What is measured is to be fast, whatever the page around this build asks for.
            Self::Threads | Self::Plain => command.env_remove(STD_FEATURES),
            Self::Page => command.env(STD_FEATURES, "optimize_for_size"),
        };
    }
}

const STD_FEATURES: &str = "CARGO_UNSTABLE_BUILD_STD_FEATURES";

const MODULES: [Module; 5] = [
    Module {
        name: "engine",
        package: "engine",
        family: Family::Threads,
        features: &["--features", "threads"],
        joined: true,
        for_node: false,
    },
    Module {
        name: "engine-plain",
        package: "engine",
        family: Family::Plain,
        features: &[],
        joined: true,
        for_node: true,
    },
    Module {
        name: "leader",
        package: "leader",
        family: Family::Plain,
        features: &[],
        joined: false,
        for_node: false,
    },
    Module {
        name: "codec",
        package: "codec",
        family: Family::Plain,
        features: &[],
        joined: false,
        for_node: false,
    },
    Module {
        name: "desk",
        package: "desk",
        family: Family::Page,
        features: &[],
        joined: false,
        for_node: false,
    },
];

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
        // trunk reads NO_COLOR as a boolean and refuses the usual "1".
        .env_remove("NO_COLOR");
    Family::Page.prepare(&mut command);
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
    let target = module.family.target();
    let mut cargo = tools.cargo();
    cargo
        .args(["build", "--package", module.package, "--profile", module.family.profile()])
        .args(["--target", WASM])
        .args(module.features)
        .arg("--target-dir")
        .arg(&target);
    module.family.prepare(&mut cargo);
    shell::loudly(&format!("building {}", module.name), &mut cargo, shell::minutes(20))?;

    let raw = target.join(WASM).join(module.family.profile());
    let raw = raw.join(format!("{}.wasm", module.package));
    let bound = root.join("target/bound").join(module.name);
    // Written last, so that what was interrupted, or made by other tools, is made again.
    let versions = format!("{}-{}", pins::wasm_bindgen()?, pins::BINARYEN);
    let stamp = bound.join(format!("bound-{versions}"));
    if !newer(&stamp, &raw) {
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
