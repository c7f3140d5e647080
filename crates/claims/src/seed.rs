//! The seed's words as data: both tables, the benefits and the decision rules.

use crate::Column;

/// Both tables.
pub const TABLES: &str = include_str!("../seed/tables.md");
/// What each side's example is good for.
pub const BENEFITS: &str = include_str!("../seed/benefits.md");
/// The decision guide.
pub const RULES: &str = include_str!("../seed/rules.md");

/// The words in a cell; none if no row is called that.
#[must_use]
pub fn text(feature: &str, column: Column) -> &'static str {
    let row = rows().find(|[name, ..]| *name == feature);
    row.map_or("", |[_, threads, processes]| match column {
        Column::Threads => threads,
        Column::Processes => processes,
    })
}

/// Every row: what it is called, and its two cells.
pub fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    TABLES.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| **")?.trim_end_matches('|').split('|');
        let feature = cells.next()?.trim().trim_end_matches("**");
        Some([feature, cells.next()?.trim(), cells.next()?.trim()])
    })
}

/// The claims that each benefit rests on, column by column.
const BENEFITS_REST_ON: [[&[&str]; 2]; 2] =
    [[&["buffers.threads"], &["buffers.threads"]], [&["crash.processes"], &["ideal.processes"]]];
/// The claims that each rule rests on.
const RULES_REST_ON: [&[&str]; 3] = [
    &["buffers.threads", "limits.processes", "startup.threads"],
    &["crash.processes", "ideal.processes"],
    &["database.threads", "database.processes", "variables.threads", "variables.processes"],
];

/// The benefits of a column's example, and the claims that each rests on.
pub fn benefits(column: Column) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let part = BENEFITS.split("### ").find(|part| part.contains(column.title()));
    let lines = part.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("* "));
    lines.zip(BENEFITS_REST_ON[column as usize])
}

/// The decision guide's questions, what it answers to each, and the claims that it rests on.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    let lines = RULES.lines().filter_map(|line| line.strip_prefix("* ")?.split_once(" → "));
    lines.zip(RULES_REST_ON).map(|((question, answer), on)| (question, answer, on))
}
/// A program of the seed, letter by letter.
pub struct Example {
    /// Its name here.
    pub name: &'static str,
    /// What the seed says that it is for.
    pub use_case: &'static str,
    /// The file that Node is given, and the one that this one starts: names and texts.
    pub files: [(&'static str, &'static str); 2],
}

/// The seed's two programs.
pub const EXAMPLES: [Example; 2] = [
    Example {
        name: "worker-threads",
        use_case: "CPU-heavy image processing with shared memory for pixel data.",
        files: [
            ("main.js", include_str!("../seed/examples/worker-threads/main.js")),
            ("worker.js", include_str!("../seed/examples/worker-threads/worker.js")),
        ],
    },
    Example {
        name: "child-processes",
        use_case: "Run a separate Node.js script for web scraping, isolated from main app.",
        files: [
            ("main.js", include_str!("../seed/examples/child-processes/main.js")),
            ("scraper.js", include_str!("../seed/examples/child-processes/scraper.js")),
        ],
    },
];
