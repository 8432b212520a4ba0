//! The next edition of a framework, as a draft with the same sections and criteria.

use std::collections::HashMap;

use entity::frameworks::framework::{self, FrameworkStatus};
use entity::row::Row;
use uuid::Uuid;

use super::Rows;
use crate::frameworks::framework::{FRAMEWORKS, Framework};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::edition;
use crate::kernel::resource::write::Write;

/// Makes the next edition of a framework, with the same sections and criteria.
///
/// # Errors
/// 404 when it is not there for the caller; 409 for a draft, or where another draft of it is being written.
pub async fn next_edition(caller: &Caller, id: Uuid) -> Result<Reply> {
    Write::run(caller, async |write| {
        write.lock_above::<Framework>(Some(id)).await?;
        let framework = write.row::<framework::Entity>(id).await?;
        caller.expect_writes_hub(FRAMEWORKS)?;
        if framework.status == FrameworkStatus::Draft {
            return Err(Problem::conflict("cannot make the next edition of a draft: change the draft"));
        }
        edition::expect_no_draft::<Framework>(write, &framework).await?;
        let edition = edition::last_edition::<Framework>(write, &framework).await? + 1;
        let copied = copied(write, Rows::load(caller, write.tx(), id).await?, edition);
        let framework = copied.framework.clone();
        copied.insert(write).await?;
        crud::answer::<Framework>(caller, &framework, true)
    })
    .await
}

/// The rows under new ids, as a draft. Lineages stay.
fn copied(write: &Write, mut rows: Rows, edition: i32) -> Rows {
    let old = rows.framework;
    let meta = write.meta_of::<framework::Entity>();
    let mut sections = HashMap::new();
    for section in &mut rows.sections {
        let new = write.meta();
        sections.insert(section.id, new.id);
        section.framework_id = meta.id;
        section.set_meta(new);
    }
    for criterion in &mut rows.criteria {
        criterion.framework_id = meta.id;
        criterion.previous_id = Some(criterion.id);
        criterion.section_id = sections.get(&criterion.section_id).copied().unwrap_or_default();
        criterion.set_meta(write.meta());
    }
    let mut framework = framework::Model {
        status: FrameworkStatus::Draft,
        edition,
        previous_id: Some(old.id),
        piloted_at: None,
        published_at: None,
        retired_at: None,
        ..old
    };
    framework.set_meta(meta);
    Rows { framework, ..rows }
}
