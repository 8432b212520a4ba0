//! How bodies come in: read within limits, parsed strictly, checked against the document, decoded.
//!
//! The order gives each fault its status: another type 415, too large 413, too slow 408, not
//! acceptable JSON 400, and what the schema of the form refuses 422, all faults at once.

mod batch;
mod body;
mod by_key;
mod form;
mod future;
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
pub use upload::{FormFile, Upload};

use std::borrow::Cow;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use self::future::BodyFuture;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::strict::strict;
use crate::kernel::document::openapi::{Document, decode};

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
    type Future = BodyFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        BodyFuture::new(read(T::name(), request.clone(), payload.take()), |value| Ok(Self { value: decode(&value)? }))
    }
}

/// Reads a body and checks it against the schema of the form.
async fn read(form: Cow<'static, str>, request: HttpRequest, payload: Payload) -> Result<Value> {
    let body = body::read(&form, &request, payload, &[JSON]).await?;
    let value = strict(&body.bytes)?;
    Document::of(&request)?.admit(&form, &value)?;
    Ok(value)
}

#[cfg(test)]
mod tests;
