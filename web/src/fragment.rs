//! What stands in the address after `#`: the one-time token as `t=`, shared settings as `s=`, a shared summary as
//! `r=`.

use wasm_bindgen::JsValue;

/// Takes the one-time token out of the address, so that neither history nor a copied address has it.
pub(crate) fn take_token() -> Option<String> {
    let window = web_sys::window()?;
    let location = window.location();
    let (token, rest) = split(&location.hash().ok()?);
    token.as_ref()?;
    let mut address =
        location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if !rest.is_empty() {
        address = format!("{address}#{rest}");
    }
    let history = window.history().ok()?;
    history.replace_state_with_url(&JsValue::NULL, "", Some(&address)).ok()?;
    token
}

/// The settings that somebody shared, or a workload for the decision guide.
pub(crate) fn shared() -> Option<String> {
    part("s=")
}

/// The summary of a report that somebody shared.
pub(crate) fn shared_report() -> Option<String> {
    part("r=")
}

/// An address of this page with settings and a summary in it.
pub(crate) fn link(settings: &str, summary: &str) -> Option<String> {
    let address = web_sys::window()?.location().href().ok()?;
    let page = address.split('#').next()?;
    Some(format!("{page}#s={settings}&r={summary}"))
}

fn part(name: &str) -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    parts(&hash).find_map(|part| part.strip_prefix(name)).map(str::to_owned)
}

fn parts(hash: &str) -> impl Iterator<Item = &str> {
    hash.trim_start_matches('#').split('&').filter(|part| !part.is_empty())
}

/// The token, and the fragment without it.
fn split(hash: &str) -> (Option<String>, String) {
    let token = parts(hash).filter_map(|part| part.strip_prefix("t=")).last();
    let rest: Vec<&str> = parts(hash).filter(|part| !part.starts_with("t=")).collect();
    (token.map(str::to_owned), rest.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_and_the_rest_stays() {
        assert_eq!(split("#t=abc"), (Some("abc".into()), String::new()));
        assert_eq!(split("#s=x:1&t=abc&u"), (Some("abc".into()), "s=x:1&u".into()));
        assert_eq!(split(""), (None, String::new()));
    }
}
