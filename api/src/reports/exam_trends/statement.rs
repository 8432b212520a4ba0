//! What is asked of the database for a trend.

use std::collections::BTreeMap;

use entity::outcomes::exam_parts::{ExamAreaLevel, ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::{exam_result, exam_statistic};
use entity::schools::school;
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement};
use sea_orm::{ExprTrait, QueryResult};

use super::figures::{Counted, Trend};
use super::{ExamTrendOf, ExamTrendQuery, Wanted};
use crate::kernel::operations::suppression::ReportedCounts;
use crate::kernel::prelude::*;
use crate::outcomes::exams::store::Published;
use crate::reports::counted::{column, flag};
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};
use crate::schools::store::successors;

/// The columns of a figure, in the table of schools or of areas.
#[derive(Clone, Copy)]
struct Columns<C> {
    kind: C,
    grade: C,
    qualification: C,
    subject: C,
    basis: C,
    year: C,
}

const OF_RESULTS: Columns<exam_result::Column> = Columns {
    kind: exam_result::Column::Kind,
    grade: exam_result::Column::Grade,
    qualification: exam_result::Column::Qualification,
    subject: exam_result::Column::Subject,
    basis: exam_result::Column::Basis,
    year: exam_result::Column::AcademicYear,
};

const OF_STATISTICS: Columns<exam_statistic::Column> = Columns {
    kind: exam_statistic::Column::Kind,
    grade: exam_statistic::Column::Grade,
    qualification: exam_statistic::Column::Qualification,
    subject: exam_statistic::Column::Subject,
    basis: exam_statistic::Column::Basis,
    year: exam_statistic::Column::AcademicYear,
};

impl<C: ColumnTrait> Columns<C> {
    /// The figures that a report wants.
    fn wanted(&self, wanted: &Wanted) -> Condition {
        let Wanted { qualification, subject, basis, years, .. } = wanted;
        let (first, last) = (years.first().cloned(), years.last().cloned());
        Condition::all()
            .add(self.subject.eq(ExamSubject::as_str(*subject)))
            .add(self.qualification.eq(ExamQualification::as_str(*qualification)))
            .add(self.basis.eq(ExamBasis::as_str(*basis)))
            .add(between(self.year, first, last))
    }

    /// Adds to a statement of a series: its total, its grades, the good ones among them, and how many of its grades are
    /// not known. `pupils` is the figure as the caller sees it.
    fn sums(&self, rows: &mut SelectStatement, wanted: &Wanted, pupils: &Expr) {
        let is = |kind: ExamFigureKind| self.kind.eq(kind.as_str());
        let good = self.grade.is_in(wanted.good.iter().cloned());
        let sum_if = |condition: Expr| -> Expr { Expr::case(condition, pupils.clone()).into() };
        rows.expr_as(whole(sum_if(is(ExamFigureKind::Total)).sum()), Alias::new("total"))
            .expr_as(whole(sum_if(is(ExamFigureKind::Grade)).sum()), Alias::new("graded"))
            .expr_as(whole(sum_if(is(ExamFigureKind::Grade).and(good)).sum()), Alias::new("good"))
            .expr_as(whole(flag(is(ExamFigureKind::Grade).and(pupils.clone().is_null())).sum()), Alias::new("unknown"));
    }
}

/// A sum as a whole number, which PostgreSQL makes a decimal of.
fn whole(sum: Expr) -> Expr {
    sum.cast_as(Alias::new("bigint"))
}

/// The trends of schools, group by group.
///
/// # Errors
/// When the database is away.
pub async fn of_schools(
    reading: &ReportReading<'_>,
    wanted: &Wanted,
    query: &ExamTrendQuery,
    schools: &ReportedSchools,
) -> Result<Vec<Trend>> {
    let counted = match query.school_id {
        // A school is shown for itself, also where the hub no longer counts it.
        Some(id) => {
            let mut one = reported::all_schools(reading, schools, query.by);
            one.and_where(school::Column::Id.eq(id));
            one
        }
        None => reported::schools(reading, schools, query.by).await?,
    };
    let counted = successors::with_former(reading, counted).await?;
    let Wanted { qualification, subject, basis, .. } = *wanted;
    let group = query.by.map(|by| (by.column(), "of_group"));
    let columns = ["year", "total", "graded", "good", "unknown"];
    let figures =
        Published { qualification, subject, basis }.once(of_series(reading, wanted), &columns, counted, group);
    let rows = reading.all(&by_year(figures, query.by)).await?;
    let mut groups: BTreeMap<Option<String>, BTreeMap<String, Counted>> = BTreeMap::new();
    for row in &rows {
        let group = query.by.map(|by| by.value(row, GROUP)).transpose()?.flatten();
        groups.entry(group).or_default().insert(row.try_get_by_index(0)?, read(row)?);
    }
    let (values, years): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
    let groups = match query.by {
        Some(by) => by.groups(reading, values).await?,
        None => values.iter().map(|_| ReportGroup::all()).collect(),
    };
    let trends = groups.into_iter().zip(years);
    let mut trends: Vec<_> = trends.map(|(group, years)| Trend { of: ExamTrendOf::Schools, group, years }).collect();
    trends.sort_by_cached_key(|trend| (trend.group.value.is_none(), trend.group.label.clone()));
    Ok(trends)
}

/// One line for each series of each school and year. It is read from one index, in the order of that index.
fn of_series(reading: &ReportReading<'_>, wanted: &Wanted) -> SelectStatement {
    use exam_result::Column;

    let of = |column: Column| Expr::col((exam_result::Entity, column));
    let keys =
        [(of(Column::AcademicYear), "year"), (of(Column::SchoolId), "source_id"), (of(Column::Series), "series")];
    // A figure that is withheld from the caller counts as not known.
    let seen: Expr = match wanted.counts {
        ReportedCounts::Shown => Expr::case(Column::Suppressed.eq(false), of(Column::Pupils)).into(),
        ReportedCounts::Raw | ReportedCounts::Tabled => of(Column::Pupils),
    };
    let mut rows = reading.caller.statement::<exam_result::Entity>(false);
    for (key, name) in keys {
        rows.expr_as(key.clone(), Alias::new(name)).add_group_by([key]);
    }
    OF_RESULTS.sums(&mut rows, wanted, &seen);
    rows.cond_where(OF_RESULTS.wanted(wanted));
    rows
}

/// The place of the group in a row.
const GROUP: usize = 7;

/// The figures of all schools of a group and year.
fn by_year(figures: SelectStatement, by: Option<SchoolGrouping>) -> SelectStatement {
    let of = |name: &'static str| column("figure", name);
    let known = of("unknown").eq(0).and(of("graded").is_not_null());
    let entries: Expr = Expr::case(of("total").is_not_null(), of("total")).case(known.clone(), of("graded")).into();
    let if_known = |name: &'static str| -> Expr { Expr::case(known.clone(), of(name)).into() };
    let without = of("total").is_null().and(known.clone().not());
    let left_out = of("unknown").gt(0);
    let mut rows = Query::select();
    rows.expr(of("year"))
        .expr(of("school_id").count_distinct())
        .expr(whole(entries.sum()))
        .expr(whole(flag(without).sum()))
        .expr(whole(if_known("graded").sum()))
        .expr(whole(if_known("good").sum()))
        .expr(whole(flag(left_out).sum()))
        .from_subquery(figures, Alias::new("figure"))
        .add_group_by([of("year")])
        .order_by_expr(of("year"), Order::Asc);
    if by.is_some() {
        rows.expr(of("of_group")).add_group_by([of("of_group")]);
    }
    rows
}

fn read(row: &QueryResult) -> Result<Counted> {
    // A sum of nothing is null.
    let figure = |at: usize| Ok::<i64, Problem>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
    Ok(Counted {
        schools: figure(1)?,
        entries: row.try_get_by_index(2)?,
        without_entries: figure(3)?,
        graded: figure(4)?,
        good: figure(5)?,
        left_out: figure(6)?,
    })
}

/// The trends of areas: of the local authorities asked for, or else of the hub's, of regions, and of England.
///
/// # Errors
/// When the database is away.
pub async fn of_areas(reading: &ReportReading<'_>, wanted: &Wanted, la_codes: &[String]) -> Result<Vec<Trend>> {
    use exam_statistic::Column;

    let of = |column: Column| Expr::col((exam_statistic::Entity, column));
    let mut rows = reading.caller.statement::<exam_statistic::Entity>(false);
    let keys = [of(Column::AreaLevel), of(Column::AreaCode), of(Column::AcademicYear), of(Column::Series)];
    rows.exprs(keys.clone()).expr(of(Column::AreaName).max());
    OF_STATISTICS.sums(&mut rows, wanted, &of(Column::Pupils));
    let larger = Column::AreaLevel.ne(ExamAreaLevel::LocalAuthority);
    let some = any_of(Column::AreaCode, la_codes).map(|these| Condition::any().add(larger).add(these));
    rows.cond_where(OF_STATISTICS.wanted(wanted).add_option(some)).add_group_by(keys);
    let mut areas: BTreeMap<(u8, String), Trend> = BTreeMap::new();
    for row in &reading.all(&rows).await? {
        let (level, code): (ExamAreaLevel, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let year: String = row.try_get_by_index(2)?;
        let name: Option<String> = row.try_get_by_index(4)?;
        let figure = |at: usize| row.try_get_by_index::<Option<i64>>(at);
        let (total, graded, good, unknown) = (figure(5)?, figure(6)?, figure(7)?, figure(8)?.unwrap_or_default());
        let graded = graded.filter(|_| unknown == 0);
        let counted = Counted {
            entries: total.or(graded),
            graded: graded.unwrap_or_default(),
            good: graded.and(good).unwrap_or_default(),
            ..Counted::default()
        };
        let place = match level {
            ExamAreaLevel::LocalAuthority => 0,
            ExamAreaLevel::Region => 1,
            ExamAreaLevel::Country => 2,
        };
        let trend = areas.entry((place, code.clone())).or_insert_with(|| Trend {
            of: level.into(),
            group: ReportGroup { value: Some(code), label: name },
            years: BTreeMap::new(),
        });
        let sum = trend.years.get(&year).map_or(counted, |known| known.and(counted));
        trend.years.insert(year, sum);
    }
    Ok(areas.into_values().collect())
}
