//! Where the entries of a timeline come from, each under the caller's own reach.

use entity::frameworks::{award_application, evaluation};
use entity::outcomes::school_plan_record;
use entity::owned::Owned;
use entity::ratings::rag_rating::{self, RatingStatus};
use entity::visits::{action, visit};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, IdenStatic};
use uuid::Uuid;

use super::TimelineKind;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;

/// Rows of one kind about a school, and what an entry is made of.
pub struct Source {
    /// What they are.
    pub kind: TimelineKind,
    /// The rows, without a column.
    pub rows: SelectStatement,
    /// The row's id.
    pub id: Expr,
    /// When it is.
    pub at: Expr,
    /// True if that is a day.
    pub day: bool,
    /// More about the kind, if there is more.
    pub what: Option<Expr>,
    /// What it is about, if it says so.
    pub title: Option<Expr>,
    /// How far it has come, if it has states.
    pub status: Option<Expr>,
}

impl Source {
    /// The rows of a table about a school; none where the caller does not read the table at all.
    fn of<E: Owned>(
        caller: &Caller,
        (kind, scope): (TimelineKind, Scope),
        school: (E::Column, Uuid),
        at: E::Column,
        day: bool,
    ) -> Option<Self> {
        let mut rows = caller.under(scope)?.statement::<E>(false);
        rows.and_where(school.0.eq(school.1)).and_where(at.is_not_null());
        let (id, at) = (column::<E>(E::id()), column::<E>(at));
        Some(Self { kind, rows, id, at, day, what: None, title: None, status: None })
    }

    fn what<E: Owned>(mut self, column: E::Column) -> Self {
        self.what = Some(self::column::<E>(column));
        self
    }

    fn title<E: Owned>(mut self, column: E::Column) -> Self {
        self.title = Some(self::column::<E>(column));
        self
    }

    fn status<E: Owned>(mut self, column: E::Column) -> Self {
        self.status = Some(self::column::<E>(column));
        self
    }

    fn only(mut self, condition: Expr) -> Self {
        self.rows.and_where(condition);
        self
    }
}

fn column<E: Owned>(column: E::Column) -> Expr {
    Expr::col((sea_orm::sea_query::Alias::new(E::table()), sea_orm::sea_query::Alias::new(column.as_str())))
}

/// All sources, in an order that stays: cursors name them by their places.
pub fn all(caller: &Caller, school: Uuid) -> Vec<Option<Source>> {
    vec![
        visits(caller, school),
        submitted(caller, school),
        begun(caller, school),
        awards(caller, school),
        ratings(caller, school),
        plan_records(caller, school),
        actions(caller, school),
    ]
}

fn visits(caller: &Caller, school: Uuid) -> Option<Source> {
    use visit::{Column, Entity};

    let of = (TimelineKind::Visit, Scope::ReadVisits);
    let visits = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::StartsAt, false)?;
    let visits = visits.what::<Entity>(Column::Kind).title::<Entity>(Column::Purpose);
    Some(visits.status::<Entity>(Column::Status))
}

fn evaluations(caller: &Caller, school: Uuid, at: evaluation::Column) -> Option<Source> {
    use evaluation::{Column, Entity};

    let of = (TimelineKind::Evaluation, Scope::ReadFrameworks);
    let evaluations = Source::of::<Entity>(caller, of, (Column::SchoolId, school), at, false)?;
    let evaluations = evaluations.what::<Entity>(Column::Kind).title::<Entity>(Column::AcademicYear);
    Some(evaluations.status::<Entity>(Column::Status))
}

fn submitted(caller: &Caller, school: Uuid) -> Option<Source> {
    evaluations(caller, school, evaluation::Column::SubmittedAt)
}

fn begun(caller: &Caller, school: Uuid) -> Option<Source> {
    let begun = evaluations(caller, school, evaluation::Column::CreatedAt)?;
    Some(begun.only(evaluation::Column::SubmittedAt.is_null()))
}

fn awards(caller: &Caller, school: Uuid) -> Option<Source> {
    use award_application::{Column, Entity};

    let of = (TimelineKind::AwardApplication, Scope::ReadFrameworks);
    let awards = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::AppliedOn, true)?;
    Some(awards.what::<Entity>(Column::Level).status::<Entity>(Column::Status))
}

fn ratings(caller: &Caller, school: Uuid) -> Option<Source> {
    use rag_rating::{Column, Entity};

    let of = (TimelineKind::Rating, Scope::ReadRatings);
    let ratings = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::OnDate, true)?;
    Some(ratings.what::<Entity>(Column::Colour).only(Column::Status.eq(RatingStatus::Accepted)))
}

fn plan_records(caller: &Caller, school: Uuid) -> Option<Source> {
    use school_plan_record::{Column, Entity};

    let of = (TimelineKind::PlanRecord, Scope::ReadOutcomes);
    let records = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::CheckedOn, true)?;
    Some(records.title::<Entity>(Column::AcademicYear))
}

fn actions(caller: &Caller, school: Uuid) -> Option<Source> {
    use action::{Column, Entity};

    let of = (TimelineKind::Action, Scope::ReadVisits);
    let actions = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::DueOn, true)?;
    Some(actions.title::<Entity>(Column::Text).status::<Entity>(Column::Status))
}
