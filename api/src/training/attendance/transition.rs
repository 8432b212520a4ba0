//! The states of attendances.

use entity::training::attendance::{self, AttendanceStatus};

use super::Attendance;
use crate::kernel::caller::permission::Scope;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::training::rules::Booking;
use crate::training::store;

const WAITING: &str = AttendanceStatus::Waiting.as_str();
const BOOKED: &str = AttendanceStatus::Booked.as_str();
const ATTENDED: &str = AttendanceStatus::Attended.as_str();
const ABSENT: &str = AttendanceStatus::Absent.as_str();
const CANCELLED: &str = AttendanceStatus::Cancelled.as_str();

/// The person came.
pub const ATTEND: Verb = Verb {
    name: "attend",
    path: "attend",
    from: &[BOOKED, ABSENT],
    to: ATTENDED,
    scope: Scope::WriteTraining,
    reason: Needs::Optional,
    checks: "Only the hub records who came (403), once the event has begun (409).",
};

/// The person did not come.
pub const MISS: Verb = Verb { name: "miss", path: "miss", from: &[BOOKED, ATTENDED], to: ABSENT, ..ATTEND };

/// The person gives the place up.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[WAITING, BOOKED],
    to: CANCELLED,
    checks: "A school gives a place up until the event begins (409), and leaves the waiting list at any time. The \
             place goes to the person who has waited longest.",
    ..ATTEND
};

impl States for Attendance {
    type Entity = attendance::Entity;

    const TABLE: Transitions = Transitions {
        noun: "attendance",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[WAITING, BOOKED, ATTENDED, ABSENT, CANCELLED],
        verbs: &[ATTEND, MISS, CANCEL],
    };

    fn state(row: &attendance::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        verb: &Verb,
        rows: &[&attendance::Model],
    ) -> Result<Vec<bool>> {
        let by_hub = caller.expect_writes_hub("attendances").is_ok();
        if !by_hub && *verb != CANCEL {
            return Ok(vec![false; rows.len()]);
        }
        let booking = Booking { by_hub, now: caller.now(), today: caller.today() };
        let events = store::events(caller, db, rows.iter().map(|row| row.event_id)).await?;
        let admits = |row: &&attendance::Model| {
            let Some(event) = events.get(&row.event_id) else { return false };
            let admitted = if *verb == CANCEL { booking.admit_cancel(event, row) } else { booking.admit_result(event) };
            admitted.is_ok()
        };
        Ok(rows.iter().map(admits).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = AttendanceStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Attendance::TABLE.states, known);
    }

    #[test]
    fn what_was_recorded_can_be_corrected_and_a_cancelled_attendance_stays_so() {
        let allowed = |state| Attendance::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(WAITING), [("cancel", CANCELLED)]);
        assert_eq!(allowed(BOOKED), [("attend", ATTENDED), ("miss", ABSENT), ("cancel", CANCELLED)]);
        assert_eq!(allowed(ATTENDED), [("miss", ABSENT)]);
        assert_eq!(allowed(ABSENT), [("attend", ATTENDED)]);
        assert_eq!(allowed(CANCELLED), []);
    }
}
