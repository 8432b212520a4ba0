//! For how long a hub keeps records of a kind.

mod apply;

use entity::people::retention_rule::{self, RetentionKind};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

pub use self::apply::KEEP;
use crate::kernel::prelude::*;

record! {
    /// For how long the hub keeps records of a kind. What is older goes within the hour; without a rule all is kept.
    RetentionRule from NewRetentionRule in retention_rule {
        /// The kind of record, one rule for each.
        #[schema(example = "import_rows")]
        kind: RetentionKind,
        /// After how many months records go.
        #[schema(minimum = 1, maximum = 240, example = 24)]
        months: i32,
        /// Why so long: the hub's policy, or a law.
        #[schema(min_length = 1, max_length = 500, example = "Retention schedule of 2026, line 12")]
        reason: Option<String>,
    }
}

impl Resource for RetentionRule {
    type Entity = retention_rule::Entity;
    type Form = NewRetentionRule;
    type Filter = RetentionRuleFilter;

    const PATH: &'static str = "/retention-rules";
    const READ: Scope = Scope::ReadIdentity;
    const SORTS: &'static [(&'static str, retention_rule::Column)] =
        &[("created_at", retention_rule::Column::CreatedAt), ("updated_at", retention_rule::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["reason"];
    const COUNTS: &'static [&'static str] = &["kind"];
    const IF_MATCH: bool = true;

    fn keys(row: &retention_rule::Model) -> Value {
        json!({ "kind": row.kind })
    }
}

/// Narrows the list of retention rules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RetentionRuleFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 3)]
    pub kind: Vec<RetentionKind>,
}

impl Filter<retention_rule::Entity> for RetentionRuleFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(any_of(retention_rule::Column::Kind, &self.kind))
    }
}

/// Whether rules are meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApplyQuery {
    /// True to count only.
    #[serde(default)]
    #[param(example = true)]
    pub dry_run: bool,
}

/// What came of the rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionReport {
    /// True if nothing was changed.
    #[schema(example = true)]
    pub dry_run: bool,
    /// What came of each rule.
    #[schema(max_items = 3)]
    pub rules: Vec<AppliedRule>,
}

/// What came of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedRule {
    /// The kind of record.
    #[schema(example = "import_rows")]
    pub kind: RetentionKind,
    /// Records that ended before this day go.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2024-09-01")]
    pub before: Date,
    /// How many records that are. An erasure of a person is begun, and its job follows.
    #[schema(minimum = 0, example = 1204)]
    pub records: u64,
}

routes! {
    ReadIdentity: list_retention_rules, count_retention_rules, get_retention_rule;
    WriteIdentity:
        create_retention_rule, update_retention_rule, archive_retention_rule, restore_retention_rule,
        apply_retention_rules;
    ReadIdentity: list_retention_rule_history;
}

/// Lists the retention rules.
#[utoipa::path(
    get,
    path = "/retention-rules",
    params(List<RetentionRule>),
    responses((status = 200, body = Page<RetentionRule>)),
)]
async fn list_retention_rules(can: Can<ReadIdentity>, list: List<RetentionRule>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the retention rules by one or two of their fields.
#[utoipa::path(
    get,
    path = "/retention-rules/counts",
    params(CountBy<RetentionRule>),
    responses((status = 200, body = Counts)),
)]
async fn count_retention_rules(can: Can<ReadIdentity>, by: CountBy<RetentionRule>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Makes a retention rule.
///
/// It is applied by itself within the hour, and what goes is gone for good: make it with many months first, and try
/// fewer with `POST /retention-rules/apply?dry_run=true`.
#[utoipa::path(post, path = "/retention-rules", responses((status = 201, body = RetentionRule)))]
async fn create_retention_rule(can: Can<WriteIdentity>, form: Json<NewRetentionRule>) -> Result<Reply> {
    crud::create::<RetentionRule>(&can, form).await
}

/// Gets a retention rule.
#[utoipa::path(
    get,
    path = "/retention-rules/{id}",
    params(Show<RetentionRule>),
    responses((status = 200, body = RetentionRule)),
)]
async fn get_retention_rule(can: Can<ReadIdentity>, id: Id, show: Show<RetentionRule>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a retention rule.
#[utoipa::path(
    patch,
    path = "/retention-rules/{id}",
    request_body = NewRetentionRule,
    responses((status = 200, body = RetentionRule)),
)]
async fn update_retention_rule(can: Can<WriteIdentity>, id: Id, patch: Patch<NewRetentionRule>) -> Result<Reply> {
    crud::update::<RetentionRule>(&can, id.0, patch).await
}

/// Archives a retention rule: from then on all records of its kind are kept.
#[utoipa::path(delete, path = "/retention-rules/{id}", responses((status = 204)))]
async fn archive_retention_rule(can: Can<WriteIdentity>, id: Id) -> Result<Reply> {
    crud::archive::<RetentionRule>(&can, id.0).await
}

/// Restores an archived retention rule.
#[utoipa::path(post, path = "/retention-rules/{id}/restore", responses((status = 200, body = RetentionRule)))]
async fn restore_retention_rule(can: Can<WriteIdentity>, id: Id) -> Result<Reply> {
    crud::restore::<RetentionRule>(&can, id.0).await
}

/// Applies the retention rules now, or counts what they would come to.
///
/// They are applied every hour in any case.
#[utoipa::path(
    post,
    path = "/retention-rules/apply",
    params(ApplyQuery),
    responses((status = 200, body = RetentionReport)),
)]
async fn apply_retention_rules(can: Can<WriteIdentity>, how: Query<ApplyQuery>) -> Result<Reply> {
    apply::now(&can, how.dry_run).await
}

/// Shows the history of a retention rule.
#[utoipa::path(
    get,
    path = "/retention-rules/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_retention_rule_history(can: Can<ReadIdentity>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<RetentionRule>(&can, id.0, &part).await
}
