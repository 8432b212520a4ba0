//! Files of items: one that names somebody is removed, since a document is not edited behind its author's back.

use entity::kernel::attachment::{Column, Entity};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::kernel::base::media::words_of;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::spellings::Spellings;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::attachment;

/// How many files are looked up at once. They are read one by one.
const AT_ONCE: u64 = 100;

/// What came of some files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Searched {
    /// How many name somebody.
    pub named: u64,
    /// How many could not be read: pictures, PDF, and what is damaged.
    pub unread: u64,
    /// The last file that was read; none at the end.
    pub last: Option<Uuid>,
}

/// Reads the next files of the hub, and removes each that holds a spelling unless it only counts.
///
/// # Errors
/// When the database or the folder fails.
pub async fn search(
    caller: &Caller,
    spellings: &Spellings,
    after: Option<Uuid>,
    only_counts: bool,
) -> Result<Searched> {
    let rest = Condition::all().add_option(after.map(|id| Column::Id.gt(id)));
    let files = caller.rows::<Entity>().filter(rest).order_by_asc(Column::Id).limit(AT_ONCE);
    let files = files.all(caller.db().read()).await?;
    let mut searched = Searched::default();
    for file in &files {
        let (kind, content) = (file.media_type, attachment::whole(caller, file).await?);
        match spawn_blocking(move || words_of(kind, &content)).await.map_err(Problem::internal)? {
            None => searched.unread += 1,
            Some(words) if spellings.are_in(&words) => {
                searched.named += 1;
                if !only_counts {
                    attachment::withdraw(caller, file).await?;
                }
            }
            Some(_) => {}
        }
    }
    searched.last = files.last().map(|file| file.id).filter(|_| files.len() as u64 == AT_ONCE);
    Ok(searched)
}
