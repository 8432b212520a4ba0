//! Practice that is worth sharing: a case study, a video or a resource.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use time::Date;
use uuid::Uuid;

use super::shared_practice_audience as audience;
use crate::instant::Instant;
use crate::list::Ids;
use crate::owned::{Recipients, Visibility};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shared_practice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: PracticeKind,
    pub title: String,
    pub title_key: String,
    pub text: Option<String>,
    pub link: Option<String>,
    /// The school that it comes from.
    pub school_id: Option<Uuid>,
    pub audience: PracticeAudience,
    pub to_school_ids: Option<Ids>,
    pub to_school_group_ids: Option<Ids>,
    pub consent_by_id: Option<Uuid>,
    /// Who confirmed the consent, in words.
    pub consent_by: Option<String>,
    pub consent_confirmed_on: Option<Date>,
    /// The last day of the consent; none while no end is set.
    pub consent_until: Option<Date>,
    /// Internal.
    pub note: Option<String>,
    pub status: PracticeStatus,
    /// Why it was withdrawn.
    pub status_reason: Option<String>,
    pub published_on: Option<Date>,
    pub withdrawn_on: Option<Date>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What a piece of shared practice is.
    #[example = "case_study"]
    pub enum PracticeKind {
        /// What a school did, and what came of it.
        CaseStudy = "case_study",
        /// A video.
        Video = "video",
        /// Something to use in lessons.
        Resource = "resource",
    }
}

choice! {
    /// With which schools practice is shared.
    #[example = "all"]
    pub enum PracticeAudience {
        /// Every school of the hub.
        All = "all",
        /// The schools and groups that are named.
        Chosen = "chosen",
    }
}

choice! {
    /// How far a piece of practice has come.
    pub enum PracticeStatus {
        /// Being written; no school sees it.
        Draft = "draft",
        /// Schools see it, for as long as the consent holds.
        Published = "published",
        /// No school sees it any more.
        Withdrawn = "withdrawn",
    }
}

row!(Visibility::Given(shared_with));

/// Published practice, on days on which the consent holds, where its audience has the school.
#[must_use]
pub fn shared_with(to: &Recipients<'_>) -> Condition {
    let consent =
        to.on.map(|on| Condition::any().add(Column::ConsentUntil.is_null()).add(Column::ConsentUntil.gte(on)));
    Condition::all()
        .add(Column::Status.eq(PracticeStatus::Published))
        .add_option(consent)
        .add(Column::Id.in_subquery(given_to(to)))
}

/// The ids of the practice whose audience has one of the schools: everybody, the school itself, or a group of which it
/// is a member.
fn given_to(to: &Recipients<'_>) -> SelectStatement {
    use audience::Column as To;

    let whom = Condition::any()
        .add(Condition::all().add(To::SchoolId.is_null()).add(To::SchoolGroupId.is_null()))
        .add(To::SchoolId.in_subquery((to.schools)()))
        .add(To::SchoolGroupId.in_subquery(to.groups()));
    let mut ids = Query::select();
    ids.column((audience::Entity, To::SharedPracticeId))
        .from(audience::Entity)
        .and_where(To::HubId.eq(to.hub_id))
        .and_where(To::ArchivedAt.is_null())
        .and_where(To::ToOn.is_null())
        .cond_where(whom);
    ids
}
