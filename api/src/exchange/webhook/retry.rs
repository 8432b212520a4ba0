//! When a request that failed is sent again, and when the service stops trying.

use std::time::Duration;

use entity::instant::Instant;

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// How long after each attempt the next one follows, about: three days in all.
const DELAYS: [Duration; 11] = [
    Duration::from_secs(5),
    minutes(1),
    minutes(5),
    minutes(20),
    minutes(60),
    minutes(150),
    minutes(5 * 60),
    minutes(9 * 60),
    minutes(13 * 60),
    minutes(18 * 60),
    minutes(23 * 60),
];

/// By how much a delay is longer or shorter at most, so that many webhooks of a receiver that was away do not all come
/// back at the same moment.
const JITTER: f64 = 0.1;

/// How long requests may fail in a row before the webhook is disabled.
pub const FAILING: Duration = Duration::from_hours(5 * 24);

/// How long to wait after an attempt that failed, the first one being 1; none where it was the last. `chance` is from
/// 0 to 1.
#[must_use]
pub fn delay(attempt: i32, chance: f64) -> Option<Duration> {
    let at = usize::try_from(attempt).ok()?.checked_sub(1)?;
    let factor = 1.0 - JITTER + 2.0 * JITTER * chance.clamp(0.0, 1.0);
    DELAYS.get(at).map(|delay| delay.mul_f64(factor))
}

/// Returns true if requests have failed in a row for so long that the webhook is to be disabled.
#[must_use]
pub fn is_hopeless(failing_since: Instant, now: Instant) -> bool {
    failing_since + FAILING <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_over_three_days() {
        let delays: Vec<_> = (1..).map_while(|attempt| delay(attempt, 0.5)).collect();
        assert!(delays.windows(2).all(|pair| pair[0] < pair[1]), "{delays:?}");
        let hours = delays.iter().sum::<Duration>().as_secs_f64() / 3600.0;
        assert!((71.0..=73.0).contains(&hours), "{hours}");
        assert_eq!((delay(0, 0.5), delay(12, 0.5)), (None, None));
    }

    #[test]
    fn a_delay_is_a_tenth_longer_or_shorter_at_most() {
        let [least, most] = [0.0, 1.0].map(|chance| delay(5, chance).unwrap());
        assert_eq!((least, most), (minutes(54), minutes(66)));
        // The next delay is longer in any case.
        assert!((1..11).all(|attempt| delay(attempt, 1.0) < delay(attempt + 1, 0.0)));
    }

    #[test]
    fn five_days_of_failures_are_the_end() {
        let since = Instant::from_micros(0);
        assert!(!is_hopeless(since, since + FAILING - Duration::from_secs(1)));
        assert!(is_hopeless(since, since + FAILING));
    }
}
