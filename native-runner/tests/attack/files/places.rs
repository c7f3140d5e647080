//! Places that the environment names and that are none.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use rustix::process::geteuid;

use super::{LEFT_OUT, OTHER, inside, mode, place, under};

const SHORT: [&str; 5] = ["run", "startup", "--quick", "--lane", "native.thread"];

#[test]
fn a_place_for_files_that_is_not_safe_is_replaced_and_named() {
    let place = place();
    let folder = |name: &str, mode: u32| {
        let folder = place.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        folder.into_os_string().into_string().unwrap()
    };
    let missing = place.path().join("missing").display().to_string();
    let mut named = vec![
        ("relative".to_owned(), "it is no absolute path"),
        (String::new(), "it is empty"),
        (missing, "it does not exist"),
        (folder("open", 0o777), "it may be changed by other accounts"),
        (folder("group", 0o770), "it may be changed by other accounts"),
    ];
    if geteuid().is_root() {
        let other = folder("other", 0o700);
        std::os::unix::fs::chown(&other, Some(OTHER), None).unwrap();
        named.push((other, "it belongs to another account"));
    } else {
        eprintln!("{LEFT_OUT}");
    }
    for (named, says) in named {
        let output = under("000", place.path(), &SHORT).env("TMPDIR", &named).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let wanted = format!("TMPDIR ({named}) is not used, because {says}");
        assert!(said.contains(&wanted) && said.contains("files go to /tmp"), "{said}");
        assert_eq!(said.matches("TMPDIR").count(), 1, "once: {said}");
    }
}

#[test]
fn the_state_folder_is_private_or_is_not_used() {
    let place = place();
    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    let run = |state: &str| {
        let mut command = under("000", place.path(), &SHORT);
        let output =
            command.env("XDG_STATE_HOME", state).env("HOME", &home).current_dir(place.path());
        let output = output.output().unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (named, folder) in [
        ("", home.join(".local/state/breakeven")),
        ("relative", home.join(".local/state/breakeven")),
        (place.path().join("state").to_str().unwrap(), place.path().join("state/breakeven")),
    ] {
        let _ = fs::remove_dir_all(&folder);
        let said = run(named);
        assert_eq!(said.contains("is no absolute path"), named == "relative", "{said}");
        assert_eq!(mode(&folder), 0o700, "{named}");
        assert_eq!(mode(&folder.join("last-run.json")), 0o600, "{named}");
        // One that an earlier version left open is closed.
        fs::set_permissions(folder.join("last-run.json"), Permissions::from_mode(0o644)).unwrap();
        run(named);
        assert_eq!(mode(&folder.join("last-run.json")), 0o600, "{named}");
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let said = run(named);
        assert!(
            said.contains("kept nowhere before its end") && said.contains("chmod 700"),
            "{said}"
        );
    }
    assert!(!inside(place.path()).contains(&place.path().join("relative")));
}
