//! Days, instants and academic years as sources write them.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::super::mapping::formats::DateFormat;
use crate::kernel::base::academic_year as years;
use crate::kernel::base::clock::{day_begins, day_of};

/// From here on a number of seconds would lie beyond the year 5000: it is a number of milliseconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// A day. A time of midnight after it says nothing. A moment, which is seconds or a time with an offset, is the day
/// that it begins in England or by UTC.
#[must_use]
pub fn day(text: &str, formats: &[DateFormat]) -> Option<Date> {
    let text = text.trim();
    formats.iter().find_map(|format| match format {
        DateFormat::Seconds => seconds(text).map(|at| day_of(at.into())),
        format => {
            let (date, rest) = date(text, *format)?;
            if rest.is_empty() {
                return Some(date);
            }
            let (time, offset) = clock(rest)?;
            if time == Time::MIDNIGHT {
                return Some(date);
            }
            let moment = date.with_time(time).assume_offset(offset?).to_offset(UtcOffset::UTC);
            let day = day_of(moment.into());
            (moment.time() == Time::MIDNIGHT || moment == OffsetDateTime::from(day_begins(day))).then_some(day)
        }
    })
}

/// An instant, in UTC unless it names an offset. A day alone is its beginning.
#[must_use]
pub fn instant(text: &str, formats: &[DateFormat]) -> Option<OffsetDateTime> {
    let text = text.trim();
    formats.iter().find_map(|format| match format {
        DateFormat::Seconds => seconds(text),
        format => {
            let (date, rest) = date(text, *format)?;
            let (time, offset) = if rest.is_empty() { (Time::MIDNIGHT, None) } else { clock(rest)? };
            Some(date.with_time(time).assume_offset(offset.unwrap_or(UtcOffset::UTC)).to_offset(UtcOffset::UTC))
        }
    })
}

/// Returns true if a text is the 0 by which a source that counts seconds says that it does not know.
#[must_use]
pub fn is_zero(text: &str, formats: &[DateFormat]) -> bool {
    formats.contains(&DateFormat::Seconds) && !text.is_empty() && text.trim().bytes().all(|byte| byte == b'0')
}

fn seconds(text: &str) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    if !(9..=14).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let seconds = if number >= MILLISECONDS { number / 1000 } else { number };
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// A day at the beginning of a text, and what comes after it without the blank or the `T` between.
fn date(text: &str, format: DateFormat) -> Option<(Date, &str)> {
    let end = text.find(|c: char| c == 'T' || c == 't' || c.is_whitespace());
    // The name of a month can stand between blanks, and have a `t` in it.
    let end = if format == DateFormat::DayName { named_end(text) } else { end };
    let (date, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim();
    let parts = |mark: char| -> Option<[&str; 3]> { date.split(mark).collect::<Vec<_>>().try_into().ok() };
    let day = |year: &str, month: &str, day: &str| {
        let year = number(year, 4..=4)?;
        let month = Month::try_from(u8::try_from(number(month, 1..=2)?).ok()?).ok()?;
        Date::from_calendar_date(i32::from(year), month, u8::try_from(number(day, 1..=2)?).ok()?).ok()
    };
    let found = match format {
        DateFormat::Iso => parts('-').and_then(|[y, m, d]| day(y, m, d)),
        DateFormat::DaySlash => parts('/').and_then(|[d, m, y]| day(y, m, d)),
        DateFormat::DayDash => parts('-').and_then(|[d, m, y]| day(y, m, d)),
        DateFormat::DayDot => parts('.').and_then(|[d, m, y]| day(y, m, d)),
        DateFormat::MonthSlash => parts('/').and_then(|[m, d, y]| day(y, m, d)),
        DateFormat::DayName => {
            let words: Vec<&str> = date.split(|c: char| c == '-' || c.is_whitespace()).collect();
            let [d, m, y] = words.try_into().ok()?;
            day(y, &month(m)?.to_string(), d)
        }
        DateFormat::Seconds => None,
    };
    found.map(|found| (found, rest))
}

/// Where a day such as `27-Mar-2024` or `27 Mar 2024` ends.
fn named_end(text: &str) -> Option<usize> {
    let mut marks = text.match_indices(|c: char| c == '-' || c.is_whitespace());
    let (second, _) = marks.nth(1)?;
    let after = text.get(second + 1..)?;
    let year = after.bytes().take_while(u8::is_ascii_digit).count();
    Some(second + 1 + year).filter(|end| *end < text.len())
}

fn month(word: &str) -> Option<u8> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let word = word.to_lowercase();
    let place = NAMES.iter().position(|name| word.starts_with(name))?;
    let month = Month::try_from(u8::try_from(place + 1).ok()?).ok()?;
    let whole = month.to_string().to_lowercase();
    (word.len() == 3 || word == whole || word == "sept").then_some(u8::from(month))
}

fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let plain = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A time of the day such as `09:01`, `09:01:37` or `09:01:37.123+01:00`, and its offset if it has one.
fn clock(text: &str) -> Option<(Time, Option<UtcOffset>)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(text.len());
    let (time, zone) = text.split_at_checked(end)?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parts: Vec<&str> = whole.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let part = |text: &str| number(text, 2..=2).and_then(|number| u8::try_from(number).ok());
    // Fractions are left out: not every source keeps them, and a row must be the same in all of them.
    let time = Time::from_hms(part(hour)?, part(minute)?, part(second)?).ok()?;
    let zone = zone.trim();
    Some((time, if zone.is_empty() { None } else { Some(offset(zone)?) }))
}

fn offset(text: &str) -> Option<UtcOffset> {
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(UtcOffset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let bare = rest.replace(':', "");
    let (hours, minutes) = bare.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 2..=2)? };
    let part = |number: u16| i8::try_from(number).ok().map(|number| sign * number);
    UtcOffset::from_hms(part(number(hours, 2..=2)?)?, part(minutes)?, 0).ok()
}

/// An academic year as `2024/25`, from `2024/25`, `2024-25`, `2024/2025`, `24/25` or `2024-2025`, or from its first
/// day in one of the formats.
#[must_use]
pub fn academic_year(text: &str, formats: &[DateFormat]) -> Option<String> {
    let text = text.trim();
    if let Some((first, second)) = text.split_once(['/', '-', '–']) {
        let (first, second) = (first.trim(), second.trim());
        let first = match first.len() {
            2 => number(first, 2..=2).map(|year| 2000 + year),
            _ => number(first, 4..=4),
        };
        let last = number(second, 2..=2).or_else(|| number(second, 4..=4).map(|year| year % 100));
        if let (Some(first), Some(last)) = (first, last)
            && (second.len() == 2 || number(second, 4..=4) == first.checked_add(1))
        {
            let year = format!("{first:04}/{last:02}");
            return years::days(&year).map(|_| year);
        }
    }
    day(text, formats).map(years::academic_year)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;
    use crate::exchange::sync::mapping::Formats;

    #[test]
    fn a_day_is_read_in_every_usual_format() {
        let formats = Formats::default().dates;
        for text in [
            "2024-03-27",
            "27/03/2024",
            "27-03-2024",
            "27-Mar-2024",
            "27 March 2024",
            "27-MAR-2024",
            "2024-03-27T00:00:00",
            "2024-03-27 00:00:00.000",
            "27/03/2024 00:00",
            " 27/3/2024 ",
        ] {
            assert_eq!(day(text, &formats), Some(date!(2024 - 03 - 27)), "{text:?}");
        }
        for text in ["", "31/02/2024", "2024-13-01", "03/27/2024", "27/03/24", "soon", "2024-03-27 09:00", "1706346097"]
        {
            assert_eq!(day(text, &formats), None, "{text:?}");
        }
        assert_eq!(day("03/27/2024", &[DateFormat::MonthSlash]), Some(date!(2024 - 03 - 27)));
        assert_eq!(day("27.03.2024", &[DateFormat::DayDot]), Some(date!(2024 - 03 - 27)));
        assert_eq!(day("2-Oct-2024", &formats), Some(date!(2024 - 10 - 02)));
        assert_eq!(day("1 Sept 2024", &formats), Some(date!(2024 - 09 - 01)));
    }

    #[test]
    fn a_moment_is_the_day_that_it_begins_in_england() {
        let formats = [DateFormat::Iso, DateFormat::Seconds];
        for text in ["1725145200", "1725145200000", "1725148800", "2024-08-31T23:00:00Z", "2024-09-01T00:00:00+01:00"] {
            assert_eq!(day(text, &formats), Some(date!(2024 - 09 - 01)), "{text:?}");
            assert_eq!(academic_year(text, &formats).as_deref(), Some("2024/25"), "{text:?}");
        }
        assert_eq!(day("2024-12-31T23:00:00Z", &formats), None, "no midnight");
        assert_eq!(day("2024-08-31T23:00:00", &formats), None, "without an offset");
    }

    #[test]
    fn an_instant_is_utc_to_the_second() {
        let formats = Formats::default().instants;
        for text in [
            "2025-01-27 09:01:37",
            "2025-01-27T09:01:37Z",
            "2025-01-27 09:01:37.250",
            "2025-01-27 10:01:37+01",
            "2025-01-27T04:31:37-04:30",
            "27/01/2025 09:01:37",
            "27-Jan-2025 09:01:37",
            "27 Jan 2025 09:01:37",
            "1737968497",
            "1737968497000",
            "1737968497.0",
        ] {
            assert_eq!(instant(text, &formats), Some(datetime!(2025-01-27 09:01:37 UTC)), "{text:?}");
        }
        assert_eq!(instant("27/01/2025", &formats), Some(datetime!(2025-01-27 00:00 UTC)));
        assert_eq!(instant("27-Jan-2025", &formats), Some(datetime!(2025-01-27 00:00 UTC)));
        for text in ["", "0", "27/01/2025 25:00", "27/01/2025 9", "yesterday", "2025-01-27 09:01:37 CET"] {
            assert_eq!(instant(text, &formats), None, "{text:?}");
        }
        assert!(is_zero("0", &formats) && is_zero("000", &formats));
        assert!(!is_zero("", &formats) && !is_zero("0", &Formats::default().dates));
    }

    #[test]
    fn an_academic_year_has_one_form() {
        let formats = Formats::default().dates;
        for text in ["2024/25", "2024-25", "2024/2025", "24/25", "2024 - 2025", "2024–25", "01/09/2024", "2025-08-31"]
        {
            assert_eq!(academic_year(text, &formats).as_deref(), Some("2024/25"), "{text:?}");
        }
        for text in ["", "2024", "2024/26", "2024/2026", "autumn", "25/24"] {
            assert_eq!(academic_year(text, &formats), None, "{text:?}");
        }
    }
}
