//! Counts of a run, and the distribution of its round trips.
use std::time::Duration;

/// What --stats tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Statistics {
    pub questions: u64,
    pub sent: u64,
    pub again: u64,
    pub replies: u64,
    pub ignored: u64,
    pub truncated: u64,
    pub unanswered: u64,
    pub round_trips: RoundTrips,
}

impl Statistics {
    /// Adds the counts of another engine.
    pub fn add(&mut self, other: &Statistics) {
        self.questions += other.questions;
        self.sent += other.sent;
        self.again += other.again;
        self.replies += other.replies;
        self.ignored += other.ignored;
        self.truncated += other.truncated;
        self.unanswered += other.unanswered;
        self.round_trips.merge(&other.round_trips);
    }
}

/// Steps between a power of two and the next one: a percentile is at most an eighth too high.
const STEPS: usize = 8;
/// Powers of two, in microseconds: up to an hour.
const POWERS: usize = 32;

/// A histogram of round trips in microseconds, its bars each an eighth of a
/// power of two wide. It stays of one size however many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundTrips {
    bars: Vec<u64>,
    count: u64,
}

impl Default for RoundTrips {
    fn default() -> RoundTrips {
        RoundTrips { bars: vec![0; STEPS * POWERS], count: 0 }
    }
}

impl RoundTrips {
    /// Counts one.
    pub fn add(&mut self, rtt: Duration) {
        self.bars[bar(u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX))] += 1;
        self.count += 1;
    }

    fn merge(&mut self, other: &RoundTrips) {
        self.bars.iter_mut().zip(&other.bars).for_each(|(mine, theirs)| *mine += theirs);
        self.count += other.count;
    }

    /// The round trip that `percent` of them did not exceed, rounded up to the
    /// end of its bar; nothing where there were none.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.bars.iter().position(|bar| {
            seen += bar;
            seen >= rank
        })?;
        Some(Duration::from_micros(end(at)))
    }
}

/// The bar of a time: those below 8 are exact.
fn bar(micros: u32) -> usize {
    let power = micros.checked_ilog2().unwrap_or(0) as usize;
    if power < 3 { micros as usize } else { (power - 2) * STEPS + (micros >> (power - 3) & 7) as usize }
}

/// The highest time of a bar.
fn end(bar: usize) -> u64 {
    let (power, step) = (bar / STEPS, bar as u64 % STEPS as u64);
    if power == 0 { step } else { ((9 + step) << (power - 1)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_known_times() {
        let mut all = RoundTrips::default();
        assert_eq!(all.percentile(50), None);
        (1..=1000).for_each(|ms| all.add(Duration::from_millis(ms)));
        for percent in [1, 50, 90, 99, 100] {
            let (got, want) = (all.percentile(percent).unwrap().as_secs_f64(), percent as f64 / 100.0);
            assert!(got >= want && got <= want * 1.13, "{percent}: {got}");
        }
        for micros in [0, 1, 7, 8, 9, 15, 16, 17, 255, 1 << 20, u32::MAX] {
            let at = bar(micros);
            assert!(u64::from(micros) <= end(at) && (at == 0 || u64::from(micros) > end(at - 1)), "{micros}");
        }
    }
}
