//! What targets count of posts, roles and working groups.

use entity::people::designation::{self, DesignationBasis, Territory};
use entity::people::post::{self, PostFunding};
use entity::people::post_holding;
use entity::people::working_group::{self, WorkingGroupKind};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::period::holds;
use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::*;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<PostsFte>(), MetricEntry::of::<Designations>(), MetricEntry::of::<GroupsFormed>()]
}

/// Which posts a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PostsCounted {
    /// Only posts of any of these roles count: codes of the glossary, or roles in words, without regard to case.
    #[serde(default)]
    #[schema(value_type = Vec<RoleName>, max_items = 20)]
    role: Vec<String>,
    /// Only posts that are funded so count.
    funding: Option<PostFunding>,
    /// Only posts that are paid from this count, in its own words.
    #[schema(min_length = 1, max_length = 200)]
    funding_source: Option<String>,
    /// Only posts for this part of the hub's area count.
    territory: Option<Territory>,
    /// True if posts count that nobody holds on the day; left out if absent.
    vacant: Option<bool>,
    /// True if posts count that are not decided yet; left out if absent.
    tentative: Option<bool>,
}

/// A role, by its code in the glossary or in words.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 200, example = "SLE")]
pub struct RoleName(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Roles as columns hold them to be compared.
fn keys(role: &[String]) -> Vec<String> {
    role.iter().map(|role| search_key(role)).collect()
}

/// Full-time equivalents of posts.
pub struct PostsFte;

impl Metric for PostsFte {
    type Filter = PostsCounted;

    const CODE: &'static str = "posts_fte";
    const MEANING: &'static str =
        "Full-time equivalents of the posts that there are on the day, and that somebody holds.";
    const PART: &'static str = "people";
    const MEASURE: MetricMeasure = MetricMeasure::Sum;
    const UNIT: MetricUnit = MetricUnit::Fte;
    const THINGS: &'static str = "posts";
    const READ: Scope = Scope::ReadReports;

    async fn counted(reading: &ReportReading<'_>, _: &Over, filter: PostsCounted) -> Result<Counted> {
        use post::Column;

        let of = |column| Expr::col((post::Entity, column));
        let held = Expr::col((post_holding::Entity, post_holding::Column::FromOn));
        let mut holdings = reading.caller.statement::<post_holding::Entity>(false);
        holdings
            .expr_as(held.min(), Alias::new("from_on"))
            .cond_where(holds(post_holding::Column::FromOn, post_holding::Column::ToOn, reading.as_at))
            .and_where(
                Expr::col((post_holding::Entity, post_holding::Column::PostId)).equals((post::Entity, Column::Id)),
            );
        let held_since = Expr::expr(holdings);
        let vacant = filter.vacant == Some(true);
        let since = if vacant { of(Column::FromOn) } else { held_since.clone() };
        let mut posts = reading.caller.statement::<post::Entity>(false);
        posts
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(since, Alias::new("on_date"))
            .expr_as(of(Column::Title), Alias::new("label"))
            .expr_as(of(Column::FteHundredths).div(100.0), Alias::new("amount"))
            .cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at))
            .cond_where(
                Condition::all()
                    .add_option((!vacant).then(|| held_since.is_not_null()))
                    .add_option((filter.tentative != Some(true)).then(|| Column::Tentative.eq(false)))
                    .add_option(any_of(Column::RoleKey, &keys(&filter.role)))
                    .add_option(is(Column::Funding, filter.funding))
                    .add_option(is(Column::FundingSource, filter.funding_source.as_deref()))
                    .add_option(is(Column::Territory, filter.territory)),
            );
        Ok(Counted::things(posts, &["label", "amount"]))
    }
}

/// Which designations a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct DesignationsCounted {
    /// Only people with any of these roles count: codes of the glossary, or roles in words, without regard to case.
    #[serde(default)]
    #[schema(value_type = Vec<RoleName>, max_items = 20)]
    role: Vec<String>,
    /// Only people who speak or work for any of these organisations count, in its own words.
    #[serde(default)]
    #[schema(value_type = Vec<RoleName>, max_items = 20)]
    organisation: Vec<String>,
    /// Only people for this part of the hub's area count.
    territory: Option<Territory>,
    /// Only people who came to their role so count.
    basis: Option<DesignationBasis>,
}

/// People with a role.
pub struct Designations;

impl Metric for Designations {
    type Filter = DesignationsCounted;

    const CODE: &'static str = "designations";
    const MEANING: &'static str = "People who have a role for the hub on the day, each once.";
    const PART: &'static str = "people";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::People;
    const THINGS: &'static str = "people";
    const READ: Scope = Scope::ReadReports;

    async fn counted(reading: &ReportReading<'_>, _: &Over, filter: DesignationsCounted) -> Result<Counted> {
        use designation::Column;

        let of = |column| Expr::col((designation::Entity, column));
        let role = of(Column::RoleText).if_null(of(Column::RoleCode));
        let mut people = reading.caller.statement::<designation::Entity>(false);
        people
            .expr_as(of(Column::PersonId), Alias::new("id"))
            .expr_as(Column::FromOn.min(), Alias::new("on_date"))
            // Governors see which roles there are, and not who has them.
            .expr_as(role.min(), Alias::new("label"))
            .cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at))
            .cond_where(
                Condition::all()
                    .add_option(any_of(Column::RoleKey, &keys(&filter.role)))
                    .add_option(any_of(Column::Organisation, &filter.organisation))
                    .add_option(is(Column::Territory, filter.territory))
                    .add_option(is(Column::Basis, filter.basis)),
            )
            .add_group_by([of(Column::PersonId)]);
        Ok(Counted::things(people, &["label"]))
    }
}

/// Which working groups a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct WorkingGroupsCounted {
    /// Only groups of this kind count.
    kind: Option<WorkingGroupKind>,
    /// Only groups count whose name contains these words, without regard to case and accents.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Groups count that were formed on this day or later, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Groups count that were formed until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

/// Working groups that were formed.
pub struct GroupsFormed;

impl Metric for GroupsFormed {
    type Filter = WorkingGroupsCounted;

    const CODE: &'static str = "groups_formed";
    const MEANING: &'static str = "Working groups that were formed in the days counted.";
    const PART: &'static str = "people";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "working groups";
    const READ: Scope = Scope::ReadReports;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: WorkingGroupsCounted) -> Result<Counted> {
        use working_group::Column;

        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column| Expr::col((working_group::Entity, column));
        let mut groups = reading.caller.statement::<working_group::Entity>(false);
        groups
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(of(Column::FormedOn), Alias::new("on_date"))
            .expr_as(of(Column::Name), Alias::new("label"))
            .cond_where(
                Condition::all()
                    .add(Column::FormedOn.gte(first))
                    .add(Column::FormedOn.lte(last))
                    .add_option(is(Column::Kind, filter.kind))
                    .add_option(contains(Column::NameKey, filter.name.as_deref())),
            );
        Ok(Counted::things(groups, &["label"]))
    }
}
