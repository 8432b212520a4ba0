//! People whom the source has erased: they are erased here, from everything that the hub keeps.

use entity::identity::hub;
use entity::owned::Owned as _;
use entity::people::person;
use entity::row::{Meta, Row as _};
use entity::schools::contact;
use sea_orm::{ColumnTrait, Condition};
use time::Date;

use super::persons::Erased;
use crate::exchange::sync::run::{Link, Planned, Reported};
use crate::kernel::base::period::not_over;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, Write};
use crate::people::erasure::How;
use crate::people::person::Person;
use crate::people::store as people;
use crate::schools::contact::Contact;
use entity::exchange::sync_row::{SyncOutcome, SyncSection};

impl Planned for Erased {
    fn told(&self) -> Vec<Reported> {
        let message = "the source has erased the person: an erasure was begun, see /erasures";
        let row = Reported::new(SyncSection::Persons, &self.key, SyncOutcome::Erased);
        vec![row.item(person::Entity::table(), self.person_id).because("erased_at_source", message)]
    }

    fn links(&self) -> Vec<Link> {
        vec![self.link.clone()]
    }
}

/// Ends the contacts of people, archives them, and begins their erasures.
///
/// # Errors
/// 409 where something else refers to one of them.
pub async fn store(write: &mut Write, some: &[&Erased], source: &str) -> Result<()> {
    write.hold::<hub::Entity>(write.caller().hub_id).await?;
    let ids: Vec<_> = some.iter().map(|it| it.person_id).collect();
    end_contacts(write, &ids).await?;
    let people = write.rows_archived::<person::Entity>(Condition::all().add(person::Column::Id.is_in(ids))).await?;
    let mut archived = Vec::with_capacity(people.len());
    for before in people.into_iter().filter(|row| row.erased_at.is_none() && row.merged_into_id.is_none()) {
        if before.archived_at.is_some() {
            archived.push(before);
            continue;
        }
        let mut after = before.clone();
        after.set_meta(Meta { archived_at: Some(write.now()), ..before.meta() });
        archived.push(write.store::<Person>(Some(before), after, Operation::Archive).await?);
    }
    let waiting = people::erasures_under_way(write.caller(), write.tx()).await?;
    archived.retain(|person| !waiting.contains(&person.id));
    if archived.is_empty() {
        return Ok(());
    }
    let reason = format!("erased at the source {source}");
    people::erase(write, &archived, &How { reason, also: Vec::new(), dry_run: false }).await
}

/// Ends the contacts of people on the day before: they refer to nobody from now on.
async fn end_contacts(write: &mut Write, people: &[uuid::Uuid]) -> Result<()> {
    let today = write.caller().today();
    let last = today.previous_day().ok_or_else(|| Problem::internal("there is no day before"))?;
    let of = not_over(contact::Column::ToOn, today)
        .add(contact::Column::PersonId.is_in(people.iter().copied()))
        .add(contact::Column::ArchivedAt.is_null());
    let contacts = write.rows_archived::<contact::Entity>(of).await?;
    let mut rows = Vec::new();
    for before in &contacts {
        let began: Option<Date> = before.from_on.filter(|from| *from > last);
        let mut after = match began {
            // It has not begun, or begins today: nothing of it is left to end.
            Some(_) => before.clone(),
            None => contact::Model { to_on: Some(last), is_primary: before.is_primary, ..before.clone() },
        };
        let archived_at = began.map(|_| write.now());
        after.set_meta(Meta { archived_at, ..write.meta_after(before) });
        let operation = if began.is_some() { Operation::Archive } else { Operation::Update };
        rows.push((before, after, operation));
    }
    let steps: Vec<_> = rows
        .iter()
        .map(|(before, after, operation)| Decided { before: Some(*before), after, operation: *operation })
        .collect();
    write.store_many::<Contact>(&steps).await
}
