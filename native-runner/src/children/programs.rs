//! The programs that the runner carries inside: written once into sealed files in memory, and started from
//! there.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

static CHILD: Carried = Carried::new("breakeven-child", include_bytes!(env!("BREAKEVEN_CHILD")));
static SCRAPER: Carried =
    Carried::new("breakeven-scraper", include_bytes!(env!("BREAKEVEN_SCRAPER")));
static TRIAL: Carried = Carried::new("breakeven-trial", include_bytes!(env!("BREAKEVEN_TRIAL")));
static KEEPER: Carried = Carried::new("breakeven-keeper", include_bytes!(env!("BREAKEVEN_KEEPER")));

/// The path of the child program, for as long as the runner lives.
pub(super) fn child() -> io::Result<String> {
    CHILD.path()
}

/// The path of the scraper, in the same way.
pub(super) fn scraper() -> io::Result<String> {
    SCRAPER.path()
}

/// The path of the trial program, for a keeper, whose own descriptors are others.
pub(crate) fn trial() -> io::Result<String> {
    let own = format!("/proc/{}/", std::process::id());
    Ok(TRIAL.path()?.replace("/proc/self/", &own))
}

/// The path of the keeper.
pub(super) fn keeper() -> io::Result<String> {
    KEEPER.path()
}

/// A file in memory that nobody can change, and no other process finds by a name.
///
/// # Errors
/// If there is no memory for it.
pub(crate) fn sealed(name: &str, bytes: &[u8], flags: MemfdFlags) -> io::Result<File> {
    let mut file = File::from(memfd_create(name, flags | FLAGS)?);
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(file)
}

const FLAGS: MemfdFlags = MemfdFlags::CLOEXEC.union(MemfdFlags::ALLOW_SEALING);

struct Carried {
    name: &'static str,
    bytes: &'static [u8],
    file: OnceLock<File>,
}

impl Carried {
    const fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        Self { name, bytes, file: OnceLock::new() }
    }

    fn path(&self) -> io::Result<String> {
        let file = match self.file.get() {
            Some(file) => file,
            None => {
                // Kernels before 6.3 do not know the flag that asks for an executable file: there all are.
                let file = sealed(self.name, self.bytes, MemfdFlags::EXEC)
                    .or_else(|_| sealed(self.name, self.bytes, MemfdFlags::empty()))?;
                self.file.get_or_init(|| file)
            }
        };
        Ok(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }
}
