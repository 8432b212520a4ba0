//! Reading one row's values. What cannot be understood is left unsaid, with a warning: the school
//! is still the school, and what is known of it stands. A reader rejects the row only where
//! nothing could be done without the value.

use std::ops::RangeInclusive;

use time::{Date, Month};

use super::decode::Fields;
use super::header::Header;
use super::text::{clean, says_nothing, suspicious};
use super::{Rejected, Remark, Understood, remark};

/// No school is older: the first year of four digits.
const FIRST_YEAR: i32 = 1000;

/// So many years ahead a school may be planned to open or close.
const YEARS_AHEAD: i32 = 20;

/// A row while it is read.
#[derive(Debug)]
pub struct Reading<'a> {
    fields: &'a Fields,
    header: &'a Header,
    today: Date,
    unsaid: Vec<&'static str>,
    warnings: Vec<Remark>,
}

impl<'a> Reading<'a> {
    pub fn new(fields: &'a Fields, header: &'a Header, today: Date) -> Self {
        let unsaid = header.unsaid().to_vec();
        Self { fields, header, today, unsaid, warnings: Vec::new() }
    }

    pub fn today(&self) -> Date {
        self.today
    }

    /// The value as it stands, without white space at its ends; empty where there is no such
    /// column.
    pub fn value(&self, column: &str) -> &'a str {
        self.header.place(column).map_or("", |place| self.fields.get(place).trim())
    }

    pub fn warn(&mut self, code: &'static str, column: Option<&'static str>, message: impl Into<String>) {
        self.warnings.push(remark(code, column, message));
    }

    /// Warns about a value that gives no `field`.
    pub fn leave_unsaid(
        &mut self,
        field: &'static str,
        code: &'static str,
        column: &'static str,
        message: impl Into<String>,
    ) {
        self.warn(code, Some(column), message);
        self.leave_unsaid_quietly(field);
    }

    /// A value of which a warning speaks already.
    pub fn leave_unsaid_quietly(&mut self, field: &'static str) {
        if !self.unsaid.contains(&field) {
            self.unsaid.push(field);
        }
    }

    /// A text that may be absent; one longer than `longest` characters is cut.
    pub fn text(&mut self, column: &'static str, longest: usize) -> Option<String> {
        let text = self.cleaned(column);
        if text.is_empty() || says_nothing(&text) {
            return None;
        }
        match text.char_indices().nth(longest) {
            None => Some(text),
            Some((end, _)) => {
                let message = format!("longer than {longest} characters: the rest is left out");
                self.warn("too_long", Some(column), message);
                Some(text.get(..end).unwrap_or_default().trim_end().to_owned())
            }
        }
    }

    /// A text without which nothing can be done, nor when it is too long: a name cut short would
    /// be another name.
    pub fn needed_text(&mut self, column: &'static str, longest: usize) -> Result<String, Remark> {
        let text = self.cleaned(column);
        if text.is_empty() {
            return Err(required(column));
        }
        if text.chars().count() > longest {
            let message = format!("at most {longest} characters");
            return Err(remark("too_long", Some(column), message));
        }
        Ok(text)
    }

    fn cleaned(&mut self, column: &'static str) -> String {
        let value = self.value(column);
        if suspicious(value) {
            let message = "a letter of another script or a sign that cannot be seen: compare the name \
                           with the school's own";
            self.warn("suspicious_characters", Some(column), message);
        }
        clean(value)
    }

    /// A whole number within bounds.
    pub fn number(&mut self, column: &'static str, field: &'static str, range: RangeInclusive<i32>) -> Option<i32> {
        let value = self.value(column);
        if value.is_empty() || says_nothing(value) {
            return None;
        }
        let number = digits(value, 1..=9).and_then(|digits| digits.parse().ok());
        if number.is_some_and(|number| range.contains(&number)) {
            return number;
        }
        let code = if number.is_some() { "out_of_range" } else { "format" };
        let (least, most) = range.into_inner();
        let message = format!("a whole number from {least} to {most}, not {:?}", shown(value));
        self.leave_unsaid(field, code, column, message);
        None
    }

    /// A percentage.
    pub fn percentage(&mut self, column: &'static str, field: &'static str) -> Option<f64> {
        let value = self.value(column);
        if value.is_empty() || says_nothing(value) {
            return None;
        }
        let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = value.parse::<f64>().ok().filter(|number| plain && *number <= 100.0);
        if number.is_none() {
            let message = format!("a number from 0 to 100, not {:?}", shown(value));
            self.leave_unsaid(field, "out_of_range", column, message);
        }
        number
    }

    /// A day, written as DD-MM-YYYY, or with strokes as Excel writes it over here.
    pub fn date(&mut self, column: &'static str, field: &'static str) -> Option<Date> {
        let value = self.value(column);
        if value.is_empty() {
            return None;
        }
        let years = FIRST_YEAR..=self.today.year() + YEARS_AHEAD;
        let date = day(value);
        if date.is_some_and(|date| years.contains(&date.year())) {
            return date;
        }
        let (code, message) = match date {
            Some(_) => ("out_of_range", format!("a date from {FIRST_YEAR} to {}", years.end())),
            None => ("format", "a date such as 01-09-2014 that there is".to_owned()),
        };
        self.leave_unsaid(field, code, column, format!("{message}, not {:?}", shown(value)));
        None
    }

    /// A URN: six digits.
    pub fn urn(&self, column: &'static str) -> Result<i32, Remark> {
        let value = self.value(column);
        if value.is_empty() {
            return Err(required(column));
        }
        urn(value).ok_or_else(|| remark("format", Some(column), format!("six digits, not {:?}", shown(value))))
    }

    /// A code of `length` digits. Excel takes leading zeros away; they are put back.
    pub fn code(&mut self, column: &'static str, length: usize) -> Result<Option<String>, Remark> {
        let value = self.value(column);
        if value.is_empty() {
            return Ok(None);
        }
        let Some(digits) = digits(value, 1..=length) else {
            let message = format!("{length} digits, not {:?}", shown(value));
            return Err(remark("format", Some(column), message));
        };
        if digits.len() < length {
            self.warn("leading_zeros", Some(column), format!("read as {digits:0>length$}"));
        }
        Ok(Some(format!("{digits:0>length$}")))
    }

    /// Returns the code of the local authority, which decides to which hub the school belongs.
    pub fn la_code(&mut self) -> Result<String, Remark> {
        let column = self.header.la_code();
        self.code(column, 3)?.ok_or_else(|| required(column))
    }

    pub fn understood<T>(self, record: T) -> Understood<T> {
        Understood { record, unsaid: self.unsaid, warnings: self.warnings }
    }

    pub fn rejected(self, remark: Remark) -> Rejected {
        let la_code = digits(self.value(self.header.la_code()), 3..=3).map(str::to_owned);
        Rejected { remark, urn: urn(self.value(self.header.urn())), la_code }
    }
}

fn urn(text: &str) -> Option<i32> {
    digits(text, 6..=6)?.parse().ok().filter(|urn| *urn >= 100_000)
}

pub fn required(column: &'static str) -> Remark {
    remark("required", Some(column), "fill in the value")
}

/// A value of the file's as it is shown in a message: not without end.
pub fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(40).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// The text if it is so many ASCII digits and nothing else.
pub fn digits(text: &str, length: RangeInclusive<usize>) -> Option<&str> {
    let fits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(text)
}

/// `DD-MM-YYYY` or `DD/MM/YYYY`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let mut part = |length| digits(parts.next()?, length..=length)?.parse::<u16>().ok();
    let (day, month, year) = (part(2)?, part(2)?, part(4)?);
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}
