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

/// The bar of a time, by its four highest bits: those below 16 are exact.
fn bar(micros: u32) -> usize {
    let shift = micros.checked_ilog2().unwrap_or(0).saturating_sub(STEPS.ilog2());
    shift as usize * STEPS + (micros >> shift) as usize
}

/// The highest time of a bar.
fn end(bar: usize) -> u64 {
    let shift = (bar / STEPS).saturating_sub(1);
    ((bar - shift * STEPS + 1) as u64).wrapping_shl(shift as u32) - 1
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
    }

    #[test]
    fn a_bar_is_an_eighth_of_a_power_of_two() {
        for (micros, end) in [
            (0, 0),
            (1, 1),
            (7, 7),
            (8, 8),
            (15, 15),
            (16, 17),
            (17, 17),
            (18, 19),
            (31, 31),
            (32, 35),
            (255, 255),
            (256, 287),
            (1000, 1023),
            (1024, 1151),
            (1 << 31, (1 << 31) + (1 << 28) - 1),
            (u64::from(u32::MAX), u64::from(u32::MAX)),
            // What is longer is cut.
            (1 << 32, u64::from(u32::MAX)),
        ] {
            let mut one = RoundTrips::default();
            one.add(Duration::from_micros(micros));
            assert_eq!(one.percentile(50), Some(Duration::from_micros(end)), "{micros}");
        }
    }

    #[test]
    fn a_percentile_is_the_first_that_enough_do_not_exceed() {
        let mut all = RoundTrips::default();
        [4, 2, 1, 3].into_iter().for_each(|micros| all.add(Duration::from_micros(micros)));
        for (percent, micros) in [(0, 1), (1, 1), (25, 1), (26, 2), (50, 2), (51, 3), (75, 3), (76, 4), (100, 4)] {
            assert_eq!(all.percentile(percent), Some(Duration::from_micros(micros)), "{percent}");
        }
    }

    #[test]
    fn the_counts_of_two_engines_are_added() {
        let of = |first: u64, micros: &[u64]| {
            let mut round_trips = RoundTrips::default();
            micros.iter().for_each(|micros| round_trips.add(Duration::from_micros(*micros)));
            let [questions, sent, again, replies] = [first, first + 1, first + 2, first + 3];
            let [ignored, truncated, unanswered] = [first + 4, first + 5, first + 6];
            Statistics { questions, sent, again, replies, ignored, truncated, unanswered, round_trips }
        };
        let mut sum = of(10, &[1, 1, 5]);
        sum.add(&of(100, &[1, 7, 7]));
        let Statistics { questions, sent, again, replies, ignored, truncated, unanswered, round_trips } = sum;
        assert_eq!([questions, sent, again, replies], [110, 112, 114, 116]);
        assert_eq!([ignored, truncated, unanswered], [118, 120, 122]);
        let micros = [50, 51, 66, 67, 100].map(|p| round_trips.percentile(p).unwrap().as_micros());
        assert_eq!(micros, [1, 5, 5, 7, 7]);
    }
}
