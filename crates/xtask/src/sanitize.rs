//! `cargo xtask sanitize`: the tests of what is unsafe under a sanitizer. Miri knows no memory that two
//! processes map, and no futex between them. ThreadSanitizer takes two mappings of one memory for two
//! memories: of those it sees the turns inside each side alone.

use crate::setup::{self, Toolchain, Want};
use crate::shell;

/// Where sanitizers are and we run.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Data races in shared memory by ThreadSanitizer, bad accesses by AddressSanitizer.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Build, forced)?;
    for (sanitizer, packages) in
        [("thread", &["shm", "child"][..]), ("address", &["shm", "child", "sandbox"])]
    {
        let mut command = tools.cargo();
        command
            .args(["test", "--target", TARGET, "--lib"])
            .args(packages.iter().flat_map(|package| ["--package", package]))
            .args(["--target-dir", &format!("target/sanitize-{sanitizer}")])
            .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer}"))
            .env("RUSTC_BOOTSTRAP", "1")
            // The standard library must be watched, too, or its locks look like races.
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind,proc_macro,test");
        let title = format!("{} under the {sanitizer} sanitizer", packages.join(", "));
        shell::loudly(&title, &mut command, shell::minutes(30))?;
    }
    Ok(())
}
