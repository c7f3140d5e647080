//! Resource limits, which a process sets for itself and those that it starts.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How much a process may take. What is none stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of addresses.
    pub addresses: Option<u64>,
    /// Bytes of memory of its own that it may write to: for programs that reserve addresses at will.
    pub data: Option<u64>,
    /// Seconds of processor time.
    pub cpu: Option<u64>,
    /// Open descriptors.
    pub descriptors: Option<u64>,
    /// Bytes of a file that it writes.
    pub file: Option<u64>,
    /// Bytes of the first thread's stack.
    pub stack: Option<u64>,
}

impl Limits {
    /// Sets them; no core file is left in any case.
    ///
    /// # Errors
    /// If the kernel refuses one.
    pub fn set(&self) -> io::Result<()> {
        let all = [
            (Resource::Core, Some(0)),
            (Resource::As, self.addresses),
            (Resource::Data, self.data),
            (Resource::Cpu, self.cpu),
            (Resource::Nofile, self.descriptors),
            (Resource::Fsize, self.file),
            (Resource::Stack, self.stack),
        ];
        for (resource, wanted) in all {
            let Some(wanted) = wanted else { continue };
            // Nobody may ask for more than it has.
            let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
            let limit = Some(wanted.min(most));
            setrlimit(resource, Rlimit { current: limit, maximum: limit })?;
        }
        Ok(())
    }
}
