//! Reports: what they replace, and links that were planted beside them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use std::process::Output;

use protocol::report::Report;
use rustix::process::geteuid;

use super::{LEFT_OUT, OTHER, inside, mode, place, under};

const SHORT: [&str; 6] = ["run", "startup", "--quick", "--lane", "native.thread", "--json"];

fn run(umask: &str, place: &Path, file: &Path) -> Output {
    under(umask, place, &[&SHORT[..], &[&*file.to_string_lossy()]].concat()).output().unwrap()
}

fn is_report(file: &Path) -> bool {
    Report::parse(&fs::read_to_string(file).unwrap()).is_ok()
}

#[test]
fn a_link_at_a_name_that_could_be_foreseen_is_not_followed() {
    let place = place();
    let [victim, report] = ["victim", "report.json"].map(|name| place.path().join(name));
    fs::write(&victim, "a secret").unwrap();
    fs::set_permissions(&victim, Permissions::from_mode(0o600)).unwrap();
    let name = report.to_string_lossy();
    let arguments = [&SHORT[..], &[&*name]].concat();
    let running = under("022", place.path(), &arguments).spawn().unwrap();
    // The shell becomes the runner, with the same id.
    let planted = place.path().join(format!("report.json.{}.new", running.id()));
    symlink(&victim, &planted).unwrap();
    assert!(running.wait_with_output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "a secret");
    assert!(fs::symlink_metadata(&planted).unwrap().is_symlink() && is_report(&report));
    assert_eq!(inside(place.path()).len(), 3 + usize::from(place.path().join("state").exists()));
}

#[test]
fn a_report_keeps_the_mode_of_what_it_replaces_and_a_new_one_has_the_umask_s() {
    let place = place();
    for (umask, new) in [("000", 0o666), ("002", 0o664), ("022", 0o644), ("077", 0o600)] {
        let report = place.path().join(format!("{umask}.json"));
        assert!(run(umask, place.path(), &report).status.success());
        assert_eq!(mode(&report), new, "umask {umask}");
    }
    let [report, link] = ["report.json", "link.json"].map(|name| place.path().join(name));
    symlink("report.json", &link).unwrap();
    for kept in [0o600, 0o640] {
        fs::write(&report, "old").unwrap();
        fs::set_permissions(&report, Permissions::from_mode(kept)).unwrap();
        assert!(run("000", place.path(), &link).status.success());
        assert_eq!(mode(&report), kept);
        assert!(is_report(&report) && fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}

#[test]
fn what_another_account_has_planted_is_neither_followed_nor_filled() {
    if !geteuid().is_root() {
        eprintln!("{LEFT_OUT}");
        return;
    }
    let place = place();
    let [victim, link, theirs] =
        ["victim", "link.json", "theirs.json"].map(|name| place.path().join(name));
    fs::write(&victim, "a secret").unwrap();
    symlink(&victim, &link).unwrap();
    lchown(&link, Some(OTHER), None).unwrap();
    fs::write(&theirs, "").unwrap();
    chown(&theirs, Some(OTHER), None).unwrap();
    for (file, says) in
        [(&link, "a link that another account has made"), (&theirs, "belongs to another account")]
    {
        let output = run("000", place.path(), file);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "a secret");
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "");

    // In a folder of theirs a file of theirs stays theirs.
    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    let report = home.join("report.json");
    fs::write(&report, "").unwrap();
    for it in [&home, &report] {
        chown(it, Some(OTHER), Some(OTHER)).unwrap();
    }
    assert!(run("022", place.path(), &report).status.success());
    let data = fs::metadata(&report).unwrap();
    assert_eq!((data.uid(), data.gid()), (OTHER, OTHER));
    assert!(is_report(&report));
}
