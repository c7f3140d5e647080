//! `foreign`: a program that was not made for this echoes a frame.

use std::env::var_os;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use protocol::frame::{self, Head};

use crate::facts::{Outcome, begin, is, meaningless, now, seen, text};
use crate::processes::Channel;

pub(crate) fn on_processes(channel: Channel, name: &str) -> Outcome {
    if channel == Channel::SharedMemory {
        return meaningless(
            "whoever takes turns over shared memory must have been made for it: a futex and a mapping",
        );
    }
    let (program, script) = match name {
        "python" => ("python3", "foreign.py"),
        "shell" => ("sh", "foreign.sh"),
        _ => ("node", "foreign-node.cjs"),
    };
    let folder = var_os("BREAKEVEN_FOLDER").context("the runner names no folder")?;
    let script = PathBuf::from(folder).join(script);
    let body: Vec<u8> = (0..=255).cycle().take(1024).collect();
    let began = begin();
    let (mut child, ends) = match channel.start(Command::new(program).arg(script)) {
        Ok(started) => started,
        Err(why) => {
            return match why.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::NotFound) => meaningless(&format!("{program} is not on PATH")),
                _ => Err(why).context(program.to_owned()),
            };
        }
    };
    let (mut to, mut from, _socket) = ends.split()?;
    frame::write(&mut to, &Head::Echo, &body)?;
    let answer = frame::read_head(&mut from);
    let took = now() - began;
    let outcome = match answer {
        Ok(Some((Head::Echoed { .. }, length))) => {
            let mut echoed = vec![0; length as usize];
            from.read_exact(&mut echoed)?;
            let took = now() - began;
            return finish(child, seen([("runs", is(echoed == body))], took));
        }
        Ok(other) => format!("it sent {other:?}"),
        Err(why) => why.to_string(),
    };
    let _ = child.kill();
    finish(child, seen([("runs", is(false)), ("said", text(outcome))], took))
}

fn finish(mut child: std::process::Child, outcome: Outcome) -> Outcome {
    let _ = child.kill();
    child.wait()?;
    outcome
}
