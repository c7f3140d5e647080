//! One script for a worker: wasm-bindgen's, the stand-ins for what it imports, and the worker's own.

use std::fs;
use std::path::Path;

/// Joins `bound` with `own/worker.js`. An import of a library's snippet gives way to `own/LIBRARY.js`,
/// which defines the same names.
pub(super) fn join(bound: &Path, own: &Path) -> Result<String, String> {
    let joined = without_imports(&read(bound)?, |library| read(&own.join(format!("{library}.js"))))
        .map_err(|why| format!("joining {}: {why}", bound.display()))?;
    Ok(without_comments(&(joined + &read(&own.join("worker.js"))?)))
}

/// Without lines that are comments alone, and without indentation. No such script has a text of several lines.
fn without_comments(script: &str) -> String {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in script.lines().map(str::trim) {
        inside |= line.starts_with("/*");
        if !inside && !line.starts_with("//") && !line.is_empty() {
            lines.push(line);
        }
        inside &= !line.ends_with("*/");
    }
    lines.join("\n") + "\n"
}

/// The scripts of a folder as one, in the order of their names.
pub(super) fn parts(folder: &Path) -> Result<String, String> {
    let told = |why: std::io::Error| format!("{}: {why}", folder.display());
    let entries = fs::read_dir(folder).map_err(told)?;
    let mut files =
        entries.map(|it| it.map(|it| it.path())).collect::<Result<Vec<_>, _>>().map_err(told)?;
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn without_imports(
    script: &str,
    stand_in: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut all = String::new();
    for line in script.lines() {
        if line.starts_with("import ") {
            all += &stand_in(snippet_of(line).ok_or_else(|| format!("no snippet: {line}"))?)?;
        } else {
            all += line;
            all.push('\n');
        }
    }
    Ok(all)
}

/// The library in `import { … } from './snippets/LIBRARY-HASH/…';`.
fn snippet_of(import: &str) -> Option<&str> {
    let (_, path) = import.split_once("'./snippets/")?;
    let (folder, _) = path.split_once('/')?;
    folder.rsplit_once('-').map(|(library, _hash)| library)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go() {
        let script = "/**\n * What it does.\n */\nfunction go() {\n    // Why.\n    stop(); // here\n\n}\n/* x */\ngo();\n";
        assert_eq!(without_comments(script), "function go() {\nstop(); // here\n}\ngo();\n");
    }

    #[test]
    fn what_is_imported_gives_way_to_the_stand_in_of_the_same_name() {
        let script = "import { go } from './snippets/some-pool-12ab/src/x.js';\ngo();\n";
        let stand_in = |library: &str| Ok(format!("function go() {{}} // {library}\n"));
        let joined = without_imports(script, stand_in).unwrap();
        assert_eq!(joined, "function go() {} // some-pool\ngo();\n");

        let none = without_imports(script, |library| Err(format!("no {library}.js")));
        assert_eq!(none.unwrap_err(), "no some-pool.js");
        let other = without_imports("import * as env from 'env';\n", stand_in).unwrap_err();
        assert_eq!(other, "no snippet: import * as env from 'env';");
    }
}
