//! Whole examples of the forms, put together from the examples of their fields, so that "Try it out"
//! begins with a body that is accepted.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::walk::{self, Object};

/// An id as examples show it.
pub(super) const ID: &str = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10";

/// The id that examples name of a resource, which is the name of its table: one for each, so that
/// the demo can hold all of them. It looks like any other UUIDv7.
#[must_use]
pub const fn example_id(resource: &str) -> Uuid {
    // The hash of Fowler, Noll and Vo (FNV-1a).
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let (name, mut at) = (resource.as_bytes(), 0);
    while at < name.len() {
        hash = (hash ^ name[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    Uuid::from_u128(0x0198_c5f2_7b5e_7cc2_a3a6_0000_0000_0000 | (hash & 0xffff_ffff_ffff) as u128)
}

/// The id in an address such as `/plans/{id}/copy`, by the collection before it.
pub(super) fn of_address(path: &str, name: &str) -> String {
    let place = format!("/{{{name}}}");
    let before = path.split(&place).next().unwrap_or_default();
    example_id(&resource(before.rsplit('/').next().unwrap_or_default())).to_string()
}

/// The resource of a collection: `plan_year` of `plan-years`.
fn resource(collection: &str) -> String {
    match collection {
        "invitations" => "evaluation_invitation".to_owned(),
        "people" => "person".to_owned(),
        "orgs" => "school".to_owned(),
        "framework-criteria" => "framework_criterion".to_owned(),
        "resources" => "package_resource".to_owned(),
        "orders" => "package_order".to_owned(),
        "deliveries" => "delivery".to_owned(),
        "returns" => "school_return".to_owned(),
        "sync-matches" => "sync_match".to_owned(),
        "webhook-deliveries" => "webhook_delivery".to_owned(),
        plural => plural.strip_suffix('s').unwrap_or(plural).replace('-', "_"),
    }
}

/// Gives each field that shows an id the one of the resource that it names: `plan_id` that of the
/// plan, and `id` that of the schema's own resource. Ids in the lists and records that a field shows are among them.
pub(super) fn name_ids(document: &mut Object) {
    let mut known = Vec::new();
    for operation in walk::operations(document) {
        let mut parts =
            operation.path.split('/').skip_while(|part| part.starts_with("api") || *part == "v1" || part.is_empty());
        if let (Some(collection), Some("{id}")) = (parts.next(), parts.next()) {
            known.push(resource(collection));
        }
    }
    // The longest name first, so that a member of a group is no group.
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    known.dedup();
    for (name, schema) in walk::components(document, "schemas") {
        let Some(Value::Object(fields)) = schema.get_mut("properties") else { continue };
        let form = snake(name);
        let own = known.iter().find(|known| begins(&form, known));
        let named = |field: &str| {
            let stem = field.trim_end_matches("_ids").trim_end_matches("_id");
            if field == "id" { own } else { named_by(&known, stem, &form) }
        };
        for (field, property) in fields {
            if let Some(example) = property.get_mut("example") {
                name_in(example, field, &named);
            }
        }
    }
}

/// Names the ids in an example of a field.
fn name_in<'a>(example: &mut Value, field: &str, named: &impl Fn(&str) -> Option<&'a String>) {
    match example {
        Value::String(text) if text == ID => {
            if let Some(named) = named(field) {
                *example = example_id(named).to_string().into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_in(item, field, named)),
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| name_in(value, field, named)),
        _ => {}
    }
}

/// The resource that the stem of a field names: `person` for `author_person`, or else the only one that ends so, as
/// `framework_section` for `section`. Of several it is the one that begins as the form does: in `new_award_application`
/// a `scheme` is an `award_scheme`, and in `rag_rating` a `rag_scheme`.
fn named_by<'a>(known: &'a [String], stem: &str, form: &str) -> Option<&'a String> {
    if let Some(whole) = known.iter().find(|known| ends(stem, known)) {
        return Some(whole);
    }
    let shorter: Vec<_> = known.iter().filter(|known| ends(known, stem)).collect();
    if let [only] = shorter[..] {
        return Some(only);
    }
    let form = form.strip_prefix("new_").unwrap_or(form);
    shorter.into_iter().find(|known| known.split('_').next() == form.split('_').next())
}

/// `plan_tree` begins with `plan`, and `planet` does not.
fn begins(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// `author_person` ends with `person`.
fn ends(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// `PlanYear` as `plan_year`.
fn snake(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// Gives every form of a request body an example, unless it has one.
pub(super) fn compose(document: &mut Object) {
    let mut bodies = Vec::new();
    for operation in walk::operations(document) {
        bodies.extend(operation.value.get("requestBody").cloned());
    }
    let bodies = Value::from(bodies);
    let mut names = Vec::new();
    walk::targets(&bodies, &mut names);
    let schemas = walk::schemas(document).cloned().unwrap_or_default();
    for name in names {
        let Some(example) = schemas.get(name).and_then(|form| of(form, &schemas, 0)) else {
            continue;
        };
        if let Some(Value::Object(form)) = walk::components(document, "schemas").get_mut(name) {
            form.entry("example").or_insert(example);
        }
    }
}

/// The example of a schema: its own, or one made of what it consists of.
fn of(schema: &Value, schemas: &Object, depth: usize) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    let own = schema.get("example").or_else(|| schema.get("examples")?.get(0));
    let own = own.or_else(|| schema.get("default")).or_else(|| schema.get("const"));
    if let Some(own) = own {
        return Some(own.clone());
    }
    if let Some(first) = schema.get("enum").and_then(|options| options.get(0)) {
        return Some(first.clone());
    }
    if let Some(name) = walk::target(schema) {
        return of(schemas.get(name)?, schemas, depth + 1);
    }
    if let Some(options) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        return of(options.get(0)?, schemas, depth + 1);
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let mut example = Map::new();
        for (name, property) in properties {
            let required = schema["required"].as_array().is_some_and(|it| it.contains(&name.as_str().into()));
            if required || is_plain(property) {
                example.extend(of(property, schemas, depth + 1).map(|value| (name.clone(), value)));
            }
        }
        return Some(example.into());
    }
    let Some(kind) = schema.get("type") else { return Some(Value::Object(Map::new())) };
    let is = |name: &str| kind == name || kind.as_array().is_some_and(|it| it.contains(&name.into()));
    if is("array") {
        // An empty list is always taken, an item may refer to what is not there.
        let fewest = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let item = || of(schema.get("items")?, schemas, depth + 1);
        return Some(if fewest == 0 { Value::Array(Vec::new()) } else { vec![item()?].into() });
    }
    if is("object") {
        return Some(Value::Object(Map::new()));
    }
    is("boolean").then_some(Value::Bool(false))
}

/// Returns true if an optional field may be shown: it has an example of its own, and refers to nothing,
/// since an id that was made up exists nowhere.
pub(super) fn is_plain(property: &Value) -> bool {
    property.get("example").is_some() && walk::text_of(property, "format") != Some("uuid")
}
