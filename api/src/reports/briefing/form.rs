//! In which form a briefing is sent: by the query, or by what the caller accepts.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::document::accept::preferred;

entity::choice! {
    /// A form of a briefing.
    pub enum BriefingFormat {
        /// Data (`application/json`).
        Json = "json",
        /// To print, and to read in a browser (`text/html`).
        Html = "html",
    }
}

impl BriefingFormat {
    /// The media type, as type and subtype.
    const fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Html => ("text", "html"),
        }
    }
}

/// The form that the caller's `Accept` likes best; none where it likes none of them.
pub struct Accepted(Option<BriefingFormat>);

impl Accepted {
    /// The form asked for by name, or else the one accepted.
    ///
    /// # Errors
    /// 406 when there is neither.
    pub fn or(self, named: Option<BriefingFormat>) -> Result<BriefingFormat> {
        named.or(self.0).ok_or_else(|| {
            Problem::new(Code::NotAcceptable, "accept application/json or text/html, or name one by `format`")
        })
    }
}

impl FromRequest for Accepted {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let formats = BriefingFormat::ALL.iter().map(|format| (*format, format.media()));
        ready(Ok(Self(preferred(request, formats))))
    }
}
