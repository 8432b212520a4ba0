//! A moment in time, as the database keeps it and as JSON shows it.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A moment in time to the microsecond, in UTC.
///
/// It is a whole number in both databases, since a timestamp column would be text
/// on SQLite, lose its trailing zeros there, and sort wrongly within a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Instant(i64);

impl Instant {
    /// The moment so many microseconds after the beginning of 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the beginning of 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl From<OffsetDateTime> for Instant {
    fn from(moment: OffsetDateTime) -> Self {
        let micros = moment.unix_timestamp_nanos().div_euclid(1_000);
        // Every year that `time` can tell lies far inside the range.
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl From<Instant> for OffsetDateTime {
    fn from(instant: Instant) -> Self {
        let nanos = i128::from(instant.0) * 1_000;
        Self::from_unix_timestamp_nanos(nanos).unwrap_or_else(|_| {
            // Beyond the years a calendar tells: the nearest end of it.
            let date = if instant.0 < 0 { time::Date::MIN } else { time::Date::MAX };
            date.midnight().assume_utc()
        })
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from(*self);
        let (date, time) = (moment.date(), moment.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.microsecond(),
        )
    }
}

impl FromStr for Instant {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(OffsetDateTime::parse(text, &Rfc3339)?))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("expected a moment such as 2014-09-01T08:30:00.000000Z"))
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        Object::builder()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment in UTC, RFC 3339 with microseconds."))
            .max_length(Some(40))
            .examples(["2014-09-01T08:30:00.000000Z"])
            .into()
    }
}

impl ToSchema for Instant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_six_digits_and_z() {
        let instant = Instant::from_micros(1_409_560_200_000_100);
        assert_eq!(instant.to_string(), "2014-09-01T08:30:00.000100Z");
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2014-09-01T08:30:00.000100Z\"");
        assert_eq!(Instant::default().to_string(), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn is_read_from_any_offset_and_cut_to_microseconds() {
        let read: Instant = serde_json::from_str("\"2014-09-01T09:30:00.0001009+01:00\"").unwrap();
        assert_eq!(read, Instant::from_micros(1_409_560_200_000_100));
        assert!("2014-09-01".parse::<Instant>().is_err());
        // Its year is 10000 in UTC, which a calendar of four digits does not have.
        let last: Instant = "9999-12-31T23:59:59-01:00".parse().unwrap();
        assert_eq!(last.as_micros(), 253_402_304_399_000_000);
        assert!(!last.to_string().is_empty());
        assert!(serde_json::from_str::<Instant>("12").is_err());
    }

    #[test]
    fn moves_by_a_duration_and_never_overflows() {
        let second = Duration::from_secs(1);
        assert_eq!(Instant::from_micros(5) + second - second, Instant::from_micros(5));
        assert_eq!((Instant::from_micros(i64::MAX) + second).as_micros(), i64::MAX);
        assert_eq!(Instant::from_micros(i64::MIN).to_string().len(), 28);
    }

    #[test]
    fn before_1970_is_cut_downwards() {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
        assert_eq!(Instant::from(moment).as_micros(), -1);
    }
}
