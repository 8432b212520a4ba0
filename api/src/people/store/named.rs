//! People by name and role, as schools learn who of the hub works with them: no address, no telephone.

use std::collections::HashMap;

use entity::people::{designation, person, post, post_holding};
use sea_orm::{EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;

/// A person by name and role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedPerson {
    /// The name.
    #[schema(max_length = 200, example = "Vivace Rondo")]
    pub name: String,
    /// The post that the person holds today, or else what the person is designated as; null for neither.
    #[schema(max_length = 200, example = "Specialist leader")]
    pub role: Option<String>,
}

/// People by their ids.
pub type NamedPeople = HashMap<Uuid, NamedPerson>;

/// Names the people among these of whom the caller may know. A school's own people learn the name and the role of each
/// person that a row of theirs refers to, and nothing else; others see names by `people:read`. The ids must come from
/// rows that the caller sees.
///
/// Three statements for any number of people, none for none.
///
/// # Errors
/// When the database is away.
pub async fn named(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<NamedPeople> {
    let mut ids: Vec<Uuid> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let Some(seen_by) = knower(caller).filter(|_| !ids.is_empty()) else { return Ok(NamedPeople::new()) };
    let people = seen_by.rows_archived::<person::Entity>().filter(person::Column::Id.is_in(ids.iter().copied()));
    let people = people.select_only().columns([person::Column::Id, person::Column::Name]);
    let people: Vec<(Uuid, String)> = people.into_tuple().all(db).await?;
    let roles = roles(caller, db, &ids).await?;
    let told = |(id, name)| (id, NamedPerson { name, role: roles.get(&id).cloned() });
    Ok(people.into_iter().map(told).collect())
}

/// The caller under whom names are read, if the caller may know any.
fn knower(caller: &Caller) -> Option<Caller> {
    if caller.reach(caller.scope().sees()) == Reach::OWN {
        return Some(Caller::system(caller.state().clone(), caller.hub_id));
    }
    caller.under(Scope::ReadPeople)
}

/// What people are in the hub today: by a post, or else by a designation.
async fn roles(caller: &Caller, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let (hub, today) = (Caller::system(caller.state().clone(), caller.hub_id), caller.today());
    let designations = {
        use designation::Column;

        let rows = hub.rows::<designation::Entity>().filter(Column::PersonId.is_in(ids.iter().copied()));
        let rows = rows.filter(holds(Column::FromOn, Column::ToOn, today)).order_by_desc(Column::FromOn);
        let rows = rows.order_by_desc(Column::Id).select_only();
        rows.columns([Column::PersonId, Column::RoleText, Column::RoleCode])
    };
    let designations: Vec<(Uuid, Option<String>, Option<String>)> = designations.into_tuple().all(db).await?;
    let holdings = {
        use post_holding::Column;

        let rows = hub.rows::<post_holding::Entity>().filter(Column::PersonId.is_in(ids.iter().copied()));
        let rows = rows.filter(holds(Column::FromOn, Column::ToOn, today)).order_by_desc(Column::FromOn);
        let rows = rows.order_by_desc(Column::Id).select_only().column(Column::PersonId);
        rows.join(JoinType::InnerJoin, of_holding()).column_as(post::Column::Title, "title")
    };
    let holdings: Vec<(Uuid, String)> = holdings.into_tuple().all(db).await?;
    let designated = designations.into_iter().filter_map(|(id, text, code)| Some((id, text.or(code)?)));
    let mut roles = HashMap::new();
    for (id, role) in holdings.into_iter().chain(designated) {
        roles.entry(id).or_insert(role);
    }
    Ok(roles)
}

/// The post of a holding.
fn of_holding() -> RelationDef {
    post_holding::Entity::belongs_to(post::Entity)
        .from((post_holding::Column::HubId, post_holding::Column::PostId))
        .to((post::Column::HubId, post::Column::Id))
        .into()
}
