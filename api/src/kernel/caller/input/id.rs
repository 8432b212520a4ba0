//! The id in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::document::openapi::Document;

/// The `{id}` in the path of an item. Text that is not a UUID gives 405 if the path serves other methods, such as
/// `DELETE /schools/counts`, and 404 otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub Uuid);

impl FromRequest for Id {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| Uuid::try_parse(id).ok());
        ready(id.map(Self).ok_or_else(|| {
            let taken = Document::of(request).ok().and_then(|document| document.answered(request.path()));
            Problem::unmatched(request.method(), taken.as_deref())
        }))
    }
}
