//! With whom practice is shared, from when to when: what decides which schools see it, and what reports count.

use std::collections::HashSet;

use entity::engagement::shared_practice::{self, PracticeAudience, PracticeStatus};
use entity::engagement::shared_practice_audience as audience;
use entity::row::Row;
use sea_orm::QueryFilter;

use super::ids;
use crate::kernel::prelude::*;

/// A school or a group of schools; neither of them for every school.
type Whom = (Option<Uuid>, Option<Uuid>);

/// Makes the audience of a piece of practice what the row says: everybody or the ones that are named while it is
/// published, and nobody otherwise.
///
/// # Errors
/// When the database is away.
pub async fn settle(write: &Write, row: &shared_practice::Model) -> Result<()> {
    let today = write.caller().today();
    let mut wanted: HashSet<Whom> = match (row.status, row.audience) {
        (PracticeStatus::Draft | PracticeStatus::Withdrawn, _) => HashSet::new(),
        (PracticeStatus::Published, PracticeAudience::All) => HashSet::from([(None, None)]),
        (PracticeStatus::Published, PracticeAudience::Chosen) => {
            let schools = ids(row.to_school_ids.as_ref()).iter().map(|id| (Some(*id), None));
            let groups = ids(row.to_school_group_ids.as_ref()).iter().map(|id| (None, Some(*id)));
            schools.chain(groups).collect()
        }
    };
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let current = hub.rows::<audience::Entity>().filter(audience::Column::SharedPracticeId.eq(row.id));
    let current = current.filter(audience::Column::ToOn.is_null()).all(write.tx()).await?;
    let over = current.iter().filter(|known| !wanted.remove(&(known.school_id, known.school_group_id)));
    let over = over.map(|known| {
        let mut ended = audience::Model { to_on: Some(today), ..known.clone() };
        ended.set_meta(write.meta_after(known));
        ended
    });
    let over: Vec<_> = over.collect();
    let begun = wanted.into_iter().map(|(school_id, school_group_id)| {
        let meta = write.meta();
        audience::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: meta.archived_at,
            shared_practice_id: row.id,
            school_id,
            school_group_id,
            from_on: today,
            to_on: None,
        }
    });
    let begun: Vec<_> = begun.collect();
    write.replace_rows::<audience::Entity>(&over.iter().collect::<Vec<_>>()).await?;
    write.insert_rows::<audience::Entity>(&begun).await
}
