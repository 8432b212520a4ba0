//! In which form a document is sent: by the query, or by what the caller accepts.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::document::accept::preferred;

entity::choice! {
    /// A form of a document.
    pub enum DocumentFormat {
        /// Data (`application/json`).
        Json = "json",
        /// For spreadsheets (`text/csv`).
        Csv = "csv",
        /// To print, and to read in a browser (`text/html`).
        Html = "html",
    }
}

impl DocumentFormat {
    /// The media type, as type and subtype.
    const fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
            Self::Html => ("text", "html"),
        }
    }
}

/// The form that the caller's `Accept` likes best; none where it likes none of them.
pub struct Accepted(Option<DocumentFormat>);

impl Accepted {
    /// The form asked for by name, or else the one accepted.
    ///
    /// # Errors
    /// 406 when there is neither.
    pub fn or(self, named: Option<DocumentFormat>) -> Result<DocumentFormat> {
        named.or(self.0).ok_or_else(|| {
            Problem::new(Code::NotAcceptable, "accept application/json, text/csv or text/html, or name one by `format`")
        })
    }

    fn of(request: &HttpRequest) -> Self {
        Self(preferred(request, DocumentFormat::ALL.iter().map(|format| (*format, format.media()))))
    }
}

impl FromRequest for Accepted {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    fn preferred(accept: &str) -> Option<DocumentFormat> {
        Accepted::of(&TestRequest::get().insert_header((ACCEPT, accept)).to_http_request()).0
    }

    #[test]
    fn the_preferred_form_is_sent() {
        for (accept, format) in [
            ("", Some(DocumentFormat::Json)),
            ("*/*", Some(DocumentFormat::Json)),
            ("application/*", Some(DocumentFormat::Json)),
            ("text/csv", Some(DocumentFormat::Csv)),
            ("text/*", Some(DocumentFormat::Csv)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(DocumentFormat::Html)),
            ("application/json;q=0.5, text/html;q=0.7", Some(DocumentFormat::Html)),
            ("application/json;q=0, */*", Some(DocumentFormat::Csv)),
            ("application/pdf", None),
            ("application/json;q=0", None),
            ("%%%", None),
        ] {
            assert_eq!(preferred(accept), format, "{accept}");
        }
        assert_eq!(Accepted::of(&TestRequest::get().to_http_request()).0, Some(DocumentFormat::Json));
    }

    #[test]
    fn a_named_form_wins_and_none_is_refused() {
        assert_eq!(Accepted(None).or(Some(DocumentFormat::Csv)).unwrap(), DocumentFormat::Csv);
        assert_eq!(Accepted(Some(DocumentFormat::Html)).or(None).unwrap(), DocumentFormat::Html);
        assert_eq!(Accepted(None).or(None).unwrap_err().code(), Code::NotAcceptable);
    }
}
