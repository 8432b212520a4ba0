//! Who is calling, and which rows exist for that caller.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use entity::identity::grant::{self, Role};
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use entity::owned::{Owned, Via};
use entity::schools::{assignment, contact, school_group_member};
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, Select};
use time::Date;
use uuid::Uuid;

use super::condition::{self, ETags};
use super::db::Db;
use super::permission::{Permission, Reach, Scope, ScopeSet};
use super::problem::{Code, Problem, Result, request_id};
use super::state::State;

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

/// What the kernel needs of the request after its handler has begun.
#[derive(Debug, Default)]
pub struct RequestMeta {
    /// The request's number.
    pub id: String,
    /// Method and address, to which an `Idempotency-Key` is bound.
    pub route: String,
    /// The `Idempotency-Key`, if one was sent with a POST.
    pub idempotency_key: Option<String>,
    /// The hub that keeps the record of the key, where it is not the one that is written to.
    pub key_hub_id: Option<Uuid>,
    /// The `If-Match` header, if one was sent with a request that changes something.
    pub if_match: Option<ETags>,
    /// The `If-None-Match` header, if one was sent with a request that changes something.
    pub if_none_match: Option<ETags>,
    /// True if the query says `confirm=self`: the caller means to take away its own access.
    pub confirms_self: bool,
    /// SHA-256 of the body, set when it has been read.
    pub body_digest: OnceLock<[u8; 32]>,
}

impl RequestMeta {
    /// That of a request, made once and kept in its extensions.
    ///
    /// # Errors
    /// 400 for a header that cannot be read.
    pub fn of(request: &HttpRequest) -> Result<Arc<Self>> {
        if let Some(meta) = request.extensions().get::<Arc<Self>>() {
            return Ok(meta.clone());
        }
        let (method, headers) = (request.method(), request.headers());
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let meta = Arc::new(Self {
            id: request_id(request),
            route: format!("{method} {}", address(request)),
            idempotency_key: if *method == Method::POST { condition::idempotency_key(headers)? } else { None },
            key_hub_id: None,
            if_match: if reads { None } else { ETags::of(headers, &IF_MATCH)? },
            if_none_match: if reads { None } else { ETags::of(headers, &IF_NONE_MATCH)? },
            confirms_self: request.query_string().split('&').any(|pair| pair == "confirm=self"),
            body_digest: OnceLock::new(),
        });
        request.extensions_mut().insert(meta.clone());
        Ok(meta)
    }
}

/// The path, and the query where there is one: both say what is asked.
fn address(request: &HttpRequest) -> Cow<'_, str> {
    match request.query_string() {
        "" => request.path().into(),
        query => format!("{}?{query}", request.path()).into(),
    }
}

/// A caller acting under one scope.
#[derive(Clone)]
pub struct Caller {
    identity: Arc<Identity>,
    scope: Scope,
    as_at: Option<Date>,
    request: Arc<RequestMeta>,
    state: State,
}

impl Deref for Caller {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl Caller {
    /// A caller under a scope that it has.
    ///
    /// # Errors
    /// 403 when it has not; the reply names the scope.
    pub fn new(identity: Arc<Identity>, scope: Scope, request: Arc<RequestMeta>, state: State) -> Result<Self> {
        if identity.reach(scope) == Reach::NONE {
            return Err(Problem::forbidden(format!("this needs the scope `{scope}`")));
        }
        Ok(Self { identity, scope, as_at: None, request, state })
    }

    /// The service itself acting within a hub.
    #[must_use]
    pub fn system(state: State, hub_id: Uuid) -> Self {
        Self {
            identity: Arc::new(Identity::system(hub_id)),
            scope: Scope::WriteIdentity,
            as_at: None,
            request: Arc::new(RequestMeta::default()),
            state,
        }
    }

    /// The same caller under another scope, if it has that one.
    #[must_use]
    pub fn under(&self, scope: Scope) -> Option<Self> {
        (self.identity.reach(scope) != Reach::NONE).then(|| Self { scope, ..self.clone() })
    }

    /// The same caller asking for what is computed as on a day; none leaves the choice to each
    /// resource.
    #[must_use]
    pub fn asking_as_at(&self, day: Option<Date>) -> Self {
        Self { as_at: day, ..self.clone() }
    }

    /// The day for which computed values are asked.
    #[must_use]
    pub const fn as_at(&self) -> Option<Date> {
        self.as_at
    }

    /// The scope under which it acts.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// The identity, to act under other scopes.
    #[must_use]
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// What the kernel needs of the request.
    #[must_use]
    pub fn request(&self) -> &RequestMeta {
        &self.request
    }

    /// What all requests share.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.state.db
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.state.clock.now()
    }

    /// The day.
    #[must_use]
    pub fn today(&self) -> Date {
        self.state.clock.today()
    }

    /// The rows that exist for the caller, without archived ones.
    #[must_use]
    pub fn rows<E: Owned>(&self) -> Select<E> {
        self.rows_archived::<E>().filter(E::archived().is_null())
    }

    /// The rows that exist for the caller, archived ones too where it sees the past of the table.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where whole rows are found, and narrowed")]
    pub fn rows_archived<E: Owned>(&self) -> Select<E> {
        E::find().filter(self.existing::<E>())
    }

    /// A statement over the rows that exist for the caller, without archived ones unless asked for.
    /// It names no column yet: whoever reads some fields alone adds their columns.
    #[must_use]
    pub fn statement<E: Owned>(&self, archived: bool) -> SelectStatement {
        let mut rows = Query::select();
        rows.from(E::default().table_ref()).cond_where(self.existing::<E>());
        if !archived {
            rows.and_where(E::archived().is_null());
        }
        rows
    }

    /// The rows that exist for the caller, archived ones too where it sees the past of the table.
    fn existing<E: Owned>(&self) -> Condition {
        let sees = self.sees::<E>();
        if self.sees_past::<E>() { sees } else { sees.add(E::archived().is_null()) }
    }

    /// The rows that the caller sees: by the scope that belongs to the one it acts under.
    #[must_use]
    pub fn sees<E: Owned>(&self) -> Condition {
        self.within::<E>(self.reach(self.scope.sees()), Some(self.today()))
    }

    /// The rows that the caller may write under its scope: short of the whole hub only
    /// rows of tables that schools write.
    #[must_use]
    pub fn writes<E: Owned>(&self) -> Condition {
        let reach = self.reach(self.scope);
        let reach = if E::written_by_schools() { reach } else { reach.and(Reach::BEYOND_SCHOOLS) };
        self.within::<E>(reach, None)
    }

    /// Returns true if the caller sees what the rows of a table were before: their history, their entries
    /// in the feed, and archived rows.
    #[must_use]
    pub fn sees_past<E: Owned>(&self) -> bool {
        self.sees_hub() || E::shows_past()
    }

    /// Returns true if the caller reaches the whole hub with what it sees.
    #[must_use]
    pub fn sees_hub(&self) -> bool {
        self.reach(self.scope.sees()).has(Reach::HUB)
    }

    /// The rows within a reach; with a day only those that have not ended before it.
    fn within<E: Owned>(&self, reach: Reach, on: Option<Date>) -> Condition {
        // The one table that is read across hubs, by the platform's administrators alone.
        if self.scope.sees() == Scope::ReadHubs && E::table() == "hub" && reach.has(Reach::HUB) {
            return Condition::all();
        }
        let hub = Condition::all().add(E::hub().eq(self.hub_id));
        if reach.has(Reach::HUB) {
            return hub;
        }
        let mut any = Condition::any().add(Expr::cust("1 = 0"));
        if reach.has(Reach::OWN) {
            any = any.add(self.via::<E>(&|| self.own_schools(), on));
        }
        if reach.has(Reach::ASSIGNED) {
            any = any.add(self.via::<E>(&|| self.assigned_schools(), on));
        }
        if reach.has(Reach::PROVIDER)
            && let (Some(column), Some(partner)) = (E::partner(), self.partner_id)
        {
            any = any.add(column.eq(partner));
        }
        hub.add(any)
    }

    /// The rows that belong to the given schools.
    fn via<E: Owned>(&self, schools: &dyn Fn() -> SelectStatement, on: Option<Date>) -> Condition {
        let condition = Condition::all();
        match E::school() {
            Via::HubWide => condition,
            Via::Oneself(column) | Via::School(column) => condition.add(column.in_subquery(schools())),
            Via::SchoolUntil { school, to_on } => {
                condition.add(school.in_subquery(schools())).add_option(on.map(|on| not_over(to_on, on)))
            }
            Via::Published { column, value } => condition.add(column.eq(value)),
            Via::Through { column, parent, published } => {
                let mut rows = Query::select();
                rows.column("id")
                    .from(Alias::new(parent))
                    .and_where(Expr::col("hub_id").eq(self.hub_id))
                    .and_where(Expr::col("archived_at").is_null());
                if let Some((field, value)) = published {
                    rows.and_where(Expr::col(field).eq(value));
                }
                condition.add(column.in_subquery(rows))
            }
            Via::Users => {
                let mut users = Query::select();
                users
                    .column(grant::Column::UserId)
                    .from(grant::Entity)
                    .and_where(grant::Column::HubId.eq(self.hub_id))
                    .and_where(grant::Column::ArchivedAt.is_null())
                    .and_where(grant::Column::SchoolId.in_subquery(schools()))
                    .cond_where(holds(grant::Column::FromOn, grant::Column::ToOn, self.today()));
                condition.add(E::id().in_subquery(users))
            }
            Via::Contacts => {
                let mut people = Query::select();
                people
                    .column(contact::Column::PersonId)
                    .from(contact::Entity)
                    .and_where(contact::Column::HubId.eq(self.hub_id))
                    .and_where(contact::Column::ArchivedAt.is_null())
                    .and_where(contact::Column::SchoolId.in_subquery(schools()))
                    .cond_where(holds(contact::Column::FromOn, contact::Column::ToOn, self.today()));
                condition.add(E::id().in_subquery(people))
            }
            Via::Never => condition.add(Expr::cust("1 = 0")),
        }
    }

    fn own_schools(&self) -> SelectStatement {
        let mut schools = Query::select();
        match (self.school_id, self.school_group_id) {
            (Some(school), _) => {
                schools.expr(Expr::val(school));
            }
            (None, group) => {
                let today = self.today();
                schools
                    .column(school_group_member::Column::SchoolId)
                    .from(school_group_member::Entity)
                    .and_where(school_group_member::Column::HubId.eq(self.hub_id))
                    .and_where(school_group_member::Column::SchoolGroupId.eq(group))
                    .and_where(school_group_member::Column::ArchivedAt.is_null())
                    .cond_where(holds(school_group_member::Column::FromOn, school_group_member::Column::ToOn, today));
            }
        }
        schools
    }

    fn assigned_schools(&self) -> SelectStatement {
        let mut schools = Query::select();
        schools
            .column(assignment::Column::SchoolId)
            .from(assignment::Entity)
            .and_where(assignment::Column::HubId.eq(self.hub_id))
            .and_where(assignment::Column::PersonId.eq(self.actor.person_id()))
            .and_where(assignment::Column::ArchivedAt.is_null())
            .cond_where(holds(assignment::Column::FromOn, assignment::Column::ToOn, self.today()));
        schools
    }
}

/// Whether a period with open ends holds on a day.
pub fn holds<C: ColumnTrait>(from: C, to: C, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(from.is_null()).add(from.lte(on))).add(not_over(to, on))
}

/// Whether a period with an open end holds on a day or later.
pub fn not_over<C: ColumnTrait>(to: C, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(to.is_null()).add(to.gte(on)))
}

/// The first argument of every handler, and the only way to a [`Caller`].
pub struct Can<P: Permission>(Caller, PhantomData<P>);

impl<P: Permission> Deref for Can<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<P: Permission> FromRequest for Can<P> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request, P::SCOPE).map(|caller| Self(caller, PhantomData)))
    }
}

fn caller(request: &HttpRequest, scope: Scope) -> Result<Caller> {
    let identity = request.extensions().get::<Arc<Identity>>().cloned();
    let identity = identity.ok_or_else(|| {
        Problem::new(Code::Unauthenticated, "send a bearer token")
            .header(actix_web::http::header::WWW_AUTHENTICATE, "Bearer realm=\"smep\"")
    })?;
    let state =
        request.app_data::<actix_web::web::Data<State>>().ok_or_else(|| Problem::internal("the App has no state"))?;
    Caller::new(identity, scope, RequestMeta::of(request)?, State::clone(state))
}
