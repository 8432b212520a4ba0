//! A collection of figures from schools in one academic year, with the form that asks for them.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub title: String,
    pub title_key: String,
    pub academic_year: String,
    pub due_on: Date,
    pub guidance: Option<String>,
    /// The form: what is asked for, in order.
    pub lines: FormLines,
    pub status: CollectionStatus,
    pub opened_at: Option<Instant>,
    pub closed_at: Option<Instant>,
}

choice! {
    /// How far a collection has come.
    pub enum CollectionStatus {
        /// Its form is being written.
        Draft = "draft",
        /// Schools answer.
        Open = "open",
        /// No school answers any more.
        Closed = "closed",
    }
}

/// A line of a form: a figure that each school is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormLine {
    /// Its number on the form.
    #[schema(min_length = 1, max_length = 20, pattern = r"^[A-Za-z0-9][A-Za-z0-9.()_-]*$", example = "1a")]
    pub number: String,
    /// What the form says beside it.
    #[schema(min_length = 1, max_length = 500, example = "Pupils who had whole-class teaching in key stage 2")]
    pub label: String,
    /// The measure that it asks for.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "first_access_pupils")]
    pub definition_code: String,
    /// The edition of the measure; the published one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub definition_id: Option<Uuid>,
    /// True if a school cannot send its return without it.
    #[schema(example = true)]
    pub required: bool,
    /// The key stage, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "ks2")]
    pub key_stage: Option<String>,
    /// The year group, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub year_group: Option<String>,
    /// Girls or boys, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub sex: Option<String>,
    /// Special educational needs, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub send: Option<String>,
    /// Pupil premium, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub pupil_premium: Option<String>,
    /// The number of terms, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub terms: Option<String>,
    /// The instrument, for a line of that breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
    pub instrument: Option<String>,
}

/// The lines of a form, in order.
pub type FormLines = List<FormLine>;

/// What schools see.
pub const SEEN: &[&str] = &[CollectionStatus::Open.as_str(), CollectionStatus::Closed.as_str()];

row!(Visibility::Published { column: Column::Status, values: SEEN });
