//! The document cut to one part, for pages that show a part at a time.

use std::collections::HashSet;

use serde_json::Value;

use super::walk::{self, Object};

const COMPONENTS: &str = "#/components/";

/// The tags of the document with what is said about each, in its order.
pub(super) fn tags(document: &Object) -> impl Iterator<Item = (&str, &str)> {
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((walk::text_of(tag, "name")?, walk::text_of(tag, "description")?)))
}

/// The operations of one tag with all that they refer to. The introduction to the whole stands at
/// the first tag; the others have their own description in its place.
pub(super) fn part(document: &Object, tag: &str) -> Object {
    let mut part = document.clone();
    let of_tag = |operation: &Value| operation["tags"].as_array().is_some_and(|tags| tags.contains(&tag.into()));
    let paths = walk::child(&mut part, "paths");
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.retain(|_, operation| of_tag(operation));
    }
    paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    let first = tags(document).next().is_some_and(|(name, _)| name == tag);
    let description = tags(document).find(|(name, _)| *name == tag).map(|(_, description)| description);
    if let (false, Some(description)) = (first, description) {
        walk::child(&mut part, "info").insert("description".to_owned(), description.into());
    }
    if let Some(Value::Array(list)) = part.get_mut("tags") {
        list.retain(|it| it["name"] == *tag);
    }
    keep_reachable(&mut part);
    part
}

/// Leaves only the components that an operation leads to, and the ways to authenticate.
pub(super) fn keep_reachable(document: &mut Object) {
    let used = reachable(document);
    let sections = walk::child(document, "components");
    for (section, known) in sections.iter_mut().filter(|(section, _)| *section != "securitySchemes") {
        let Some(known) = known.as_object_mut() else { continue };
        known.retain(|name, _| used.contains(&format!("{COMPONENTS}{section}/{name}")));
        known.sort_keys();
    }
    sections.retain(|_, known| known.as_object().is_some_and(|known| !known.is_empty()));
}

/// The references that the operations hold, and those that lead on from there.
fn reachable(document: &Object) -> HashSet<String> {
    let none = Value::Null;
    let components = document.get("components").unwrap_or(&none);
    let mut waiting = Vec::new();
    walk::references(document.get("paths").unwrap_or(&none), &mut waiting);
    let mut used = HashSet::new();
    while let Some(reference) = waiting.pop() {
        let place = reference.strip_prefix(COMPONENTS).and_then(|it| it.split_once('/'));
        let Some((section, name)) = place else { continue };
        if used.insert(reference.to_owned()) {
            walk::references(&components[section][name], &mut waiting);
        }
    }
    used
}
