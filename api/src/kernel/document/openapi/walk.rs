//! Ways through the document: its operations, and the schemas in them.

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// What stands in a path between a collection and a key of one of its items.
pub(super) const BY_KEY: &str = "/by-key/";
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The object at `key`, made if it is not there yet.
pub(super) fn child<'v>(parent: &'v mut Object, key: &str) -> &'v mut Object {
    let value = parent.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

/// The section `name` of the components.
pub(super) fn components<'v>(document: &'v mut Object, name: &str) -> &'v mut Object {
    child(child(document, "components"), name)
}

/// The component schemas.
pub(super) fn schemas(document: &Object) -> Option<&Object> {
    document.get("components")?.get("schemas")?.as_object()
}

/// One operation with its place.
pub(super) struct Operation<'v> {
    pub path: &'v str,
    pub method: &'v str,
    pub value: &'v mut Object,
}

impl Operation<'_> {
    pub fn id(&self) -> &str {
        text(self.value, "operationId")
    }

    /// Returns true if the path ends in a parameter: one item, not a collection or a verb.
    pub fn is_item(&self) -> bool {
        self.path.ends_with('}')
    }

    pub fn replies_with(&self, status: &str) -> bool {
        self.value.get("responses").is_some_and(|responses| responses.get(status).is_some())
    }

    /// Returns true if a scope that only reads is enough for it.
    fn only_reads(&self) -> bool {
        let scopes = self.value.get("security").and_then(|some| some.pointer("/0/token")).and_then(Value::as_array);
        scopes.is_some_and(|scopes| scopes.iter().filter_map(Value::as_str).any(|scope| scope.ends_with(":read")))
    }

    pub fn has_body(&self) -> bool {
        self.value.contains_key("requestBody")
    }

    /// Returns true if a token is needed. An empty requirement stands for access without one.
    pub fn is_guarded(&self) -> bool {
        let ways = self.value.get("security").and_then(Value::as_array);
        let asks = |way: &Value| way.as_object().is_some_and(|way| !way.is_empty());
        ways.is_some_and(|ways| !ways.is_empty() && ways.iter().all(asks))
    }

    pub fn is_sign_in(&self) -> bool {
        self.path.split('/').any(|segment| segment == "auth")
    }

    /// Returns true if the body also comes as a form, as RFC 6749 has it.
    pub fn is_oauth(&self) -> bool {
        let content = self.value.get("requestBody").and_then(|body| body.get("content"));
        content.is_some_and(|content| content.get("application/x-www-form-urlencoded").is_some())
    }

    /// A verb under an item (`/visits/{id}/complete`), as against a child's collection, which
    /// answers 201.
    pub fn is_transition(&self) -> bool {
        let posts = self.method == "post" && self.path.contains('}') && !self.is_item();
        posts && !self.replies_with("201") && !self.only_reads()
    }

    /// Returns true if one item is made or changed by a key.
    pub fn is_by_key(&self) -> bool {
        self.method == "put" && self.path.contains(BY_KEY)
    }

    /// Returns true if it gives the changes of the hub, whose numbers a restored database begins again.
    pub fn is_feed(&self) -> bool {
        self.method == "get" && self.path.ends_with("/changes")
    }

    /// The collection of the item that the path is about.
    pub fn collection(&self) -> &str {
        let before = self.path.rfind("/{").map_or(self.path, |at| &self.path[..at]);
        before.rsplit('/').next().unwrap_or_default()
    }
}

/// Every operation, in the order of the document.
pub(super) fn operations(document: &mut Object) -> impl Iterator<Item = Operation<'_>> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    paths.filter_map(|(path, item)| Some((path, item.as_object_mut()?))).flat_map(|(path, item)| {
        item.iter_mut()
            .filter(|(method, _)| METHODS.contains(&method.as_str()))
            .filter_map(|(method, operation)| Some(Operation { path, method, value: operation.as_object_mut()? }))
    })
}

/// The schema of every media type below `parent.content`.
pub(super) fn contents(parent: &mut Value) -> impl Iterator<Item = &mut Value> {
    let content = parent.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten();
    content.filter_map(|(_, media)| media.get_mut("schema"))
}

/// The schemas that an operation holds itself, each with a name for what it describes.
pub(super) fn held(operation: &mut Object) -> Vec<(String, &mut Value)> {
    let mut held = Vec::new();
    for (key, value) in operation {
        match key.as_str() {
            "requestBody" => held.extend(contents(value).map(|schema| ("Body".to_owned(), schema))),
            "responses" => {
                let replies = value.as_object_mut().into_iter().flatten();
                held.extend(replies.flat_map(|(_, reply)| contents(reply)).map(|schema| ("Reply".to_owned(), schema)));
            }
            "parameters" => {
                for parameter in value.as_array_mut().into_iter().flatten() {
                    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                    let name = pascal(name);
                    held.extend(parameter.get_mut("schema").map(|schema| (name, schema)));
                }
            }
            _ => {}
        }
    }
    held
}

/// The schemas directly below a schema, each with the step that leads there.
pub(super) fn below(schema: &mut Object) -> Vec<(String, &mut Value)> {
    let mut found = Vec::new();
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(map)) => {
                found.extend(map.iter_mut().map(|(name, schema)| (name.clone(), schema)));
            }
            ("items", value @ Value::Object(_)) => found.push(("item".to_owned(), value)),
            ("additionalProperties", value @ Value::Object(_)) => {
                found.push(("value".to_owned(), value));
            }
            ("oneOf" | "anyOf" | "allOf" | "prefixItems", Value::Array(list)) => {
                found.extend(list.iter_mut().enumerate().map(|(at, schema)| ((at + 1).to_string(), schema)));
            }
            _ => {}
        }
    }
    found
}

/// Calls `visit` for a schema and every schema within it, from the outside in.
pub(super) fn each(schema: &mut Value, visit: &mut dyn FnMut(&mut Object)) {
    if let Value::Object(map) = schema {
        visit(map);
        for (_, inner) in below(map) {
            each(inner, visit);
        }
    }
}

/// Calls `visit` for every schema of the document.
pub(super) fn every(document: &mut Object, visit: &mut dyn FnMut(&mut Object)) {
    for (_, schema) in components(document, "schemas") {
        each(schema, visit);
    }
    for operation in operations(document) {
        for (_, schema) in held(operation.value) {
            each(schema, visit);
        }
    }
}

/// The name of the component schema that a `$ref` points at.
pub(super) fn target(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// What `value` refers to, at any depth, in the order met.
pub(super) fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            found.extend(text_of(value, "$ref"));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// The component schemas among those references.
pub(super) fn targets<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    let mut all = Vec::new();
    references(value, &mut all);
    found.extend(all.into_iter().filter_map(|it| it.strip_prefix(SCHEMAS)));
}

/// Returns the names in `from` and all names that they lead to.
pub(super) fn closure(schemas: &Object, from: Vec<&str>) -> Vec<String> {
    let mut waiting: Vec<String> = from.into_iter().map(str::to_owned).collect();
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = waiting.pop() {
        if seen.contains(&name) {
            continue;
        }
        if let Some(schema) = schemas.get(&name) {
            let mut found = Vec::new();
            targets(schema, &mut found);
            waiting.extend(found.into_iter().map(str::to_owned));
            seen.push(name);
        }
    }
    seen
}

pub(super) fn text<'v>(object: &'v Object, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn text_of<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// `school_group` and `school-group` to `SchoolGroup`.
pub(super) fn pascal(name: &str) -> String {
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter_map(|word| {
            let mut letters = word.chars();
            let first = letters.next()?;
            Some(first.to_uppercase().chain(letters).collect::<String>())
        })
        .collect()
}
