//! How many schools have answered the year's evaluation, and how much of it.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_response as response;
use entity::frameworks::framework::FrameworkKind;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Query as Select, SelectStatement};
use serde::Serialize;
use utoipa::ToSchema;

use super::counted::{column, flag};
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::wall_day;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};

/// What the shares of answers count of.
const CRITERIA: &str = "criteria of the evaluations opened";

/// The report.
pub struct Completeness;

/// Which evaluations count, and by what the schools are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsAsked {
    /// The kind of evaluation; self-evaluations if absent.
    #[param(inline)]
    pub kind: Option<FrameworkKind>,
    /// The academic year; the one in which the day lies if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    pub academic_year: Option<String>,
    /// By what the lines are grouped; by area if absent.
    #[param(inline)]
    pub by: Option<SchoolGrouping>,
}

/// How far the schools of a group are with an evaluation.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationCompleteness {
    /// What the schools have in common.
    pub group: ReportGroup,
    /// Schools in scope.
    #[schema(minimum = 0, example = 60)]
    pub schools: i64,
    /// Schools with an evaluation that was opened by the day.
    pub opened: Share,
    /// Schools whose evaluation was sent by the day, and not taken back.
    pub submitted: Share,
    /// Schools whose evaluation was agreed by the day.
    pub agreed: Share,
    /// Criteria that were answered by the day.
    pub answered: Share,
}

impl ReportSource for Completeness {
    const NAME: &'static str = "evaluation-completeness";
    type Query = And<EvaluationsAsked, ReportedSchools>;
    type Line = EvaluationCompleteness;

    async fn read(reading: &ReportReading<'_>, And(asked, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let by = asked.by.unwrap_or(SchoolGrouping::Area);
        let counted = reported::schools(reading, schools, Some(by)).await?;
        let mut values = Vec::new();
        let mut counts: Vec<[i64; 6]> = Vec::new();
        for row in reading.all(&grouped(counted, evaluations(reading, asked), by)).await? {
            values.push(by.value(&row, 0)?);
            let mut figures = [0; 6];
            for (at, figure) in figures.iter_mut().enumerate() {
                // Nothing has no sum.
                *figure = row.try_get_by_index::<Option<i64>>(at + 1)?.unwrap_or_default();
            }
            counts.push(figures);
        }
        let line = |group, [schools, opened, submitted, agreed, answered, asked]: [i64; 6]| {
            let share = |count| Share::of(count, schools, reported::IN_SCOPE);
            EvaluationCompleteness {
                group,
                schools,
                opened: share(opened),
                submitted: share(submitted),
                agreed: share(agreed),
                answered: Share::of(answered, asked, CRITERIA),
            }
        };
        let total = counts.iter().fold([0; 6], |all, one| std::array::from_fn(|at| all[at] + one[at]));
        let groups = by.groups(reading, values).await?;
        let mut lines: Vec<_> = groups.into_iter().zip(counts).map(|(group, counts)| line(group, counts)).collect();
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: reported::SCOPE, lines, total: Some(line(ReportGroup::all(), total)), found })
    }
}

/// The evaluations that were opened by the day, each with whether it was sent and agreed, and with its criteria.
fn evaluations(reading: &ReportReading<'_>, asked: &EvaluationsAsked) -> SelectStatement {
    use evaluation::{Column, Entity};
    use response::Column as Answer;

    let (caller, as_at) = (reading.caller, reading.as_at);
    let of = |column| Expr::col((Entity, column));
    let answer = |column| Expr::col((response::Entity, column));
    let sent = wall_day::by_end_of(Column::SubmittedAt, as_at).add(Column::Status.ne(EvaluationStatus::Draft));
    let agreed = wall_day::by_end_of(Column::DecidedAt, as_at).add(Column::Status.eq(EvaluationStatus::Agreed));
    let answered = wall_day::by_end_of(Answer::AnsweredAt, as_at)
        .add(Answer::Level.is_not_null().or(Answer::NotApplicable.eq(true)));
    let same = answer(Answer::HubId)
        .equals((Entity, Column::HubId))
        .and(answer(Answer::EvaluationId).equals((Entity, Column::Id)));
    let year = asked.academic_year.clone().unwrap_or_else(|| academic_year(as_at));
    let mut rows = caller.statement::<Entity>(false);
    rows.expr_as(of(Column::SchoolId), Alias::new("school_id"))
        .expr_as(flag(sent.into()).max(), Alias::new("sent"))
        .expr_as(flag(agreed.into()).max(), Alias::new("agreed"))
        .expr_as(flag(answered.into()).sum(), Alias::new("answered"))
        .expr_as(answer(Answer::Id).count(), Alias::new("asked"))
        .join(JoinType::LeftJoin, response::Entity, same)
        .and_where(Column::AcademicYear.eq(year))
        .and_where(Column::Kind.eq(asked.kind.unwrap_or(FrameworkKind::SelfEvaluation)))
        .cond_where(wall_day::by_end_of(Column::CreatedAt, as_at))
        .add_group_by([of(Column::SchoolId)]);
    rows
}

/// Schools by group, with the figures of their evaluations.
fn grouped(schools: SelectStatement, evaluations: SelectStatement, by: SchoolGrouping) -> SelectStatement {
    let of = |name| column("made", name);
    let sum = |name| of(name).sum().cast_as("bigint");
    let same = of("school_id").eq(column("counted", "id"));
    let mut rows = Select::select();
    rows.expr(column("counted", by.column()))
        .expr(column("counted", "id").count())
        .expr(of("school_id").count())
        .expr(sum("sent"))
        .expr(sum("agreed"))
        .expr(sum("answered"))
        .expr(sum("asked"))
        .from_subquery(schools, Alias::new("counted"))
        .join_subquery(JoinType::LeftJoin, evaluations, Alias::new("made"), same)
        .add_group_by([column("counted", by.column())]);
    rows
}

routes! { ReadReports: report_evaluation_completeness }

/// Reports which share of the schools in scope has opened, sent and agreed the year's evaluation.
///
/// It also says how much of the evaluations is answered.
///
/// What was sent or agreed counts from its day on, by how far the evaluation has come since: one that was returned
/// still counts as sent, one that was taken back does not.
#[utoipa::path(
    get,
    path = "/reports/evaluation-completeness",
    params(Asked<Completeness>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<EvaluationCompleteness> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_evaluation_completeness(can: Can<ReadReports>, asked: Asked<Completeness>) -> Result<Reply> {
    report::run(&can, asked).await
}
