//! A body that is a JSON Merge Patch (RFC 7396).

use std::borrow::Cow;
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::Value;
use utoipa::ToSchema;

use super::future::BodyFuture;
use super::{JSON, body};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::strict::strict;

const MERGE_PATCH: &str = "application/merge-patch+json";

/// A merge patch of the form `T`, as `application/merge-patch+json` or `application/json`.
///
/// It is not decoded yet: only together with the item that it changes is it whole, and
/// [`Document::patched`](crate::kernel::document::openapi::Document::patched) puts the two together.
#[derive(Debug, Clone)]
pub struct Patch<T> {
    /// The patch: a JSON object.
    pub value: Value,
    form: PhantomData<fn() -> T>,
}

impl<T: ToSchema + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = BodyFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read(T::name(), request.clone(), payload.take());
        BodyFuture::new(read, |value| Ok(Self { value, form: PhantomData }))
    }
}

async fn read(form: Cow<'static, str>, request: HttpRequest, payload: Payload) -> Result<Value> {
    let body = body::read(&form, &request, payload, &[MERGE_PATCH, JSON]).await?;
    let value = strict(&body.bytes)?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Problem::invalid("", "type", "a merge patch is a JSON object"))
}
