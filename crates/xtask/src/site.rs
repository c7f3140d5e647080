//! `cargo xtask site`: the page as a static folder that works under any path of any host.
//!
//! All parts of a build are in one folder that is named after what they are, so that a browser may keep them for
//! good, and parts of two builds never meet.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::setup::{self, Toolchain, Want};
use crate::{build, cache};

const WORKER: &str = "sw.js";
/// Stands in the service worker of a folder that was made here, and may be made again.
const MARK: &str = "`cargo xtask site` fills in";

/// Builds the page and puts the site into `folder`.
pub(crate) fn run(folder: Option<&str>, forced: Option<Toolchain>) -> Result<(), String> {
    let root = cache::workspace();
    let out = folder.map_or_else(|| root.join("site"), PathBuf::from);
    free(&out)?;
    let tools = setup::run(Want::Build, forced)?;
    build::page(&tools)?;
    of_page(&out)?;
    eprintln!(
        "{}: copy it to any path of any host; `_headers` is for Netlify and Cloudflare Pages, elsewhere the page's \
         service worker does the same",
        out.display()
    );
    Ok(())
}

/// Puts the site of the page as it was built last into `out`.
pub(crate) fn of_page(out: &Path) -> Result<(), String> {
    let root = cache::workspace();
    make(&root.join("dist"), &root.join("web/site"), out)
}

/// Whether the site may go there: nothing else is overwritten.
fn free(out: &Path) -> Result<(), String> {
    let is_empty = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => true,
        Err(why) => return Err(format!("{}: {why}", out.display())),
    };
    let worker = fs::read_to_string(out.join(WORKER)).unwrap_or_default();
    if is_empty || worker.contains(MARK) {
        return Ok(());
    }
    Err(format!("{}: it holds something else than a site: name another folder", out.display()))
}

/// Makes the site from the built page `dist` and what `own` has besides.
fn make(dist: &Path, own: &Path, out: &Path) -> Result<(), String> {
    if out.exists() {
        fs::remove_dir_all(out).map_err(|why| format!("{}: {why}", out.display()))?;
    }
    let mut parts = Vec::new();
    list(dist, Path::new(""), &mut parts)?;
    parts.retain(|part| part != Path::new("index.html"));
    let page = text(&dist.join("index.html"))?;
    let build = name(dist, &parts)?;
    let page = hosted(&page, &build, &text(&own.join("head.html"))?)?;

    let mut files = vec!["./".to_owned()];
    for part in &parts {
        let file = Path::new(&build).join(part);
        copy(&dist.join(part), &out.join(&file))?;
        files.push(file.display().to_string());
    }
    for icon in ["192.png", "512.png", "maskable.png"] {
        let file = Path::new("icons").join(icon);
        copy(&own.join(&file), &out.join(&file))?;
        files.push(file.display().to_string());
    }
    files.push("manifest.webmanifest".into());
    let listed: Vec<String> = files.iter().map(|file| format!("{file:?}")).collect();
    let fill = |template: &str| {
        template
            .replace("{{BUILD}}", &build)
            .replace("{{FILES}}", &format!("[{}]", listed.join(", ")))
    };
    write(&out.join("index.html"), &page)?;
    for template in [WORKER, "_headers", "manifest.webmanifest"] {
        write(&out.join(template), &fill(&text(&own.join(template))?))?;
    }
    Ok(())
}

/// The page for a host: with its parts in the build's folder, and with `head` in its head.
fn hosted(page: &str, build: &str, head: &str) -> Result<String, String> {
    let mut made = page.to_owned();
    for (from, to) in [
        ("<html lang=\"en\">", "<html lang=\"en\" data-hosted>".to_owned()),
        ("href=\"./icon.svg\"", format!("href=\"{build}/icon.svg\"")),
        ("href=\"./style.css\"", format!("href=\"{build}/style.css\"")),
        ("src=\"boot.js\"", format!("src=\"{build}/boot.js\"")),
        ("<meta charset=\"utf-8\">\n", format!("<meta charset=\"utf-8\">\n{head}")),
    ] {
        if !made.contains(from) {
            return Err(format!("dist/index.html: there is no {from}: site::hosted must follow"));
        }
        made = made.replace(from, &to);
    }
    // trunk leaves its own link where its start script is not wanted.
    let lines = made.lines().filter(|line| !line.contains("data-trunk"));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// Of what the files are: another name as soon as one byte of them differs.
fn name(dist: &Path, parts: &[PathBuf]) -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        let path = dist.join(part);
        part.hash(&mut hasher);
        fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?.hash(&mut hasher);
    }
    Ok(format!("build-{:016x}", hasher.finish()))
}

/// All files below `folder`, relative to it, in order.
fn list(folder: &Path, inner: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let here = folder.join(inner);
    let told = |why: std::io::Error| format!("{}: {why}", here.display());
    let entries = fs::read_dir(&here).map_err(told)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(told)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = inner.join(entry.file_name());
        if entry.file_type().map_err(told)?.is_dir() {
            list(folder, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let told = |why: std::io::Error| format!("{}: {why}", to.display());
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(told)?;
    fs::copy(from, to).map(drop).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html lang=\"en\">\n  <head>\n    <meta charset=\"utf-8\">\n    <link rel=\"icon\" href=\"./icon.svg\"/>\n    \
        <link href=\"./style.css\"/>\n    <link data-trunk rel=\"rust\">\n    \
        <script type=\"module\" src=\"boot.js\"></script>\n  </head>\n</html>\n";

    #[test]
    fn a_site_is_named_after_its_parts_and_replaces_nothing_else() {
        let folder = std::env::temp_dir().join(format!("breakeven-site-{}", std::process::id()));
        let (dist, out) = (folder.join("dist"), folder.join("out"));
        fs::create_dir_all(dist.join("workers/engine")).unwrap();
        fs::write(dist.join("index.html"), PAGE).unwrap();
        for part in ["boot.js", "style.css", "icon.svg", "workers/engine/worker.js"] {
            fs::write(dist.join(part), part).unwrap();
        }
        let own = cache::workspace().join("web/site");
        let build = || {
            make(&dist, &own, &out).unwrap();
            let page = fs::read_to_string(out.join("index.html")).unwrap();
            let (_, rest) = page.split_once("src=\"").unwrap();
            (rest.split_once('/').unwrap().0.to_owned(), page)
        };
        let (first, page) = build();
        assert!(page.contains("data-hosted") && !page.contains("data-trunk"));
        assert!(page.contains("rel=\"manifest\""));
        let worker = format!("{first}/workers/engine/worker.js");
        assert!(out.join(&worker).is_file());
        let service = fs::read_to_string(out.join("sw.js")).unwrap();
        assert!(service.contains(&format!("\"{worker}\"")) && !service.contains("{{"), "{service}");
        let headers = fs::read_to_string(out.join("_headers")).unwrap();
        assert!(headers.contains(&format!("/{first}/*")));

        free(&out).unwrap();
        assert_eq!(build().0, first, "the same parts, the same name");
        fs::write(dist.join("style.css"), "other").unwrap();
        assert_ne!(build().0, first);

        let why = free(&dist).unwrap_err();
        assert!(why.contains("something else than a site"), "{why}");
        fs::write(dist.join(WORKER), "somebody else's").unwrap();
        free(&dist).unwrap_err();
        free(&folder.join("none")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_page_of_another_form_is_told() {
        let why = hosted("<html>", "build", "").unwrap_err();
        assert!(why.contains("there is no <html lang"), "{why}");
    }
}
