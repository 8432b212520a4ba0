//! The key in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::pairs::percent_decoded;
use crate::kernel::problem::{Code, Problem, Result};

/// The key of an item in `…/by-key/{system}/{id}`.
#[derive(Debug, Clone)]
pub struct ByKey {
    /// A field that is a key of its own, or the name of a partner's system.
    pub system: String,
    /// The key.
    pub id: String,
}

impl FromRequest for ByKey {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // From the path as it was sent: the router decodes what is no UTF-8 as best it can, and a
        // key is that key or none.
        let mut segments = request.path().rsplit('/').map(percent_decoded);
        let mut next = || segments.next().unwrap_or(Ok(String::new()));
        let key = next().and_then(|id| Ok(Self { system: next()?, id }));
        ready(key.map_err(|why| Problem::new(Code::BadRequest, format!("the key in the address: {why}"))))
    }
}
