//! The runner's lanes: one file each, and a line in [`all`].

mod native_thread;
mod node;
mod peers;
mod process;

use std::rc::Rc;

use lab::Lane;
use protocol::report::ReportMachine;

use crate::cancel::Cancel;
use crate::children;
use crate::trials::Trials;
pub(crate) use node::{Node, node, version as node_version};
pub use process::PIPE_CAPACITY;
pub(crate) use process::{Pipes, Transport, Worker, guards};

/// Every lane of the runner. All obey the same `cancel`.
#[must_use]
pub fn all(cancel: &Cancel) -> Vec<Box<dyn Lane>> {
    let trials = Trials::new(cancel.clone());
    let mut all: Vec<Box<dyn Lane>> = vec![
        Box::new(native_thread::NativeThread::new(cancel.clone(), Rc::clone(&trials))),
        Box::new(native_thread::NativeThread::wide(cancel.clone(), Rc::clone(&trials))),
        Box::new(process::PipeLane::new(cancel.clone(), Rc::clone(&trials))),
        Box::new(process::SocketLane::new(cancel.clone(), Rc::clone(&trials))),
        Box::new(process::shm::ShmLane::new(cancel.clone(), Rc::clone(&trials))),
    ];
    for kind in node::Kind::ALL {
        all.push(Box::new(node::NodeLane::new(kind, cancel.clone(), Rc::clone(&trials))));
    }
    all
}

/// Says in a report what the figures of these lanes depend on: which Node, and what holds their children.
pub(crate) fn describe(chosen: &[&dyn Lane], cancel: &Cancel, machine: &mut ReportMachine) {
    let any = |family: &str| chosen.iter().any(|lane| lane.id().as_str().starts_with(family));
    if any("process.") {
        // Where no child can be started the lanes' rows say why.
        machine.guards = guards(cancel).unwrap_or_default();
    }
    if any("node.") {
        machine.node = node_version();
        machine.keeper = Some(children::mechanism());
    }
}
