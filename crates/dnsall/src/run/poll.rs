//! The one place that waits: for sockets, for standard input and for the time.
use std::{
    io::Write as _,
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use plainnet_common::{exit::Fail, output::Out};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    stdio,
};

use crate::run::exchange::Exchange;

/// So many outstanding queries are a crowd, whose answers are gathered for so
/// long: to wake up for each costs more than the answer.
const CROWD: usize = 64;
const LULL: Duration = Duration::from_micros(250);
/// A wait of a day stands for a longer one.
const LONG: Timespec = Timespec { tv_sec: 86_400, tv_nsec: 0 };

/// What a wait ended with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    /// Some descriptor has something.
    pub(super) anything: bool,
    /// Standard input has something.
    pub(super) stdin: bool,
}

/// Waits until something comes or is due, or until `wake`.
///
/// `busy` says that something came the last time. Output is flushed only where
/// nothing comes meanwhile, so that a fast run writes in blocks.
///
/// # Errors
/// poll(2) or writing failed.
pub(super) fn wait(
    exchanges: &mut [Exchange],
    wants_stdin: bool,
    wake: Option<Instant>,
    busy: bool,
    out: &mut Out,
) -> Result<Ready, Fail> {
    let now = Instant::now();
    let in_flight = exchanges.iter().map(|e| e.engine.in_flight()).sum();
    let wake = exchanges.iter_mut().filter_map(|e| e.wake(now)).chain(wake).min();
    let timeout = wake.map(|at| Timespec::try_from(at.saturating_duration_since(now)).unwrap_or(LONG));
    let mut fds: Vec<PollFd<'_>> = Vec::new();
    if wants_stdin {
        let stdin: BorrowedFd<'_> = stdio::stdin();
        fds.push(PollFd::from_borrowed_fd(stdin, PollFlags::IN));
    }
    let sockets = exchanges.iter().flat_map(Exchange::interest);
    fds.extend(sockets.map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags)));
    if busy {
        gather(in_flight);
    }
    let ready = match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(0) => {
            out.flush()?;
            let ready = poll(&mut fds, timeout.as_ref());
            gather(in_flight);
            ready
        }
        ready => ready,
    };
    match ready {
        Ok(n) => {
            let stdin = wants_stdin && fds.first().is_some_and(|fd| !fd.revents().is_empty());
            Ok(Ready { anything: n > 0, stdin })
        }
        Err(Errno::INTR) => Ok(Ready::default()),
        Err(e) => Err(Fail::io("poll", &e.into())),
    }
}

fn gather(in_flight: usize) {
    if in_flight >= CROWD {
        std::thread::sleep(LULL);
    }
}
