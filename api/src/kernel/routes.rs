//! The addresses of the API: registered with a server, or told to the document.
//!
//! Each worker of a server registers all of them. The document is made once for all workers,
//! since a description of every operation takes megabytes.

use actix_web::Scope;
use actix_web::dev::HttpServiceFactory;
use actix_web::web::{self, ServiceConfig};
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// Takes the handlers of the API, part by part.
pub enum Routes<'a> {
    /// To answer requests.
    Served(&'a mut ServiceConfig),
    /// To be described.
    Described(&'a mut OpenApi),
}

impl Routes<'_> {
    /// Takes one handler, with the address that it names itself.
    pub fn service(&mut self, handler: impl HttpServiceFactory + OpenApiFactory + 'static) {
        match self {
            Self::Served(config) => {
                config.service(handler);
            }
            Self::Described(document) => {
                document.paths.merge(handler.paths());
                let mut schemas = Vec::new();
                handler.schemas(&mut schemas);
                document.components.get_or_insert_with(Components::new).schemas.extend(schemas);
            }
        }
    }

    /// Takes what `routes` gives below `prefix`; `wrap` lays its middleware around it.
    pub fn scope<S: HttpServiceFactory + 'static>(
        &mut self,
        prefix: &str,
        routes: impl FnOnce(&mut Routes<'_>),
        wrap: impl FnOnce(Scope) -> S,
    ) {
        match self {
            Self::Served(config) => {
                let scope = web::scope(prefix).configure(|config| routes(&mut Routes::Served(config)));
                config.service(wrap(scope));
            }
            Self::Described(document) => {
                let before = std::mem::take(&mut document.paths);
                routes(&mut Routes::Described(document));
                let mut below = std::mem::replace(&mut document.paths, before);
                let paths = std::mem::take(&mut below.paths).into_iter();
                below.paths = paths.map(|(path, item)| (format!("{prefix}{path}"), item)).collect();
                document.paths.merge(below);
            }
        }
    }
}

/// What `routes` says of itself.
#[must_use]
pub fn described(routes: impl FnOnce(&mut Routes<'_>)) -> OpenApi {
    let mut document = OpenApi::default();
    routes(&mut Routes::Described(&mut document));
    document
}

/// Declares a resource's addresses: `routes` adds these handlers to the App.
#[macro_export]
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {
        /// The addresses of what stands here.
        pub fn routes(routes: &mut $crate::kernel::routes::Routes<'_>) {
            $( routes.service($handler); )+
        }
    };
}
