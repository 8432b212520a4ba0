//! The routes of the API: registered with a server, or described in the document.
//!
//! Each worker of a server registers all routes. The document is built once for all workers,
//! since a description of every operation takes megabytes.

use actix_web::dev::{HttpServiceFactory, Url};
use actix_web::http::Uri;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Scope, guard};
use utoipa::Path;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Components, OpenApi, SecurityRequirement};
use utoipa_actix_web::OpenApiFactory;

use super::auth::SignedIn;
use crate::kernel::caller::permission::Permission;
use crate::kernel::document::openapi::stem;

/// Collects the handlers of the API, part by part.
pub enum Routes<'a> {
    /// Registers them with a server.
    Served(&'a mut ServiceConfig),
    /// Sorts them, to be registered below a prefix.
    Sorted(&'a mut Groups),
    /// Describes them in the document.
    Described {
        /// The document so far.
        document: &'a mut OpenApi,
        /// The tag of the part whose routes are being added.
        tag: Option<&'static str>,
    },
}

/// Who may call an operation: the holder of a [`Permission`], [`SignedIn`] or [`Public`].
pub trait Access {
    /// The requirement as the document states it.
    fn requirement() -> SecurityRequirement;
}

/// Access without a token.
pub struct Public;

/// The name of the security scheme for bearer tokens.
const TOKEN: &str = "token";

impl<P: Permission> Access for P {
    fn requirement() -> SecurityRequirement {
        SecurityRequirement::new(TOKEN, [P::SCOPE.as_str()])
    }
}

impl Access for SignedIn {
    fn requirement() -> SecurityRequirement {
        SecurityRequirement::new(TOKEN, [""; 0])
    }
}

impl Access for Public {
    fn requirement() -> SecurityRequirement {
        SecurityRequirement::default()
    }
}

impl Routes<'_> {
    /// The same routes, whose operations get `tag` in the document.
    pub fn tagged(&mut self, tag: &'static str) -> Routes<'_> {
        match self {
            Self::Served(config) => Routes::Served(config),
            Self::Sorted(groups) => Routes::Sorted(groups),
            Self::Described { document, .. } => Routes::Described { document, tag: Some(tag) },
        }
    }

    /// Adds one handler. Its path and method stand at the handler; the document says by `A` who may call it.
    pub fn service<A: Access>(&mut self, handler: impl HttpServiceFactory + OpenApiFactory + Path + 'static) {
        fn path<H: Path>(_: &H) -> String {
            H::path()
        }
        match self {
            Self::Served(config) => {
                config.service(handler);
            }
            Self::Sorted(groups) => groups.add(stem(&path(&handler)), handler),
            Self::Described { document, tag } => {
                let mut paths = handler.paths();
                for operation in paths.paths.values_mut().flat_map(operations) {
                    operation.tags = tag.map(|tag| vec![tag.to_owned()]);
                    operation.security = Some(vec![A::requirement()]);
                }
                document.paths.merge(paths);
                let mut schemas = Vec::new();
                handler.schemas(&mut schemas);
                document.components.get_or_insert_with(Components::new).schemas.extend(schemas);
            }
        }
    }

    /// Adds the routes of `routes` below `prefix`; `wrap` puts middleware around them.
    pub fn scope<S: HttpServiceFactory + 'static>(
        &mut self,
        prefix: &str,
        routes: impl FnOnce(&mut Routes<'_>),
        wrap: impl FnOnce(Scope) -> S,
    ) {
        match self {
            Self::Served(config) => {
                config.service(wrap(Groups::of(routes).below(prefix)));
            }
            Self::Sorted(groups) => groups.add(stem(prefix), wrap(Groups::of(routes).below(prefix))),
            Self::Described { document, tag } => {
                let before = std::mem::take(&mut document.paths);
                routes(&mut Routes::Described { document, tag: *tag });
                let mut below = std::mem::replace(&mut document.paths, before);
                let paths = std::mem::take(&mut below.paths).into_iter();
                below.paths = paths.map(|(path, item)| (format!("{prefix}{path}"), item)).collect();
                document.paths.merge(below);
            }
        }
    }
}

/// Handlers by the first segment of their paths. A server tries the routes of one list in turn, each by a
/// regular expression: with a list for each first segment it tries some ten of them, not hundreds.
#[derive(Default)]
pub struct Groups(Vec<(String, Scope)>);

impl Groups {
    fn of(routes: impl FnOnce(&mut Routes<'_>)) -> Self {
        let mut groups = Self::default();
        routes(&mut Routes::Sorted(&mut groups));
        groups
    }

    fn add(&mut self, stem: &str, handler: impl HttpServiceFactory + 'static) {
        let at = self.0.iter().position(|(known, _)| known == stem);
        let (stem, scope) = match at {
            Some(at) => self.0.swap_remove(at),
            None => (stem.to_owned(), web::scope("")),
        };
        self.0.push((stem, scope.service(handler)));
    }

    fn below(self, prefix: &str) -> Scope {
        self.0.into_iter().fold(web::scope(prefix), |all, (stem, group)| {
            all.service(group.guard(guard::fn_guard(move |request| begins_with(&request.head().uri, &stem))))
        })
    }
}

/// Whether an address leads to the routes with this stem.
fn begins_with(address: &Uri, expected: &str) -> bool {
    if address.path().contains('%') {
        // What needs no escape may be escaped.
        return stem(Url::new(address.clone()).path()) == expected;
    }
    stem(address.path()) == expected
}

/// The operations at one path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Describes `routes` in a new document.
#[must_use]
pub fn described(routes: impl FnOnce(&mut Routes<'_>)) -> OpenApi {
    let mut document = OpenApi::default();
    routes(&mut Routes::Described { document: &mut document, tag: None });
    document
}

/// Declares the routes of a file: the handlers, grouped by who may call them.
///
/// ```text
/// routes! {
///     ReadSchools: list_areas, get_area;
///     WriteSchools: create_area, update_area;
/// }
/// ```
///
/// A group is headed by the permission `P` of the handlers' `Can<P>`, by `SignedIn` for any valid token,
/// or by `Public` for no token. The document lists the paths in the order in which they are first named.
#[macro_export]
macro_rules! routes {
    ($($access:ident: $($handler:path),+);+ $(;)?) => {
        /// Adds the routes of this file.
        pub fn routes(routes: &mut $crate::kernel::edge::routes::Routes<'_>) {
            $( $( routes.service::<$access>($handler); )+ )+
        }
    };
}
