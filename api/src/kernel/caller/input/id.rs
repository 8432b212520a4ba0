//! The id in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::document::openapi::Document;

/// The `{id}` of an item's address. A text that is no id is 405 where it makes an address with other methods, such as
/// `DELETE /schools/counts`, and 404 elsewhere.
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
