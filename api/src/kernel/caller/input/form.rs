//! The form of RFC 6749 beside JSON, for the token endpoint.

use std::borrow::Cow;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::future::BodyFuture;
use super::{JSON, body};
use crate::kernel::base::pairs;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::strict::strict;
use crate::kernel::document::openapi::{Document, decode};

const FORM: &str = "application/x-www-form-urlencoded";

/// A body as `application/json` or `application/x-www-form-urlencoded`, with the same schema.
///
/// In both a name may occur once, and fields with an empty text are passed over, as RFC 6749 (3.2)
/// asks of a token endpoint. So are names that `T` does not know, since the document leaves open the
/// schemas of what takes forms. All values of a form are texts.
///
/// The handler names both types in its `request_body`, and takes
/// `Result<JsonOrForm<T>, Problem>` if it has to change the error.
#[derive(Debug, Clone)]
pub struct JsonOrForm<T> {
    /// The body, decoded.
    pub value: T,
}

impl<T: ToSchema + DeserializeOwned + 'static> FromRequest for JsonOrForm<T> {
    type Error = Problem;
    type Future = BodyFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        BodyFuture::new(read(T::name(), request.clone(), payload.take()), |value| Ok(Self { value: decode(&value)? }))
    }
}

async fn read(form: Cow<'static, str>, request: HttpRequest, payload: Payload) -> Result<Value> {
    let body = body::read(&form, &request, payload, &[JSON, FORM]).await?;
    let mut value = if body.media_type == FORM { fields(&body.bytes)?.into() } else { strict(&body.bytes)? };
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| value != "");
    }
    Document::of(&request)?.admit(&form, &value)?;
    Ok(value)
}

fn fields(bytes: &[u8]) -> Result<Map<String, Value>> {
    let refused = |detail: &str| Problem::new(Code::BadRequest, detail);
    let text = std::str::from_utf8(bytes).map_err(|_| refused("the form is not UTF-8"))?;
    let mut faults = Vec::new();
    let mut fields = Map::new();
    for (name, value) in pairs::read(text, &mut faults) {
        if fields.contains_key(&name) {
            faults.push(Fault::new(format!("/{name}"), "repeated", "the name occurs twice"));
        }
        fields.insert(name, value.into());
    }
    if faults.is_empty() {
        return Ok(fields);
    }
    let problem = refused("the form repeats a name, or is not readable");
    Err(faults.into_iter().fold(problem, |problem, mut fault| {
        // The place is in the body here, not in a query.
        fault.pointer = fault.pointer.replacen('?', "/", 1);
        problem.with(fault)
    }))
}
