//! The catalogues have what the page says, all of it and nothing else. `BREAKEVEN_RENEW=1 cargo test -p texts` puts what
//! is new into each, untranslated, and takes out what nobody says any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Catalogue = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The programs' sources of one kind, without their tests.
fn sources(folders: &[&str], ends: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = left.pop() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["node_modules", "target", "tests", "texts"].contains(&&*name) {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if ends.iter().any(|end| name.ends_with(end)) {
            let text = fs::read_to_string(&path).unwrap();
            let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
            all.push(text[..tests].to_owned());
        }
    }
    all
}

/// What a Rust string says that begins after its quote, and where it ends.
fn literal(source: &str) -> Option<(String, usize)> {
    let mut said = String::new();
    let mut signs = source.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((said, at)),
            '\\' => match signs.next()?.1 {
                'n' => said.push('\n'),
                'u' => {
                    let code: String = signs
                        .by_ref()
                        .map(|(_, sign)| sign)
                        .take_while(|sign| *sign != '}')
                        .collect();
                    said.push(char::from_u32(u32::from_str_radix(&code[1..], 16).ok()?)?);
                }
                '\n' => {
                    while signs.as_str().starts_with([' ', '\t', '\n']) {
                        signs.next();
                    }
                }
                other => said.push(other),
            },
            sign => said.push(sign),
        }
    }
    None
}

/// Every text that is said or stands in a table.
fn said() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for source in sources(&["web/src", "crates"], &[".rs"]) {
        for mark in ["tr!(", "text!("] {
            for (at, _) in source.match_indices(mark) {
                let is_mark = !source[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
                let rest = source[at + mark.len()..].trim_start();
                if is_mark && let Some(rest) = rest.strip_prefix('"') {
                    all.insert(literal(rest).unwrap().0);
                }
            }
        }
    }
    let page = fs::read_to_string(root().join("index.html")).unwrap();
    for (at, _) in page.match_indices("data-text") {
        let text = page[at..].split_once('>').unwrap().1.split_once('<').unwrap().0;
        all.insert(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    all
}

/// All that the programs may say, in one text: strings without their breaks, and holes without their names.
fn heard() -> String {
    let folders = ["web/src", "crates", "native-runner"];
    let mut all = String::new();
    for source in sources(&folders, &[".rs", ".mjs", ".cjs", ".js"]) {
        let mut rest = source.as_str();
        while let Some((before, after)) = rest.split_once("\\\n") {
            all += before;
            rest = after.trim_start();
        }
        all += rest;
    }
    let mut pieces = all.replace("${", "{").replace("\\\"", "\"");
    let mut plain = String::new();
    while let Some((before, after)) = pieces.split_once('{') {
        let hole = after
            .split_once('}')
            .filter(|(name, _)| name.len() < 60 && !name.contains(['\n', '"']));
        plain += before;
        plain += if hole.is_some() { "{}" } else { "{" };
        pieces = hole.map_or(after, |(_, rest)| rest).to_owned();
    }
    plain + &pieces
}

fn holes(text: &str) -> usize {
    text.matches('{').count()
}

fn edges(text: &str) -> [bool; 3] {
    [text.starts_with(' '), text.ends_with(' '), text.contains('\u{a0}')]
}

#[test]
fn every_catalogue_has_all_that_is_said() {
    let said = said();
    assert!(said.len() > 700, "only {} texts were found", said.len());
    let heard = heard();
    // A figure has its unit where it is said, and a metric its hyphens.
    let is_heard = |text: &str| {
        let plain = text.replace("{}\u{a0}µs", "{}");
        heard.contains(&plain) || heard.contains(&plain.replace(' ', "_"))
    };
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("web/text")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut catalogue: Catalogue =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let missing = said.iter().filter(|text| !catalogue.contains_key(*text));
        let missing: Vec<String> = missing.cloned().collect();
        let unsaid = catalogue.keys().filter(|text| !said.contains(*text) && !is_heard(text));
        let unsaid: Vec<String> = unsaid.cloned().collect();
        if std::env::var_os("BREAKEVEN_RENEW").is_some() {
            catalogue.retain(|text, _| !unsaid.contains(text));
            catalogue.extend(missing.iter().map(|text| (text.clone(), String::new())));
            let text = serde_json::to_string_pretty(&catalogue).unwrap() + "\n";
            fs::write(&path, text).unwrap();
        } else {
            wrong.extend(missing.iter().map(|text| format!("{name} lacks: {text}")));
            wrong.extend(unsaid.iter().map(|text| format!("{name} has what nobody says: {text}")));
        }
        for (text, same) in &catalogue {
            if same.is_empty() {
                wrong.push(format!("{name} has not translated: {text}"));
            } else if holes(text) != holes(same) || edges(text) != edges(same) {
                wrong.push(format!("{name} has other holes or spaces: {text:?} is {same:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "BREAKEVEN_RENEW=1 cargo test -p texts\n{}", wrong.join("\n"));
}
