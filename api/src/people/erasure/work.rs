//! The work of the job: table after table, then the files, and last the person. Each step is stored with its counts and
//! with the place from which a run that begins again goes on.

use entity::external::ExternalIds;
use entity::identity::user;
use entity::owned::Owned;
use entity::people::erasure::{self, ErasedIn};
use entity::people::person;
use entity::row::Row;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::identity::store as identity;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::spellings::{ERASED, Spellings};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::erase::{self, ERASE, Texts};
use crate::kernel::resource::job::{Stop, Taken};
use crate::kernel::resource::write::Write;
use crate::people::person::Person;

/// The personal fields of a person.
const FIELDS: [&str; 7] =
    ["name", "email", "telephone", "organisation", "dbs_checked_on", "safeguarding_training_until", "external_ids"];

/// Goes through everything that is left to do.
///
/// # Errors
/// Why it ends early; the steps before stand.
pub async fn all(taken: &Taken) -> Result<(), Stop> {
    let caller = Caller::system(taken.state.clone(), taken.job.hub_id);
    let rows = caller.rows::<erasure::Entity>().filter(erasure::Column::Id.eq(taken.job.id));
    let record = rows.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    let spellings = Spellings::new(record.spellings.clone().unwrap_or_default());
    let tables = erase::everything(&taken.state);
    let steps = i64::try_from(tables.len() + 2).unwrap_or(i64::MAX);
    let done = usize::try_from(record.steps_done).unwrap_or_default();
    taken.begin(record.steps_done.into(), steps);
    let run = Run { caller, taken, spellings, only_counts: record.dry_run };
    for (number, texts) in tables.iter().enumerate().skip(done) {
        run.table(number, texts).await?;
        taken.count(1);
    }
    if done <= tables.len() {
        run.files(tables.len()).await?;
        taken.count(1);
    }
    run.person(record.person_id).await?;
    taken.count(1);
    Ok(())
}

/// A run of the job.
struct Run<'a> {
    caller: Caller,
    taken: &'a Taken,
    spellings: Spellings,
    only_counts: bool,
}

impl Run<'_> {
    async fn table(&self, number: usize, texts: &Texts) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let step = self.step(async |write, record| {
                let swept = erase::chunk(write, texts, &self.spellings, after.as_deref(), self.only_counts).await?;
                count(record, texts.table, swept.rows);
                if swept.last.is_none() {
                    record.steps_done = steps(number + 1);
                }
                Ok(swept.last)
            });
            after = match step.await? {
                None => return Ok(()),
                some => some,
            };
        }
    }

    async fn files(&self, number: usize) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let searched = erase::search(&self.caller, &self.spellings, after, self.only_counts).await?;
            self.step(async |_, record| {
                record.files_removed += i32::try_from(searched.named).unwrap_or(i32::MAX);
                record.files_unread += i32::try_from(searched.unread).unwrap_or(i32::MAX);
                if searched.last.is_none() {
                    record.steps_done = steps(number + 1);
                }
                Ok(())
            })
            .await?;
            after = match searched.last {
                None => return Ok(()),
                some => some,
            };
        }
    }

    /// Empties the person's own row, the past of it, and that of the person's users. What was looked for is forgotten.
    async fn person(&self, id: Uuid) -> Result<(), Stop> {
        let emptied = self.step(async |write, record| {
            record.spellings = None;
            let (mut people, mut users) = (Vec::new(), Vec::new());
            if self.only_counts {
                return Ok((people, users));
            }
            let person = write.row_archived::<person::Entity>(id).await?;
            let merged = super::merged(write, vec![id]).await?;
            for before in std::iter::once(person).chain(merged) {
                people.push(before.id);
                users.extend(identity::erase_users(write, before.id, ERASE).await?);
                erase::forget_replies(write, before.id).await?;
                if before.erased_at.is_none() {
                    let after = without_data(write, &before);
                    write.store::<Person>(Some(before), after, ERASE).await?;
                }
            }
            Ok((people, users))
        });
        let (people, users) = emptied.await?;
        // The log has the step above by now.
        erase::forget_fields(&self.caller, person::Entity::table(), &people, &FIELDS).await?;
        erase::forget_fields(&self.caller, user::Entity::table(), &users, &["email"]).await?;
        Ok(())
    }

    /// Does a step of the job that stores its record.
    async fn step<T>(&self, work: impl AsyncFn(&mut Write, &mut erasure::Model) -> Result<T>) -> Result<T, Stop> {
        let id = self.taken.job.id;
        let step = async |write: &mut Write| {
            let before = write.row::<erasure::Entity>(id).await?;
            let mut record = before.clone();
            let done = work(write, &mut record).await?;
            record.set_meta(write.meta_after(&before));
            write.replace_row::<erasure::Entity>(&record).await?;
            Ok(done)
        };
        self.taken.step(&self.caller, step).await
    }
}

/// What is left of a person.
fn without_data(write: &Write, before: &person::Model) -> person::Model {
    let mut after = before.clone();
    after.set_meta(write.meta_after(before));
    ERASED.clone_into(&mut after.name);
    after.email = None;
    after.telephone = None;
    after.organisation = None;
    after.dbs_checked_on = None;
    after.safeguarding_training_until = None;
    after.external_ids = ExternalIds::default();
    after.erased_at = Some(write.now());
    after
}

fn steps(done: usize) -> i32 {
    i32::try_from(done).unwrap_or(i32::MAX)
}

/// Counts the rows of a table.
fn count(record: &mut erasure::Model, table: &str, rows: u64) {
    let Ok(rows @ 1..) = i32::try_from(rows) else { return };
    record.rows += rows;
    let mut found: Vec<ErasedIn> = record.found.clone().into_vec();
    match found.iter_mut().find(|one| one.resource == table) {
        Some(one) => one.rows += rows,
        None => found.push(ErasedIn { resource: table.to_owned(), rows }),
    }
    record.found = found.into();
}
