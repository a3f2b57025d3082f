//! When something is due for an outstanding query.
//!
//! The queues are first in, first out: within each the waits are nearly equal,
//! so that it is sorted or nearly so, and a timer costs the same however many
//! there are. A timer that is not wanted any more stays until its turn comes.
use std::{collections::VecDeque, time::Instant};

/// What a timer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The wait for the answer to the datagram of this number, counted from 0.
    Datagram(u32),
    /// A wait that started again, for a query that was held.
    Held,
    /// A wait that ends before its time-out.
    Shortened,
    /// The wait for an answer over a connection.
    Connection,
    /// The same where another server may be asked instead.
    StandIn,
}

/// A time at which something is due for a slot, unless its serial number has changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    pub(super) at: Instant,
    pub(super) slot: usize,
    pub(super) serial: u32,
}

/// Timers of all kinds.
#[derive(Debug)]
pub(super) struct Timers {
    /// A queue for each datagram of a query, then one for each other kind.
    queues: Vec<VecDeque<Timer>>,
}

/// The kinds besides [`Wait::Datagram`].
const OTHERS: usize = 4;

impl Timers {
    /// For queries of at most `tries` datagrams; later ones share a queue.
    pub(super) fn new(tries: u32) -> Timers {
        Timers { queues: vec![VecDeque::new(); tries.clamp(1, 100) as usize + OTHERS] }
    }

    /// Adds a timer.
    pub(super) fn push(&mut self, wait: Wait, timer: Timer) {
        let datagrams = self.queues.len() - OTHERS;
        let queue = match wait {
            Wait::Datagram(number) => (number as usize).min(datagrams - 1),
            Wait::Held => datagrams,
            Wait::Shortened => datagrams + 1,
            Wait::Connection => datagrams + 2,
            Wait::StandIn => datagrams + 3,
        };
        self.queues[queue].push_back(timer);
    }

    /// Takes the next timer that is over at `now`, of those that are still `wanted`.
    pub(super) fn pop(&mut self, now: Instant, wanted: impl Fn(Timer) -> bool) -> Option<Timer> {
        self.queues.iter_mut().find_map(|queue| pop(queue, now, &wanted))
    }

    /// When the first of those that are still `wanted` is over.
    pub(super) fn next(&mut self, wanted: impl Fn(Timer) -> bool) -> Option<Instant> {
        self.queues.iter_mut().filter_map(|queue| next(queue, &wanted)).min()
    }
}

/// The next timer of one queue that is over at `now`.
pub(super) fn pop(queue: &mut VecDeque<Timer>, now: Instant, wanted: impl Fn(Timer) -> bool) -> Option<Timer> {
    if next(queue, wanted)? > now { None } else { queue.pop_front() }
}

/// When the first timer of one queue is over.
pub(super) fn next(queue: &mut VecDeque<Timer>, wanted: impl Fn(Timer) -> bool) -> Option<Instant> {
    while let Some(timer) = queue.front() {
        if wanted(*timer) {
            return Some(timer.at);
        }
        queue.pop_front();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_not_wanted_any_more_is_passed_over() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::new(2);
        let timer = |ms, slot| Timer { at: at(ms), slot, serial: 0 };
        timers.push(Wait::Datagram(0), timer(20, 1));
        timers.push(Wait::Datagram(0), timer(30, 2));
        timers.push(Wait::Datagram(9), timer(50, 3));
        timers.push(Wait::Connection, timer(40, 4));
        let not = |slot: usize| move |timer: Timer| timer.slot != slot;
        assert_eq!(timers.next(not(0)), Some(at(20)));
        assert_eq!(timers.next(not(1)), Some(at(30)));
        assert!(timers.pop(at(29), not(0)).is_none());
        let mut popped = Vec::new();
        while let Some(timer) = timers.pop(at(50), not(0)) {
            popped.push(timer.slot);
        }
        assert_eq!(popped, [2, 3, 4]);
        assert_eq!(timers.next(not(0)), None);
    }

    #[test]
    fn each_kind_of_wait_has_a_queue() {
        let start = Instant::now();
        let timer = |ms| Timer { at: start + Duration::from_millis(ms), slot: 0, serial: 0 };
        let kinds =
            [Wait::Datagram(0), Wait::Datagram(1), Wait::Held, Wait::Shortened, Wait::Connection, Wait::StandIn];
        let first_of = |tries, one, other| {
            let mut timers = Timers::new(tries);
            timers.push(one, timer(50));
            timers.push(other, timer(20));
            timers.next(|_| true).unwrap()
        };
        // Two in one queue stay in the order they came, whenever they end.
        for one in kinds {
            for other in kinds {
                let first = if one == other { timer(50) } else { timer(20) };
                assert_eq!(first_of(2, one, other), first.at, "{one:?} {other:?}");
            }
            assert_eq!(first_of(2, Wait::Datagram(2), one) == timer(50).at, one == Wait::Datagram(1), "{one:?}");
        }
        // There is a queue at least, and a hundred at most.
        assert_eq!(first_of(0, Wait::Datagram(0), Wait::Datagram(1)), timer(50).at);
        assert_eq!(first_of(1000, Wait::Datagram(98), Wait::Datagram(99)), timer(20).at);
        assert_eq!(first_of(1000, Wait::Datagram(99), Wait::Datagram(100)), timer(50).at);
    }
}
