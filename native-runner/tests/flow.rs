//! Golden traces become golden diagrams.

use std::fs;
use std::path::Path;

use flow::{Film, PRESETS, origin, sheet};
use native_runner::Cancel;
use protocol::report::Report;

/// Set it to write the diagrams anew, after a change to how they are drawn: look at them.
const RENEW: &str = "BREAKEVEN_RENEW";

#[test]
fn presets_are_of_scenarios_and_lanes_that_there_are() {
    let mut lanes = lab::browser::BROWSER_LANES.to_vec();
    lanes.extend(native_runner::lanes::all(&Cancel::default()).iter().map(|lane| lane.id()));
    for preset in PRESETS {
        assert!(lab::scenarios::find(preset.scenario).is_some(), "{}", preset.id);
        for lane in preset.lanes {
            assert!(lanes.iter().any(|known| known.as_str() == lane), "{}: {lane}", preset.id);
        }
    }
}

#[test]
fn golden_traces_are_drawn_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = fs::read_to_string(folder.join("golden/report-v1-trace.json")).unwrap();
    let report = Report::parse(&text).unwrap();
    let film = |scenario: &str, lane: &str| {
        let is_it =
            |it: &&protocol::trace::Recording| it.scenario == scenario && it.lane.as_str() == lane;
        Film::new(report.trace.iter().find(is_it).expect("it was recorded").clone())
    };
    let both = |id: &str| {
        let preset = PRESETS.iter().find(|it| it.id == id).expect("there is such a preset");
        (preset.title, preset.lanes.map(|lane| film(preset.scenario, lane)).to_vec())
    };
    for (name, (title, films)) in [
        ("glance", both("glance")),
        ("crash", both("crash")),
        ("shared", ("Shared memory", vec![film("echo", "process.shm")])),
    ] {
        let films: Vec<&Film> = films.iter().collect();
        let drawn = sheet(title, &films, &origin(&report)) + "\n";
        let path = folder.join(format!("snapshots/flow-{name}.svg"));
        if std::env::var_os(RENEW).is_some() {
            fs::write(&path, &drawn).unwrap();
        }
        let before = fs::read_to_string(&path).unwrap_or_default();
        assert!(drawn == before, "{name} is drawn in another way: `{RENEW}=1 cargo test` keeps it");
    }
}
