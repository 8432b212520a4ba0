//! Codes of a source and what they mean here.

use std::collections::BTreeMap;

use super::document::{Node, Scalar, Spot};
use super::formats::normal;
use super::logical::{Field, Kind};
use super::section::FieldMap;

/// What the codes of a field mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// The field has no codes.
    None,
    /// Words for yes and for no. Without words for no everything else is no.
    Flag { yes: Vec<String>, no: Vec<String> },
    /// For each meaning the codes that stand for it. A code that is not listed means itself.
    Words(Vec<(String, Vec<String>)>),
}

impl Codes {
    /// What a code means, if it is listed.
    pub fn meaning(&self, text: &str) -> Option<&str> {
        let Self::Words(words) = self else { return None };
        let code = normal(text);
        words.iter().find(|(_, codes)| codes.contains(&code)).map(|(meaning, _)| meaning.as_str())
    }
}

/// What the status of a contract can be.
pub const STATUSES: [&str; 4] = ["signed", "sent", "draft", "called_off"];

/// Reads `codes` about a field.
pub fn read(place: &str, node: Node<'_>, field: &Field) -> Codes {
    let found = if node.is_table("codes") { node.node("codes") } else { None };
    let Some(codes) = found.filter(|codes| codes.has(field.name)) else {
        return match field.kind {
            Kind::Status => Codes::Words(STATUSES.map(|it| (it.to_owned(), vec![it.replace('_', " ")])).to_vec()),
            _ => Codes::None,
        };
    };
    let Some(codes) = codes.node(field.name) else { return Codes::None };
    let place = format!("`codes.{}` of {place}", field.name);
    match field.kind {
        Kind::Flag => codes.allow(&place, &["yes", "no"]),
        Kind::Status => codes.allow(&place, &STATUSES),
        Kind::Text => {}
        _ => {
            codes.document.fault(codes.line, format!("{place}: this field has no codes, leave them out"));
            return Codes::None;
        }
    }
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let mut words = Vec::new();
    for Spot { value: meaning, .. } in codes.keys() {
        let mut list = Vec::new();
        for spot in codes.scalars(meaning) {
            let Scalar::Text(text) = &spot.value else {
                codes.document.fault(spot.line, format!("{place}: a code is a text or a number"));
                continue;
            };
            let code = normal(text);
            if let Some(other) = known.insert(code.clone(), meaning) {
                let message = format!("{place}: \"{text}\" stands for `{other}` and for `{meaning}`: keep one");
                codes.document.fault(spot.line, message);
            }
            list.push(code);
        }
        words.push((meaning.to_owned(), list));
    }
    if field.kind != Kind::Flag {
        return Codes::Words(words);
    }
    let take = |name| words.iter().find(|(it, _)| it == name).map(|(_, list)| list.clone()).unwrap_or_default();
    let (yes, no): (Vec<_>, Vec<_>) = (take("yes"), take("no"));
    if yes.is_empty() {
        codes.document.fault(codes.line, format!("{place} needs `yes`: the codes that mean yes"));
    }
    Codes::Flag { yes, no }
}

/// Notes a fault for every field that has codes and no column.
pub fn expect_mapped(place: &str, codes: Node<'_>, own: &[Field], mapped: &BTreeMap<&'static str, FieldMap>) {
    let names: Vec<&str> = own.iter().map(|field| field.name).collect();
    codes.allow(&format!("`codes` of {place}"), &names);
    for key in codes.keys() {
        if names.contains(&key.value) && !mapped.contains_key(key.value) {
            let message =
                format!("`codes.{}` of {place} is about a field without a column: add `{}`", key.value, key.value);
            codes.document.fault(key.line, message);
        }
    }
}

/// Reads the words that stand for values of ours: one word for each value.
pub fn translations(place: &str, node: Node<'_>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for key in node.keys() {
        let Some(spot) = node.text(key.value) else { continue };
        if let Some((other, _)) = found.iter().find(|(_, word)| normal(word) == normal(spot.value)) {
            let message = format!("{place}: \"{}\" stands for `{other}` and for `{}`: keep one", spot.value, key.value);
            node.document.fault(spot.line, message);
        }
        found.push((key.value.to_owned(), spot.value.to_owned()));
    }
    found
}
