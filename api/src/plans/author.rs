//! Names of people for the readers of what they wrote: the name, and no other field of the person.

use std::collections::HashMap;

use entity::identity::user;
use entity::people::person;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// A person by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonName {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The person's name.
    #[schema(max_length = 200, example = "Melody Minim")]
    pub name: String,
}

/// The names of persons, in one statement: null where there is none. The caller must see the items
/// that the persons wrote.
///
/// # Errors
/// When the database is away.
pub async fn of_persons(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Option<Uuid>>,
) -> Result<Vec<Value>> {
    let ids: Vec<Option<Uuid>> = ids.into_iter().collect();
    let people = caller.rows_archived::<person::Entity>();
    let people = people.filter(person::Column::Id.is_in(ids.iter().flatten().copied()));
    let people = people.select_only().columns([person::Column::Id, person::Column::Name]);
    let people: HashMap<Uuid, String> = people.into_tuple::<(Uuid, String)>().all(db).await?.into_iter().collect();
    let named = |id: Uuid| people.get(&id).map(|name| json!(PersonName { id, name: name.clone() }));
    Ok(ids.into_iter().map(|id| id.and_then(named).unwrap_or_default()).collect())
}

/// The names of the persons behind users.
///
/// # Errors
/// When the database is away.
pub async fn of_users(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Option<Uuid>>,
) -> Result<Vec<Value>> {
    let ids: Vec<Option<Uuid>> = ids.into_iter().collect();
    let users = caller.rows_archived::<user::Entity>();
    let users = users.filter(user::Column::Id.is_in(ids.iter().flatten().copied()));
    let users = users.select_only().columns([user::Column::Id, user::Column::PersonId]);
    let persons: HashMap<Uuid, Uuid> = users.into_tuple::<(Uuid, Uuid)>().all(db).await?.into_iter().collect();
    let person = |id: Option<Uuid>| id.and_then(|id| persons.get(&id).copied());
    of_persons(caller, db, ids.into_iter().map(person)).await
}
