//! `time::Date` as `YYYY-MM-DD` in JSON: `#[serde(with = "entity::date")]`, and
//! `#[serde(default, with = "entity::date::option")]` for an optional one.
//! (Left to itself, `time` writes a pair of numbers.)

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serializer, de};
use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Reads `YYYY-MM-DD`, years 0001 to 9999, and nothing else.
#[must_use]
pub fn parse(text: &str) -> Option<Date> {
    // Ten characters leave no room for a sign or a longer year.
    if text.len() != 10 {
        return None;
    }
    Date::parse(text, ISO).ok().filter(|date| date.year() > 0)
}

fn decode<E: de::Error>(text: &str) -> Result<Date, E> {
    parse(text).ok_or_else(|| E::custom("expected a date such as 2014-09-01"))
}

/// Writes the date as `YYYY-MM-DD`.
pub fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    // `Date` displays as ISO 8601: four digits, a sign only before year 0.
    serializer.collect_str(date)
}

/// Reads a date written as `YYYY-MM-DD`.
///
/// # Errors
/// When the text is not such a date.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    decode(&Cow::<'de, str>::deserialize(deserializer)?)
}

/// The same for `Option<Date>`.
pub mod option {
    use super::{Cow, Date, Deserialize, Deserializer, Serializer, decode};

    /// Writes the date as `YYYY-MM-DD`, or null.
    pub fn serialize<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => super::serialize(date, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a date written as `YYYY-MM-DD`, or null.
    ///
    /// # Errors
    /// When the text is not such a date.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| decode(&text)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use time::macros::date;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Term {
        #[serde(with = "crate::date")]
        first_day: Date,
        #[serde(default, with = "crate::date::option")]
        last_day: Option<Date>,
    }

    #[test]
    fn is_year_month_day_both_ways() {
        let term = Term { first_day: date!(2014 - 09 - 01), last_day: Some(date!(0987 - 12 - 31)) };
        let json = r#"{"first_day":"2014-09-01","last_day":"0987-12-31"}"#;
        assert_eq!(serde_json::to_string(&term).unwrap(), json);
        assert_eq!(serde_json::from_str::<Term>(json).unwrap(), term);
    }

    #[test]
    fn absent_and_null_are_none() {
        for json in [r#"{"first_day":"2014-09-01"}"#, r#"{"first_day":"2014-09-01","last_day":null}"#] {
            assert_eq!(serde_json::from_str::<Term>(json).unwrap().last_day, None);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["2014-9-1", "2014-02-30", "+2014-09-01", "0000-01-01", "01-09-2014", "2014-09-01T00:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
