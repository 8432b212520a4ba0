//! What the validator finds, in words that say how to fix it.

use std::fmt::Write;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::{patterns, walk};
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::Fault;

/// More than these help nobody, and a body of a million faults would be answered with as many.
const MOST: usize = 100;

/// The faults behind `errors`, found by a validator of `root`.
pub(super) fn of<'a>(errors: impl Iterator<Item = ValidationError<'a>>, root: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for error in errors {
        collect(&error, root, &mut faults);
        if faults.len() >= MOST {
            break;
        }
    }
    faults.truncate(MOST);
    // The values that there are say also of which type they are.
    let valued: Vec<String> =
        faults.iter().filter(|it| it.code == "unknown_value").map(|it| it.pointer.clone()).collect();
    faults.retain(|it| it.code != "type" || !valued.contains(&it.pointer));
    // The format says what the pattern says.
    let formatted: Vec<String> = faults.iter().filter(|it| it.code == "format").map(|it| it.pointer.clone()).collect();
    faults.retain(|it| it.code != "pattern" || !formatted.contains(&it.pointer));
    faults
}

fn collect(error: &ValidationError<'_>, root: &Value, faults: &mut Vec<Fault>) {
    let at = error.instance_path().as_str();
    let mut one = |code: &str, message: String| faults.push(Fault::new(at.to_owned(), code, message));
    match error.kind() {
        Kind::MaxLength { limit } => one("too_long", format!("at most {limit} characters")),
        Kind::MinLength { limit: 1 } => one("too_short", "may not be empty".to_owned()),
        Kind::MinLength { limit } => one("too_short", format!("at least {limit} characters")),
        Kind::MaxItems { limit } => one("too_many", format!("at most {limit} items")),
        Kind::MinItems { limit } => one("too_few", format!("at least {limit} items")),
        Kind::UniqueItems => one("repeated", "every item may occur once".to_owned()),
        Kind::MaxProperties { limit } => one("too_many", format!("at most {limit} fields")),
        Kind::MinProperties { limit } => one("too_few", format!("at least {limit} fields")),
        Kind::Maximum { limit } => one("maximum", format!("at most {limit}")),
        Kind::Minimum { limit } => one("minimum", format!("at least {limit}")),
        Kind::ExclusiveMaximum { limit } => one("maximum", format!("less than {limit}")),
        Kind::ExclusiveMinimum { limit } => one("minimum", format!("more than {limit}")),
        Kind::MultipleOf { multiple_of } => {
            one("multiple_of", format!("a multiple of {multiple_of}"));
        }
        Kind::Pattern { pattern } => one("pattern", format!("has to be {}", patterns::in_words(pattern))),
        Kind::Format { format } => one("format", self::format(format)),
        Kind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            one("unknown_value", one_of(error.instance(), options));
        }
        Kind::Constant { expected_value } => {
            one("unknown_value", format!("has to be {expected_value}"));
        }
        Kind::Type { kind } => one("type", type_message(kind, error.instance())),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.push(Fault::new(under(at, name), "required", "this field is required"));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let known = known_fields(root, error.evaluation_path().as_str());
            for name in unexpected.iter().take(MOST) {
                let message = unknown("field", name, known.iter().map(String::as_str));
                faults.push(Fault::new(under(at, name), "unknown_field", message));
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            alternatives(error, context, root, faults);
        }
        other => one(other.keyword(), format!("breaks the rule `{}`", other.keyword())),
    }
}

/// "unknown field; did you mean `name`?", or else the names there are.
fn unknown<'a>(what: &str, given: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(given, known.clone()) {
        return format!("unknown {what}; did you mean `{name}`?");
    }
    let mut message = format!("unknown {what}");
    for (at, name) in known.take(40).enumerate() {
        let _ = write!(message, "{}{name}", if at == 0 { "; known are: " } else { ", " });
    }
    message
}

fn one_of(given: &Value, options: &[Value]) -> String {
    let names: Vec<String> = options.iter().filter(|it| !it.is_null()).map(plain).collect();
    let mut message = format!("one of: {}", names.join(", "));
    if let Some(name) = given.as_str().and_then(|given| nearest(given, names.iter().map(String::as_str))) {
        let _ = write!(message, "; did you mean `{name}`?");
    }
    message
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn format(name: &str) -> String {
    match name {
        "uuid" => "has to be a UUID, such as 0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10".to_owned(),
        "date" => "has to be a day of the calendar, such as 2014-09-01".to_owned(),
        "date-time" => "has to be an instant of RFC 3339, such as 2014-09-01T09:30:00Z".to_owned(),
        "email" => "has to be an e-mail address, such as name@school.example".to_owned(),
        "uri" => "has to be a whole address, such as https://school.example/music".to_owned(),
        other => format!("has to be of the format {other}"),
    }
}

fn type_message(kind: &TypeKind, given: &Value) -> String {
    let mut names: Vec<String> = match kind {
        TypeKind::Single(kind) => vec![kind.to_string()],
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect(),
    };
    names.sort_by_key(|name| name == "null");
    let names: Vec<&str> = names.iter().map(|name| article(name)).collect();
    let given = match given {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("has to be {}, not {given}", names.join(" or "))
}

fn article(kind: &str) -> &str {
    match kind {
        "null" => "null",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// The pointer to a field of what is at `at`.
pub(super) fn under(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The faults of the alternative that was most likely meant: not that of `null`, not one of
/// another type or with another tag, and among the rest the one with the fewest faults.
fn alternatives(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    root: &Value,
    faults: &mut Vec<Fault>,
) {
    let at = error.instance_path().as_str();
    if let (Some(names), Value::Object(given)) =
        (single_fields(root, error.evaluation_path().as_str()), error.instance().as_ref())
    {
        match given.keys().filter(|name| names.contains(name)).collect::<Vec<_>>().as_slice() {
            [] if !given.is_empty() => {
                for name in given.keys().take(MOST) {
                    let message = unknown("field", name, names.iter().map(String::as_str));
                    faults.push(Fault::new(under(at, name), "unknown_field", message));
                }
            }
            [one] => {
                let meant = names.iter().position(|name| name == *one).and_then(|index| context.get(index));
                meant.into_iter().flatten().for_each(|error| collect(error, root, faults));
            }
            _ => faults.push(Fault::new(at.to_owned(), "one_of", format!("give exactly one of: {}", names.join(", ")))),
        }
        return;
    }
    let distance = |branch: &Vec<ValidationError<'static>>| {
        let other_type = branch
            .iter()
            .any(|error| matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == at);
        let other_tag = branch.iter().any(|error| {
            let place = error.instance_path().as_str();
            let beside = place.strip_prefix(at).is_some_and(|it| it.matches('/').count() == 1);
            beside && single_value(error.kind())
        });
        (other_type, other_tag, branch.len())
    };
    let Some(best) = context.iter().map(distance).min() else { return };
    let meant: Vec<_> = context.iter().filter(|branch| distance(branch) == best).collect();
    let tags: Vec<Value> = context.iter().flatten().filter_map(tag).collect();
    match meant.as_slice() {
        // No alternative has this tag: say which tags there are, once.
        _ if best.1 && !tags.is_empty() => {
            let wrong = context.iter().flatten().find(|error| single_value(error.kind()));
            let Some(wrong) = wrong else { return };
            let message = one_of(wrong.instance(), &tags);
            faults.push(Fault::new(wrong.instance_path().as_str().to_owned(), "unknown_value", message));
        }
        // Every alternative is of another type: name the types, `null` last.
        _ if best.0 => {
            let mut kinds: Vec<String> = context
                .iter()
                .flatten()
                .filter_map(|error| match error.kind() {
                    Kind::Type { kind: TypeKind::Single(kind) } => Some(kind.to_string()),
                    _ => None,
                })
                .collect();
            kinds.sort_by_key(|kind| kind == "null");
            kinds.dedup();
            let names: Vec<&str> = kinds.iter().map(|kind| article(kind)).collect();
            faults.push(Fault::new(at.to_owned(), "type", format!("has to be {}", names.join(" or "))));
        }
        [first, ..] => first.iter().for_each(|error| collect(error, root, faults)),
        [] => {}
    }
}

fn single_value(kind: &Kind) -> bool {
    match kind {
        Kind::Constant { .. } => true,
        Kind::Enum { options } => options.as_array().is_some_and(|options| options.len() == 1),
        _ => false,
    }
}

fn tag(error: &ValidationError<'static>) -> Option<Value> {
    match error.kind() {
        Kind::Constant { expected_value } => Some(expected_value.as_ref().clone()),
        Kind::Enum { options } if single_value(error.kind()) => options.get(0).cloned(),
        _ => None,
    }
}

/// The fields of a union at `path` whose alternatives are objects of one required field each.
fn single_fields(root: &Value, path: &str) -> Option<Vec<String>> {
    let options = schema_at(root, path)?.as_array()?;
    let field = |option: &'_ Value| {
        let option = followed(root, option).unwrap_or(option);
        let required = option.get("required")?.as_array()?;
        let [one] = required.as_slice() else { return None };
        (option.get("properties")?.as_object()?.len() == 1).then(|| one.as_str().map(str::to_owned))?
    };
    options.iter().map(field).collect()
}

/// The field names of the object schema whose `additionalProperties` is at `path`.
fn known_fields(root: &Value, path: &str) -> Vec<String> {
    let end = path.find("/additionalProperties").or_else(|| path.find("/unevaluatedProperties"));
    let schema = schema_at(root, &path[..end.unwrap_or(path.len())]);
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// What is at `path`, followed from the root through references.
fn schema_at<'r>(root: &'r Value, path: &str) -> Option<&'r Value> {
    path.split('/').skip(1).try_fold(root, |schema, step| {
        if step == "$ref" {
            return followed(root, schema);
        }
        let step = step.replace("~1", "/").replace("~0", "~");
        match schema {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|at| list.get(at)),
            other => other.get(&step),
        }
    })
}

fn followed<'r>(root: &'r Value, schema: &'r Value) -> Option<&'r Value> {
    root.pointer(walk::text_of(schema, "$ref")?.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kernel::document::openapi::sample::NewSchool;
    use crate::kernel::document::openapi::tests::document;

    /// The faults of a school with `changes` in it, as "pointer code message".
    fn faults(changes: Value) -> Vec<String> {
        let mut school = json!({"name": "Abbey", "phase": "primary"});
        for (key, value) in changes.as_object().unwrap() {
            school[key] = value.clone();
        }
        let mut faults: Vec<String> = document()
            .check("NewSchool", &school)
            .unwrap()
            .into_iter()
            .map(|it| format!("{} {}: {}", it.pointer, it.code, it.message))
            .collect();
        faults.sort();
        faults
    }

    #[test]
    fn a_message_says_how_to_fix_the_fault() {
        let cases = [
            (json!({"name": "x".repeat(201)}), "/name too_long: at most 200 characters"),
            (json!({"name": ""}), "/name too_short: may not be empty"),
            (json!({"name": 7}), "/name type: has to be a text, not a number"),
            (json!({"name": null}), "/name type: has to be a text, not null"),
            (json!({"naem": 1}), "/naem unknown_field: unknown field; did you mean `name`?"),
            (json!({"urn": 7}), "/urn minimum: at least 100000"),
            (json!({"urn": 109_876.5}), "/urn type: has to be a whole number or null, not a number with a fraction"),
            (json!({"pupils": u64::MAX}), "/pupils maximum: at most 9007199254740991"),
            (json!({"phase": "primry"}), "/phase unknown_value: one of: primary, secondary; did you mean `primary`?"),
            (
                json!({"opened_on": "2014-02-30"}),
                "/opened_on format: has to be a day of the calendar, such as 2014-09-01",
            ),
            (
                json!({"area_id": "7"}),
                "/area_id format: has to be a UUID, such as 0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10",
            ),
            (json!({"email": "nobody"}), "/email format: has to be an e-mail address, such as name@school.example"),
            (
                json!({"website": "school"}),
                "/website format: has to be a whole address, such as https://school.example/music",
            ),
            (json!({"fsm_percentage": 100.5}), "/fsm_percentage maximum: at most 100"),
        ];
        for (changes, expected) in cases {
            assert_eq!(faults(changes), [expected]);
        }
    }

    #[test]
    fn all_faults_come_at_once_each_with_its_own_pointer() {
        let found = faults(json!({"name": "", "urn": 1, "a/b": 1, "leads": [{"kind": "text"}]}));
        let pointers: Vec<_> = found.iter().map(|it| it.split(':').next().unwrap()).collect();
        assert_eq!(pointers, ["/a~1b unknown_field", "/leads/0/text required", "/name too_short", "/urn minimum"]);
        let missing = document().check("NewSchool", &json!({})).unwrap();
        let pointers: Vec<_> = missing.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/phase"]);
        assert_eq!(missing[0].code, "required");
    }

    #[test]
    fn of_several_forms_the_one_that_was_meant_is_explained() {
        assert_eq!(
            faults(json!({"address": {"twon": "Luton"}})),
            ["/address/twon unknown_field: unknown field; did you mean `town`?"]
        );
        assert_eq!(faults(json!({"address": "Luton"})), ["/address type: has to be an object or null"]);
        assert_eq!(
            faults(json!({"former_phase": "secondry"})),
            ["/former_phase unknown_value: one of: primary, secondary; did you mean `secondary`?"]
        );
        assert_eq!(
            faults(json!({"leads": [{"kind": "persno", "person_id": "x"}]})),
            ["/leads/0/kind unknown_value: one of: person, text; did you mean `person`?"]
        );
        assert_eq!(
            faults(json!({"leads": [{"kind": "person", "person_id": "x"}]})),
            ["/leads/0/person_id format: has to be a UUID, such as 0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10"]
        );
    }

    #[test]
    fn a_flood_of_faults_is_cut() {
        let leads: Vec<Value> = (0..1000).map(|at| json!(at)).collect();
        assert!(faults(json!({"leads": leads})).len() <= super::MOST);
    }

    #[test]
    fn what_the_schema_lets_pass_and_the_type_does_not_is_found_with_its_place() {
        let value = json!({"name": "Abbey", "phase": "primary", "urn": 200_000, "leads": []});
        assert!(document().decode::<NewSchool>(value).is_ok());
    }
}
