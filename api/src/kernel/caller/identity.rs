//! Who acts, and what a verified token grants.

use entity::identity::grant::Role;
use entity::kernel::change::ActorKind;
use uuid::Uuid;

use super::permission::{Reach, Scope, ScopeSet};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, by one of their grants.
    User {
        /// The user.
        user_id: Uuid,
        /// The grant chosen at sign-in.
        grant_id: Uuid,
        /// The person that the user is.
        person_id: Uuid,
    },
    /// A partner system.
    Client {
        /// The client.
        client_id: Uuid,
    },
    /// The command line or the service itself.
    System,
}

impl Actor {
    /// As the change log names the kind.
    #[must_use]
    pub const fn kind(self) -> ActorKind {
        match self {
            Self::User { .. } => ActorKind::User,
            Self::Client { .. } => ActorKind::Client,
            Self::System => ActorKind::System,
        }
    }

    /// The user or client.
    #[must_use]
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User { user_id, .. } => Some(user_id),
            Self::Client { client_id } => Some(client_id),
            Self::System => None,
        }
    }

    /// The user, where it is one.
    #[must_use]
    pub const fn user_id(self) -> Option<Uuid> {
        match self {
            Self::User { user_id, .. } => Some(user_id),
            Self::Client { .. } | Self::System => None,
        }
    }

    /// The grant by which a user acts.
    #[must_use]
    pub const fn grant_id(self) -> Option<Uuid> {
        match self {
            Self::User { grant_id, .. } => Some(grant_id),
            Self::Client { .. } | Self::System => None,
        }
    }

    /// The person behind a user.
    #[must_use]
    pub const fn person_id(self) -> Option<Uuid> {
        match self {
            Self::User { person_id, .. } => Some(person_id),
            Self::Client { .. } | Self::System => None,
        }
    }
}

/// The partner systems whose keys (`external_ids`) a caller may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySystems {
    /// Every system's: people of the hub, and the service itself.
    All,
    /// A partner system writes the keys of its own system, or none where it has no system.
    Only(Option<String>),
}

impl KeySystems {
    /// Returns true if keys of that system may be written.
    #[must_use]
    pub fn allow(&self, system: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(own) => own.as_deref() == Some(system),
        }
    }
}

/// A verified caller: the token's scopes within the grant as it is now.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The hub, whose rows alone exist for the caller.
    pub hub_id: Uuid,
    /// Who acts.
    pub actor: Actor,
    /// The grant's role; a client has none.
    pub role: Option<Role>,
    /// The school that the grant reaches.
    pub school_id: Option<Uuid>,
    /// The group whose schools the grant reaches.
    pub school_group_id: Option<Uuid>,
    /// The partner whose rows the grant reaches.
    pub partner_id: Option<Uuid>,
    /// What the caller may do.
    pub scopes: ScopeSet,
    /// Whose keys the caller may write.
    pub key_systems: KeySystems,
}

impl Identity {
    /// The service itself, acting within a hub: it reaches all of it.
    #[must_use]
    pub const fn system(hub_id: Uuid) -> Self {
        Self {
            hub_id,
            actor: Actor::System,
            role: None,
            school_id: None,
            school_group_id: None,
            partner_id: None,
            scopes: ScopeSet::ALL,
            key_systems: KeySystems::All,
        }
    }

    /// How far the caller reaches with a scope. A client has the hub with each scope it was given.
    #[must_use]
    pub fn reach(&self, scope: Scope) -> Reach {
        match self.role {
            _ if !self.scopes.contains(scope) => Reach::NONE,
            Some(role) => scope.reach(role),
            None => Reach::HUB,
        }
    }
}
