//! How bodies come in: read within limits, parsed strictly, checked against the document, decoded.
//!
//! The order gives each fault its status: another type 415, too large 413, too slow 408, not
//! acceptable JSON 400, and what the schema of the form refuses 422, all faults at once.

mod batch;
mod body;
mod by_key;
mod form;
mod id;
mod optional;
mod patch;
mod upload;

pub use batch::Batch;
pub use body::Limits;
pub use by_key::ByKey;
pub use form::JsonOrForm;
pub use id::Id;
pub use optional::OptionalJson;
pub use patch::Patch;
pub use upload::Upload;

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::kernel::base::problem::Problem;
use crate::kernel::base::strict::strict;
use crate::kernel::document::openapi::Document;

/// The media type of ordinary bodies.
const JSON: &str = "application/json";

/// A body of `application/json` that fits the schema of `T` in the document.
///
/// The name matters: the document finds the body of a handler by an argument called `Json`.
#[derive(Debug, Clone)]
pub struct Json<T> {
    /// The body, decoded.
    pub value: T,
}

impl<T> Json<T> {
    /// The body alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ToSchema + DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let body = body::read::<T>(&request, payload, &[JSON]).await?;
            let value = Document::of(&request)?.decode(strict(&body.bytes)?)?;
            Ok(Self { value })
        })
    }
}

#[cfg(test)]
mod tests;
