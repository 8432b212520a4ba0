//! The keys of schools at the source, in `external_ids`.

use std::collections::{HashMap, HashSet};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::external::{ExternalId, ExternalIds};
use entity::owned::Owned as _;
use entity::row::Row;
use entity::schools::school;
use sea_orm::{ColumnTrait, Condition, QuerySelect};
use uuid::Uuid;

use crate::exchange::sync::run::{Link, Planned, Reported, Run};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job::Stop;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, Write};
use crate::schools::school::School;

/// A key is at most so long in `external_ids`.
const LONGEST: usize = 100;

/// A school that gets another key, or none.
struct Keyed {
    school_id: Uuid,
    system: String,
    key: Option<String>,
}

impl Planned for Keyed {
    /// The row of its contact tells where the contact leads.
    fn told(&self) -> Vec<Reported> {
        Vec::new()
    }

    fn refused(&self) -> Vec<Reported> {
        let row = Reported::new(SyncSection::Schools, self.key.clone().unwrap_or_default(), SyncOutcome::Rejected);
        vec![row.school(self.school_id).item(school::Entity::table(), self.school_id).fields(["external_ids"])]
    }

    fn links(&self) -> Vec<Link> {
        Vec::new()
    }
}

/// Gives each open school the key of the first contact that leads to it. A school that has the key of one of its
/// contacts keeps it. Closed schools are left as they are, unless another school needs the key.
///
/// # Errors
/// When the job is lost or cancelled; when the database is away.
pub async fn give(run: &mut Run<'_>) -> Result<(), Stop> {
    let system = run.source.name.clone();
    let caller = run.caller.clone();
    let rows = caller.rows::<school::Entity>().select_only().columns([school::Column::Id, school::Column::ExternalIds]);
    let rows: Vec<(Uuid, ExternalIds)> = rows.into_tuple().all(caller.db().reports()).await?;
    let own = |(id, keys): (Uuid, ExternalIds)| Some((id, keys.iter().find(|it| it.system == system)?.id.clone()));
    let known: HashMap<Uuid, String> = rows.into_iter().filter_map(own).collect();
    let mut wanted: Vec<(Uuid, String)> = Vec::new();
    for (id, contacts) in run.schools.led() {
        let open = run.schools.school(id).is_some_and(|school| school.open);
        let kept = known.get(&id).is_some_and(|key| contacts.contains(key));
        if let Some(first) = contacts.iter().find(|key| key.len() <= LONGEST).filter(|_| open && !kept) {
            wanted.push((id, first.clone()));
        }
    }
    wanted.sort_unstable();
    let taken: HashSet<&String> = wanted.iter().map(|(_, key)| key).collect();
    let mut given_up: Vec<Uuid> = known.iter().filter(|(_, key)| taken.contains(key)).map(|(id, _)| *id).collect();
    given_up.sort_unstable();
    let keyed = |school_id, key| Keyed { school_id, system: system.clone(), key };
    let given_up: Vec<_> = given_up.into_iter().map(|id| keyed(id, None)).collect();
    let wanted: Vec<_> = wanted.into_iter().map(|(id, key)| keyed(id, Some(key))).collect();
    // A key is given up before another school gets it.
    run.store(&given_up, async |write, some| put(write, some).await).await?;
    run.store(&wanted, async |write, some| put(write, some).await).await
}

async fn put(write: &mut Write, some: &[&Keyed]) -> Result<()> {
    let ids = some.iter().map(|it| it.school_id);
    let known = write.rows_archived::<school::Entity>(Condition::all().add(school::Column::Id.is_in(ids))).await?;
    let mut rows = Vec::new();
    for keyed in some {
        let Some(before) = known.iter().find(|it| it.id == keyed.school_id) else { continue };
        let others = before.external_ids.iter().filter(|it| it.system != keyed.system).cloned();
        let own = keyed.key.clone().map(|id| ExternalId { system: keyed.system.clone(), id });
        let mut after = school::Model { external_ids: others.chain(own).collect(), ..before.clone() };
        after.set_meta(write.meta_after(before));
        rows.push((before, after));
    }
    let steps =
        rows.iter().map(|(before, after)| Decided { before: Some(*before), after, operation: Operation::Update });
    write.store_many::<School>(&steps.collect::<Vec<_>>()).await
}
