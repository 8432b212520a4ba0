//! The figures of posts and designations in one statement.

use entity::people::{designation, post, post_holding};
use sea_orm::sea_query::{Alias, Expr, Func, JoinType, Query as Select, SelectStatement, UnionType};
use sea_orm::{ExprTrait, QueryResult};

use super::{CapacityGrouping, CapacityLine};
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::reports::counted::{column, flag};
use crate::schools::store::reported::ReportGroup;

/// The sums of the statement, in their order.
const SUMS: [&str; 7] = ["posts", "vacancies", "fte", "fte_vacant", "tentative", "fte_tentative", "designations"];

/// The counts of people, each once, in their order after the sums.
const PEOPLE: [&str; 3] = ["holder", "designated", "person"];

/// The place of the group, after the figures.
pub const KEY: usize = SUMS.len() + PEOPLE.len();

/// The figures of a group.
pub struct Counted {
    sums: [i64; SUMS.len()],
    people: [i64; PEOPLE.len()],
}

impl Counted {
    /// Reads the figures at the beginning of a row.
    ///
    /// # Errors
    /// When the row does not begin so.
    pub fn of(row: &QueryResult) -> Result<Self> {
        let mut counted = Self { sums: [0; SUMS.len()], people: [0; PEOPLE.len()] };
        for (at, sum) in counted.sums.iter_mut().enumerate() {
            // Nothing has no sum.
            *sum = row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default();
        }
        for (at, people) in counted.people.iter_mut().enumerate() {
            *people = row.try_get_by_index(SUMS.len() + at)?;
        }
        Ok(counted)
    }

    /// The line of a group.
    #[must_use]
    pub fn line(self, group: ReportGroup) -> CapacityLine {
        let [posts, vacancies, fte, fte_vacant, tentative_posts, fte_tentative, designations] = self.sums;
        let [holders, designated, people] = self.people;
        let [fte, fte_vacant, fte_tentative] = [fte, fte_vacant, fte_tentative].map(in_fte);
        CapacityLine {
            group,
            posts,
            vacancies,
            fte,
            fte_vacant,
            tentative_posts,
            fte_tentative,
            holders,
            designations,
            designated,
            people,
        }
    }
}

/// Hundredths as full-time equivalents.
#[expect(clippy::cast_precision_loss, reason = "a hub has no more than some thousand posts")]
fn in_fte(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

/// The figures of each group, which stands at [`KEY`].
pub fn by_group(reading: &ReportReading<'_>, by: CapacityGrouping) -> SelectStatement {
    let mut rows = all(reading, by);
    rows.expr(column("work", "key")).add_group_by([column("work", "key")]);
    rows
}

/// The figures of all posts and designations.
pub fn all(reading: &ReportReading<'_>, by: CapacityGrouping) -> SelectStatement {
    let mut work = posts(reading, by);
    work.union(UnionType::All, designations(reading, by));
    let mut figures = Select::select();
    figures.exprs(SUMS.map(|sum| column("work", sum).sum()));
    figures.exprs(PEOPLE.map(|people| column("work", people).count_distinct()));
    figures.from_subquery(work, Alias::new("work"));
    figures
}

/// The posts of the day, each with who holds it.
fn posts(reading: &ReportReading<'_>, by: CapacityGrouping) -> SelectStatement {
    use post::Column;

    let of = |column| Expr::col((post::Entity, column));
    let mut held = reading.caller.statement::<post_holding::Entity>(false);
    held.columns(
        [post_holding::Column::PostId, post_holding::Column::PersonId].map(|column| (post_holding::Entity, column)),
    )
    .cond_where(holds(post_holding::Column::FromOn, post_holding::Column::ToOn, reading.as_at));
    let firm = || Column::Tentative.eq(false);
    let tentative = || Column::Tentative.eq(true);
    let filled = || firm().and(column("held", "person_id").is_not_null());
    let vacant = || firm().and(column("held", "person_id").is_null());
    let fte = |condition: Expr| -> Expr { Expr::case(condition, of(Column::FteHundredths)).finally(0).into() };
    let holder = || -> Expr { Expr::case(firm(), column("held", "person_id")).into() };
    let mut rows = reading.caller.statement::<post::Entity>(false);
    let sums =
        [flag(firm()), flag(vacant()), fte(filled()), fte(vacant()), flag(tentative()), fte(tentative()), Expr::val(0)];
    for (name, value) in SUMS.into_iter().zip(sums) {
        rows.expr_as(value, Alias::new(name));
    }
    for (name, value) in PEOPLE.into_iter().zip([holder(), Expr::null(), holder()]) {
        rows.expr_as(value, Alias::new(name));
    }
    let key = match by {
        CapacityGrouping::Role => role(of(Column::RoleCode), of(Column::RoleText)),
        CapacityGrouping::Funding => of(Column::Funding),
        CapacityGrouping::FundingSource => of(Column::FundingSource),
        CapacityGrouping::Territory => of(Column::Territory),
        CapacityGrouping::Basis | CapacityGrouping::Organisation => Expr::null(),
    };
    rows.expr_as(key, Alias::new("key"));
    let same = column("held", "post_id").equals((post::Entity, Column::Id));
    rows.join_subquery(JoinType::LeftJoin, held, Alias::new("held"), same);
    rows.cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at));
    rows
}

/// The designations of the day.
fn designations(reading: &ReportReading<'_>, by: CapacityGrouping) -> SelectStatement {
    use designation::Column;

    let of = |column| Expr::col((designation::Entity, column));
    let mut rows = reading.caller.statement::<designation::Entity>(false);
    for name in SUMS {
        rows.expr_as(Expr::val(i32::from(name == "designations")), Alias::new(name));
    }
    let person = || of(Column::PersonId);
    for (name, value) in PEOPLE.into_iter().zip([Expr::null(), person(), person()]) {
        rows.expr_as(value, Alias::new(name));
    }
    let key = match by {
        CapacityGrouping::Role => role(of(Column::RoleCode), of(Column::RoleText)),
        CapacityGrouping::Basis => of(Column::Basis),
        CapacityGrouping::Territory => of(Column::Territory),
        CapacityGrouping::Organisation => of(Column::Organisation),
        CapacityGrouping::Funding | CapacityGrouping::FundingSource => Expr::null(),
    };
    rows.expr_as(key, Alias::new("key"));
    rows.cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at));
    rows
}

fn role(code: Expr, text: Expr) -> Expr {
    Func::coalesce([code, text]).into()
}
