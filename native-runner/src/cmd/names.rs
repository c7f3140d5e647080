//! Names that people type, and the nearest one that there is.

use texts::outside::Outside;

/// Finds what was named, or says what is nearest.
pub(super) fn find<T>(
    kind: &str,
    typed: &str,
    known: impl Iterator<Item = (String, T)>,
) -> Result<T, String> {
    let mut names = Vec::new();
    for (name, thing) in known {
        if name == typed {
            return Ok(thing);
        }
        names.push(name);
    }
    let likeness = |name: &String| strsim::jaro_winkler(name, typed);
    let nearest = names.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let typed_name = Outside(typed);
    Err(match nearest.filter(|name| likeness(name) > 0.7) {
        Some(name) => format!("there is no {kind} \"{typed_name}\": did you mean {name}?"),
        None => format!("there is no {kind} \"{typed_name}\": there are {}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_nearest_name_is_offered_or_all_of_them() {
        let known = || ["startup", "echo"].map(|name| (name.to_owned(), name)).into_iter();
        assert_eq!(find("experiment", "echo", known()), Ok("echo"));
        assert_eq!(
            find("experiment", "ecko", known()).unwrap_err(),
            "there is no experiment \"ecko\": did you mean echo?"
        );
        assert_eq!(
            find("experiment", "xyz", known()).unwrap_err(),
            "there is no experiment \"xyz\": there are startup, echo"
        );
    }
}
