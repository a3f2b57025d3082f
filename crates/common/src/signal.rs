//! The one signal whose default would end a tool in mid-line.
use rustix::process::Signal;

/// Lets a write beyond the limit of a file's size (`ulimit -f`) fail with `EFBIG`,
/// to be told like a full disk. SIGXFSZ would end the process without a word.
#[expect(unsafe_code, reason = "rustix has no safe door to a signal's disposition")]
pub fn ignore_sigxfsz() {
    /// SIG_IGN, the same number on every Unix.
    const IGNORE: usize = 1;
    unsafe extern "C" {
        fn signal(number: i32, handler: usize) -> usize;
    }
    // SAFETY: this is signal(3) of the C library that the standard library links;
    // a handler is as wide as a pointer, and ignoring runs no code of ours.
    unsafe { signal(Signal::XFSZ.as_raw(), IGNORE) };
}
