//! Connections per host, where --max-per-host limits them.
use std::{
    collections::{HashMap, TryReserveError, hash_map::Entry},
    hash::{BuildHasher, DefaultHasher, Hasher as _},
    num::NonZeroU32,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::connections::Host;

/// The connections of each host that has any.
#[derive(Debug)]
pub struct Hosts {
    most: Option<NonZeroU32>,
    counts: HashMap<Host, u32, Seed>,
}

/// What makes hashes differ from process to process, so that nobody can choose
/// addresses whose hashes collide.
///
/// The standard library's own panics where there are no random numbers.
#[derive(Clone, Copy, Debug)]
struct Seed([u8; 16]);

impl Seed {
    /// Of random numbers, or of the time where there are none.
    fn new() -> Seed {
        let mut seed = [0; 16];
        if getrandom(&mut seed, GetRandomFlags::empty()) != Ok(seed.len()) {
            seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_ne_bytes();
        }
        Seed(seed)
    }
}

impl BuildHasher for Seed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        hasher
    }
}

impl Hosts {
    /// With at most `most` connections of one host, or as many as it likes.
    pub fn new(most: Option<NonZeroU32>) -> Hosts {
        Hosts { most, counts: HashMap::with_hasher(Seed::new()) }
    }

    /// Counts a connection of `host`. False if that is one too many, and then it isn't counted.
    ///
    /// # Errors
    /// Memory is out.
    pub fn enter(&mut self, host: Host) -> Result<bool, TryReserveError> {
        let Some(most) = self.most else { return Ok(true) };
        self.counts.try_reserve(1)?;
        let count = self.counts.entry(host).or_insert(0);
        let enters = *count < most.get();
        *count += u32::from(enters);
        Ok(enters)
    }

    /// A connection of `host` has gone.
    pub fn leave(&mut self, host: Host) {
        if self.most.is_none() {
            return;
        }
        if let Entry::Occupied(mut count) = self.counts.entry(host) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::Peer;

    #[test]
    fn a_host_has_its_share_and_leaves_no_trace() {
        let host = |text: &str| Peer::new(text.parse().unwrap()).host();
        let (one, two) = (host("192.0.2.1:1"), host("192.0.2.2:1"));
        let mut hosts = Hosts::new(NonZeroU32::new(2));
        assert_eq!([one, one, one, two].map(|h| hosts.enter(h).unwrap()), [true, true, false, true]);
        hosts.leave(one);
        assert!(hosts.enter(one).unwrap());
        for host in [one, one, two] {
            hosts.leave(host);
        }
        assert!(hosts.counts.is_empty());
        let mut hosts = Hosts::new(None);
        assert!((0..9).all(|_| hosts.enter(one).unwrap()));
    }
}
