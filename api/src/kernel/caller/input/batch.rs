//! Many items in one body.

use std::marker::PhantomData;
use std::sync::LazyLock;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, Value, json};

use super::future::BodyFuture;
use super::{JSON, body};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::strict::strict;
use crate::kernel::document::openapi::{Checker, MOST_IN_BATCH};

/// How large its body may be, bytes.
const BYTES: usize = 4 << 20;

/// Only how the items lie in the body: each is checked by itself later, so that a bad one is not
/// the end of all.
static SHAPE: LazyLock<Result<Checker>> = LazyLock::new(|| {
    let items = json!({"type": "array", "minItems": 1, "maxItems": MOST_IN_BATCH});
    let shape = json!({
        "type": "object",
        "properties": {"items": items},
        "required": ["items"],
        "additionalProperties": false
    });
    Checker::new(shape, Map::new())
});

/// A body of `{"items": […]}`, each item meant to be a form `F` and not checked yet.
#[derive(Debug, Clone)]
pub struct Batch<F> {
    /// The items.
    pub items: Vec<Value>,
    form: PhantomData<fn() -> F>,
}

impl<F: 'static> FromRequest for Batch<F> {
    type Error = Problem;
    type Future = BodyFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        BodyFuture::new(read(request.clone(), payload.take()), |mut value| {
            let items = value.get_mut("items").and_then(Value::as_array_mut);
            let items = items.map(std::mem::take).unwrap_or_default();
            Ok(Self { items, form: PhantomData })
        })
    }
}

async fn read(request: HttpRequest, payload: Payload) -> Result<Value> {
    let body = body::read_large(BYTES, &request, payload, &[JSON]).await?;
    let value = strict(&body.bytes)?;
    let faults = SHAPE.as_ref().map_err(Clone::clone)?.check(&value);
    if faults.is_empty() { Ok(value) } else { Err(Problem::faults(faults)) }
}
