//! Which work there are people for: posts in full-time equivalents, vacancies, and people with a role, on a day.

pub mod picture;
mod statement;

use std::collections::BTreeMap;

use entity::partners::glossary_term;
use serde::Serialize;
use utoipa::ToSchema;

use self::statement::Counted;
use crate::kernel::prelude::*;
use crate::schools::store::reported::ReportGroup;

/// What the report counts.
const SCOPE: &str = "posts and designations of the hub, on the day";

entity::choice! {
    /// By what the capacity is grouped.
    #[example = "role"]
    pub enum CapacityGrouping {
        /// The role of the post or the designation.
        Role = "role",
        /// How people came to their roles; posts have no basis.
        Basis = "basis",
        /// Core or traded; designations have no funding.
        Funding = "funding",
        /// Who pays; designations have no funding source.
        FundingSource = "funding_source",
        /// The part of the hub's area.
        Territory = "territory",
        /// For whom people speak or work; posts have no organisation.
        Organisation = "organisation",
    }
}

/// By what the lines are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CapacityQuery {
    /// By what the lines are grouped; by role if absent.
    #[param(inline)]
    pub by: Option<CapacityGrouping>,
}

/// The report.
pub struct Capacity;

/// The posts and the designations of one group, on the day. Tentative posts count in their own two figures alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CapacityLine {
    /// What they have in common: a role by its code or in words, a basis, a kind of funding.
    pub group: ReportGroup,
    /// Posts that there are, tentative ones apart.
    #[schema(minimum = 0, example = 3)]
    pub posts: i64,
    /// How many of them nobody holds.
    #[schema(minimum = 0, example = 1)]
    pub vacancies: i64,
    /// Full-time equivalents of the posts that somebody holds, in hundredths.
    #[schema(minimum = 0, example = 1.4)]
    pub fte: f64,
    /// Full-time equivalents of the vacancies.
    #[schema(minimum = 0, example = 1.0)]
    pub fte_vacant: f64,
    /// Posts that are not decided yet.
    #[schema(minimum = 0, example = 1)]
    pub tentative_posts: i64,
    /// Full-time equivalents of the posts that are not decided yet.
    #[schema(minimum = 0, example = 0.4)]
    pub fte_tentative: f64,
    /// People who hold posts.
    #[schema(minimum = 0, example = 2)]
    pub holders: i64,
    /// Designations that hold on the day.
    #[schema(minimum = 0, example = 5)]
    pub designations: i64,
    /// People with a designation.
    #[schema(minimum = 0, example = 5)]
    pub designated: i64,
    /// People who hold a post or have a designation, each once.
    #[schema(minimum = 0, example = 6)]
    pub people: i64,
}

impl ReportSource for Capacity {
    const NAME: &'static str = "capacity";
    type Query = CapacityQuery;
    type Line = CapacityLine;

    async fn read(reading: &ReportReading<'_>, query: &Self::Query) -> Result<Figures<Self::Line>> {
        let by = query.by.unwrap_or(CapacityGrouping::Role);
        let rows = reading.all(&statement::by_group(reading, by)).await?;
        let mut counted: Vec<(Option<String>, Counted)> = Vec::with_capacity(rows.len());
        for row in &rows {
            counted.push((row.try_get_by_index(statement::KEY)?, Counted::of(row)?));
        }
        let names = names(reading, by, &counted).await?;
        let mut lines: Vec<CapacityLine> = Vec::with_capacity(counted.len());
        for (value, counted) in counted {
            let label = value.as_ref().map(|value| names.get(value).unwrap_or(value).clone());
            lines.push(counted.line(ReportGroup { value, label }));
        }
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let total = reading.one(&statement::all(reading, by)).await?;
        let total = total.as_ref().map(Counted::of).transpose()?.map(|counted| counted.line(ReportGroup::all()));
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: SCOPE, lines, total, found })
    }
}

/// What role codes stand for, as far as the caller sees the glossary.
async fn names(
    reading: &ReportReading<'_>,
    by: CapacityGrouping,
    counted: &[(Option<String>, Counted)],
) -> Result<BTreeMap<String, String>> {
    let caller = reading.caller.under(Scope::ReadPartners).filter(|_| by == CapacityGrouping::Role);
    let Some(caller) = caller else { return Ok(BTreeMap::new()) };
    let mut terms = caller.statement::<glossary_term::Entity>(false);
    terms
        .columns([glossary_term::Column::Code, glossary_term::Column::Meaning].map(|it| (glossary_term::Entity, it)))
        .and_where(glossary_term::Column::Code.is_in(counted.iter().filter_map(|(value, _)| value.clone())));
    let rows = reading.all(&terms).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

routes! { ReadReports: report_capacity }

/// Reports which work there are people for: posts, vacancies, and people with a role, on a day.
///
/// A post counts while there is one, by its days; it is vacant on a day on which nobody holds it. `GET
/// /reports/capacity/picture` draws the same figures.
#[utoipa::path(
    get,
    path = "/reports/capacity",
    params(Asked<Capacity>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<CapacityLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_capacity(can: Can<ReadReports>, asked: Asked<Capacity>) -> Result<Reply> {
    report::run(&can, asked).await
}
