//! One operation of the API as a server and the document take it.
//!
//! There are hundreds of handlers, each of a type of its own. Only what is here is compiled for each of them:
//! the extraction of its arguments, and a row of constants.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse, fn_service};
use actix_web::http::Method;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, Responder, guard};
use futures_util::future::LocalBoxFuture;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, SecurityRequirement};

use super::auth::SignedIn;
use crate::kernel::caller::permission::Permission;

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

/// The schemas that an operation refers to, by their names.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// The reply of a handler, on its way.
pub type Answer = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

/// An operation: its handler, and functions that describe it. A description is made only when the document is.
pub struct Endpoint {
    /// The name of the handler.
    name: &'static str,
    answer: fn(ServiceRequest) -> Answer,
    pub(super) path: fn() -> String,
    pub(super) methods: fn() -> Vec<HttpMethod>,
    pub(super) operation: fn() -> Operation,
    pub(super) schemas: fn(&mut Schemas),
    pub(super) requirement: fn() -> SecurityRequirement,
}

impl Endpoint {
    /// The operation that `P` describes, for those whom `A` admits. [`endpoints!`](crate::endpoints) calls this.
    pub const fn new<A: Access, P: utoipa::Path>(
        name: &'static str,
        answer: fn(ServiceRequest) -> Answer,
        schemas: fn(&mut Schemas),
    ) -> Self {
        Self {
            name,
            answer,
            path: P::path,
            methods: P::methods,
            operation: P::operation,
            schemas,
            requirement: A::requirement,
        }
    }
}

/// Registers what `#[get("/..")]` of actix would, without its types for each handler.
impl HttpServiceFactory for &'static Endpoint {
    fn register(self, config: &mut AppService) {
        let mut address = address((self.path)());
        address.set_name(self.name);
        for method in (self.methods)() {
            let guard = guard::Method(method_of(&method));
            config.register_service(address.clone(), Some(vec![Box::new(guard)]), fn_service(self.answer), None);
        }
    }
}

/// A path as requests are compared with it. Each is compiled once, since the copies of all workers would take
/// megabytes.
fn address(path: String) -> ResourceDef {
    static COMPILED: Mutex<BTreeMap<String, ResourceDef>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(path).or_insert_with_key(|path| ResourceDef::new(path.as_str())).clone()
}

fn method_of(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

/// An `async fn` whose arguments are extractors.
pub trait Handler<Arguments>: Copy + 'static {
    /// Extracts the arguments one after the other and calls the handler. The first error is the reply.
    fn answer(self, request: ServiceRequest) -> Answer;
}

macro_rules! handler {
    ($($argument:ident)*) => {
        impl<F, R, $($argument),*> Handler<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R + Copy + 'static,
            R: Future<Output: Responder> + 'static,
            $($argument: FromRequest + 'static,)*
        {
            #[allow(non_snake_case, unused_mut, unused_variables, reason = "there may be no arguments")]
            fn answer(self, request: ServiceRequest) -> Answer {
                let (request, mut payload) = request.into_parts();
                let of = request.clone();
                let reply = async move {
                    $( let $argument = $argument::from_request(&of, &mut payload).await.map_err(Into::into)?; )*
                    Ok(self($($argument),*).await.respond_to(&of).map_into_boxed_body())
                };
                replied(request, Box::pin(reply))
            }
        }
    };
}

handler! {}
handler! { A }
handler! { A B }
handler! { A B C }
handler! { A B C D }

/// Sends what a handler gives. A reply made of an error keeps it, for the outermost layer to tell.
fn replied(request: HttpRequest, reply: LocalBoxFuture<'static, Result<HttpResponse, Error>>) -> Answer {
    Box::pin(async move {
        let reply = reply.await.unwrap_or_else(HttpResponse::from_error);
        Ok(ServiceResponse::new(request, reply))
    })
}

/// Lists handlers as a `&'static [Endpoint]`, grouped by who may call them.
///
/// A group is headed by the permission `P` of the handlers' `Can<P>`, by `SignedIn` for any valid token,
/// or by `Public` for no token.
#[macro_export]
macro_rules! endpoints {
    ($($access:ident: $($($handler:ident)::+),+);+ $(;)?) => {
        const { &[$( $( $crate::endpoint!($access [] $($handler)::+), )+ )+] }
    };
}

/// The [`Endpoint`] of one handler. The path before its name is moved into the brackets, one module after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! endpoint {
    ($access:ident [$($path:tt)*] $module:ident :: $($handler:ident)::+) => {
        $crate::endpoint!($access [$($path)* $module ::] $($handler)::+)
    };
    ($access:ident [$($path:tt)*] $handler:ident) => {
        // `#[utoipa::path]` describes a handler by a type beside it that has its name.
        ::pastey::paste! {
            $crate::kernel::edge::endpoint::Endpoint::new::<$access, $($path)* [<__path_ $handler>]>(
                stringify!($handler),
                |request| $crate::kernel::edge::endpoint::Handler::answer($($path)* $handler, request),
                |schemas| ::utoipa_actix_web::OpenApiFactory::schemas(&$($path)* [<__path_ $handler>], schemas),
            )
        }
    };
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use actix_web::App;
    use actix_web::dev::Payload;
    use actix_web::error::InternalError;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

    use super::*;

    struct Refusing<const STATUS: u16>;

    impl<const STATUS: u16> FromRequest for Refusing<STATUS> {
        type Error = Error;
        type Future = Ready<Result<Self, Error>>;

        fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
            let status = StatusCode::from_u16(STATUS).unwrap_or_default();
            ready(Err(InternalError::new("refused", status).into()))
        }
    }

    #[utoipa::path(get, path = "/refused")]
    async fn get_refused(_: Refusing<403>, _: Refusing<409>) -> HttpResponse {
        HttpResponse::Ok().finish()
    }

    #[utoipa::path(put, path = "/names/{name}")]
    async fn put_name(request: HttpRequest, body: String) -> String {
        format!("{:?} {body}", request.match_name())
    }

    const ENDPOINTS: &[Endpoint] = endpoints! { Public: get_refused, put_name };

    fn register(config: &mut actix_web::web::ServiceConfig) {
        for endpoint in ENDPOINTS {
            config.service(endpoint);
        }
    }

    #[actix_web::test]
    async fn the_first_argument_that_is_refused_decides_the_reply() {
        let app = init_service(App::new().configure(register)).await;
        let reply = call_service(&app, TestRequest::get().uri("/refused").to_request()).await;
        assert_eq!(reply.status(), StatusCode::FORBIDDEN);
        assert!(reply.response().error().is_some(), "the error is lost, from which the reply gets its form");
    }

    #[actix_web::test]
    async fn a_handler_gets_the_body_and_answers_its_own_method_only() {
        let app = init_service(App::new().configure(register)).await;
        let request = TestRequest::put().uri("/names/treble").set_payload("clef").to_request();
        assert_eq!(call_and_read_body(&app, request).await, "Some(\"put_name\") clef");
        let reply = call_service(&app, TestRequest::post().uri("/names/treble").to_request()).await;
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    }
}
