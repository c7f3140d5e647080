//! The references as lanes: what the system calls alone cost, with nothing around them.

use std::future::ready;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use lab::ops::batches;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Placement, Series};
use native_runner::{lanes, placement};
use protocol::report::{Crossing, Unit};
use protocol::{Availability, LaneId, LaneKind};
use rustix::io::{read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::Pid;

/// A small static program that sends back what it gets.
const PROGRAM: &str = env!("BREAKEVEN_BARE_CHILD");

/// What a reference is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// `posix_spawn`, and ping-pong over a socket pair.
    Socket,
    /// Ping-pong over two pipes of the lane's capacity.
    Pipe,
    /// Ping-pong over two pipes as they come.
    UsualPipe,
    /// Two copies of memory, in the caller alone.
    Memcpy,
}

impl Reference {
    pub(crate) const ALL: [Self; 4] = [Self::Socket, Self::Pipe, Self::UsualPipe, Self::Memcpy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Socket => "bare.socket",
            Self::Pipe => "bare.pipe",
            Self::UsualPipe => "bare.pipe-64KiB",
            Self::Memcpy => "bare.memcpy",
        }
    }

    fn measure(self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        match op {
            Op::Startup if self == Self::Socket => {
                let lives = (0..effort.samples).map(|_| self.life(effort.placement));
                let times = lives.collect::<Result<_, _>>()?;
                Ok(vec![op.series("first_answer", Unit::Nanoseconds, Ok(times))])
            }
            Op::Echo { bytes } => {
                let [times] = match self {
                    Self::Memcpy => twice_copied(bytes, effort)?,
                    Self::Socket | Self::Pipe | Self::UsualPipe => self.echoed(bytes, effort)?,
                };
                let mut series = op.series("round_trip", Unit::Nanoseconds, Ok(times));
                series.crossing = Some(Crossing { copied: 2 * bytes, ..Crossing::default() });
                Ok(vec![series])
            }
            _ => Err(LaneError::Unavailable("it is no reference for this".into())),
        }
    }

    /// From asking for a process to its first byte.
    fn life(self, place: Placement) -> Result<f64, LaneError> {
        let asked = Instant::now();
        let mut bare = Bare::start(self, 1, place)?;
        bare.read(&mut [0])?;
        let time = asked.elapsed().as_nanos() as f64;
        bare.end()?;
        Ok(time)
    }

    fn echoed(self, bytes: u64, effort: &Effort) -> Result<[Vec<f64>; 1], LaneError> {
        let mut bare = Bare::start(self, bytes, effort.placement)?;
        bare.read(&mut [0])?;
        let request = vec![7; bytes as usize];
        let mut reply = vec![0; bytes as usize];
        let samples = batches::sample(effort, |count| {
            let began = Instant::now();
            for _ in 0..count {
                bare.write(&request)?;
                bare.read(&mut reply)?;
            }
            let time = began.elapsed().as_nanos() as f64;
            if reply == request { Ok([time]) } else { Err(LaneError::failed("other bytes")) }
        })?;
        bare.end()?;
        Ok(samples)
    }
}

/// A bare child and the caller's ends.
struct Bare {
    child: Child,
    to: OwnedFd,
    from: OwnedFd,
}

impl Bare {
    fn start(reference: Reference, bytes: u64, place: Placement) -> Result<Self, LaneError> {
        let start = || -> io::Result<Self> {
            let (to, from, input, output) = ends(reference)?;
            // std takes the posix_spawn path here.
            let child = Command::new(PROGRAM)
                .arg(bytes.to_string())
                .env_clear()
                .stdin(Stdio::from(input))
                .stdout(Stdio::from(output))
                .spawn()?;
            let pid = Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::InvalidData)?;
            placement::put_worker(pid, place)?;
            Ok(Self { child, to, from })
        };
        start().map_err(|why| LaneError::failed(format!("the bare child: {why}")))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LaneError> {
        let mut written = 0;
        while written < bytes.len() {
            written += write(self.to.as_fd(), &bytes[written..]).map_err(LaneError::failed)?;
        }
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), LaneError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match read(self.from.as_fd(), &mut bytes[filled..]).map_err(LaneError::failed)? {
                0 => return Err(LaneError::failed("the bare child ended")),
                count => filled += count,
            }
        }
        Ok(())
    }

    fn end(self) -> Result<(), LaneError> {
        let Self { mut child, to, from } = self;
        drop((to, from));
        child.wait().map(|_| ()).map_err(LaneError::failed)
    }
}

/// The caller's ends to write and to read, and the child's standard input and output.
fn ends(reference: Reference) -> io::Result<(OwnedFd, OwnedFd, OwnedFd, OwnedFd)> {
    if matches!(reference, Reference::Pipe | Reference::UsualPipe) {
        let (input, to) = pipe_with(PipeFlags::CLOEXEC)?;
        let (from, output) = pipe_with(PipeFlags::CLOEXEC)?;
        if reference == Reference::Pipe {
            fcntl_setpipe_size(&to, lanes::PIPE_CAPACITY)?;
            fcntl_setpipe_size(&from, lanes::PIPE_CAPACITY)?;
        }
        return Ok((to, from, input, output));
    }
    let flags = SocketFlags::CLOEXEC;
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok((ours.try_clone()?, ours, theirs.try_clone()?, theirs))
}

/// From one buffer to another and on to a third.
fn twice_copied(bytes: u64, effort: &Effort) -> Result<[Vec<f64>; 1], LaneError> {
    let first = vec![7_u8; bytes as usize];
    let (mut second, mut third) = (vec![0; first.len()], vec![0; first.len()]);
    batches::sample(effort, |count| {
        let began = Instant::now();
        for _ in 0..count {
            second.copy_from_slice(std::hint::black_box(&first));
            third.copy_from_slice(std::hint::black_box(&second));
            std::hint::black_box(&third);
        }
        let time = began.elapsed().as_nanos() as f64;
        if third == first { Ok([time]) } else { Err(LaneError::failed("other bytes")) }
    })
}

impl Lane for Reference {
    fn id(&self) -> LaneId {
        LaneId::from(self.name())
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Main
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(ready(ops.iter().try_for_each(|op| {
            found(self.measure(*op, effort)?);
            Ok(())
        })))
    }
}
