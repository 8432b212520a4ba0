//! A version of the report of a visit.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::{Invitee, Visibility};
use crate::visits::visit;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visit_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub visit_id: Uuid,
    /// The visit's school.
    pub school_id: Uuid,
    /// Counts the versions of one visit's report from 1.
    pub number: i32,
    pub seen: Option<String>,
    pub strengths: Option<String>,
    pub areas_to_develop: Option<String>,
    pub judgement: Option<String>,
    pub rag: Option<ReportRag>,
    pub status: ReportStatus,
    /// When the school got it; a school sees no other versions.
    pub shared_at: Option<Instant>,
    /// The last day on which the school may answer.
    pub answer_due_on: Option<Date>,
    pub answered_at: Option<Instant>,
    /// What the school says is not accurate, or adds.
    pub answer_comment: Option<String>,
    /// When it came into a state that it does not leave.
    pub ended_at: Option<Instant>,
}

choice! {
    /// How much support the school needs, as the visitor sees it.
    pub enum ReportRag {
        /// Much support.
        Red = "red",
        /// Some support.
        Amber = "amber",
        /// No more than every school gets.
        Green = "green",
    }
}

choice! {
    /// How far a version of a report has come.
    pub enum ReportStatus {
        /// Being written; the school does not see it.
        Draft = "draft",
        /// The school has it, and may answer.
        Shared = "shared",
        /// The school says that it is accurate.
        Accepted = "accepted",
        /// The school says that it is not accurate, and what is not.
        Disputed = "disputed",
        /// The school did not answer in time.
        Unanswered = "unanswered",
        /// It stays as it is, with the school's view beside it.
        Closed = "closed",
        /// A later version was shared in its place.
        Superseded = "superseded",
    }
}

row!(
    Visibility::SchoolOnceShared { school: Column::SchoolId, shared: Column::SharedAt },
    invited: worked_on,
    written_by_schools: true,
    written_by_invited: true
);

fn worked_on(person: &Invitee) -> Condition {
    Condition::all().add(Column::VisitId.in_subquery(visit::ids_worked_on(person)))
}
