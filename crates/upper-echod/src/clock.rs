//! Moments of the server's own clock, and the time of day for the log.
//!
//! A connection keeps two moments, so they are small: milliseconds in 32 bits,
//! which wrap after 49 days and are only ever compared by their distance.
use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A moment in milliseconds since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment(u32);

impl Moment {
    /// The moment that is `millis` milliseconds after the start.
    pub const fn from_millis(millis: u32) -> Moment {
        Moment(millis)
    }

    /// Now, for a server that started at `start`.
    pub fn now(start: Instant) -> Moment {
        Moment(start.elapsed().as_millis() as u32)
    }

    /// Milliseconds from `earlier` to this moment.
    pub fn since(self, earlier: Moment) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// The moment `time` later; a time beyond 12 days counts as 12 days.
    pub fn after(self, time: Duration) -> Moment {
        Moment(self.0.wrapping_add(millis(time)))
    }

    /// Whether this moment is `other` or later.
    pub fn has_reached(self, other: Moment) -> bool {
        self.since(other) < u32::MAX / 2
    }

    /// Milliseconds from this moment until `later`, 0 if that has passed.
    pub fn until(self, later: Moment) -> u32 {
        if self.has_reached(later) { 0 } else { later.since(self) }
    }
}

/// `time` in milliseconds, at most a quarter of what the clock can tell apart.
pub fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).min(u32::MAX / 4)
}

/// A time of day in UTC, shown as RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp(SystemTime);

impl Timestamp {
    /// The time of day now.
    pub fn now() -> Timestamp {
        Timestamp(SystemTime::now())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A clock set before 1970 shows as 1970.
        let time = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let millis = time.subsec_millis();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is a year's last.
    // 719,468 days lie between 0000-03-01 and 1970-01-01; 400 years have 146,097.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_wrap() {
        let late = Moment::from_millis(u32::MAX - 9);
        let later = late.after(Duration::from_millis(30));
        assert_eq!(later, Moment::from_millis(20));
        assert_eq!((later.since(late), late.until(later), later.until(late)), (30, 30, 0));
        assert!(later.has_reached(late) && later.has_reached(later) && !late.has_reached(later));
        assert!(!late.has_reached(late.after(Duration::MAX)));
    }

    #[test]
    fn timestamps_are_rfc_3339_in_utc() {
        // date -u -d @SECONDS +%FT%TZ
        for (seconds, millis, text) in [
            (0, 0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, 999, "2000-02-28T23:59:59.999Z"),
            (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
            (951_868_800, 0, "2000-03-01T00:00:00.000Z"),
            (1_767_225_599, 0, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400, 50, "2100-03-01T00:00:00.050Z"),
        ] {
            let time = Timestamp(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis));
            assert_eq!(time.to_string(), text, "{seconds}");
        }
    }
}
