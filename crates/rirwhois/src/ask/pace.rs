//! Queries a second.
use std::time::{Duration, Instant};

use crate::table::registry::Registry;

/// A bucket of tokens that holds as many as a second gives, or one.
#[derive(Debug)]
pub struct Pace {
    rate: f64,
    tokens: f64,
    filled: Option<Instant>,
    /// The server wants to be left alone until then.
    paused_until: Option<Instant>,
}

impl Pace {
    /// The pace for a registry's server: `--rate`'s, or what it is known to bear.
    pub fn of(registry: Option<Registry>, rate: Option<f64>) -> Pace {
        let own = if registry == Some(Registry::Lacnic) { 1.0 / 6.0 } else { 10.0 };
        Pace::new(rate.unwrap_or(own))
    }

    /// So many a second; 0 is no limit.
    pub fn new(rate: f64) -> Pace {
        Pace { rate, tokens: rate.max(1.0), filled: None, paused_until: None }
    }

    fn fill(&mut self, now: Instant) {
        let since = self.filled.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(self.rate.max(1.0));
        self.filled = Some(now);
    }

    /// A query is sent.
    pub fn spend(&mut self, now: Instant) {
        self.fill(now);
        self.tokens -= 1.0;
    }

    /// Nothing is sent for so long.
    pub fn pause(&mut self, pause: Duration, now: Instant) {
        self.paused_until = now.checked_add(pause).max(self.paused_until);
    }

    /// When the next one may be sent.
    pub fn free_at(&self, now: Instant) -> Instant {
        self.filled_at(now).max(self.paused_until.unwrap_or(now))
    }

    fn filled_at(&self, now: Instant) -> Instant {
        if self.rate == 0.0 || self.tokens >= 1.0 {
            return now;
        }
        let wait = Duration::from_secs_f64(((1.0 - self.tokens) / self.rate).min(1e6));
        self.filled.unwrap_or(now) + wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_has_a_burst_and_then_a_rhythm() {
        let start = Instant::now();
        let mut pace = Pace::new(4.0);
        for _ in 0..4 {
            assert!(pace.free_at(start) <= start);
            pace.spend(start);
        }
        assert_eq!(pace.free_at(start), start + Duration::from_millis(250));
        let mut slow = Pace::of(Some(Registry::Lacnic), None);
        slow.spend(start);
        assert_eq!((slow.free_at(start) - start).as_secs_f64().round(), 6.0);
    }

    #[test]
    fn a_bucket_holds_what_a_second_gives_or_one() {
        let start = Instant::now();
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut pace = Pace::of(Some(Registry::Ripe), None);
        // Ten at once, and after half a second five more.
        let mut sent_at = |now: Instant| {
            let free = (0..100)
                .take_while(|_| {
                    pace.free_at(now) <= now && {
                        pace.spend(now);
                        true
                    }
                })
                .count();
            (free, pace.free_at(now) - now)
        };
        assert_eq!(sent_at(start), (10, Duration::from_millis(100)));
        assert_eq!(sent_at(after(0.5)), (5, Duration::from_millis(100)));
        assert_eq!(sent_at(after(100.0)), (10, Duration::from_millis(100)));
        let mut slow = Pace::of(Some(Registry::Ripe), Some(0.5));
        slow.spend(start);
        assert_eq!((slow.free_at(start), slow.free_at(after(1.0))), (after(2.0), after(2.0)));
        slow.spend(after(1.0));
        assert_eq!(slow.free_at(after(1.0)), after(4.0));
        let mut free = Pace::new(0.0);
        (0..3).for_each(|_| free.spend(start));
        assert_eq!(free.free_at(start), start);
        assert_eq!(Pace::of(None, Some(3.0)).rate, 3.0);
    }

    #[test]
    fn a_pause_is_kept_and_the_longest_one_counts() {
        let start = Instant::now();
        let mut pace = Pace::new(10.0);
        pace.pause(Duration::from_secs(60), start);
        pace.pause(Duration::from_secs(5), start);
        assert_eq!(pace.free_at(start), start + Duration::from_secs(60));
        let late = start + Duration::from_secs(61);
        assert!(pace.free_at(late) <= late);
        pace.pause(Duration::MAX, start);
        assert_eq!(pace.free_at(start), start + Duration::from_secs(60));
    }
}
