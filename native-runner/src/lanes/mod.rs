//! The runner's lanes: one file each, and a line in [`all`].

mod native_thread;
mod node;
mod peers;
mod process;

use lab::Lane;

use crate::cancel::Cancel;
pub(crate) use node::version as node_version;
pub use process::PIPE_CAPACITY;

/// Every lane of the runner. All obey the same `cancel`.
#[must_use]
pub fn all(cancel: &Cancel) -> Vec<Box<dyn Lane>> {
    let mut all: Vec<Box<dyn Lane>> = vec![
        Box::new(native_thread::NativeThread::new(cancel.clone())),
        Box::new(native_thread::NativeThread::wide(cancel.clone())),
        Box::new(process::PipeLane::new(cancel.clone())),
        Box::new(process::SocketLane::new(cancel.clone())),
        Box::new(process::shm::ShmLane::new(cancel.clone())),
    ];
    for kind in node::Kind::ALL {
        all.push(Box::new(node::NodeLane::new(kind, cancel.clone())));
    }
    all
}
