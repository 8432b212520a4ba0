//! What holds for a user or a client at this moment, regardless of its token.

use entity::identity::grant::Role;
use entity::identity::{client, grant, hub, session, user};
use entity::list::Strings;
use sea_orm::sea_query::{Condition, Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, FromQueryResult};
use time::Date;
use uuid::Uuid;

use super::token::Claims;
use crate::kernel::caller::identity::{Actor, Identity, KeySystems};
use crate::kernel::caller::permission::{Scope, ScopeSet};
use crate::kernel::database::db::Pool;

/// The rows that decide about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SubjectKey {
    hub_id: Uuid,
    subject: Uuid,
    grant_id: Option<Uuid>,
    session_id: Option<Uuid>,
    /// Goes up with every change on this instance, so that nothing read before it is used again,
    /// not even what is being read meanwhile.
    generation: u64,
}

impl SubjectKey {
    /// The rows that decide about a user by a grant, without a sign-in.
    pub(super) fn of_grant(hub_id: Uuid, user_id: Uuid, grant_id: Uuid) -> Self {
        Self { hub_id, subject: user_id, grant_id: Some(grant_id), session_id: None, generation: 0 }
    }

    /// The rows that decide about a partner system, without a token.
    pub(super) fn of_client(hub_id: Uuid, client_id: Uuid) -> Self {
        Self { hub_id, subject: client_id, grant_id: None, session_id: None, generation: 0 }
    }

    pub(super) fn new(claims: &Claims, generation: u64) -> Self {
        Self { hub_id: claims.hub, subject: claims.sub, grant_id: claims.grant, session_id: claims.sid, generation }
    }
}

/// What those rows say.
#[derive(Clone, Debug)]
pub(super) enum SubjectState {
    /// A user with the grant of the token.
    User(UserStanding),
    /// A partner system.
    Client(ClientStanding),
    /// There is no such row any more.
    Gone,
}

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct UserStanding {
    person_id: Uuid,
    token_generation: i64,
    must_change_password: bool,
    grant_id: Uuid,
    role: Role,
    school_id: Option<Uuid>,
    school_group_id: Option<Uuid>,
    partner_id: Option<Uuid>,
    from_on: Date,
    to_on: Option<Date>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct ClientStanding {
    token_generation: i64,
    scopes: Strings,
    system: Option<String>,
}

/// A caller whose token holds.
#[derive(Clone, Debug)]
pub(super) struct Holds {
    pub(super) identity: Identity,
    pub(super) must_change_password: bool,
}

impl SubjectState {
    /// Reads it in one statement, by primary keys.
    pub(super) async fn read(key: SubjectKey, db: &Pool) -> Result<Self, DbErr> {
        let standing = match key.grant_id {
            Some(grant_id) => {
                let row = db.query_one(&user_statement(key, grant_id)).await?;
                row.map(|row| UserStanding::from_query_result(&row, "").map(Self::User))
            }
            None => {
                let row = db.query_one(&client_statement(key)).await?;
                row.map(|row| ClientStanding::from_query_result(&row, "").map(Self::Client))
            }
        };
        standing.unwrap_or(Ok(Self::Gone))
    }

    /// Who the caller is on `today`, if its token still holds: the token's scopes within the
    /// grant as it is now.
    pub(super) fn holds(&self, claims: &Claims, scopes: ScopeSet, today: Date) -> Option<Holds> {
        let generation = match self {
            Self::User(user) => user.token_generation,
            Self::Client(client) => client.token_generation,
            Self::Gone => return None,
        };
        if claims.generation != generation {
            return None;
        }
        match self {
            Self::Gone => None,
            Self::Client(client) => {
                Some(Holds { identity: client.identity(claims.hub, claims.sub, scopes), must_change_password: false })
            }
            Self::User(user) => Some(Holds {
                identity: user.identity(claims.hub, claims.sub, scopes, today)?,
                must_change_password: user.must_change_password,
            }),
        }
    }

    /// Who a user is on `today` by the grant, with the scopes given within it; none for a user who has to change the
    /// password before anything else, and for a client.
    pub(super) fn holder(&self, key: SubjectKey, scopes: ScopeSet, today: Date) -> Option<Identity> {
        match self {
            Self::User(user) if !user.must_change_password => user.identity(key.hub_id, key.subject, scopes, today),
            _ => None,
        }
    }

    /// Who a partner system is, with every scope that it was given; none where it may not call.
    pub(super) fn partner(&self, key: SubjectKey) -> Option<Identity> {
        match self {
            Self::Client(client) => Some(client.identity(key.hub_id, key.subject, ScopeSet::ALL)),
            _ => None,
        }
    }
}

impl ClientStanding {
    fn identity(&self, hub_id: Uuid, client_id: Uuid, scopes: ScopeSet) -> Identity {
        let given = self.scopes.iter().filter_map(|name| Scope::named(name));
        Identity {
            hub_id,
            actor: Actor::Client { client_id },
            role: None,
            school_id: None,
            school_group_id: None,
            partner_id: None,
            scopes: scopes.intersection(given.collect()).within_hub(hub_id),
            key_systems: KeySystems::Only(self.system.clone()),
        }
    }
}

impl UserStanding {
    fn identity(&self, hub_id: Uuid, user_id: Uuid, scopes: ScopeSet, today: Date) -> Option<Identity> {
        if today < self.from_on || self.to_on.is_some_and(|to_on| to_on < today) {
            return None;
        }
        Some(Identity {
            hub_id,
            actor: Actor::User { user_id, grant_id: self.grant_id, person_id: self.person_id },
            role: Some(self.role),
            school_id: self.school_id,
            school_group_id: self.school_group_id,
            partner_id: self.partner_id,
            scopes: scopes.intersection(ScopeSet::of(self.role)).within_hub(hub_id),
            key_systems: KeySystems::All,
        })
    }
}

/// The user with the grant, if neither is disabled or archived, nor the hub, and the sign-in was
/// not revoked.
fn user_statement(key: SubjectKey, grant_id: Uuid) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            (user::Entity, user::Column::PersonId),
            (user::Entity, user::Column::TokenGeneration),
            (user::Entity, user::Column::MustChangePassword),
        ])
        .expr_as(Expr::col((grant::Entity, grant::Column::Id)), "grant_id")
        .columns([
            (grant::Entity, grant::Column::Role),
            (grant::Entity, grant::Column::SchoolId),
            (grant::Entity, grant::Column::SchoolGroupId),
            (grant::Entity, grant::Column::PartnerId),
            (grant::Entity, grant::Column::FromOn),
            (grant::Entity, grant::Column::ToOn),
        ])
        .from(user::Entity)
        .inner_join(
            grant::Entity,
            Condition::all()
                .add(grant::Column::HubId.eq(key.hub_id))
                .add(grant::Column::Id.eq(grant_id))
                .add(grant::Column::UserId.eq(key.subject))
                .add(grant::Column::ArchivedAt.is_null()),
        )
        .inner_join(hub::Entity, live_hub(key.hub_id))
        .and_where(user::Column::HubId.eq(key.hub_id))
        .and_where(user::Column::Id.eq(key.subject))
        .and_where(user::Column::DisabledAt.is_null())
        .and_where(user::Column::ArchivedAt.is_null());
    if let Some(session_id) = key.session_id {
        select.inner_join(
            session::Entity,
            Condition::all()
                .add(session::Column::HubId.eq(key.hub_id))
                .add(session::Column::Id.eq(session_id))
                .add(session::Column::UserId.eq(key.subject))
                .add(session::Column::RevokedAt.is_null()),
        );
    }
    select
}

/// The client, if neither it nor the hub is disabled or archived.
fn client_statement(key: SubjectKey) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            (client::Entity, client::Column::TokenGeneration),
            (client::Entity, client::Column::Scopes),
            (client::Entity, client::Column::System),
        ])
        .from(client::Entity)
        .inner_join(hub::Entity, live_hub(key.hub_id))
        .and_where(client::Column::HubId.eq(key.hub_id))
        .and_where(client::Column::Id.eq(key.subject))
        .and_where(client::Column::DisabledAt.is_null())
        .and_where(client::Column::ArchivedAt.is_null());
    select
}

fn live_hub(hub_id: Uuid) -> Condition {
    Condition::all()
        .add(hub::Column::HubId.eq(hub_id))
        .add(hub::Column::Id.eq(hub_id))
        .add(hub::Column::ArchivedAt.is_null())
}
