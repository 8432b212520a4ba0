//! People and who is who at a school, from three tables of the source: people, schools' contacts, and the lines that
//! tie them.

mod erased;
mod lines;
mod persons;
mod primary;
mod tidy;

use std::collections::{HashMap, HashSet};

use entity::exchange::sync_row::SyncSection;
use entity::owned::Owned as _;
use entity::people::person;
use entity::row::Row as _;
use entity::schools::{contact, school};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use self::lines::{Change, Lines};
use crate::exchange::sync::run::{AT_ONCE, Chunk, Link, Place, Run, expect_unchanged, gone};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job::{self, Stop};
use crate::kernel::resource::write::{Decided, Write};
use crate::people::store as people;
use crate::schools::contact::Contact;
use crate::schools::rules;

/// Takes over people, and who is who at a school.
///
/// # Errors
/// When the job is lost or cancelled; when the database is away.
pub async fn take(run: &mut Run<'_>) -> Result<(), Stop> {
    let people = std::mem::take(&mut run.tables.persons);
    let associations = std::mem::take(&mut run.tables.associations);
    if !people.taken || !associations.taken {
        return Ok(());
    }
    let caller = run.caller.clone();
    let db = caller.db().reports();
    let known = caller.rows_archived::<person::Entity>().all(db).await?;
    let known: HashMap<Uuid, person::Model> = known.into_iter().map(|row| (row.id, row)).collect();
    let leaving = people::erasures_under_way(&caller, db).await?;
    // Who has no job at a school of the hub is nobody whom the hub needs to know.
    let wanted: HashSet<&str> = associations
        .rows
        .iter()
        .filter_map(|line| line.row.as_ref())
        .filter(|line| matches!(run.schools.of(&line.school), Place::School(_)))
        .map(|line| line.person.as_str())
        .collect();
    let keys: HashSet<String> = people.rows.iter().map(|person| person.key.clone()).collect();
    let links = run.links(SyncSection::Persons).await?;
    let decided = persons::decide(run, people, &known, &leaving, links, &wanted);
    run.tell(decided.rows).await?;
    run.store(&decided.changes, async |write, some| persons::store(write, some).await).await?;
    missing(run, decided.missing, person::Entity::table()).await?;

    let contacts = caller.rows_archived::<contact::Entity>().all(db).await?;
    let mut links = run.links(lines::SECTION).await?;
    let mut all = Lines::default();
    let tells_missing = associations.tells_missing();
    let sorted = lines::sort_out(run, associations.rows, (&keys, &decided.who), &mut links, &mut all);
    lines::decide(run, sorted, &contacts, &mut all);
    primary::decide(run, &mut all.drafts, &contacts);
    let mut changes = Vec::new();
    for draft in all.drafts {
        match draft.finish(run) {
            Ok(change) => changes.push(change),
            Err(row) => all.rows.push(*row),
        }
    }
    run.tell(all.rows).await?;
    run.store(&changes, async |write, some| store(write, some).await).await?;
    missing(run, gone(links.into_values(), tells_missing), contact::Entity::table()).await?;

    let source = run.source.name.clone();
    run.store(&decided.erased, async |write, some| erased::store(write, some, &source).await).await?;
    if !decided.erased.is_empty() && !run.is_dry() {
        job::hurry(run.caller.state());
    }
    Ok(())
}

/// Marks rows of the source as missing. What they led to in a table stays as it is.
async fn missing(run: &mut Run<'_>, gone: Vec<Link>, table: &'static str) -> Result<(), Stop> {
    let now = run.caller.now();
    for some in gone.chunks(AT_ONCE) {
        let (rows, links) = some.iter().map(|link| link.clone().lost(table, now)).unzip();
        run.chunk(Chunk { rows, links }, async |_| Ok(())).await?;
    }
    Ok(())
}

/// Stores the contacts of some lines.
///
/// # Errors
/// 409 where somebody changed one of them meanwhile, or made another one the primary contact.
async fn store(write: &mut Write, some: &[&Change]) -> Result<()> {
    let steps: Vec<_> = some.iter().flat_map(|change| &change.contacts).collect();
    if steps.is_empty() {
        return Ok(());
    }
    let schools = steps.iter().map(|(_, after)| after.school_id).collect::<HashSet<_>>().into_iter().collect();
    write.hold_all::<school::Entity>(schools).await?;
    let ids: HashSet<Uuid> = steps.iter().map(|(_, after)| after.id).collect();
    let primary = steps.iter().filter(|(_, after)| after.is_primary).map(|(_, after)| after.school_id);
    let which = Condition::any()
        .add(contact::Column::Id.is_in(ids.iter().copied()))
        .add(Condition::all().add(contact::Column::SchoolId.is_in(primary)).add(contact::Column::IsPrimary.eq(true)));
    let known = write.rows_archived::<contact::Entity>(which).await?;
    let others: Vec<_> = known.iter().filter(|row| !ids.contains(&row.id) && row.archived_at.is_none()).collect();
    let mut rows = Vec::with_capacity(steps.len());
    for (before, after) in steps {
        expect_unchanged(before.as_ref().is_none_or(|before| known.contains(before)))?;
        if after.is_primary {
            let others: Vec<_> =
                others.iter().filter(|row| row.school_id == after.school_id).map(|row| (*row).clone()).collect();
            rules::one_primary(after, &others)?;
        }
        let mut after = after.clone();
        if let Some(before) = before {
            after.set_meta(write.meta_after(before));
        }
        rows.push((before.as_ref(), after));
    }
    let steps: Vec<_> = rows.iter().map(|(before, after)| Decided::kept(*before, after)).collect();
    write.store_many::<Contact>(&steps).await
}
