//! The states of progress updates.

use entity::plans::progress_update::{self, Decision};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::decisions;
use super::progress_update::ProgressUpdate;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PENDING: &str = Decision::Pending.as_str();
const ACCEPTED: &str = Decision::Accepted.as_str();
const SENT_BACK: &str = Decision::SentBack.as_str();

/// Accepts what was reported.
pub const ACCEPT: Verb = Verb {
    name: "accept",
    path: "accept",
    from: &[PENDING],
    to: ACCEPTED,
    scope: Scope::MonitorPlans,
    reason: Needs::Optional,
    checks: "The caller must be a monitor of the target who neither leads it nor wrote the update (403), and the plan \
             must be active (409).",
};

/// Returns what was reported to its author.
pub const SEND_BACK: Verb =
    Verb { name: "send-back", path: "send-back", to: SENT_BACK, reason: Needs::Required, ..ACCEPT };

impl States for ProgressUpdate {
    type Entity = progress_update::Entity;

    const TABLE: Transitions = Transitions {
        noun: "progress update",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PENDING, ACCEPTED, SENT_BACK],
        verbs: &[ACCEPT, SEND_BACK],
    };

    fn state(row: &progress_update::Model) -> &'static str {
        row.decision.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &Verb,
        rows: &[&progress_update::Model],
    ) -> Result<Vec<bool>> {
        let decidable = caller.rows::<progress_update::Entity>().filter(decisions::decidable(caller));
        let decidable = decidable.filter(progress_update::Column::Id.is_in(rows.iter().map(|row| row.id)));
        let decidable = decidable.select_only().column(progress_update::Column::Id);
        let decidable: Vec<Uuid> = decidable.into_tuple().all(db).await?;
        Ok(rows.iter().map(|row| decidable.contains(&row.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = Decision::ALL.iter().map(|decision| decision.as_str()).collect();
        assert_eq!(ProgressUpdate::TABLE.states, known);
    }
}
