//! Where the entries of a timeline come from, each under the caller's own reach.

use entity::engagement::{communication, communication_recipient, consultation_response, meeting, shared_practice};
use entity::frameworks::{award_application, evaluation};
use entity::outcomes::school_plan_record;
use entity::owned::Owned;
use entity::packages::{delivery, order_line, package_order};
use entity::ratings::rag_rating::{self, RatingStatus};
use entity::training::{attendance, training_event};
use entity::visits::{action, visit};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{ColumnTrait, ExprTrait, IdenStatic};
use uuid::Uuid;

use super::TimelineKind;
use crate::kernel::base::filter::json_names;
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

    /// Adds the row of another table of the hub that a column names.
    fn joined<E: Owned, P: Owned>(mut self, by: E::Column) -> Self {
        let same = column::<E>(by).eq(column::<P>(P::id()));
        let own = column::<E>(E::hub()).eq(column::<P>(P::hub()));
        self.rows.inner_join(Alias::new(P::table()), same.and(own));
        self
    }

    /// The time that counts, where it stands in the table that was joined.
    fn at<E: Owned>(mut self, column: E::Column) -> Self {
        self.at = self::column::<E>(column);
        self
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
    Expr::col((Alias::new(E::table()), Alias::new(column.as_str())))
}

/// All sources, in an order that stays: cursors name them by their places.
pub fn all(caller: &Caller, school: Uuid) -> Vec<Option<Source>> {
    let sources: [fn(&Caller, Uuid) -> Option<Source>; 14] = [
        visits,
        submitted,
        begun,
        awards,
        ratings,
        plan_records,
        actions,
        orders,
        deliveries,
        training,
        messages,
        answers,
        meetings,
        practice,
    ];
    sources.iter().map(|source| source(caller, school)).collect()
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

fn orders(caller: &Caller, school: Uuid) -> Option<Source> {
    use package_order::{Column, Entity};

    let of = (TimelineKind::Order, Scope::ReadPackages);
    let orders = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::QuotedOn, true)?;
    let orders = orders.what::<Entity>(Column::Term).title::<Entity>(Column::AcademicYear);
    Some(orders.status::<Entity>(Column::Status))
}

fn deliveries(caller: &Caller, school: Uuid) -> Option<Source> {
    use delivery::{Column, Entity};

    let of = (TimelineKind::Delivery, Scope::ReadPackages);
    let deliveries = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::DeliveredOn, true)?;
    let deliveries = deliveries.joined::<Entity, order_line::Entity>(Column::OrderLineId);
    Some(deliveries.title::<order_line::Entity>(order_line::Column::Title))
}

fn training(caller: &Caller, school: Uuid) -> Option<Source> {
    use attendance::{Column, Entity};

    let of = (TimelineKind::Training, Scope::ReadTraining);
    let training = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::CreatedAt, false)?;
    let training = training.joined::<Entity, training_event::Entity>(Column::EventId);
    let training = training.at::<training_event::Entity>(training_event::Column::StartsAt);
    let training = training.what::<training_event::Entity>(training_event::Column::Kind);
    let training = training.title::<training_event::Entity>(training_event::Column::Title);
    Some(training.status::<Entity>(Column::Status))
}

fn messages(caller: &Caller, school: Uuid) -> Option<Source> {
    use communication_recipient::{Column, Entity};

    let of = (TimelineKind::Communication, Scope::ReadEngagement);
    let messages = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::SentOn, true)?;
    let messages = messages.joined::<Entity, communication::Entity>(Column::CommunicationId);
    let messages = messages.what::<Entity>(Column::Kind).status::<Entity>(Column::Outcome);
    let messages = messages.title::<communication::Entity>(communication::Column::Title);
    Some(Source { id: column::<communication::Entity>(communication::Column::Id), ..messages })
}

fn answers(caller: &Caller, school: Uuid) -> Option<Source> {
    use consultation_response::{Column, Entity};

    let of = (TimelineKind::ConsultationResponse, Scope::ReadEngagement);
    Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::AnsweredOn, true)
}

/// Meetings at which the school was, or is expected.
fn meetings(caller: &Caller, school: Uuid) -> Option<Source> {
    use meeting::{Column, Entity};

    let mut rows = caller.under(Scope::ReadEngagement)?.statement::<Entity>(false);
    rows.and_where(json_names(caller.db().backend(), Column::Attendance, "school_id", school));
    let (id, at) = (column::<Entity>(Column::Id), column::<Entity>(Column::StartsAt));
    let kind = TimelineKind::Meeting;
    let meetings = Source { kind, rows, id, at, day: false, what: None, title: None, status: None };
    let meetings = meetings.what::<Entity>(Column::Kind).title::<Entity>(Column::Title);
    Some(meetings.status::<Entity>(Column::Status))
}

/// Practice of the school that the hub shared.
fn practice(caller: &Caller, school: Uuid) -> Option<Source> {
    use shared_practice::{Column, Entity};

    let of = (TimelineKind::SharedPractice, Scope::ReadEngagement);
    let practice = Source::of::<Entity>(caller, of, (Column::SchoolId, school), Column::PublishedOn, true)?;
    let practice = practice.what::<Entity>(Column::Kind).title::<Entity>(Column::Title);
    Some(practice.status::<Entity>(Column::Status))
}
