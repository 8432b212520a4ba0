use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::kernel::document::openapi::sample::{Phase, SchoolFilter};
use crate::kernel::document::openapi::tests::document;

fn faults(raw: &str) -> Vec<(String, String, String)> {
    let problem = document().query::<SchoolFilter>().unwrap().read(raw).unwrap_err();
    assert_eq!(problem.code(), Code::BadParameter);
    let of = |fault: &Fault| (fault.pointer.clone(), fault.code.clone(), fault.message.clone());
    problem.errors().iter().map(of).collect()
}

#[test]
fn values_are_read_by_their_kind() {
    let known = document().query::<SchoolFilter>().unwrap();
    let raw = "limit=5&phase=primary&phase=secondary&q=abbey+road&in_scope=true&former_phase=primary";
    assert_eq!(
        known.read(raw).unwrap(),
        json!({
            "limit": 5, "phase": ["primary", "secondary"], "q": "abbey road", "in_scope": true,
            "former_phase": "primary"
        })
    );
    let filter: SchoolFilter = known.decode(raw).unwrap();
    assert_eq!(filter.limit, Some(5));
    assert!(matches!(filter.phase[..], [Phase::Primary, Phase::Secondary]));
    assert!(matches!(filter.former_phase, Some(Phase::Primary)));
    assert_eq!(filter.q.as_deref(), Some("abbey road"));
    assert_eq!((filter.in_scope, filter.area_id, filter.total), (Some(true), None, false));
    assert_eq!(known.read("").unwrap(), json!({}));
}

#[test]
fn all_faults_are_reported_at_once() {
    let faults = faults("limit=500&phsae=primary&q=a&q=b&in_scope=yes&area_id=7&phase=primry&q%00=1");
    let pointers: Vec<_> = faults.iter().map(|(pointer, code, _)| (&pointer[..], &code[..])).collect();
    assert_eq!(
        pointers,
        [
            ("", "encoding"),
            ("?phsae", "unknown_parameter"),
            ("?q", "repeated"),
            ("?in_scope", "type"),
            ("?limit", "maximum"),
            ("?area_id", "format"),
            ("?phase", "unknown_value"),
        ]
    );
}

#[test]
fn a_fault_says_what_is_allowed() {
    let message = |raw: &str| faults(raw).remove(0).2;
    assert_eq!(message("limit=500"), "at most 200");
    assert_eq!(message("limit=0"), "at least 1");
    assert_eq!(message("limit=ten"), "has to be a whole number");
    assert_eq!(message("limit="), "has to be a whole number");
    assert_eq!(message("limit=007"), "has to be a whole number");
    assert_eq!(message("limit=1.5"), "has to be a whole number");
    assert_eq!(message("phase=primry"), "one of: primary, secondary; did you mean `primary`?");
    assert_eq!(message("former_phase=x"), "one of: primary, secondary");
    assert_eq!(message("total=1"), "one of: true, false");
    assert_eq!(message(&format!("q={}", "x".repeat(21))), "at most 20 characters");
    assert_eq!(message("q=%ff"), "not UTF-8 once decoded");
    assert_eq!(message("q=%00"), "holds a NUL");
    let message = message("limt=5");
    assert!(message.starts_with("unknown parameter; did you mean `limit`? Known are: limit, phase"));
}

#[test]
fn parameters_known_at_run_time_are_decoded_too() {
    #[derive(Debug, Deserialize)]
    struct Part {
        limit: u16,
        former_phase: Phase,
    }
    let parameters = SchoolFilter::into_params(|| None);
    let part: Part = decode(&parameters, "limit=7&former_phase=secondary").unwrap();
    assert_eq!(part.limit, 7);
    assert!(matches!(part.former_phase, Phase::Secondary));
    // Without the document, decoding finds a value that the enum has not.
    let problem = decode::<Part>(&parameters, "limit=7&former_phase=primry").unwrap_err();
    assert_eq!(problem.errors()[0].pointer, "?former_phase");
    assert!(problem.errors()[0].message.contains("primary"));
}
