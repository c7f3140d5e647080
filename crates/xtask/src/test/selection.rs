//! Which tests: all of them, the fast ones, or those that are named.

/// The browsers by which tests can be chosen.
const BROWSERS: [&str; 2] = ["chromium", "firefox"];

/// How much to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Formatting, lints and the native tests.
    Fast,
    /// Everything, in one browser if one is named.
    All { browser: Option<String> },
    /// What has one of these names.
    Named { names: Vec<String>, browser: Option<String> },
}

impl Selection {
    /// From the words behind `cargo xtask test`.
    ///
    /// # Errors
    /// If one of them is no option of it.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let (mut names, mut browser, mut is_fast) = (Vec::new(), None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--fast" => is_fast = true,
                "--browser" => {
                    let name = words.next().copied().unwrap_or_default();
                    if !BROWSERS.contains(&name) {
                        return Err(format!("--browser takes {}", BROWSERS.join(" or ")));
                    }
                    browser = Some(name.to_owned());
                }
                option if option.starts_with('-') => {
                    return Err(format!(
                        "test takes --fast, --browser NAME and names of tests, not {option}"
                    ));
                }
                name => names.push(name.to_owned()),
            }
        }
        match (is_fast, names.is_empty()) {
            (true, true) if browser.is_none() => Ok(Self::Fast),
            (true, _) => {
                Err("--fast stands alone: it runs no browser, and all native tests".to_owned())
            }
            (false, true) => Ok(Self::All { browser }),
            (false, false) => Ok(Self::Named { names, browser }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_selection() {
        let parse = Selection::parse;
        assert_eq!(parse(&[]), Ok(Selection::All { browser: None }));
        assert_eq!(parse(&["--fast"]), Ok(Selection::Fast));
        let browser = Some("firefox".to_owned());
        assert_eq!(
            parse(&["--browser", "firefox"]),
            Ok(Selection::All { browser: browser.clone() })
        );
        let names = vec!["door".to_owned()];
        assert_eq!(
            parse(&["door", "--browser", "firefox"]),
            Ok(Selection::Named { names, browser })
        );
        for wrong in [&["--browser"][..], &["--browser", "lynx"], &["--slow"], &["--fast", "door"]]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
