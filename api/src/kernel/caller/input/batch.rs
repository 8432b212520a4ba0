//! Many items in one body.

use std::marker::PhantomData;
use std::sync::LazyLock;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

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
    Checker::new(shape, &Map::new())
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
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let body = body::read_large(BYTES, &request, payload, &[JSON]).await?;
            let mut value = strict(&body.bytes)?;
            let faults = SHAPE.as_ref().map_err(Clone::clone)?.check(&value);
            if !faults.is_empty() {
                return Err(Problem::faults(faults));
            }
            let items = value.get_mut("items").and_then(Value::as_array_mut);
            let items = items.map(std::mem::take).unwrap_or_default();
            Ok(Self { items, form: PhantomData })
        })
    }
}
