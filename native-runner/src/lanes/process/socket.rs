//! `process.socket`: child processes, each over a Unix socket pair of its own.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use protocol::LaneId;

use super::Transport;

/// How long a child may leave its socket silent before it counts as stuck.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

impl Transport for UnixStream {
    const LANE: LaneId = LaneId::PROCESS_SOCKET;
    const NAME: &'static str = "a Unix socket pair";

    fn pair() -> io::Result<(Self, OwnedFd, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(ANSWER_LIMIT))?;
        ours.set_write_timeout(Some(ANSWER_LIMIT))?;
        let output = theirs.try_clone()?;
        Ok((ours, OwnedFd::from(theirs), OwnedFd::from(output)))
    }
}
