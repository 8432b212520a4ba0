//! The statements of the report: schools in scope, with their figures beside them.

use entity::outcomes::measure_value::{self, Column};
use sea_orm::sea_query::{Alias, Expr, JoinType, OverStatement, Query, SelectStatement, WindowStatement};
use sea_orm::{ColumnTrait, ExprTrait, QueryResult};

use super::By;
use crate::kernel::base::academic_year;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::reports::counted::{column, flag};
use crate::schools::store::successors::{self, WithFormer};

/// Which figures are read.
pub(super) struct Wanted<'a> {
    /// The measure.
    pub code: &'a str,
    /// The academic years.
    pub years: Vec<String>,
    /// By what they are grouped.
    pub by: By,
    /// True if only figures that are not suppressed are added up.
    pub only_shown: bool,
}

const FIGURES: &str = "figure";

/// The figures with the schools under which they count.
const COUNTED: &str = "counts";

impl Wanted<'_> {
    /// The figures by group: the group, schools, schools with a figure, schools reached, the sum, how many figures the
    /// sum leaves out, and how many are estimates.
    pub fn statement(&self, caller: &Caller, counted: &WithFormer) -> SelectStatement {
        let (key, breakdown) = match self.by {
            By::Schools(by) => (successors::counts(by.column()), ""),
            By::Year => (column(FIGURES, "academic_year"), ""),
            By::Dimension(name) => (column(FIGURES, "cell"), name.as_str()),
        };
        // The schools without a figure count in groups of schools, and belong to no year and no part.
        let join = if matches!(self.by, By::Schools(_)) { JoinType::LeftJoin } else { JoinType::InnerJoin };
        self.over(caller, counted, breakdown, join, Some(key))
    }

    /// The schools as a whole, with their totals, in the same columns.
    pub fn schools(&self, caller: &Caller, counted: &WithFormer) -> SelectStatement {
        self.over(caller, counted, "", JoinType::LeftJoin, None)
    }

    fn over(
        &self,
        caller: &Caller,
        counted: &WithFormer,
        breakdown: &str,
        join: JoinType,
        key: Option<Expr>,
    ) -> SelectStatement {
        let figure = |name: &'static str| column(COUNTED, name);
        let suppressed = || figure("suppressed").eq(true);
        let reached = match self.only_shown {
            true => figure("value").gt(0).or(suppressed()),
            false => figure("value").gt(0),
        };
        let value = match self.only_shown {
            true => Expr::case(suppressed().not(), figure("value")).finally(Expr::null()).into(),
            false => figure("value"),
        };
        let left_out: Expr = if self.only_shown { flag(suppressed()) } else { Expr::val(0) };
        let sum = |of: Expr| of.sum().cast_as(Alias::new("bigint"));
        let schools = |of: Expr| -> Expr { Expr::expr(Expr::case(of, figure("school_id"))).count_distinct() };
        let mut statement = Query::select();
        statement
            .expr(key.as_ref().map_or_else(|| Expr::val(1), |_| figure("key")))
            .expr(figure("school_id").count_distinct())
            .expr(schools(figure("source_id").is_not_null()))
            .expr(schools(reached))
            .expr(sum(value))
            .expr(sum(left_out))
            .expr(sum(flag(figure("estimated").eq(true))))
            .add_group_by(key.as_ref().map(|_| figure("key")))
            .from_subquery(self.counted(caller, counted, breakdown, join, key), Alias::new(COUNTED));
        if counted.former {
            statement.and_where(figure("stands").eq(figure("best")));
        }
        statement
    }

    /// The figures beside the schools under which they count. Of a closed school and the one that came from it, the
    /// figure of the school that was open at the end of the year counts where both have one.
    fn counted(
        &self,
        caller: &Caller,
        counted: &WithFormer,
        breakdown: &str,
        join: JoinType,
        key: Option<Expr>,
    ) -> SelectStatement {
        let school = successors::counts;
        let figure = |name: &'static str| column(FIGURES, name);
        let same = figure("school_id").eq(school("source_id"));
        let mut rows = Query::select();
        rows.expr_as(school("id"), Alias::new("school_id"))
            .expr_as(figure("school_id"), Alias::new("source_id"))
            .from_subquery(counted.rows.clone(), Alias::new(successors::COUNTED))
            .join_subquery(join, self.figures(caller, breakdown), Alias::new(FIGURES), same);
        for name in ["value", "suppressed", "estimated"] {
            rows.expr(figure(name));
        }
        if let Some(key) = key {
            rows.expr_as(key, Alias::new("key"));
        }
        if counted.former {
            let mut window = WindowStatement::new();
            for key in [school("id"), figure("academic_year"), figure("cell")] {
                window.add_partition_by(key);
            }
            rows.expr_as(self.stands(), Alias::new("stands"));
            rows.expr_window_as(self.stands().max(), window, Alias::new("best"));
        }
        rows
    }

    /// 1 for the figure of a school that was open on the last day of the year, else 0.
    fn stands(&self) -> Expr {
        let was_open = |year: &str| {
            let (_, last_day) = academic_year::days(year)?;
            Some(column(FIGURES, "academic_year").eq(year).and(successors::was_open(last_day)))
        };
        flag(self.years.iter().filter_map(|year| was_open(year)).fold(Expr::val(false), ExprTrait::or))
    }

    fn figures(&self, caller: &Caller, breakdown: &str) -> SelectStatement {
        let mut figures = caller.statement::<measure_value::Entity>(false);
        let columns = [
            Column::SchoolId,
            Column::AcademicYear,
            Column::Cell,
            Column::Value,
            Column::Suppressed,
            Column::Estimated,
        ];
        figures
            .columns(columns.map(|column| (measure_value::Entity, column)))
            .and_where(Column::AcademicYear.is_in(self.years.iter().map(String::as_str)))
            .and_where(Column::DefinitionCode.eq(self.code))
            .and_where(Column::Breakdown.eq(breakdown));
        figures
    }

    /// The value of a group.
    pub fn value(&self, row: &QueryResult) -> Result<Option<String>> {
        Ok(match self.by {
            By::Schools(by) => by.value(row, 0)?,
            By::Year => row.try_get_by_index(0)?,
            By::Dimension(_) => {
                let cell: Option<String> = row.try_get_by_index(0)?;
                cell.and_then(|cell| cell.split_once('=').map(|(_, code)| code.to_owned()))
            }
        })
    }
}
