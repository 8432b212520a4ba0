//! A TOML file, value by value with its line. Faults are collected, so that one reading finds all of them.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{Fault, Faults};
use crate::kernel::base::nearest::nearest;

/// The file, and the faults found in it so far.
pub struct Document<'a> {
    file: &'a Path,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

/// A value with the line on which it stands.
#[derive(Clone, Debug)]
pub struct Spot<T> {
    pub value: T,
    pub line: usize,
}

/// A scalar, as conditions and fixed values take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A text, or a number as it is written.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl<'a> Document<'a> {
    pub fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default() }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Every fault of syntax. What else such a file says is not looked at.
    pub fn parse(&self) -> Result<DeTable<'a>, Faults> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        for error in errors {
            let line = self.line(&error.span().unwrap_or_default());
            self.fault(line, format!("this is no TOML: {}", error.message().replace('\n', " ")));
        }
        Err(self.faults())
    }

    /// The line of a place.
    pub fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.get(..span.start).unwrap_or(self.text).matches('\n').count()
    }

    /// Notes a fault.
    pub fn fault(&self, line: usize, message: impl Into<String>) {
        self.faults.borrow_mut().push(Fault { file: self.file.to_owned(), line, message: message.into() });
    }

    /// Returns true if no fault was found.
    pub fn faultless(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    /// The faults found, in the order of lines.
    pub fn faults(&self) -> Faults {
        let mut faults = self.faults.borrow().clone();
        faults.sort_by_key(|fault| fault.line);
        Faults(faults)
    }
}

/// A table of the file.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    /// The line on which it begins.
    pub line: usize,
}

impl<'a> Node<'a> {
    /// The whole file.
    pub fn root(document: &'a Document<'a>, table: &'a DeTable<'a>) -> Self {
        Self { document, table, line: 1 }
    }

    /// Notes a fault for every key that is not allowed. `place` says where they stand, such as `[source]`.
    pub fn allow(&self, place: &str, allowed: &[&str]) {
        for (key, _) in self.table {
            if !allowed.contains(&key.get_ref().as_ref()) {
                let name = key.get_ref();
                let message = match nearest(name, allowed.iter().copied()) {
                    Some(near) => format!("{place} has no key `{name}`: did you mean `{near}`?"),
                    None => format!("{place} has no key `{name}`: it takes {}", listed(allowed)),
                };
                self.document.fault(self.document.line(&key.span()), message);
            }
        }
    }

    fn get(&self, key: &str) -> Option<(usize, &'a DeValue<'a>)> {
        let (name, value) = self.table.get_key_value(key)?;
        Some((self.document.line(&name.span()), value.get_ref()))
    }

    /// Its keys, each with its line.
    pub fn keys(&self) -> Vec<Spot<&'a str>> {
        let keys = self
            .table
            .iter()
            .map(|(key, _)| Spot { value: key.get_ref().as_ref(), line: self.document.line(&key.span()) });
        keys.collect()
    }

    /// Returns true if it has the key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong<T>(&self, line: usize, key: &str, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        self.document.fault(line, format!("`{key}` is {wanted}, not {}", kind(found)));
        None
    }

    /// A text that must not be empty.
    pub fn text(&self, key: &str) -> Option<Spot<&'a str>> {
        let (line, value) = self.get(key)?;
        match value.as_str() {
            None => self.wrong(line, key, "a text in quotation marks", value),
            Some(text) if text.trim().is_empty() => {
                self.document.fault(line, format!("`{key}` is empty: fill it in, or leave the line out"));
                None
            }
            Some(text) => Some(Spot { value: text, line }),
        }
    }

    /// Returns true if the key is there and has a table.
    pub fn is_table(&self, key: &str) -> bool {
        self.get(key).is_some_and(|(_, value)| value.is_table())
    }

    /// The line of a key; that of the table if it is not there.
    pub fn line_of(&self, key: &str) -> usize {
        self.get(key).map_or(self.line, |(line, _)| line)
    }

    /// Notes a fault if a list or a text is not there.
    pub fn needed_list(&self, place: &str, key: &str, example: &str) {
        if !self.has(key) {
            self.document.fault(self.line, format!("{place} needs `{key}`, such as `{key} = {example}`"));
        }
    }

    /// A text without which the file says nothing. `place` names the table.
    pub fn needed(&self, place: &str, key: &str, example: &str) -> Option<Spot<&'a str>> {
        self.needed_list(place, key, example);
        self.text(key)
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<Spot<T>> {
        let spot = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == spot.value);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let message = match nearest(spot.value, words.iter().copied()) {
                Some(near) => format!("`{key}` is not \"{}\": did you mean \"{near}\"?", spot.value),
                None => format!("`{key}` is one of {}, not \"{}\"", listed(&words), spot.value),
            };
            self.document.fault(spot.line, message);
        }
        found.map(|(_, value)| Spot { value: *value, line: spot.line })
    }

    /// A whole number within bounds.
    pub fn number(&self, key: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let (line, value) = self.get(key)?;
        let number = value.as_integer().filter(|it| it.radix() == 10).and_then(|it| it.as_str().parse().ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            self.document.fault(line, format!("`{key}` is a whole number from {least} to {most}"));
        }
        number
    }

    /// A text, or a list of texts of which there is at least one.
    pub fn texts(&self, key: &str) -> Vec<Spot<&'a str>> {
        let Some((line, value)) = self.get(key) else { return Vec::new() };
        if value.is_str() {
            return self.text(key).into_iter().collect();
        }
        let Some(list) = value.as_array() else {
            self.wrong::<()>(line, key, "a text or a list of texts", value);
            return Vec::new();
        };
        if list.is_empty() {
            self.document.fault(line, format!("`{key}` is an empty list: fill it in, or leave the line out"));
        }
        self.items(key, list)
    }

    fn items(&self, key: &str, list: &'a DeArray<'a>) -> Vec<Spot<&'a str>> {
        let item = |item: &'a Spanned<DeValue<'a>>| {
            let line = self.document.line(&item.span());
            match item.get_ref().as_str() {
                Some(text) => Some(Spot { value: text, line }),
                None => self.wrong(line, key, "a list of texts in quotation marks", item.get_ref()),
            }
        };
        list.iter().filter_map(item).collect()
    }

    /// A scalar, or a list of them.
    pub fn scalars(&self, key: &str) -> Vec<Spot<Scalar>> {
        let Some((line, value)) = self.get(key) else { return Vec::new() };
        let scalar = |line, value: &DeValue<'_>| match value {
            DeValue::String(text) => Some(Spot { value: Scalar::Text(text.to_string()), line }),
            DeValue::Integer(number) => Some(Spot { value: Scalar::Text(number.to_string()), line }),
            DeValue::Boolean(flag) => Some(Spot { value: Scalar::Flag(*flag), line }),
            _ => self.wrong(line, key, "a text, a whole number, true, false, or a list of them", value),
        };
        match value.as_array() {
            None => scalar(line, value).into_iter().collect(),
            Some(list) => {
                if list.is_empty() {
                    self.document.fault(line, format!("`{key}` is an empty list: no row could be so"));
                }
                let items = list.iter();
                items.filter_map(|item| scalar(self.document.line(&item.span()), item.get_ref())).collect()
            }
        }
    }

    /// A table below.
    pub fn node(&self, key: &str) -> Option<Node<'a>> {
        let (line, value) = self.get(key)?;
        match value.as_table() {
            Some(table) => Some(Node { document: self.document, table, line }),
            None => self.wrong(line, key, "a table", value),
        }
    }
}

/// Names as a sentence lists them.
pub fn listed<T: Display>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
