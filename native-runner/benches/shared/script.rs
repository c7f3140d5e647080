//! Programs in Node that answer one JSON line with one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A Node program. It ends when its standard input does.
pub(crate) struct Script {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Script {
    /// `name` is its place in the folder of the benches.
    pub(crate) fn start(name: &'static str, arguments: &[String]) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(name);
        let mut child = Command::new("node")
            .arg(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("node could not be started: {why}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = output.ok_or("no pipe to node")?;
        Ok(Self { name, child, input, output: BufReader::new(output) })
    }

    /// Numbers, usually nanoseconds, in answer to a question.
    pub(crate) fn ask(&mut self, question: &Value) -> Result<Vec<f64>, String> {
        let gone =
            format!("{} ended; `cargo xtask bench` installs and builds what it needs", self.name);
        let input = self.input.as_mut().ok_or_else(|| gone.clone())?;
        writeln!(input, "{question}").map_err(|_| gone.clone())?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|why| why.to_string())?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| gone)?;
        match (&answer["times"], &answer["error"]) {
            (Value::Array(times), _) => Ok(times.iter().filter_map(Value::as_f64).collect()),
            (_, error) => Err(error.as_str().unwrap_or("no times").to_owned()),
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
