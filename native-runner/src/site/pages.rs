//! The pages, one line each in [`PAGES`].

use std::fmt::Write;
use std::time::Duration;

use axum::http::StatusCode;

/// One page of the site.
pub(crate) struct SitePage {
    /// Where on the site.
    pub(crate) path: &'static str,
    /// What a scraper finds there: its title, or why there is none.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests hold every child against it"))]
    pub(crate) finds: Finds,
    pub(super) content: fn() -> Content,
}

/// What a scraper should find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finds {
    /// A page with this title.
    Title(&'static str),
    /// A page without a title.
    Untitled,
    /// Nothing: robots.txt does not want it fetched.
    Refused,
    /// Nothing: it cannot be fetched, and whoever says so uses one of these words.
    Failed(&'static str),
    /// Its end.
    Death,
}

pub(super) enum Content {
    /// UTF-8, and said so.
    Html(String),
    Bytes {
        kind: &'static str,
        bytes: Vec<u8>,
    },
    /// HTML in UTF-8, compressed.
    Encoded {
        encoding: &'static str,
        bytes: Vec<u8>,
    },
    Slow {
        text: String,
        after: Duration,
    },
    /// One piece, and then another one for ever.
    Endless {
        start: Vec<u8>,
        again: Vec<u8>,
    },
    Elsewhere(&'static str),
    Status(StatusCode),
}

impl Content {
    /// How many are sent at once.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Html(text) | Self::Slow { text, .. } => text.len(),
            Self::Bytes { bytes, .. } | Self::Encoded { bytes, .. } => bytes.len(),
            Self::Endless { start, .. } => start.len(),
            Self::Elsewhere(_) | Self::Status(_) => 0,
        }
    }
}

pub(super) const ROBOTS: &str = "User-agent: *\nDisallow: /private/\n";

/// Elements inside each other on the page that goes too deep: a walk that calls itself takes more than 100 bytes of
/// stack for each, and a thread has 2 MiB. Node's parser takes time by the square of it.
const DEEP: usize = 40_000;
/// Links on the page that is remembered.
const MANY: usize = 120_000;
const SLOW: Duration = Duration::from_secs(2);

macro_rules! page {
    ($path:literal, $finds:expr, $content:expr) => {
        SitePage { path: $path, finds: $finds, content: || $content }
    };
}

/// All of them, in the order in which they are scraped.
pub(crate) const PAGES: &[SitePage] = &[
    page!("/", Finds::Title("A small site"), index()),
    page!("/example.com/", Finds::Title("Example"), article("Example", 0)),
    page!("/article/1", Finds::Title("Article 1"), article("Article 1", 1)),
    page!("/article/2", Finds::Title("Article 2"), article("Article 2", 2)),
    page!("/article/3", Finds::Title("Article 3"), article("Article 3", 3)),
    page!("/article/4", Finds::Title("Article 4"), article("Article 4", 4)),
    page!("/article/5", Finds::Title("Article 5"), article("Article 5", 5)),
    page!("/article/6", Finds::Title("Article 6"), article("Article 6", 6)),
    page!("/article/7", Finds::Title("Article 7"), article("Article 7", 7)),
    page!("/article/8", Finds::Title("Article 8"), article("Article 8", 8)),
    page!(
        "/charset/windows-1252",
        Finds::Title("Café — naïve"),
        titled("text/html; charset=windows-1252", "", b"Caf\xe9 \x97 na\xefve")
    ),
    page!(
        "/charset/shift-jis",
        Finds::Title("日本語"),
        titled("text/html; charset=shift_jis", "", b"\x93\xfa\x96{\x8c\xea")
    ),
    page!(
        "/charset/koi8-r",
        Finds::Title("привет"),
        titled("text/html", "<meta charset=koi8-r>", b"\xd0\xd2\xc9\xd7\xc5\xd4")
    ),
    page!("/charset/utf-16", Finds::Title("Größe"), utf16("Größe")),
    page!("/charset/unsaid", Finds::Title("Müller"), titled("text/html", "", b"M\xfcller")),
    page!(
        "/charset/wrong",
        Finds::Title("Ω mega"),
        titled("text/html; charset=nonsense", "", "Ω mega".as_bytes())
    ),
    page!(
        "/compressed/gzip",
        Finds::Title("Packed"),
        Content::Encoded { encoding: "gzip", bytes: GZIP.to_vec() }
    ),
    page!("/redirect/once", Finds::Title("Article 1"), Content::Elsewhere("/article/1")),
    page!("/redirect/thrice", Finds::Title("Article 1"), Content::Elsewhere("/redirect/twice")),
    page!("/redirect/twice", Finds::Title("Article 1"), Content::Elsewhere("/redirect/once")),
    page!("/redirect/loop", Finds::Failed("elsewhere"), Content::Elsewhere("/redirect/loop")),
    page!("/redirect/outside", Finds::Refused, Content::Elsewhere("http://localhost:1/")),
    page!("/redirect/private", Finds::Refused, Content::Elsewhere("/redirect/to-private")),
    page!("/redirect/to-private", Finds::Refused, Content::Elsewhere("/private/diary")),
    page!(
        "/broken/unclosed",
        Finds::Title("Unclosed"),
        broken("<title>Unclosed</title><p>one<p>two<b><i>three<table><td>four<h2>Five")
    ),
    page!(
        "/broken/misnested",
        Finds::Title("Misnested"),
        broken(
            "<title>Misnested</title><b><p>one</b>two</p><a href=/a><a href=/b>x</a></a></div></span>"
        )
    ),
    page!(
        "/broken/half",
        Finds::Title("Cut off"),
        broken("<title>Cut off</title><h1>It ends in the middle of a t</h1><a href=\"/article/")
    ),
    page!(
        "/broken/nul",
        Finds::Title("Nul"),
        broken("<title>Nul</title><p>a\0b</p><!-- never closed <p>c")
    ),
    page!(
        "/broken/attributes",
        Finds::Title("Attributes"),
        broken("<title>Attributes</title><a href='/x\" class=>y</a><a href='/z' href=/w <b>z")
    ),
    page!("/bare", Finds::Untitled, broken("just words, and no element at all")),
    page!("/empty", Finds::Untitled, broken("")),
    page!("/long", Finds::Title("Long"), long()),
    page!("/leak", Finds::Title("Many links"), many()),
    page!(
        "/picture",
        Finds::Failed("no HTML"),
        Content::Bytes { kind: "image/png", bytes: b"\x89PNG\r\n\x1a\n".to_vec() }
    ),
    page!("/private/diary", Finds::Refused, article("Diary", 99)),
    page!("/missing", Finds::Failed("404"), Content::Status(StatusCode::NOT_FOUND)),
    page!("/trouble", Finds::Failed("503"), Content::Status(StatusCode::SERVICE_UNAVAILABLE)),
    page!("/slow", Finds::Title("Slow"), slow()),
    page!("/endless", Finds::Failed("goes on"), endless()),
    page!("/crash", Finds::Death, deep()),
    page!("/article/9", Finds::Title("Article 9"), article("Article 9", 9)),
    page!("/article/10", Finds::Title("Article 10"), article("Article 10", 10)),
    page!("/article/11", Finds::Title("Article 11"), article("Article 11", 11)),
    page!("/article/12", Finds::Title("Article 12"), article("Article 12", 12)),
];

fn index() -> Content {
    let mut text = String::from(
        "<!doctype html><html lang=en><head><title>A small site</title>\
         <meta name=description content=\"Pages for a scraper, the bad ones too\"></head>\
         <body><h1>A small site</h1><ul>",
    );
    for page in PAGES {
        let _ = write!(text, "<li><a href=\"{0}\">{0}</a></li>", page.path);
    }
    Content::Html(text + "</ul></body></html>")
}

const WORDS: [&str; 16] = [
    "worker", "thread", "process", "memory", "message", "copy", "share", "crash", "start", "queue",
    "page", "byte", "clock", "wait", "wake", "answer",
];

/// The same words for the same number, every time.
fn article(title: &str, number: usize) -> Content {
    let mut text = format!(
        "<!doctype html><html lang=en><head><title>{title}</title>\
         <meta name=description content=\"{title}, of words that mean nothing\"></head><body><h1>{title}</h1>"
    );
    let mut state = number * 7 + 3;
    for section in 1..=3 + number % 4 {
        let _ = write!(text, "<h2>Section {section}</h2><p>");
        for _ in 0..60 + number * 5 {
            state = (state * 5 + 1) % 65_536;
            text.push_str(WORDS[state / 7 % WORDS.len()]);
            text.push(' ');
        }
        let _ = write!(text, "<a href=\"/article/{}\">on</a></p>", number % 12 + 1);
    }
    Content::Html(text + "<a href=\"/\">back</a></body></html>")
}

/// A page of bytes whose encoding is said by its server, by itself (`first`), or by nobody.
fn titled(kind: &'static str, first: &str, title: &[u8]) -> Content {
    let first = first.as_bytes();
    let bytes =
        [b"<!doctype html>", first, b"<title>", title, b"</title><h1>", title, b"</h1>"].concat();
    Content::Bytes { kind, bytes }
}

fn utf16(title: &str) -> Content {
    let text = format!("\u{feff}<!doctype html><title>{title}</title><p>two bytes a letter");
    Content::Bytes {
        kind: "text/html",
        bytes: text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    }
}

/// `<title>Packed</title><p>This page came compressed.</p>`, by gzip.
const GZIP: &[u8] = include_bytes!("packed.html.gz");

fn broken(text: &str) -> Content {
    Content::Html(text.to_owned())
}

fn long() -> Content {
    Content::Html(format!("<title>Long</title><p>{}", "many words go on and on ".repeat(40_000)))
}

fn slow() -> Content {
    Content::Slow { text: "<title>Slow</title><p>This took its time.".into(), after: SLOW }
}

fn endless() -> Content {
    Content::Endless {
        start: b"<title>Endless</title>".to_vec(),
        again: b"<p>and on</p>".repeat(1000),
    }
}

fn many() -> Content {
    let mut text = String::from("<title>Many links</title>");
    for number in 0..MANY {
        let _ = write!(text, "<a href=/to/{number}>{number}</a> ");
    }
    Content::Html(text)
}

fn deep() -> Content {
    Content::Html(format!("<title>Deep</title>{}", "<q>".repeat(DEEP)))
}
