//! Who is calling: a verified identity under one scope.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use entity::instant::Instant;
use time::Date;
use uuid::Uuid;

use super::identity::Identity;
use super::permission::{Permission, Reach, Scope};
use super::state::State;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::request::RequestMeta;
use crate::kernel::database::db::Db;

/// A caller acting under one scope.
#[derive(Clone)]
pub struct Caller {
    identity: Arc<Identity>,
    scope: Scope,
    as_at: Option<Date>,
    for_school: Option<Uuid>,
    publishes: bool,
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
            return Err(scope.lacking());
        }
        Ok(Self { identity, scope, as_at: None, for_school: None, publishes: false, request, state })
    }

    /// The service itself acting within a hub.
    #[must_use]
    pub fn system(state: State, hub_id: Uuid) -> Self {
        Self {
            identity: Arc::new(Identity::system(hub_id)),
            scope: Scope::WriteIdentity,
            as_at: None,
            for_school: None,
            publishes: false,
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

    /// The same caller asking for what depends on a school, such as a price.
    #[must_use]
    pub fn asking_for_school(&self, school: Option<Uuid>) -> Self {
        Self { for_school: school, ..self.clone() }
    }

    /// The school for which what depends on one is asked: the one named, or else the caller's own.
    #[must_use]
    pub fn for_school(&self) -> Option<Uuid> {
        self.for_school.or(self.school_id)
    }

    /// The same caller asking for what is kept for all who may read it, with other rights than the caller's.
    #[must_use]
    pub fn publishing(&self) -> Self {
        Self { publishes: true, ..self.clone() }
    }

    /// Returns true if others will read what is asked for.
    #[must_use]
    pub const fn publishes(&self) -> bool {
        self.publishes
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
