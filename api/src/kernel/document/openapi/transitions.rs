//! What the tables of states say of the operations that they describe.

use std::collections::HashMap;

use serde_json::Value;

use super::walk::{self, Object};

/// Adds to the description of each transition the states from which and to which it leads, and what it checks.
pub(super) fn describe(document: &mut Object, transitions: &[(String, String)]) {
    for (address, description) in transitions {
        let mut operations = walk::operations(document);
        let Some(operation) = operations.find(|it| it.method == "post" && it.path == *address) else { continue };
        let own = walk::text(operation.value, "description");
        let text = [own, description].join("\n\n").trim_start().to_owned();
        operation.value.insert("description".to_owned(), text.into());
    }
}

/// The fields that the body of each transition must have, by its address; nothing for one that needs none.
pub(super) fn requirements(document: &mut Object, transitions: &[(String, String)]) -> HashMap<String, Vec<String>> {
    let is_transition = |path: &str| transitions.iter().any(|(address, _)| address == path);
    let forms = walk::operations(document).filter(|it| it.method == "post" && is_transition(it.path));
    let form = |operation: walk::Operation<'_>| {
        let body = operation.value.get("requestBody").filter(|body| body["required"] == true)?;
        let schema = body.pointer("/content/application~1json/schema/$ref")?;
        let name = schema.as_str()?.rsplit('/').next()?.to_owned();
        Some((operation.path.to_owned(), name))
    };
    let forms: Vec<(String, String)> = forms.filter_map(form).collect();
    let schemas = walk::components(document, "schemas");
    let required = |name: &str| {
        let required = schemas.get(name).and_then(|schema| schema.get("required")).and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let needs = forms.into_iter().map(|(path, name)| (path, required(&name)));
    needs.filter(|(_, fields)| !fields.is_empty()).collect()
}
