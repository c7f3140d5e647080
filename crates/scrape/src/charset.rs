//! From a page's bytes to its text: by its byte-order mark, by what the server says, by what it says itself, or as
//! UTF-8 if it is that and as windows-1252 if not.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Bytes in which a page must have said its encoding.
const PRESCAN: usize = 1024;

/// The text, and the encoding's name in the Encoding Standard.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>) -> (String, &'static str) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = marked
        .or_else(|| content_type.and_then(charset).and_then(label))
        .or_else(|| declared(bytes))
        .unwrap_or_else(|| if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 });
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), encoding.name())
}

fn label(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.trim().trim_matches(['"', '\'']).as_bytes())
}

/// The value of `charset=`, in a header or in a `meta` element.
fn charset(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("charset=")?;
    let value = text[at + "charset=".len()..].trim_start_matches(['"', '\'']);
    value.split([';', '"', '\'', '>', '/', ' ']).next().filter(|value| !value.is_empty())
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]).into_owned();
    let at = start.to_ascii_lowercase().find("<meta")?;
    // A page that can say it in ASCII is not in UTF-16, whatever it says.
    let said = charset(start.get(at..)?).and_then(label)?;
    Some(if said.name().starts_with("UTF-16") { UTF_8 } else { said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_an_encoding_is_heard() {
        let read = |bytes: &[u8], said| decode(bytes, said);
        assert_eq!(read("é".as_bytes(), None), ("é".into(), "UTF-8"));
        assert_eq!(read(&[0xe9], None), ("é".into(), "windows-1252"));
        assert_eq!(
            read(&[0xe9], Some("text/html; charset=\"ISO-8859-1\"")),
            ("é".into(), "windows-1252")
        );
        assert_eq!(
            read(&[0xff, 0xfe, 0xe9, 0], Some("text/html; charset=koi8-r")),
            ("é".into(), "UTF-16LE")
        );
        let (text, name) = read(b"<meta charset=shift_jis>\x93\xfa\x96\x7b", None);
        assert!(text.ends_with("日本") && name == "Shift_JIS", "{text} {name}");
        let (text, name) =
            read(b"<meta http-equiv=x content='text/html; charset=koi8-r'>\xd7", Some("text/html"));
        assert!(text.ends_with('в') && name == "KOI8-R", "{text} {name}");
        assert_eq!(read(b"<meta charset=utf-16>a", None).1, "UTF-8");
        assert_eq!(read(b"a", Some("text/html; charset=nonsense")).1, "UTF-8");
    }
}
