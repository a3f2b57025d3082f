//! The one line of progress: network work that takes longer than a second is
//! counted on standard error, where that is a terminal.
use std::{
    io::IsTerminal as _,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustix::stdio;

/// The line appears after this long, and changes this often.
const SECOND: Duration = Duration::from_secs(1);

/// Back to the start of the line, and everything behind wiped (ECMA-48's EL).
const WIPE: &[u8] = b"\r\x1b[K";

/// The line stands on the terminal now. A message wipes it first.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Counts what is done and says so once a second.
#[derive(Debug)]
pub struct Counter {
    /// Standard error is a terminal and `-q` was not given.
    enabled: bool,
    start: Instant,
    next: Instant,
}

impl Counter {
    /// Begins to count at `now`; `quiet` is `-q`.
    pub fn new(quiet: bool, now: Instant) -> Counter {
        Counter { enabled: !quiet && std::io::stderr().is_terminal(), start: now, next: now + SECOND }
    }

    /// When [`Counter::show`] has something to say, for the loop's timeout.
    pub fn wake(&self) -> Option<Instant> {
        self.enabled.then_some(self.next)
    }

    /// Writes the line if a second has passed since the last one. `total` is
    /// None where it is not known yet.
    pub fn show(&mut self, done: u64, total: Option<u64>, now: Instant) {
        if !self.enabled || now < self.next {
            return;
        }
        self.next = now + SECOND;
        let text = line(done, total, now.saturating_duration_since(self.start));
        let _ = rustix::io::write(stdio::stderr(), &[WIPE, text.as_bytes()].concat());
        SHOWN.store(true, Ordering::Relaxed);
    }
}

/// The line goes when the work is done.
impl Drop for Counter {
    fn drop(&mut self) {
        let _ = rustix::io::write(stdio::stderr(), wipe());
    }
}

/// What has to be written before anything else is, which is nothing where no
/// line is shown.
pub(crate) fn wipe() -> &'static [u8] {
    if SHOWN.swap(false, Ordering::Relaxed) { WIPE } else { b"" }
}

/// `120 of 4000 done, 60/s, 64 s left`.
fn line(done: u64, total: Option<u64>, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let Some(total) = total else { return format!("{done} done, {rate:.0}/s") };
    let left = total.saturating_sub(done) as f64 / rate;
    if left.is_finite() {
        format!("{done} of {total} done, {rate:.0}/s, {left:.0} s left")
    } else {
        format!("{done} of {total} done")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_total_rate_and_time_left() {
        let took = Duration::from_secs(2);
        assert_eq!(line(120, Some(4000), took), "120 of 4000 done, 60/s, 65 s left");
        assert_eq!(line(120, None, took), "120 done, 60/s");
        assert_eq!(line(0, Some(7), took), "0 of 7 done");
    }

    #[test]
    fn nothing_is_shown_within_the_first_second_nor_twice_in_one() {
        let start = Instant::now();
        // Under the tests standard error may be a terminal or not; the clock is the test's.
        let mut counter = Counter { enabled: false, start, next: start + SECOND };
        assert_eq!(counter.wake(), None);
        counter.show(1, None, start + SECOND);
        assert_eq!(counter.next, start + SECOND);
        assert_eq!(wipe(), b"");
        counter.enabled = true;
        counter.show(1, None, start + SECOND / 2);
        assert_eq!((counter.wake(), wipe()), (Some(start + SECOND), &b""[..]));
    }
}
