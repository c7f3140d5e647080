//! What a keeper is told on its command line, written and read in one place.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::Mechanism;

/// What the program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The keeper's standard input, of which the keeper lets go: who closes it is seen on the other side.
    Shared,
    /// Nothing: the keeper's standard input is closed to have everything ended.
    Nothing,
}

/// What a keeper is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The process that starts the keeper.
    pub runner: u32,
    /// What the program reads.
    pub input: Input,
    /// Bytes of memory that each of its processes may write to.
    pub data: u64,
    /// Files that it finds open for reading, from descriptor 3 on.
    pub files: Vec<PathBuf>,
    /// What keeps its processes together; without one the best that there is.
    pub mechanism: Option<Mechanism>,
    /// A folder that is removed when everything has ended.
    pub folder: Option<PathBuf>,
    /// The program and its arguments.
    pub program: Vec<OsString>,
}

const NAMES: [&str; 6] = ["--runner", "--input", "--data", "--file", "--mechanism", "--folder"];

impl Order {
    /// As arguments.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        let input = match self.input {
            Input::Shared => "shared",
            Input::Nothing => "nothing",
        };
        let mut words: Vec<OsString> = vec![
            "--runner".into(),
            self.runner.to_string().into(),
            "--input".into(),
            input.into(),
            "--data".into(),
            self.data.to_string().into(),
        ];
        for file in &self.files {
            words.extend(["--file".into(), file.into()]);
        }
        if let Some(mechanism) = self.mechanism {
            words.extend(["--mechanism".into(), mechanism.name().into()]);
        }
        if let Some(folder) = &self.folder {
            words.extend(["--folder".into(), folder.into()]);
        }
        words.push("--".into());
        words.extend(self.program.iter().cloned());
        words
    }

    /// From arguments.
    ///
    /// # Errors
    /// Says which is missing or not understood.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut order = Self {
            runner: 0,
            input: Input::Nothing,
            data: u64::MAX,
            files: Vec::new(),
            mechanism: None,
            folder: None,
            program: Vec::new(),
        };
        while let Some(name) = words.next().filter(|word| word != "--") {
            let name = NAMES.into_iter().find(|known| name == *known);
            let name = name.ok_or("an argument that is not known")?;
            let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
            let number = || number(&value).ok_or_else(|| format!("{name} needs a number"));
            match name {
                "--runner" => order.runner = number()?.try_into().map_err(|_| "--runner: no id")?,
                "--input" if value == "shared" => order.input = Input::Shared,
                "--input" if value == "nothing" => order.input = Input::Nothing,
                "--input" => return Err("--input is shared or nothing".into()),
                "--data" => order.data = number()?,
                "--file" => order.files.push(value.into()),
                "--mechanism" => {
                    let named = value.to_str().and_then(Mechanism::named);
                    order.mechanism = Some(named.ok_or("--mechanism names none")?);
                }
                _ => order.folder = Some(value.into()),
            }
        }
        order.program = words.collect();
        match (order.runner, order.program.is_empty()) {
            (0, _) => Err("--runner is missing".into()),
            (_, true) => Err("no program is named".into()),
            _ => Ok(order),
        }
    }
}

fn number(text: &OsStr) -> Option<u64> {
    str::from_utf8(text.as_bytes()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            runner: 4711,
            input: Input::Shared,
            data: 1 << 30,
            files: vec!["/proc/4711/fd/5".into(), "/proc/4711/fd/6".into()],
            mechanism: Some(Mechanism::Subreaper),
            folder: Some("/tmp/a b".into()),
            program: vec!["node".into(), "--".into(), "--runner".into()],
        }
    }

    #[test]
    fn words_say_all_of_it() {
        assert_eq!(Order::parse(order().words()), Ok(order()));
        let none = Order { files: Vec::new(), folder: None, mechanism: None, ..order() };
        let short = Order { input: Input::Nothing, ..none };
        assert_eq!(Order::parse(short.words()), Ok(short));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let parse = |words: &str| Order::parse(words.split(' ').map(OsString::from)).unwrap_err();
        assert_eq!(parse("-- true"), "--runner is missing");
        assert_eq!(parse("--runner 1"), "no program is named");
        assert_eq!(parse("--runner x -- true"), "--runner needs a number");
        assert_eq!(parse("--input x -- true"), "--input is shared or nothing");
        assert_eq!(parse("--mechanism x -- true"), "--mechanism names none");
        assert_eq!(parse("--data"), "--data needs a value");
        assert_eq!(parse("--exec x"), "an argument that is not known");
    }
}
