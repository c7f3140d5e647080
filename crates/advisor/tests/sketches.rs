//! The programs that the guide shows run as they stand: those for Node on Node, those in Rust compiled. Those for the
//! browser run in the end-to-end tests.

use std::path::{Path, PathBuf};
use std::process::Command;

fn sketch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sketches").join(name)
}

fn answers(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Of twenty tasks, each a thousand bytes of its own number.
fn expected() -> String {
    let sums: Vec<String> = (0..20).map(|task| (task * 1000).to_string()).collect();
    format!("answers: {}\n", sums.join(" "))
}

#[test]
fn those_for_node_run() {
    // The tests of everything else say so where there is no Node.
    if Command::new("node").arg("--version").output().is_err() {
        return;
    }
    for name in ["node-worker.mjs", "node-worker-shared.mjs", "node-fork.mjs"] {
        assert_eq!(answers(Command::new("node").arg(sketch(name))), expected(), "{name}");
    }
}

#[test]
fn those_in_rust_compile_and_run() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["thread", "process"] {
        let program = folder.path().join(name);
        let source = sketch(&format!("{name}.rs"));
        let mut rustc = Command::new("rustc");
        answers(
            rustc.args(["--edition", "2024", "-D", "warnings", "-o"]).arg(&program).arg(source),
        );
        assert_eq!(answers(&mut Command::new(&program)), expected(), "{name}");
    }
}
