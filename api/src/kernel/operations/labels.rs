//! What people call the items that fields refer to by their ids: names of areas, people, schools.
//!
//! A part registers a [`Label`] for its resources, so that lists of every part can show names beside ids.

use std::collections::HashMap;

use entity::owned::Owned;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, ConnectionTrait};
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{ColumnOf, Resource};

/// The column by which people know the items of a resource, and the fields of any resource that refer to it.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The fields, such as `school_id`.
    fields: &'static [&'static str],
    /// The scope by which the items are read.
    read: Scope,
    /// The id and the column of the items with some ids that exist for a caller.
    items: fn(&Caller, &[Uuid]) -> SelectStatement,
}

/// A column that labels the items of a resource.
pub trait Labelled: Resource {
    /// The column.
    const LABEL: ColumnOf<Self>;
}

impl Label {
    /// That of a resource.
    #[must_use]
    pub const fn of<R: Labelled>(fields: &'static [&'static str]) -> Self {
        Self {
            fields,
            read: R::READ,
            items: |caller, ids| {
                let mut items = caller.statement::<R::Entity>(true);
                items
                    .and_where(R::Entity::id().is_in(ids.iter().copied()))
                    .column(R::Entity::id().as_column_ref())
                    .column(R::LABEL.as_column_ref());
                items
            },
        }
    }
}

/// The names of the items that a field refers to, as far as the caller sees them; none for a field that refers to
/// nothing with a name. One statement, or none.
///
/// # Errors
/// When the database is away.
pub async fn names(
    caller: &Caller,
    db: &impl ConnectionTrait,
    field: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let labels = caller.state().registered::<Vec<Label>>();
    let label = labels.iter().find(|label| label.fields.contains(&field)).filter(|_| !ids.is_empty());
    let Some((label, reader)) = label.and_then(|label| Some((label, caller.under(label.read)?))) else {
        return Ok(HashMap::new());
    };
    let rows = db.query_all(&(label.items)(&reader, ids)).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
