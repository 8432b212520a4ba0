//! A person's place at a training event.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub event_id: Uuid,
    pub person_id: Uuid,
    /// The school that booked; none for the hub's own people.
    pub school_id: Option<Uuid>,
    pub result: Option<AttendanceResult>,
    /// From 1 to 5.
    pub feedback_score: Option<i32>,
    pub feedback_text: Option<String>,
    pub status: AttendanceStatus,
    /// Why it was cancelled.
    pub status_reason: Option<String>,
    pub booked_by_id: Option<Uuid>,
    /// The day of the event, for a person who came.
    pub attended_on: Option<Date>,
    /// The last day on which the person is qualified by it; none for good, and where the event does not qualify.
    pub valid_until: Option<Date>,
}

choice! {
    /// Whether a person came.
    pub enum AttendanceResult {
        /// The person came.
        Attended = "attended",
        /// The person did not come.
        Absent = "absent",
    }
}

choice! {
    /// How far an attendance has come.
    pub enum AttendanceStatus {
        /// Every place was taken; the person gets one that becomes free.
        Waiting = "waiting",
        /// The person has a place.
        Booked = "booked",
        /// The person came.
        Attended = "attended",
        /// The person did not come.
        Absent = "absent",
        /// The person does not want the place any more, no place became free, or the event was cancelled.
        Cancelled = "cancelled",
    }
}

/// The states in which a person takes a place.
pub const PLACED: &[AttendanceStatus] = &[AttendanceStatus::Booked, AttendanceStatus::Attended];

/// The states in which it is recorded whether a person came.
pub const RECORDED: &[AttendanceStatus] = &[AttendanceStatus::Attended, AttendanceStatus::Absent];

/// The attendances of people who are expected at an event, or wait for a place.
#[must_use]
pub fn expected() -> Condition {
    Condition::all().add(Column::Status.is_in([AttendanceStatus::Waiting, AttendanceStatus::Booked]))
}

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
