//! The report's published form: its schema, and the reports that older programs wrote.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use protocol::report::Report;

/// Set it to write the schema anew, after a change to the report's types.
const RENEW: &str = "BREAKEVEN_RENEW";

#[test]
fn the_published_schema_is_that_of_the_types() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/report.schema.json");
    if std::env::var_os(RENEW).is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema, "the report changed: `{RENEW}=1 cargo test` writes its schema");
}

/// Files of every version, of the programs that had it: `breakeven run startup --quick --json FILE`, and with a trace
/// where there are any (`report-vN-trace.json`, without samples).
#[test]
fn reports_of_every_version_are_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = fs::read_dir(golden).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let version = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split(['v', '-', '.']).find_map(|part| part.parse::<u32>().ok())
    };
    let versions: BTreeSet<Option<u32>> = files.iter().map(|file| version(file)).collect();
    let all = (1..=protocol::report::REPORT_VERSION).map(Some).collect();
    assert_eq!(versions, all, "every version has a file");
    for file in files {
        let report = Report::parse(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        assert!(report.results.len() >= 9, "{}", file.display());
        let is_traced = file.to_string_lossy().contains("-trace");
        assert_eq!(!report.trace.is_empty(), is_traced, "{}", file.display());
    }
}
