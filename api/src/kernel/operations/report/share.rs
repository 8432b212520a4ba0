//! A percentage with what it is made of.

use serde::Serialize;
use utoipa::ToSchema;

/// A share: how many of how many, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    /// How many have what is counted.
    #[schema(minimum = 0, example = 36)]
    pub numerator: i64,
    /// How many could have it.
    #[schema(minimum = 0, example = 60)]
    pub denominator: i64,
    /// The numerator as a percentage of the denominator, to one decimal; null where the denominator is 0.
    #[schema(minimum = 0, maximum = 100, example = 60.0)]
    pub percentage: Option<f64>,
    /// What the denominator counts.
    #[schema(value_type = String, max_length = 100, example = "schools in scope")]
    pub scope: &'static str,
}

impl Share {
    /// The share of `numerator` in `denominator`, which counts `scope`.
    #[must_use]
    pub fn of(numerator: i64, denominator: i64, scope: &'static str) -> Self {
        // Rounded as whole tenths, half up, so that no binary fraction decides.
        let tenths = (denominator > 0).then(|| (numerator * 2000 + denominator) / (denominator * 2));
        #[expect(clippy::cast_precision_loss, reason = "at most 1,000 tenths")]
        let percentage = tenths.map(|tenths| tenths as f64 / 10.0);
        Self { numerator, denominator, percentage, scope }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_one_decimal_and_needs_a_denominator() {
        let percentage = |numerator, denominator| Share::of(numerator, denominator, "schools").percentage;
        assert_eq!(percentage(36, 60), Some(60.0));
        assert_eq!(percentage(1, 3), Some(33.3));
        assert_eq!(percentage(2, 3), Some(66.7));
        assert_eq!(percentage(1, 16), Some(6.3));
        assert_eq!(percentage(0, 5), Some(0.0));
        assert_eq!(percentage(0, 0), None);
    }
}
