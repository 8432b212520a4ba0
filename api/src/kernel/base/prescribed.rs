//! Addresses and errors that a standard of 1EdTech prescribes, beside the API.
//!
//! Such an address is guarded and counted as the API is. Its errors have the form of the standard,
//! `imsx_StatusInfo`, in the place of a problem.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Code, Problem};
use super::reply::JSON;

/// What the addresses of the rostering service of OneRoster 1.2 begin with.
pub const ROSTERING: &str = "/ims/oneroster/rostering/v1p2";

/// Returns true if a standard prescribes the address.
#[must_use]
pub fn is_prescribed(path: &str) -> bool {
    path.starts_with("/ims/")
}

/// Returns true if requests to the address are counted.
#[must_use]
pub fn is_counted(path: &str) -> bool {
    path.starts_with("/api/") || is_prescribed(path)
}

entity::choice! {
    /// What a request came to, as 1EdTech has it.
    #[example = "failure"]
    pub enum MajorCode {
        /// It was refused, or could not be done.
        Failure = "failure",
    }
}

entity::choice! {
    /// How bad it is, as 1EdTech has it.
    #[example = "error"]
    pub enum Severity {
        /// Nothing was done.
        Error = "error",
    }
}

entity::choice! {
    /// What was wrong, as 1EdTech has it.
    #[example = "invalid_filter_field"]
    pub enum MinorCode {
        /// The `filter` names an unknown field, or cannot be read.
        InvalidFilterField = "invalid_filter_field",
        /// `fields` names an unknown field.
        InvalidSelectionField = "invalid_selection_field",
        /// The order is by an unknown field.
        InvalidSortField = "invalid_sort_field",
        /// Anything else that is wrong with the request.
        InvalidData = "invaliddata",
        /// There is no valid token.
        UnauthorisedRequest = "unauthorisedrequest",
        /// The token does not reach so far.
        Forbidden = "forbidden",
        /// There is nothing that the caller may see.
        UnknownObject = "unknownobject",
        /// The address does not take this method.
        Unsupported = "unsupported",
        /// Too many requests, or the service is away: try again later.
        ServerBusy = "server_busy",
        /// A fault of the service.
        InternalServerError = "internal_server_error",
    }
}

/// The form of every error of OneRoster (`imsx_StatusInfo`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatusInfo)]
pub struct StatusInfo {
    /// Always `failure`.
    #[serde(rename = "imsx_codeMajor")]
    major: MajorCode,
    /// Always `error`.
    #[serde(rename = "imsx_severity")]
    severity: Severity,
    /// What is wrong, and how to fix it.
    #[serde(rename = "imsx_description")]
    #[schema(max_length = 2000, example = "?filter: there is no field `postcode`")]
    description: String,
    /// The codes.
    #[serde(rename = "imsx_CodeMinor")]
    minor: MinorCodes,
}

/// The codes of an error of OneRoster.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinorCodes {
    /// One for each fault.
    #[serde(rename = "imsx_codeMinorField")]
    #[schema(max_items = 1000)]
    fields: Vec<MinorCodeField>,
}

/// A code of an error of OneRoster.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinorCodeField {
    /// Which system found the fault: always `TargetEndSystem`.
    #[serde(rename = "imsx_codeMinorFieldName")]
    #[schema(max_length = 20, example = "TargetEndSystem")]
    name: &'static str,
    /// The code.
    #[serde(rename = "imsx_codeMinorFieldValue")]
    value: MinorCode,
}

impl StatusInfo {
    /// A problem in this form.
    fn of(problem: &Problem) -> Self {
        let faults = problem.errors();
        let description = match faults {
            [] => problem.detail().to_owned(),
            faults => {
                let told: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect();
                told.join("; ")
            }
        };
        let of_status = [minor(problem.code().status())];
        let of_faults: Vec<_> = faults.iter().map(|fault| of_place(&fault.pointer)).collect();
        let codes = if of_faults.is_empty() { &of_status[..] } else { &of_faults };
        let fields = codes.iter().map(|value| MinorCodeField { name: "TargetEndSystem", value: *value });
        Self {
            major: MajorCode::Failure,
            severity: Severity::Error,
            description: description.chars().take(2000).collect(),
            minor: MinorCodes { fields: fields.take(1000).collect() },
        }
    }

    /// An example of the error of that kind.
    #[must_use]
    pub fn example(code: Code) -> Self {
        Self::of(&Problem::new(code, code.fix()))
    }
}

/// The reply for a problem at an address that a standard prescribes.
#[must_use]
pub fn response(problem: &Problem) -> HttpResponse {
    // Its headers, such as `WWW-Authenticate`, are the same in both forms.
    let mut reply = problem.response("", "");
    reply.headers_mut().remove(CONTENT_TYPE);
    let body = serde_json::to_vec(&StatusInfo::of(problem)).unwrap_or_default();
    let mut reply = reply.set_body(actix_web::body::BoxBody::new(body));
    reply.headers_mut().insert(CONTENT_TYPE, actix_web::http::header::HeaderValue::from_static(JSON));
    reply
}

fn minor(status: StatusCode) -> MinorCode {
    match status.as_u16() {
        401 => MinorCode::UnauthorisedRequest,
        403 => MinorCode::Forbidden,
        404 => MinorCode::UnknownObject,
        405 => MinorCode::Unsupported,
        429 | 503 => MinorCode::ServerBusy,
        500.. => MinorCode::InternalServerError,
        _ => MinorCode::InvalidData,
    }
}

/// The code for a fault of the parameter that a pointer names.
fn of_place(pointer: &str) -> MinorCode {
    match pointer {
        "?filter" => MinorCode::InvalidFilterField,
        "?fields" => MinorCode::InvalidSelectionField,
        "?sort" | "?orderBy" => MinorCode::InvalidSortField,
        _ => MinorCode::InvalidData,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::base::problem::Fault;

    #[test]
    fn a_problem_is_written_as_the_standard_has_it() {
        let problem = Problem::new(Code::BadParameter, "two parameters")
            .with(Fault::new("?filter", "unknown_field", "there is no field `x`"))
            .with(Fault::new("?limit", "maximum", "at most 5000"));
        let field =
            |value: &str| json!({"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": value});
        assert_eq!(
            serde_json::to_value(StatusInfo::of(&problem)).unwrap(),
            json!({
                "imsx_codeMajor": "failure",
                "imsx_severity": "error",
                "imsx_description": "?filter: there is no field `x`; ?limit: at most 5000",
                "imsx_CodeMinor": {
                    "imsx_codeMinorField": [field("invalid_filter_field"), field("invaliddata")]
                }
            })
        );
        let gone = serde_json::to_value(StatusInfo::of(&Problem::not_found())).unwrap();
        assert_eq!(gone["imsx_CodeMinor"]["imsx_codeMinorField"][0], field("unknownobject"));
    }
}
