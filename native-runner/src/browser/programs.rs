//! Which browsers there are, where they are found, and how they are started headless.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rustix::process::geteuid;

use crate::private::Folder;
use crate::start_page::StartPage;

/// A browser that the runner can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Chromium, or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
}

impl Kind {
    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// Names the program, where it is none of [`Kind::programs`] on `PATH`.
    fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMIUM",
            Self::Firefox => "FIREFOX",
        }
    }

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => {
                &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
            }
            Self::Firefox => &["firefox-esr", "firefox"],
        }
    }

    /// Its program.
    ///
    /// # Errors
    /// Says what is missing and what to do.
    pub fn find(self) -> Result<PathBuf, String> {
        let (name, variable) = (self.name(), self.variable());
        if let Some(named) = env::var_os(variable).filter(|named| !named.is_empty()) {
            let named = PathBuf::from(named);
            return if named.is_file() {
                Ok(named)
            } else {
                Err(format!("{variable} names {}, which is no file", named.display()))
            };
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let find = |program: &&str| {
            env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
        };
        self.programs().iter().find_map(find).ok_or_else(|| {
            let all = self.programs().join(", ");
            format!("{name} was not found ({all} on PATH): install it, or name it in {variable}")
        })
    }
}

/// What is done on Firefox's own initiative would disturb the figures, and needs a network.
const PREFERENCES: [(&str, &str); 14] = [
    ("app.normandy.enabled", "false"),
    ("app.update.disabledForTesting", "true"),
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.safebrowsing.malware.enabled", "false"),
    ("browser.safebrowsing.phishing.enabled", "false"),
    ("browser.sessionstore.resume_from_crash", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.startup.homepage_override.mstone", "\"ignore\""),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("services.settings.server", "\"data:,\""),
    ("toolkit.telemetry.enabled", "false"),
    ("toolkit.telemetry.reportingpolicy.firstRun", "false"),
];

/// A fresh profile. The address lies in a page of it: a command line is there for everybody to read.
pub(super) fn profile(kind: Kind, address: &str) -> std::io::Result<Profile> {
    let page = StartPage::write(Folder::new("browser")?, address)?;
    let (start, folder) = (page.path().to_owned(), page.into_folder());
    if kind == Kind::Firefox {
        let line = |(name, value)| format!("user_pref(\"{name}\", {value});\n");
        let lines: String = PREFERENCES.into_iter().map(line).collect();
        folder.write("user.js", lines)?;
    }
    Ok(Profile { folder, start })
}

/// A browser's own folder, which is its home and has its temporary files, too.
pub(super) struct Profile {
    pub(super) folder: Folder,
    /// The page that it opens.
    start: PathBuf,
}

/// The arguments that have it open the profile's start page.
pub(super) fn arguments(kind: Kind, profile: &Profile) -> Vec<OsString> {
    let Profile { folder, start } = profile;
    let profile = folder.path();
    let joined = |before: &str, path: &Path| {
        let mut argument = OsString::from(before);
        argument.push(path);
        argument
    };
    let mut all: Vec<OsString> = match kind {
        Kind::Chromium => {
            let mut all = vec![joined("--user-data-dir=", profile)];
            all.extend(
                [
                    "--headless=new",
                    "--no-first-run",
                    "--no-default-browser-check",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-quic",
                    "--disable-gpu",
                    // Nobody looks at it, and it is measured all the same.
                    "--disable-background-timer-throttling",
                    "--disable-backgrounding-occluded-windows",
                    "--disable-renderer-backgrounding",
                ]
                .map(OsString::from),
            );
            if geteuid().is_root() {
                // Chromium refuses to start as root otherwise.
                all.push("--no-sandbox".into());
            }
            all
        }
        Kind::Firefox => {
            vec!["--headless".into(), "--no-remote".into(), "--profile".into(), profile.into()]
        }
    };
    all.push(joined("file://", start));
    all
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_token_is_in_no_argument() {
        for kind in [Kind::Chromium, Kind::Firefox] {
            let profile = profile(kind, "http://127.0.0.1:1/#t=secret").unwrap();
            let all = arguments(kind, &profile);
            assert!(all.iter().all(|one| !one.to_string_lossy().contains("secret")));
            let page = fs::read_to_string(&profile.start).unwrap();
            assert!(page.contains("http://127.0.0.1:1/start") && page.contains("secret"));
        }
    }
}
