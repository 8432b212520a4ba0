//! Effects of a visit on the actions of its school. Completing a visit carries the school's open actions on to it.
//! Giving the school the report shows it the visit's actions with audience `after_sharing`. Both act in the whole
//! hub, regardless of the caller's reach.

use entity::row::Row;
use entity::visits::action::{self, ActionAudience, ActionSource, ActionStatus};
use entity::visits::visit;
use sea_orm::sea_query::LockType;
use sea_orm::{ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::ActionItem;
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Decided;
use crate::visits::store;

/// Carries the school's earlier open actions on to a completed visit.
///
/// An action that comes from a visit is earlier if that visit began earlier. Any other action is earlier if it was
/// created before the completed visit began. An action that was carried on to a later visit stays there.
///
/// # Errors
/// When the database is away.
pub async fn carry_on(write: &mut Write, visit: &visit::Model) -> Result<()> {
    use action::Column;

    let earlier = store::whole_hub(write).rows_archived::<visit::Entity>();
    let earlier = earlier.filter(visit::Column::SchoolId.eq(visit.school_id));
    let earlier = earlier.filter(visit::Column::StartsAt.lt(visit.starts_at)).select_only();
    let earlier = earlier.column(visit::Column::Id).into_query();
    let of_visit = Column::SourceKind.eq(ActionSource::Visit);
    let of_others = Column::SourceKind.ne(ActionSource::Visit).and(Column::CreatedAt.lt(visit.starts_at));
    let of_earlier = of_visit.and(Column::SourceId.in_subquery(earlier.clone()));
    let open = Condition::all()
        .add(Column::SchoolId.eq(visit.school_id))
        .add(Column::Status.eq(ActionStatus::Open))
        .add(of_earlier.or(of_others))
        .add(Column::CarriedToId.is_null().or(Column::CarriedToId.in_subquery(earlier)));
    change(write, open, "carry_on", |action| {
        action.carried_to_id = Some(visit.id);
        action.times_carried += 1;
    })
    .await
}

/// Changes the audience of a visit's actions from `after_sharing` to `school`, when the school gets the report.
///
/// # Errors
/// When the database is away.
pub async fn show(write: &mut Write, visit_id: Uuid) -> Result<()> {
    let now = Some(write.now());
    let waiting = store::of_visits(&[visit_id]).add(action::Column::Audience.eq(ActionAudience::AfterSharing));
    change(write, waiting, "show", |action| {
        action.audience = ActionAudience::School;
        action.shared_at = now;
    })
    .await
}

async fn change(
    write: &mut Write,
    which: Condition,
    verb: &'static str,
    change: impl Fn(&mut action::Model),
) -> Result<()> {
    let rows = store::whole_hub(write).rows::<action::Entity>().filter(which).order_by_asc(action::Column::Id);
    let before = rows.lock(LockType::NoKeyUpdate).all(write.tx()).await?;
    let after = before.iter().map(|row| {
        let mut next = row.clone();
        change(&mut next);
        next.set_meta(write.meta_after(row));
        next
    });
    let after: Vec<_> = after.collect();
    let pairs = before.iter().zip(&after);
    let steps = pairs.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Verb(verb) });
    write.store_many::<ActionItem>(&steps.collect::<Vec<_>>()).await
}
