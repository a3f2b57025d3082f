//! Dates, which every registry writes in its own way, in the one form of RFC 3339.

/// The date, or the date and time in UTC, that `text` holds: `2008-08-14`,
/// `2008-08-14T14:54:30Z`, or `2002-10` where the day is not known. Nothing
/// where there is none.
///
/// Read are RFC 3339 with any offset, `20131029`, `2013/10/29`,
/// `2007/05/24 14:04:06(JST)` as JPNIC writes it, and
/// `hm-changed@apnic.net 20021025`, of which the person is left out.
pub fn rfc3339(text: &str) -> Option<String> {
    let mut found = None;
    for (at, word) in words(text) {
        // Of several the last one counts: `changed` lists the changes in order.
        if let Some(day) = Day::parse(word) {
            let rest = text[at..].trim_start_matches(word).trim_start();
            found = Some(day.with_time(rest));
        }
        if let Some((date, time)) = word.split_once(['T', 't'])
            && let Some(day) = Day::parse(date)
        {
            found = Some(day.with_time(time));
        }
    }
    found
}

/// The words of a text, each with its offset.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// A day of the calendar, or a month of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    year: i64,
    month: i64,
    /// 0 where only the month is known.
    day: i64,
}

impl Day {
    /// Reads `YYYY-MM-DD`, `YYYY/MM/DD`, `YYYYMMDD` or `YYYY-MM`.
    fn parse(text: &str) -> Option<Day> {
        let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse::<i64>().ok()).flatten();
        let part = |from: usize, to: usize| number(text.get(from..to)?);
        let separator = text.as_bytes().get(4).copied();
        let (year, month, day) = match (text.len(), separator) {
            (8, Some(b'0'..=b'9')) => (part(0, 4)?, part(4, 6)?, part(6, 8)?),
            (10, Some(mark @ (b'-' | b'/'))) if text.as_bytes()[7] == mark => (part(0, 4)?, part(5, 7)?, part(8, 10)?),
            (7, Some(b'-')) => (part(0, 4)?, part(5, 7)?, 0),
            _ => return None,
        };
        let day = Day { year, month, day };
        (year >= 1970 && (1..=12).contains(&month) && (0..=length(year, month)).contains(&day.day)).then_some(day)
    }

    /// The day, and the time of `rest` if one stands there.
    fn with_time(self, rest: &str) -> String {
        match time(rest) {
            Some(seconds) if self.day > 0 => {
                let all = days(self.year, self.month, self.day) * 86_400 + seconds;
                let (Day { year, month, day }, rest) = (civil(all.div_euclid(86_400)), all.rem_euclid(86_400));
                let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
            }
            _ if self.day == 0 => format!("{:04}-{:02}", self.year, self.month),
            _ => format!("{:04}-{:02}-{:02}", self.year, self.month, self.day),
        }
    }
}

/// Seconds since midnight in UTC of `14:54:30` with `Z`, `-05:00`, `+0900` or
/// `(JST)` behind it; nothing without one of these, since then nobody knows which hour is meant.
fn time(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize, most: i64| {
        let digits = text.get(from..to)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|n| plain && *n < most)
    };
    let marks = [2, 5].iter().all(|at| text.as_bytes().get(*at) == Some(&b':'));
    let seconds = number(0, 2, 24)? * 3600 + number(3, 5, 60)? * 60 + number(6, 8, 61)?;
    let zone = text.get(8..)?;
    // Fractions of a second say nothing about a registration.
    let zone = zone.strip_prefix('.').map_or(zone, |z| z.trim_start_matches(|c: char| c.is_ascii_digit())).trim();
    let offset = match zone {
        "Z" | "z" | "UTC" | "(UTC)" => 0,
        // Japan's and Korea's time, as JPNIC writes it.
        "(JST)" | "JST" | "(KST)" | "KST" => 9 * 3600,
        _ => {
            let sign = match zone.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
            let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
            let digits: i64 = digits.parse().ok().filter(|_| plain)?;
            sign * (digits / 100 * 3600 + digits % 100 * 60)
        }
    };
    marks.then_some(seconds - offset)
}

/// How many days this month has.
fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01, by counting from March so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

/// The day that is so many days after 1970-01-01.
fn civil(days: i64) -> Day {
    let mut year = 1970 + days.div_euclid(366);
    while self::days(year + 1, 1, 1) <= days {
        year += 1;
    }
    // The month after December is January of the next year, which is later.
    let mut month = 1;
    while self::days(year, month + 1, 1) <= days {
        month += 1;
    }
    Day { year, month, day: days - self::days(year, month, 1) + 1 }
}

/// Seconds since 1970-01-01 in UTC of a date of HTTP (RFC 9110 section 5.6.7),
/// in each of its three forms.
pub fn http(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = |name: &str| MONTHS.iter().position(|m| *m == name).map(|at| at as i64 + 1);
    let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse::<i64>().ok()).flatten();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (year, month, day, clock) = match words[..] {
        // Sun, 06 Nov 1994 08:49:37 GMT
        [_, day, name, year, clock, "GMT"] => (number(year)?, month(name)?, number(day)?, clock),
        // Sunday, 06-Nov-94 08:49:37 GMT
        [_, date, clock, "GMT"] => {
            let mut parts = date.split('-');
            let (day, name, year) = (parts.next()?, parts.next()?, parts.next()?);
            let year = number(year)?;
            (if year < 70 { 2000 + year } else { 1900 + year }, month(name)?, number(day)?, clock)
        }
        // Sun Nov  6 08:49:37 1994
        [_, name, day, clock, year] => (number(year)?, month(name)?, number(day)?, clock),
        _ => return None,
    };
    if !(1970..10_000).contains(&year) || !(1..=length(year, month)).contains(&day) {
        return None;
    }
    let seconds = time(&format!("{clock}Z"))?;
    u64::try_from(days(year, month, day) * 86_400 + seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registrys_dates_are_of_one_form() {
        for (text, want) in [
            ("2008-08-14T14:54:30Z", "2008-08-14T14:54:30Z"),
            ("20131029", "2013-10-29"),
            ("2005-03-14T11:31:08-05:00", "2005-03-14T16:31:08Z"),
            ("2005-12-31T22:30:00-0500", "2006-01-01T03:30:00Z"),
            ("hm-changed@apnic.net 20021025", "2002-10-25"),
            ("a@b 20010101 c@d 20021025", "2002-10-25"),
            ("2023-12-28", "2023-12-28"),
            ("1997/01/01", "1997-01-01"),
            ("2007/05/24 14:04:06(JST)", "2007-05-24T05:04:06Z"),
            ("2007/05/24 04:04:06 (JST)", "2007-05-23T19:04:06Z"),
            ("2024-02-29T23:59:59.123+00:00", "2024-02-29T23:59:59Z"),
            ("1992-12", "1992-12"),
            // Whose noon this is nobody knows, but the day is plain.
            ("2007-05-24 12:00:00", "2007-05-24"),
            ("2010-03-01t00:00:00z", "2010-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(text).as_deref(), Some(want), "{text}");
        }
        for text in ["", "soon", "2023-13-01", "2023-02-29", "20230230", "123456789", "a@b.example", "2023-1-1"] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_goes_both_ways() {
        // date -u -d @SECONDS +%F, through 86,400.
        for (number, day) in
            [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (20_345, (2025, 9, 14)), (47_541, (2100, 3, 1))]
        {
            assert_eq!(days(day.0, day.1, day.2), number);
            assert_eq!(civil(number), Day { year: day.0, month: day.1, day: day.2 });
        }
    }

    #[test]
    fn all_three_forms_of_http_are_one_moment() {
        // The example of RFC 9110; date -u -d '1994-11-06 08:49:37' +%s.
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(http(text), Some(784_111_777), "{text}");
        }
        for text in ["", "soon", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "06 Nov 1994"] {
            assert_eq!(http(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_one_by_one() {
        // The lengths of months and the leap years of the Gregorian calendar.
        let mut number = 0;
        for year in 1970..2410 {
            let leap = if year % 4 == 0 && year % 100 != 0 || year == 2000 || year == 2400 { 29 } else { 28 };
            for (month, last) in (1..).zip([31, leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                for (day, number) in [(1, number), (last, number + last - 1)] {
                    assert_eq!(days(year, month, day), number, "{year}-{month}-{day}");
                    assert_eq!(civil(number), Day { year, month, day });
                }
                for (day, is_one) in [(last, true), (last + 1, false)] {
                    assert_eq!(rfc3339(&format!("{year}-{month:02}-{day}")).is_some(), is_one, "{year}-{month}-{day}");
                }
                number += last;
            }
        }
    }

    #[test]
    fn a_time_is_whole_and_of_a_known_zone_or_none() {
        // Offsets are taken from the local time (RFC 3339 section 4.2), and a minute may have a 61st second (section 5.7).
        for (time, want) in [
            ("T01:02:03+05:30", "2023-06-29T19:32:03Z"),
            ("T12:00:00-03:30", "2023-06-30T15:30:00Z"),
            ("T23:59:59Z", "2023-06-30T23:59:59Z"),
            ("T00:00:00.5UTC", "2023-06-30T00:00:00Z"),
            (" 10:11:12 (UTC)", "2023-06-30T10:11:12Z"),
            (" 10:11:12 KST", "2023-06-30T01:11:12Z"),
            ("T23:59:60Z", "2023-07-01T00:00:00Z"),
            ("T23:59:61Z", "2023-06-30"),
            ("T23:60:00Z", "2023-06-30"),
            ("T24:00:00Z", "2023-06-30"),
            ("T+1:00:00Z", "2023-06-30"),
            ("T12.30:45Z", "2023-06-30"),
            ("T12:30.45Z", "2023-06-30"),
            ("T12:30:45+053", "2023-06-30"),
            ("T12:30:45+053x", "2023-06-30"),
            ("T12:30:45*0530", "2023-06-30"),
            ("T12:30:45CET", "2023-06-30"),
        ] {
            assert_eq!(rfc3339(&format!("2023-06-30{time}")).as_deref(), Some(want), "{time}");
        }
        assert_eq!(rfc3339("1992-12 10:00:00Z").as_deref(), Some("1992-12"));
        assert_eq!(rfc3339("1970-01-01T00:00:00+01:00").as_deref(), Some("1969-12-31T23:00:00Z"));
        assert_eq!(rfc3339("19700101").as_deref(), Some("1970-01-01"));
        for text in
            ["19691231", "2023-06/30", "2023/06-30", "2023-0x", "2023x06", "2023 06 30", "2023-00-01", "+023-06-30"]
        {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn every_month_of_http_is_known_and_years_of_two_digits_are_near() {
        // date -u -d 2023-01-01 +%s, and the days of the months after it.
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let mut start = 1_672_531_200;
        for (name, length) in names.into_iter().zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            assert_eq!(http(&format!("Sun, 01 {name} 2023 00:00:00 GMT")), Some(start), "{name}");
            start += length * 86_400;
        }
        // RFC 9110 section 5.6.7: a year that seems to be more than 50 years ahead is of the last century.
        for (date, want) in [("Thursday, 01-Jan-70", Some(0)), ("Tuesday, 01-Jan-69", Some(3_124_224_000))] {
            assert_eq!(http(&format!("{date} 00:00:00 GMT")), want, "{date}");
        }
        for (date, is_one) in [
            ("Fri, 31 Dec 9999", true),
            ("Fri, 01 Jan 10000", false),
            ("Thu, 01 Jan 1970", true),
            ("Wed, 31 Dec 1969", false),
            ("Sun, 00 Jan 2023", false),
            ("Sun, +1 Jan 2023", false),
            ("Sun, 01 jan 2023", false),
        ] {
            assert_eq!(http(&format!("{date} 00:00:00 GMT")).is_some(), is_one, "{date}");
        }
    }
}
