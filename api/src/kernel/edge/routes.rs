//! The routes of the API: registered with a server, or described in the document.
//!
//! Each worker of a server registers all routes. The document is built once for all workers,
//! since a description of every operation takes megabytes.

use actix_web::dev::{HttpServiceFactory, Url};
use actix_web::http::Uri;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Scope, guard};
use utoipa::openapi::{Components, OpenApi};

use super::endpoint::Endpoint;
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

impl Routes<'_> {
    /// The same routes, whose operations get `tag` in the document.
    pub fn tagged(&mut self, tag: &'static str) -> Routes<'_> {
        match self {
            Self::Served(config) => Routes::Served(config),
            Self::Sorted(groups) => Routes::Sorted(groups),
            Self::Described { document, .. } => Routes::Described { document, tag: Some(tag) },
        }
    }

    /// Adds operations. Their paths and methods stand at their handlers.
    pub fn add(&mut self, endpoints: &'static [Endpoint]) {
        match self {
            Self::Served(config) => {
                for endpoint in endpoints {
                    config.service(endpoint);
                }
            }
            Self::Sorted(groups) => {
                for endpoint in endpoints {
                    groups.add(stem(&(endpoint.path)()), endpoint);
                }
            }
            Self::Described { document, tag } => {
                for endpoint in endpoints {
                    describe(document, *tag, endpoint);
                }
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

/// Adds the description of one operation.
fn describe(document: &mut OpenApi, tag: Option<&'static str>, endpoint: &Endpoint) {
    let mut operation = (endpoint.operation)();
    operation.tags = tag.map(|tag| vec![tag.to_owned()]);
    operation.security = Some(vec![(endpoint.requirement)()]);
    document.paths.add_path_operation((endpoint.path)(), (endpoint.methods)(), operation);
    let mut schemas = Vec::new();
    (endpoint.schemas)(&mut schemas);
    document.components.get_or_insert_with(Components::new).schemas.extend(schemas);
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
/// [`endpoints!`](crate::endpoints) says what may head a group. The document lists the paths in the order in which they
/// are first named.
#[macro_export]
macro_rules! routes {
    ($($groups:tt)+) => {
        /// Adds the routes of this file.
        pub fn routes(routes: &mut $crate::kernel::edge::routes::Routes<'_>) {
            routes.add($crate::endpoints! { $($groups)+ });
        }
    };
}
