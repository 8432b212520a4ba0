//! What stands in the document more than once, said once: parameters and replies as components.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::walk::{self, Object};

/// Puts a reference where the same parameter or reply stands at several operations.
pub(super) fn share(document: &mut Object) {
    share_in(document, "parameters", &each_parameter, &parameter_name);
    share_in(document, "responses", &each_reply, &reply_name);
}

type Visit<'v> = dyn FnMut(&str, &str, &mut Value) + 'v;
type Each = dyn Fn(&mut Object, &mut Visit<'_>);

/// What is the same at several operations.
struct Repeated {
    value: Value,
    name: String,
    /// The operation that has it first.
    first: String,
    count: usize,
}

/// Moves what `each` visits more than once into the components of `section`. Of several that
/// would have one name the most frequent has it, and the others have that of their first operation too.
fn share_in(document: &mut Object, section: &str, each: &Each, name: &dyn Fn(&str, &Value) -> String) {
    let mut known: Vec<Repeated> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    each(document, &mut |operation, key, value| {
        if walk::text_of(value, "$ref").is_some() {
            return;
        }
        let at = *places.entry(value.to_string()).or_insert_with(|| {
            let first = operation.to_owned();
            known.push(Repeated { value: value.clone(), name: name(key, value), first, count: 0 });
            known.len() - 1
        });
        known[at].count += 1;
    });
    let mut order: Vec<usize> = (0..known.len()).filter(|at| known[*at].count > 1).collect();
    order.sort_by_key(|at| std::cmp::Reverse(known[*at].count));
    let components = walk::components(document, section);
    let mut references: HashMap<usize, String> = HashMap::new();
    for at in order {
        let one = &known[at];
        let mut name = one.name.clone();
        if components.contains_key(&name) {
            name = format!("{name}Of{}", walk::pascal(&one.first));
        }
        references.insert(at, format!("#/components/{section}/{name}"));
        components.insert(name, one.value.clone());
    }
    components.sort_keys();
    each(document, &mut |_, _, value| {
        let reference = places.get(&value.to_string()).and_then(|at| references.get(at));
        if let Some(reference) = reference {
            *value = json!({"$ref": reference});
        }
    });
}

fn each_parameter(document: &mut Object, visit: &mut Visit<'_>) {
    for operation in walk::operations(document) {
        let id = operation.id().to_owned();
        let list = operation.value.get_mut("parameters").and_then(Value::as_array_mut);
        list.into_iter().flatten().for_each(|parameter| visit(&id, "", parameter));
    }
}

fn each_reply(document: &mut Object, visit: &mut Visit<'_>) {
    for operation in walk::operations(document) {
        let id = operation.id().to_owned();
        let replies = operation.value.get_mut("responses").and_then(Value::as_object_mut);
        replies.into_iter().flatten().for_each(|(status, reply)| visit(&id, status, reply));
    }
}

fn parameter_name(_: &str, parameter: &Value) -> String {
    walk::pascal(walk::text_of(parameter, "name").unwrap_or_default())
}

/// The name of what a reply holds, if that has one, and that of its status.
fn reply_name(status: &str, reply: &Value) -> String {
    let mut held = Vec::new();
    walk::targets(&reply["content"], &mut held);
    let status = match status {
        "200" => "Ok".to_owned(),
        "201" => "Created".to_owned(),
        "202" => "Accepted".to_owned(),
        "204" => "NoContent".to_owned(),
        "304" => "NotModified".to_owned(),
        other => format!("Status{other}"),
    };
    format!("{}{status}", held.first().copied().unwrap_or_default())
}
