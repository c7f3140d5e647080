//! Descriptors that nobody meant a child to have.

use std::io;

/// The first that is none of the standard ones.
const FIRST: libc::c_uint = 3;

/// Has every descriptor but the standard ones closed in whatever this process starts from now on: what it
/// inherited itself may lack that mark.
///
/// # Errors
/// If the kernel is older than 5.11.
pub fn keep_to_oneself() -> io::Result<()> {
    close_range(libc::CLOSE_RANGE_CLOEXEC)
}

/// Closes every descriptor but the standard ones. For the beginning of `main`, before anything owns one.
///
/// # Errors
/// If the kernel is older than 5.9.
pub fn close_others() -> io::Result<()> {
    close_range(0)
}

#[expect(unsafe_code, reason = "no crate has this call")]
fn close_range(flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: The call reads and writes no memory of the process. With CLOSE_RANGE_CLOEXEC nothing is
    // closed here; without it, the callers' promise is that nothing owns these descriptors yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
