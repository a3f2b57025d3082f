//! How many connections there may be, and which one makes room for a newcomer.
//!
//! The rule about places is about data and nothing else: the connection that
//! has moved the fewest bytes per second of its life goes. No rhythm of
//! dripping beats that, since a drip adds a byte and costs its time.
use std::{cmp::Reverse, os::fd::AsFd, os::fd::AsRawFd as _, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bytes a second below which a connection past its first second goes before
/// any that is still in its first second.
const SLOW: u64 = 100;
/// A life is counted as at least this long, in milliseconds.
const FIRST_SECOND: u32 = 1000;
/// How long a newcomer may take to speak before it is judged, in milliseconds.
///
/// A client's first bytes are on their way when its connection is accepted;
/// under a flood of newcomers it would be gone before they are read.
pub const CHANCE: u32 = 4;
/// With fewer places, the next newcomer always waits until the last one has
/// spoken or not.
const MANY: usize = 16;
/// Descriptors kept free where there are enough.
const SPARE: u64 = 8;
/// Most places without --max-conns. Where open files have no limit worth the
/// name, memory is what there is to reserve.
pub const MOST: usize = 1 << 20;

/// What a connection has to say for its place: the least goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merit {
    standing: Standing,
    /// Thousandths of a byte per second of its life.
    rate: u64,
    /// Of two alike the older one goes. Milliseconds.
    age: Reverse<u32>,
}

/// What comes before the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Past its first second, and has not moved data in earnest.
    Slow,
    /// In its first second, and has not moved data in earnest yet.
    New,
    /// May still speak, and the next newcomer doesn't wait for it.
    Unheard,
    /// Moves data in earnest.
    Moving,
}

impl Merit {
    /// Of a connection that has moved `bytes` in `age` milliseconds. `wait`:
    /// where [`newcomers_wait`].
    pub fn new(bytes: u64, age: u32, wait: bool) -> Merit {
        let rate = bytes.saturating_mul(1_000_000) / u64::from(age.max(FIRST_SECOND));
        let standing = match age {
            _ if rate >= SLOW * 1000 => Standing::Moving,
            ..CHANCE if !wait && bytes == 0 => Standing::Unheard,
            ..FIRST_SECOND => Standing::New,
            _ => Standing::Slow,
        };
        Merit { standing, rate, age: Reverse(age) }
    }

    /// It goes before anybody who has just come.
    pub fn is_old_and_slow(&self) -> bool {
        self.standing == Standing::Slow
    }

    /// How long it may still take to speak, if it has just come and said nothing yet.
    pub fn chance(&self) -> Option<Duration> {
        let left = CHANCE.saturating_sub(self.age.0);
        (self.rate == 0 && left > 0).then(|| Duration::from_millis(left.into()))
    }
}

/// Whether newcomers wait until others have spoken or had their chance, where
/// `unheard` of `all` connections may still do so. Were most places held by
/// those, one that has said something would go for one that has not.
pub fn newcomers_wait(unheard: usize, all: usize) -> bool {
    all < MANY || unheard >= all / 2
}

/// Raises the limit of open files as far as it goes, and returns it.
pub fn raise_open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // A sandbox may forbid it, and then it stays as it is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    if raised { maximum } else { current }.unwrap_or(u64::MAX).min(1 << 30)
}

/// How many more descriptors `limit` leaves, as long as those that are open
/// have no gaps between them. `open` is any open one.
pub fn free_descriptors(open: impl AsFd, limit: u64) -> u64 {
    let lowest_free = rustix::io::fcntl_dupfd_cloexec(open, 0).map_or(limit, |fd| fd.as_raw_fd() as u64);
    limit.saturating_sub(lowest_free)
}

/// How many of `free` descriptors are for clients: a few are kept in reserve,
/// fewer where there are few. None if there is not one.
pub fn places(free: u64) -> Option<usize> {
    Some((free - SPARE.min(free / 8)) as usize).filter(|places| *places > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `all`, as bytes and age in milliseconds, goes first.
    fn first_to_go(all: &[(u64, u32)]) -> usize {
        let wait = newcomers_wait(all.iter().filter(|(bytes, age)| *bytes == 0 && *age < CHANCE).count(), all.len());
        let merits = all.iter().map(|(bytes, age)| Merit::new(*bytes, *age, wait));
        merits.enumerate().min_by_key(|(_, merit)| *merit).map(|(n, _)| n).unwrap()
    }

    #[test]
    fn fewest_bytes_a_second_go_first() {
        assert_eq!(first_to_go(&[(30, 10_000), (20, 10_000), (40, 10_000)]), 1);
        assert_eq!(first_to_go(&[(30, 10_000), (30, 20_000), (40, 10_000)]), 1);
        // Two in the same second differ by bytes, since a life is a second at least.
        assert_eq!(first_to_go(&[(11, 100), (1, 10)]), 1);
        assert_eq!(first_to_go(&[(1, 100), (11, 10)]), 0);
        // The older of two alike.
        assert_eq!(first_to_go(&[(0, 700), (0, 800)]), 1);
        assert_eq!(first_to_go(&[(0, 2000), (0, 1000)]), 0);
    }

    #[test]
    fn the_first_second_is_spared_while_an_older_one_is_slow() {
        assert_eq!(first_to_go(&[(0, 999), (99, 1000)]), 1);
        assert_eq!(first_to_go(&[(0, 999), (100, 1000)]), 0);
        assert_eq!(first_to_go(&[(0, 999), (999, 10_000)]), 1);
        assert_eq!(first_to_go(&[(0, 999), (1000, 10_000)]), 0);
        assert_eq!(first_to_go(&[(50, 1000), (49, 999)]), 0);
        // Past its first second it is judged like anybody else.
        assert_eq!(first_to_go(&[(0, 1000), (99, 1000)]), 0);
    }

    #[test]
    fn a_newcomer_has_a_moment_to_speak() {
        for wait in [true, false] {
            assert_eq!(Merit::new(0, 0, wait).chance(), Some(Duration::from_millis(4)));
            assert_eq!(Merit::new(0, 3, wait).chance(), Some(Duration::from_millis(1)));
            assert_eq!(Merit::new(0, 4, wait).chance(), None);
            assert_eq!(Merit::new(1, 0, wait).chance(), None);
        }
        // Among few it is waited for, among many somebody else goes.
        assert_eq!(first_to_go(&[(1, 500), (0, 3)]), 1);
        let mut many = [(1, 500); 16];
        many[9] = (0, 3);
        assert_eq!(first_to_go(&many), 0);
        many[9] = (0, 4);
        assert_eq!(first_to_go(&many), 9);
        // A crowd that came at once is waited for, and pushes out nobody who has spoken.
        let mut crowd = [(0, 3); 16];
        crowd[9] = (1, 500);
        assert_ne!(first_to_go(&crowd), 9);
        crowd[..7].fill((2, 500));
        assert_ne!(first_to_go(&crowd), 9);
        crowd[15] = (2, 500);
        assert_eq!(first_to_go(&crowd), 9);
        // Nor does it ever push out one who moves data in earnest.
        crowd[..12].fill((1000, 10_000));
        assert_eq!(first_to_go(&crowd), 15);
        crowd[15] = (1000, 10_000);
        assert!((12..15).contains(&first_to_go(&crowd)));
    }

    #[test]
    fn a_reserve_where_there_is_enough() {
        assert_eq!([0, 1, 7, 8, 64, 1000].map(places), [None, Some(1), Some(7), Some(7), Some(56), Some(992)]);
    }
}
