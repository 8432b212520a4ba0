//! The schools that a report counts, and the groups that its lines are about.

use std::collections::BTreeMap;

use entity::identity::hub;
use entity::list::List;
use entity::people::person;
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::school::{self, SchoolKind, SchoolPhase, SchoolStatus};
use entity::schools::{area, school_group_member};
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
use sea_orm::{ExprTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::rules;
use super::successors::{self, Successors, WithFormer};
use crate::identity::hub::LaCode;
use crate::kernel::base::period::holds;
use crate::kernel::operations::metric::Over;
use crate::kernel::prelude::*;

/// What the shares of a report count of.
pub const SCOPE: &str = "open schools that the hub counts, on the day";

/// The same in a few words, for each share.
pub const IN_SCOPE: &str = "schools in scope";

entity::choice! {
    /// By what the lines of a report are grouped.
    #[example = "area"]
    pub enum SchoolGrouping {
        /// The area that the school lies in.
        Area = "area",
        /// The phase of education.
        Phase = "phase",
        /// The local authority.
        La = "la",
        /// The specialist leader who leads at the school on the day.
        Specialist = "specialist",
    }
}

/// The rows that a line of a report counts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportGroup {
    /// What they have in common: the id of an area or a person, a phase, the code of a local authority, a year. Null
    /// for schools that have none, and in the total.
    #[schema(max_length = 60, example = "primary")]
    pub value: Option<String>,
    /// The name to show; null where there is none, or the caller does not see it.
    #[schema(max_length = 200, example = "primary")]
    pub label: Option<String>,
}

impl ReportGroup {
    /// The group of all rows.
    #[must_use]
    pub const fn all() -> Self {
        Self { value: None, label: None }
    }
}

/// Narrows a report or a metric to some of the schools in scope.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct ReportedSchools {
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    #[schema(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// Any of these phases.
    #[serde(default)]
    #[param(max_items = 8)]
    #[schema(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
    /// Any of these local authorities, by code.
    #[serde(default)]
    #[param(value_type = Vec<LaCode>, max_items = 50)]
    #[schema(value_type = Vec<LaCode>, max_items = 50)]
    pub la_code: Vec<String>,
    /// A group that the school belongs to on the day.
    pub school_group_id: Option<Uuid>,
    /// Any of these specialist leaders: the schools at which they lead on the day.
    #[serde(default)]
    #[param(max_items = 50)]
    #[schema(max_items = 50)]
    pub person_id: Vec<Uuid>,
}

/// A statement over the schools in scope on the day of a report, within the caller's reach: their `id`, and the
/// columns by which they are grouped: `area_id`, `phase` and `la_code`, and `lead_id` where they are grouped by
/// specialist leader. A school that has closed since counts until the day on which it closed.
///
/// # Errors
/// When the database is away.
pub async fn schools(
    reading: &ReportReading<'_>,
    narrowed: &ReportedSchools,
    by: Option<SchoolGrouping>,
) -> Result<SelectStatement> {
    let mut rows = all_schools(reading, narrowed, by);
    rows.cond_where(in_scope_on(reading.as_at, &kinds(reading).await?));
    Ok(rows)
}

/// The same, with the schools that are not in scope on the day: for a report about schools that were fixed earlier.
#[must_use]
pub fn all_schools(
    reading: &ReportReading<'_>,
    narrowed: &ReportedSchools,
    by: Option<SchoolGrouping>,
) -> SelectStatement {
    use school::Column;

    let ReportReading { caller, as_at, .. } = reading;
    let mut rows = caller.statement::<school::Entity>(false);
    for column in [Column::Id, Column::AreaId, Column::Phase, Column::LaCode] {
        rows.column((school::Entity, column));
    }
    // No database leaves the join out where nobody reads the lead.
    if by == Some(SchoolGrouping::Specialist) {
        let lead = |column: &'static str| Expr::col((Alias::new("lead"), Alias::new(column)));
        let of_school = lead("school_id").equals((school::Entity, Column::Id));
        rows.expr_as(lead("person_id"), Alias::new("lead_id"));
        rows.join_subquery(JoinType::LeftJoin, leads(caller, *as_at), Alias::new("lead"), of_school);
    }
    rows.cond_where(chosen(caller, *as_at, narrowed));
    rows
}

/// The `id` of the schools that a metric counts among: the cohort where there is one, as it was fixed, else the schools
/// in scope on the day; of these the ones that are chosen.
///
/// # Errors
/// When the database is away.
pub async fn population(
    reading: &ReportReading<'_>,
    over: &Over,
    narrowed: Option<&ReportedSchools>,
) -> Result<SelectStatement> {
    use school::Column;

    let mut rows = reading.caller.statement::<school::Entity>(false);
    rows.column((school::Entity, Column::Id));
    match &over.cohort {
        Some(cohort) => rows.and_where(Column::Id.in_subquery(cohort.clone())),
        None => rows.cond_where(in_scope_on(reading.as_at, &kinds(reading).await?)),
    };
    if let Some(narrowed) = narrowed {
        rows.cond_where(chosen(reading.caller, reading.as_at, narrowed));
    }
    Ok(rows)
}

/// The same, with the closed schools whose figures count under them. A cohort is as it was fixed.
///
/// # Errors
/// When the database is away.
pub async fn population_with_former(
    reading: &ReportReading<'_>,
    over: &Over,
    narrowed: Option<&ReportedSchools>,
) -> Result<WithFormer> {
    let schools = population(reading, over, narrowed).await?;
    if over.cohort.is_some() {
        return Ok(WithFormer::none(schools));
    }
    let (caller, as_at) = (reading.caller, reading.as_at);
    let load = Successors::if_any(caller, reading.db(), as_at);
    // Who sees a part of the hub knows other links than who sees all.
    let all = if caller.sees_hub() { reading.once(load).await? } else { load.await? };
    let former = all.map(|all| all.on(as_at).former()).unwrap_or_default();
    Ok(successors::with(caller.db().backend(), schools, &former))
}

/// The schools that are chosen out of all.
fn chosen(caller: &Caller, as_at: Date, narrowed: &ReportedSchools) -> Condition {
    use school::Column;

    let members = narrowed.school_group_id.map(|group| {
        use school_group_member::Column;

        let members = caller.rows::<school_group_member::Entity>().filter(Column::SchoolGroupId.eq(group));
        let members = members.filter(holds(Column::FromOn, Column::ToOn, as_at));
        school::Column::Id.in_subquery(members.select_only().column(Column::SchoolId).into_query())
    });
    let people = &narrowed.person_id;
    let led = (!people.is_empty()).then(|| {
        let mut led = caller.statement::<assignment::Entity>(false);
        led.column((assignment::Entity, assignment::Column::SchoolId))
            .cond_where(leading(as_at))
            .and_where(assignment::Column::PersonId.is_in(people.iter().copied()));
        Column::Id.in_subquery(led)
    });
    Condition::all()
        .add_option(any_of(Column::AreaId, &narrowed.area_id))
        .add_option(any_of(Column::Phase, &narrowed.phase))
        .add_option(any_of(Column::LaCode, &narrowed.la_code))
        .add_option(members)
        .add_option(led)
}

/// The schools that have a lead on a day, each with the person. A school has one lead at most.
fn leads(caller: &Caller, on: Date) -> SelectStatement {
    use assignment::Column;

    let mut leads = caller.statement::<assignment::Entity>(false);
    leads
        .columns([(assignment::Entity, Column::SchoolId), (assignment::Entity, Column::PersonId)])
        .cond_where(leading(on));
    leads
}

/// The assignments by which people lead on a day.
fn leading(on: Date) -> Condition {
    use assignment::Column;

    Condition::all().add(Column::Role.eq(AssignmentRole::Lead)).add(holds(Column::FromOn, Column::ToOn, on))
}

/// The kinds of school that the hub counts. They are no secret from callers who see less than the hub.
async fn kinds(reading: &ReportReading<'_>) -> Result<List<SchoolKind>> {
    let kinds = async {
        let hub = Caller::system(reading.caller.state().clone(), reading.caller.hub_id);
        let mut kinds = hub.statement::<hub::Entity>(false);
        kinds.column((hub::Entity, hub::Column::KindsInScope));
        let row = reading.one(&kinds).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
    };
    reading.once(kinds).await
}

/// Keeps the kinds of school that a hub counts, where they were read with the ones of other hubs.
pub fn know_kinds(reading: &ReportReading<'_>, hub_id: Uuid, kinds: List<SchoolKind>) {
    reading.know(hub_id, kinds);
}

/// The schools that the hub counts on a day: the ones in scope that had opened by then, and the ones that were closed
/// after it and would be in scope if they were open.
fn in_scope_on(day: Date, kinds: &[SchoolKind]) -> Condition {
    use school::Column;

    let counted = Condition::all().add(Column::InScope.eq(true)).add(Column::Status.is_in(rules::OPEN));
    let closed = Condition::all()
        .add(Column::Status.eq(SchoolStatus::Closed))
        .add(Column::ClosedOn.gt(day))
        .add(Column::ScopeReason.is_null())
        .add(Column::Kind.is_in(kinds.iter().copied()));
    let opened = Condition::any().add(Column::OpenedOn.is_null()).add(Column::OpenedOn.lte(day));
    Condition::all().add(Condition::any().add(counted).add(closed)).add(opened)
}

impl SchoolGrouping {
    /// The column of [`schools`] by which they are grouped.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Area => "area_id",
            Self::Phase => "phase",
            Self::La => "la_code",
            Self::Specialist => "lead_id",
        }
    }

    /// Reads the value of a group from a row.
    ///
    /// # Errors
    /// When the column is of another type.
    pub fn value(self, row: &QueryResult, at: usize) -> Result<Option<String>> {
        Ok(match self {
            Self::Area | Self::Specialist => row.try_get_by_index::<Option<Uuid>>(at)?.map(|id| id.to_string()),
            Self::Phase | Self::La => row.try_get_by_index(at)?,
        })
    }

    /// The groups of some values, with the names that the caller sees, in the order of the values.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn groups(self, reading: &ReportReading<'_>, values: Vec<Option<String>>) -> Result<Vec<ReportGroup>> {
        let ids: Vec<Uuid> = values.iter().flatten().filter_map(|value| value.parse().ok()).collect();
        let names = match self {
            Self::Area => areas(reading, ids).await?,
            Self::Specialist => people(reading, ids).await?,
            Self::Phase | Self::La => values.iter().flatten().map(|value| (value.clone(), value.clone())).collect(),
        };
        let named = |value: Option<String>| {
            let label = value.as_ref().and_then(|value| names.get(value).cloned());
            ReportGroup { value, label }
        };
        Ok(values.into_iter().map(named).collect())
    }
}

/// The names of areas by their ids, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn areas(reading: &ReportReading<'_>, ids: Vec<Uuid>) -> Result<BTreeMap<String, String>> {
    let Some(caller) = reading.caller.under(Scope::ReadSchools) else { return Ok(BTreeMap::new()) };
    let mut names = caller.statement::<area::Entity>(false);
    names.columns([(area::Entity, area::Column::Id), (area::Entity, area::Column::Name)]);
    names.and_where(area::Column::Id.is_in(ids));
    named(reading, &names).await
}

/// The names of people by their ids, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn people(reading: &ReportReading<'_>, ids: Vec<Uuid>) -> Result<BTreeMap<String, String>> {
    let Some(caller) = reading.caller.under(Scope::ReadPeople) else { return Ok(BTreeMap::new()) };
    let mut names = caller.statement::<person::Entity>(false);
    names.columns([(person::Entity, person::Column::Id), (person::Entity, person::Column::Name)]);
    names.and_where(person::Column::Id.is_in(ids));
    named(reading, &names).await
}

async fn named(reading: &ReportReading<'_>, names: &SelectStatement) -> Result<BTreeMap<String, String>> {
    let rows = reading.all(names).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index::<Uuid>(0)?.to_string(), row.try_get_by_index(1)?))).collect()
}
