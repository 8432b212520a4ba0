//! The hub's whole return: the figures of all schools added up, line by line, in the order of the form.

use std::collections::HashMap;

use entity::missing::MissingReason;
use entity::outcomes::collection::{self, FormLine};
use entity::outcomes::measure_definition::MeasureBasis;
use entity::outcomes::measure_value::{self, Column};
use entity::outcomes::school_return::{self, ReturnStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Query as Select, SelectStatement};
use serde::Serialize;
use utoipa::ToSchema;

use super::OfCollection;
use crate::kernel::operations::suppression::ReportedCounts;
use crate::kernel::prelude::*;
use crate::outcomes::rules;
use crate::outcomes::store;
use crate::reports::counted::{column, flag};

/// The report.
pub struct HubReturn;

/// What the shares count of.
const ASKED: &str = "schools that the collection asks";

/// Which returns count.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HubReturnQuery {
    /// Only figures of schools whose return has any of these states; of all schools that are asked if absent.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<ReturnStatus>,
}

/// A line of the form with the figures of all schools.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubReturnLine {
    /// Its number on the form.
    #[schema(max_length = 20, example = "1a")]
    pub number: String,
    /// What the form says beside it.
    #[schema(max_length = 500, example = "Pupils who had whole-class teaching in key stage 2")]
    pub label: String,
    /// The measure.
    #[schema(max_length = 60, example = "first_access_pupils")]
    pub definition_code: String,
    /// The dimensions with their codes, separated by semicolons; empty for a total.
    #[schema(max_length = 400, example = "key_stage=ks2")]
    pub cell: String,
    /// What a figure counts; null where no school has a figure.
    #[schema(example = "headcount")]
    pub basis: Option<MeasureBasis>,
    /// The figures added up; null where there is none, and where all are withheld.
    #[schema(minimum = 0, example = 1_240)]
    pub value: Option<i64>,
    /// True if `value` is withheld.
    #[schema(example = false)]
    pub suppressed: bool,
    /// How many figures `value` leaves out, since they are withheld from the caller.
    #[schema(minimum = 0, example = 0)]
    pub withheld_figures: i64,
    /// Schools that gave a figure, or the reason why there is none.
    pub answered: Share,
    /// Schools whose figure is a best estimate.
    #[schema(minimum = 0, example = 3)]
    pub estimated: i64,
    /// Schools that did not count it.
    #[schema(minimum = 0, example = 2)]
    pub not_collected: i64,
    /// Schools to which it does not apply.
    #[schema(minimum = 0, example = 4)]
    pub not_applicable: i64,
    /// Schools that have not answered the line.
    #[schema(minimum = 0, example = 12)]
    pub unanswered: i64,
}

/// What was counted for a line.
struct Counted {
    basis: MeasureBasis,
    answered: i64,
    value: Option<i64>,
    withheld: i64,
    estimated: i64,
    not_collected: i64,
    not_applicable: i64,
}

impl ReportSource for HubReturn {
    const NAME: &'static str = "hub-return";
    type Query = And<HubReturnQuery, OfCollection>;
    type Line = HubReturnLine;

    async fn read(reading: &ReportReading<'_>, And(query, of): &Self::Query) -> Result<Figures<Self::Line>> {
        let Some(collection) = of.load(reading).await? else { return Ok(super::nothing(ASKED)) };
        let only_shown = reading.caller.reported_counts(Scope::WriteOutcomes) == ReportedCounts::Shown;
        let asked = asked(reading.caller, &collection, &query.status);
        let schools = reading.one(&count(asked.clone())).await?;
        let schools: i64 = schools.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        let mut found: HashMap<(String, String), Counted> = HashMap::new();
        for row in reading.all(&figures(reading.caller, &collection, asked, only_shown)).await? {
            let figure = |at: usize| Ok::<i64, Problem>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
            let counted = Counted {
                basis: row.try_get_by_index(2)?,
                answered: figure(3)?,
                value: row.try_get_by_index(4)?,
                withheld: figure(5)?,
                estimated: figure(6)?,
                not_collected: figure(7)?,
                not_applicable: figure(8)?,
            };
            found.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), counted);
        }
        let lines: Vec<_> = collection.lines.iter().map(|line| of_line(line, schools, &found)).collect();
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: ASKED, lines, total: None, found })
    }
}

fn of_line(line: &FormLine, schools: i64, found: &HashMap<(String, String), Counted>) -> HubReturnLine {
    let cell = rules::cell(&rules::codes_of(line), None);
    let counted = found.get(&(line.definition_code.clone(), cell.clone()));
    let figure = |of: fn(&Counted) -> i64| counted.map_or(0, of);
    let (answered, withheld) = (figure(|one| one.answered), figure(|one| one.withheld));
    let value = counted.and_then(|one| one.value);
    let suppressed = withheld > 0 && value.unwrap_or(0) == 0;
    HubReturnLine {
        number: line.number.clone(),
        label: line.label.clone(),
        definition_code: line.definition_code.clone(),
        cell,
        basis: counted.map(|one| one.basis),
        value: value.filter(|_| !suppressed),
        suppressed,
        withheld_figures: withheld,
        answered: Share::of(answered, schools, ASKED),
        estimated: figure(|one| one.estimated),
        not_collected: figure(|one| one.not_collected),
        not_applicable: figure(|one| one.not_applicable),
        unanswered: schools - answered,
    }
}

/// The schools that a collection asks, of those that the caller reaches.
fn asked(caller: &Caller, collection: &collection::Model, status: &[ReturnStatus]) -> SelectStatement {
    let mut asked = caller.statement::<school_return::Entity>(false);
    asked
        .column((school_return::Entity, school_return::Column::SchoolId))
        .and_where(school_return::Column::CollectionId.eq(collection.id))
        .cond_where(Condition::all().add_option(any_of(school_return::Column::Status, status)));
    asked
}

fn count(asked: SelectStatement) -> SelectStatement {
    let mut count = Select::select();
    count.expr(column("asked", "school_id").count()).from_subquery(asked, Alias::new("asked"));
    count
}

/// The figures of the form by measure and cell.
fn figures(
    caller: &Caller,
    collection: &collection::Model,
    asked: SelectStatement,
    only_shown: bool,
) -> SelectStatement {
    let of = |column: Column| Expr::col((measure_value::Entity, column));
    let suppressed = || of(Column::Suppressed).eq(true);
    let value: Expr = match only_shown {
        true => Expr::case(suppressed().not(), of(Column::Value)).finally(Expr::null()).into(),
        false => of(Column::Value),
    };
    let left_out: Expr = if only_shown { flag(suppressed()) } else { Expr::val(0) };
    let sum = |of: Expr| of.sum().cast_as(Alias::new("bigint"));
    let missing = |reason: MissingReason| sum(flag(of(Column::MissingReason).eq(reason.as_str())));
    let keys = [of(Column::DefinitionCode), of(Column::Cell)];
    let mut figures = caller.statement::<measure_value::Entity>(false);
    figures
        .exprs(keys.clone())
        .expr(of(Column::Basis).max())
        .expr(of(Column::SchoolId).count())
        .expr(sum(value))
        .expr(sum(left_out))
        .expr(sum(flag(of(Column::Estimated).eq(true))))
        .expr(missing(MissingReason::NotCollected))
        .expr(missing(MissingReason::NotApplicable))
        .and_where(Column::AcademicYear.eq(collection.academic_year.as_str()))
        .cond_where(store::asked_for(&collection.lines))
        .and_where(Column::SchoolId.in_subquery(asked))
        .add_group_by(keys);
    figures
}

routes! { ReadOutcomes: report_hub_return }

/// Reports the hub's whole return to a collection, line by line in the order of the form.
///
/// Each line adds up the figures of all schools that are asked.
/// It says what is estimated, what is missing for which reason, and how many schools have not answered; which ones is
/// in `GET /reports/returns-outstanding`. Callers who write outcomes in the whole hub get the figures as they are. For
/// others the sums leave out what is withheld in `GET /measure-values`, and `withheld_figures` says how many figures
/// that is.
#[utoipa::path(
    get,
    path = "/reports/hub-return",
    params(Asked<HubReturn>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<HubReturnLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_hub_return(can: Can<ReadOutcomes>, asked: Asked<HubReturn>) -> Result<Reply> {
    report::run(&can, asked).await
}
