//! The errors of the token endpoint: problems that also say what RFC 6749 says.

use actix_web::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use sea_orm::DbErr;

use crate::kernel::base::problem::{Code, Fault, Problem};

/// A problem with the members `error` and `error_description`.
#[derive(Debug)]
pub struct Refusal(Problem);

impl Refusal {
    fn new(code: Code, error: &str, description: impl Into<String>) -> Self {
        Self::with_error(Problem::new(code, description), error)
    }

    fn with_error(problem: Problem, error: &str) -> Self {
        let description = problem.detail().to_owned();
        let problem = problem.member("error", error).member("error_description", description);
        Self(problem.header(CACHE_CONTROL, "no-store"))
    }

    /// The password, the refresh token or the grant is not valid.
    pub fn grant(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidGrant, "invalid_grant", description)
    }

    /// The request misses something, or says it twice.
    pub fn request(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidTokenRequest, "invalid_request", description)
    }

    /// No scope asked for is there, or there is no such scope.
    pub fn scope(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidTokenRequest, "invalid_scope", description)
    }

    /// Nothing of what was asked for is there.
    pub fn nothing_left() -> Self {
        Self::scope("none of the scopes asked for is yours; leave `scope` out to get all that are")
    }

    /// The partner system is not recognised.
    pub fn client(description: impl Into<String>) -> Self {
        let Self(problem) = Self::new(Code::InvalidClient, "invalid_client", description);
        Self(problem.header(WWW_AUTHENTICATE, "Basic realm=\"smep\", charset=\"UTF-8\""))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        match problem.code() {
            // What the schema refuses is 422 elsewhere; here RFC 6749 asks for 400.
            Code::Invalid => {
                let unknown = |fault: &Fault| fault.pointer == "/grant_type" && fault.code == "unknown_value";
                let error = match problem.errors() {
                    [one] if unknown(one) => "unsupported_grant_type",
                    _ => "invalid_request",
                };
                let detail = match problem.errors() {
                    [one] => format!("`{}`: {}", one.pointer.trim_start_matches('/'), one.message),
                    many => format!("{} faults in the request, listed in `errors`", many.len()),
                };
                let plain = Problem::new(Code::InvalidTokenRequest, detail);
                Self::with_error(problem.errors().iter().cloned().fold(plain, Problem::with), error)
            }
            Code::TooManyRequests | Code::Unavailable => Self::with_error(problem, "temporarily_unavailable"),
            Code::Internal => Self::with_error(problem, "server_error"),
            _ => Self::with_error(problem, "invalid_request"),
        }
    }
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        Problem::from(error).into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}
