//! Somebody who was erased: what is left of a person, and the record of how it came about.

use entity::kernel::job::{self, JobState};
use entity::people::{erasure, person};
use entity::row::{Meta, Row};

use crate::kernel::base::problem::Result;
use crate::kernel::base::spellings::ERASED;
use crate::kernel::resource::job::{self as jobs, Kind};
use crate::kernel::resource::write::Write;
use crate::people::erasure::{Erasure, fresh};
use crate::people::person::Person;

/// Makes the row that is left of a person, and the record.
///
/// # Errors
/// When the database fails.
pub async fn make(write: &mut Write, examples: bool) -> Result<()> {
    let meta = Meta { archived_at: Some(write.now()), ..write.meta() };
    let person = person::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        name: ERASED.to_owned(),
        name_key: String::new(),
        email: None,
        telephone: None,
        organisation: None,
        dbs_checked_on: None,
        safeguarding_training_until: None,
        external_ids: Default::default(),
        erased_at: Some(write.now()),
        merged_into_id: None,
    };
    write.create_many::<Person>(vec![person.clone()]).await?;
    write.give_example_ids(examples);
    let meta = write.meta_of::<erasure::Entity>();
    write.give_example_ids(false);
    let record = fresh(meta, &person, ("Asked for it by letter".to_owned(), false), Default::default());
    let record = erasure::Model { spellings: None, ..record };
    ended(write, record.meta(), &Erasure::KIND).await?;
    write.insert_rows::<erasure::Entity>(&[&record]).await
}

/// The job of a record, which has ended well.
pub(super) async fn ended(write: &Write, meta: Meta, kind: &Kind) -> Result<()> {
    let job = job::Model {
        state: JobState::Finished,
        attempts: 1,
        started_at: Some(write.now()),
        finished_at: Some(write.now()),
        ..jobs::fresh(meta, write.caller().actor, kind)
    };
    write.insert_rows::<job::Entity>(&[&job]).await
}
