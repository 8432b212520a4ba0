//! What follows from a request: for the delivery, and for the webhook.

use entity::exchange::webhook::DisabledReason;
use entity::exchange::webhook_delivery::DeliveryState;
use entity::exchange::webhook_progress;
use entity::instant::Instant;

use super::super::retry;
use super::post::Sent;

/// What follows from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The state of the delivery.
    pub state: DeliveryState,
    /// When the webhook may send the next change.
    pub due_at: Instant,
    /// When the first of the requests failed that have failed in a row.
    pub failing_since: Option<Instant>,
    /// When a request last succeeded.
    pub delivered_at: Option<Instant>,
    /// Why the webhook is disabled, if it is.
    pub disable: Option<DisabledReason>,
}

impl Outcome {
    /// What follows from a request about a change, which is the attempt of that number.
    #[must_use]
    pub fn of_change(progress: &webhook_progress::Model, attempt: i32, sent: &Sent, now: Instant, chance: f64) -> Self {
        if sent.is_taken() {
            let (state, delivered_at) = (DeliveryState::Delivered, Some(now));
            return Self { state, due_at: now, failing_since: None, delivered_at, disable: None };
        }
        let since = progress.failing_since.unwrap_or(now);
        let disable = match sent.is_gone() {
            true => Some(DisabledReason::Gone),
            false => retry::is_hopeless(since, now).then_some(DisabledReason::Failing),
        };
        let delay = retry::delay(attempt, chance).map(|delay| delay.max(sent.pause.unwrap_or_default()));
        // A webhook that is disabled gives nothing up: its changes wait until it is resumed.
        let gives_up = delay.is_none() && disable.is_none();
        // The last of the five days ends with an attempt.
        let next =
            if disable.is_none() { Ord::min(now + delay.unwrap_or_default(), since + retry::FAILING) } else { now };
        Self {
            state: if gives_up { DeliveryState::Failed } else { DeliveryState::Pending },
            due_at: next,
            failing_since: Some(since),
            delivered_at: progress.delivered_at,
            disable,
        }
    }

    /// What follows from a ping, which is sent once and says nothing about changes.
    #[must_use]
    pub fn of_ping(progress: &webhook_progress::Model, sent: &Sent, now: Instant) -> Self {
        let taken = sent.is_taken();
        Self {
            state: if taken { DeliveryState::Delivered } else { DeliveryState::Failed },
            due_at: progress.due_at,
            failing_since: progress.failing_since,
            delivered_at: if taken { Some(now) } else { progress.delivered_at },
            disable: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    const NOW: Instant = Instant::from_micros(1_000_000_000_000_000);

    fn progress(failing_for: Option<Duration>) -> webhook_progress::Model {
        webhook_progress::Model {
            hub_id: Uuid::nil(),
            id: Uuid::nil(),
            version: 1,
            created_at: NOW,
            updated_at: NOW,
            archived_at: None,
            webhook_id: Uuid::nil(),
            reached: 7,
            due_at: NOW,
            run: None,
            run_until: None,
            failing_since: failing_for.map(|time| NOW - time),
            delivered_at: None,
        }
    }

    fn answered(status: u16) -> Sent {
        Sent { bytes: 0, took: Duration::ZERO, pause: None, reply: Ok((status, String::new())) }
    }

    fn of(status: u16, attempt: i32, failing_for: Option<Duration>) -> Outcome {
        Outcome::of_change(&progress(failing_for), attempt, &answered(status), NOW, 0.5)
    }

    #[test]
    fn what_is_taken_ends_the_failures() {
        for status in [200, 204, 299] {
            let taken = of(status, 3, Some(Duration::from_hours(60)));
            assert_eq!((taken.state, taken.failing_since), (DeliveryState::Delivered, None), "{status}");
            assert_eq!(taken.delivered_at, Some(NOW));
        }
    }

    #[test]
    fn anything_else_is_sent_again_until_three_days_have_passed() {
        for status in [100, 301, 400, 404, 429, 500, 503] {
            let failed = of(status, 1, None);
            assert_eq!((failed.state, failed.failing_since), (DeliveryState::Pending, Some(NOW)), "{status}");
            assert_eq!((failed.due_at, failed.disable), (NOW + Duration::from_secs(5), None), "{status}");
        }
        let silent = Sent { bytes: 0, took: Duration::ZERO, pause: None, reply: Err("no reply".to_owned()) };
        assert_eq!(Outcome::of_change(&progress(None), 1, &silent, NOW, 0.5), of(500, 1, None));
        let busy = Sent { pause: Some(Duration::from_hours(1)), ..answered(429) };
        let paused = Outcome::of_change(&progress(None), 1, &busy, NOW, 0.5);
        assert_eq!(paused.due_at, NOW + Duration::from_hours(1));
        let last = of(500, 12, Some(Duration::from_hours(72)));
        assert_eq!((last.state, last.due_at, last.disable), (DeliveryState::Failed, NOW, None));
    }

    #[test]
    fn a_receiver_that_is_gone_and_five_days_of_failures_disable_and_give_nothing_up() {
        let gone = of(410, 1, None);
        assert_eq!((gone.state, gone.disable), (DeliveryState::Pending, Some(DisabledReason::Gone)));
        for attempt in [8, 12] {
            let failing = of(500, attempt, Some(retry::FAILING));
            assert_eq!((failing.state, failing.disable), (DeliveryState::Pending, Some(DisabledReason::Failing)));
        }
        let almost = of(500, 8, retry::FAILING.checked_sub(Duration::from_secs(1)));
        assert_eq!((almost.disable, almost.due_at), (None, NOW + Duration::from_secs(1)));
    }

    #[test]
    fn a_ping_says_nothing_about_changes() {
        let before = progress(Some(Duration::from_hours(3)));
        for (status, state) in [(200, DeliveryState::Delivered), (410, DeliveryState::Failed)] {
            let pinged = Outcome::of_ping(&before, &answered(status), NOW);
            assert_eq!((pinged.state, pinged.disable), (state, None));
            assert_eq!((pinged.due_at, pinged.failing_since), (before.due_at, before.failing_since));
        }
    }
}
