//! A body that may be left out.

use std::future::ready;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::future::BodyFuture;
use super::read;
use crate::kernel::base::problem::Problem;
use crate::kernel::document::openapi::decode;

/// A body as [`Json`] reads it, or the default when none is sent: a transition's reason, say.
///
/// The handler names it in its `request_body` as `Option<T>`.
#[derive(Debug, Clone)]
pub struct OptionalJson<T> {
    /// The body, decoded.
    pub value: T,
}

impl<T> Deref for OptionalJson<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ToSchema + DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = BodyFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let empty = headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0");
        // Swagger UI sends the type with no body behind it.
        if empty && !headers.contains_key(TRANSFER_ENCODING) && !unframed(request) {
            return BodyFuture::new(ready(Ok(Value::Null)), |_| Ok(Self { value: T::default() }));
        }
        BodyFuture::new(read(T::name(), request.clone(), payload.take()), |value| Ok(Self { value: decode(&value)? }))
    }
}

/// HTTP/2 need not say how long a body is; there the type tells that one comes.
fn unframed(request: &HttpRequest) -> bool {
    let headers = request.headers();
    request.version() == actix_web::http::Version::HTTP_2
        && !headers.contains_key(CONTENT_LENGTH)
        && headers.contains_key(CONTENT_TYPE)
}
