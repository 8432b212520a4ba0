//! The statements of the report: schools in scope, with their figures beside them.

use entity::outcomes::measure_value::{self, Column};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ExprTrait, QueryResult};

use super::By;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::reports::counted::{column, flag};

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

const SCHOOLS: &str = "counted";
const FIGURES: &str = "figure";

impl Wanted<'_> {
    /// The figures by group: the group, schools, schools with a figure, schools reached, the sum, how many figures the
    /// sum leaves out, and how many are estimates.
    pub fn statement(&self, caller: &Caller, counted: SelectStatement) -> SelectStatement {
        let key = match self.by {
            By::Schools(by) => column(SCHOOLS, by.column()),
            By::Year => column(FIGURES, "academic_year"),
            By::Dimension(_) => column(FIGURES, "cell"),
        };
        let breakdown = match self.by {
            By::Dimension(name) => name.as_str(),
            By::Schools(_) | By::Year => "",
        };
        // The schools without a figure count in groups of schools, and belong to no year and no part.
        let join = if matches!(self.by, By::Schools(_)) { JoinType::LeftJoin } else { JoinType::InnerJoin };
        let mut statement = self.over(caller, counted, breakdown, join, key.clone());
        statement.add_group_by([key]);
        statement
    }

    /// The schools as a whole, with their totals, in the same columns.
    pub fn schools(&self, caller: &Caller, counted: SelectStatement) -> SelectStatement {
        self.over(caller, counted, "", JoinType::LeftJoin, Expr::val(1))
    }

    fn over(
        &self,
        caller: &Caller,
        counted: SelectStatement,
        breakdown: &str,
        join: JoinType,
        key: Expr,
    ) -> SelectStatement {
        let figure = |name: &'static str| column(FIGURES, name);
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
        let mut statement = Query::select();
        statement
            .expr(key)
            .expr(column(SCHOOLS, "id").count_distinct())
            .expr(figure("school_id").count_distinct())
            .expr(sum(flag(reached)))
            .expr(sum(value))
            .expr(sum(left_out))
            .expr(sum(flag(figure("estimated").eq(true))))
            .from_subquery(counted, Alias::new(SCHOOLS))
            .join_subquery(
                join,
                self.figures(caller, breakdown),
                Alias::new(FIGURES),
                figure("school_id").eq(column(SCHOOLS, "id")),
            );
        statement
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
