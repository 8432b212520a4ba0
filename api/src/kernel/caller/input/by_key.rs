//! The key in a path.

use std::future::{Ready, ready};
use std::sync::LazyLock;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, json};

use crate::kernel::base::pairs::percent_decoded;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::document::openapi::{Checker, key_shape};

/// What a key of a partner's system consists of.
static SHAPE: LazyLock<Result<Checker>> = LazyLock::new(|| Checker::new(key_shape(), Map::new()));

/// The key of an item in `…/by-key/{system}/{id}`.
#[derive(Debug, Clone)]
pub struct ByKey {
    /// A field that is a key of its own, or the name of a partner's system.
    pub system: String,
    /// The key.
    pub id: String,
}

impl ByKey {
    /// 400 with faults of the path; `part` names the part that a pointer is about.
    pub fn refused(faults: impl Iterator<Item = Fault>, part: impl Fn(&str) -> &str) -> Problem {
        let placed = faults.map(|fault| Fault { pointer: part(&fault.pointer).to_owned(), ..fault });
        let faults: Vec<Fault> = placed.collect();
        let detail = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message));
        let detail = detail.collect::<Vec<_>>().join("; ");
        faults.into_iter().fold(Problem::new(Code::BadParameter, detail), Problem::with)
    }

    fn checked(self) -> Result<Self> {
        let faults = SHAPE.as_ref().map_err(Clone::clone)?.check(&json!({ "system": self.system, "id": self.id }));
        if faults.is_empty() {
            return Ok(self);
        }
        Err(Self::refused(faults.into_iter(), |pointer| if pointer == "/system" { "{system}" } else { "{id}" }))
    }
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
        let key = key.map_err(|why| Problem::new(Code::BadRequest, format!("the key in the address: {why}")));
        ready(key.and_then(Self::checked))
    }
}
