//! One row's cells, read by the mapping. What cannot be understood is none, with a remark.

use std::collections::BTreeSet;

use time::{Date, OffsetDateTime};

use super::plan::{At, JoinPlan, Plan};
use crate::exchange::extract::text;
use crate::exchange::sync::clean::{self, Number};
use crate::exchange::sync::mapping::Codes;
use crate::exchange::sync::mapping::formats::normal;
use crate::exchange::sync::mapping::logical::fields;
use crate::exchange::sync::record::{Remark, Table};

/// The longest part of a cell that is shown in a message.
const SHOWN: usize = 30;

/// A row while it is read.
pub struct Cells<'a> {
    plan: &'a Plan,
    own: &'a [Option<String>],
    joined: &'a [Option<&'a [Option<String>]>],
    key: &'a str,
    pub remarks: Vec<Remark>,
    /// The fields on which there are remarks.
    doubtful: BTreeSet<&'static str>,
}

impl<'a> Cells<'a> {
    pub fn new(
        plan: &'a Plan,
        own: &'a [Option<String>],
        joined: &'a [Option<&'a [Option<String>]>],
        key: &'a str,
    ) -> Self {
        Self { plan, own, joined, key, remarks: Vec::new(), doubtful: BTreeSet::new() }
    }

    /// The key of the row, which stands for a name or number that is missing.
    pub fn row_key(&self) -> &'a str {
        self.key
    }

    fn at(&self, field: &str) -> &'a [At] {
        self.plan.fields.get(field).map_or(&[], |(at, _)| at)
    }

    fn codes(&self, field: &str) -> Option<&'a Codes> {
        self.plan.fields.get(field).map(|(_, codes)| codes)
    }

    /// The text of a field without blanks at its ends, and with blanks for signs that are none; none if it is empty or
    /// the mapping has no such field.
    pub fn typed(&self, field: &str) -> Option<String> {
        self.written(field).and_then(|text| clean::typed(&text))
    }

    /// The text of a field as it is written there, but for blanks at its ends.
    fn written(&self, field: &str) -> Option<String> {
        let cells = self.at(field).iter().filter_map(|at| cell(at, self.own, self.joined)).map(str::trim);
        let text = cells.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }

    /// The text of a field, none if it is a word that says nothing.
    fn said(&self, field: &str) -> Option<String> {
        self.typed(field).filter(|text| !self.plan.formats.unknown.contains(&normal(text)))
    }

    /// Words with single blanks, by the codes of the mapping.
    pub fn text(&self, field: &str) -> Option<String> {
        let typed = self.typed(field);
        let meaning = typed.as_ref().and_then(|typed| self.codes(field)?.meaning(typed));
        if let Some(meaning) = meaning {
            return Some(meaning.to_owned());
        }
        self.said(field).map(|text| text::clean(&text)).filter(|text| !text.is_empty())
    }

    /// A key of a row.
    pub fn key(&self, field: &str) -> Option<String> {
        self.typed(field).and_then(|text| clean::key(&text))
    }

    /// What a field must have.
    pub fn needed<T>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            let said = self.remarks.iter().any(|remark| remark.column.as_deref() == self.column(field).as_deref());
            let missed = self.at(field).iter().find_map(|at| self.missed(at));
            match missed {
                Some(join) => {
                    let table = &join.table;
                    let message =
                        format!("no row of {table} has the key that stands here: add it there, or correct it");
                    self.push("no_such_row", join.on.first(), message);
                }
                None if said => {}
                None => self.remark("required", field, "fill in the value: the row is of no use without it".to_owned()),
            }
        }
        value
    }

    /// The first lookup on the way to a cell that found no row.
    fn missed(&self, at: &At) -> Option<&'a JoinPlan> {
        let plan = self.plan;
        let place = at.join.filter(|place| self.joined.get(*place).is_some_and(Option::is_none))?;
        let join = plan.joins.get(place)?;
        join.on.iter().find_map(|on| self.missed(on)).or(Some(join))
    }

    /// Yes or no; none if the mapping has no such field, or the cell is empty.
    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        // The signs of MySQL for a single bit are none in a text.
        let typed = self.written(field);
        let formats = &self.plan.formats;
        if let Some(Codes::Flag { yes, no }) = self.codes(field) {
            let code = typed.as_deref().map(normal).unwrap_or_default();
            if yes.contains(&code) {
                return Some(true);
            }
            if no.is_empty() || no.contains(&code) || code.is_empty() {
                return Some(false);
            }
        } else {
            let typed = typed.as_ref()?;
            if let Some(flag) = formats.flag(typed) {
                return Some(flag);
            }
            if formats.unknown.contains(&normal(typed)) {
                return None;
            }
        }
        let message = format!("{} is neither yes nor no: correct it, or add it to the mapping", self.shown(&typed?));
        self.remark("unknown_code", field, message);
        None
    }

    /// A day.
    pub fn day(&mut self, field: &'static str) -> Option<Date> {
        let text = self.said(field)?;
        let formats = &self.plan.formats.dates;
        let day = clean::day(&text, formats);
        if day.is_none() && !clean::is_zero(&text, formats) {
            let message = format!("{} is no date that there is: write one such as 2025-01-27", self.shown(&text));
            self.remark("format", field, message);
        }
        day
    }

    /// An academic year.
    pub fn year(&mut self, field: &'static str) -> Option<String> {
        let text = self.said(field)?;
        let year = clean::academic_year(&text, &self.plan.formats.dates);
        if year.is_none() {
            let message = format!("{} is no academic year: write one such as 2024/25", self.shown(&text));
            self.remark("format", field, message);
        }
        year
    }

    /// How many; none if it is below 0.
    pub fn count(&mut self, field: &'static str) -> Option<i64> {
        let text = self.said(field)?;
        match clean::count(&text) {
            Number::Is(number) if number >= 0 => Some(number),
            Number::Is(number) => {
                let message = format!("{number} is below 0: it counts as not collected, correct it");
                self.remark("negative", field, message);
                None
            }
            Number::None => None,
            Number::Wrong => {
                let message =
                    format!("{} is no whole number: it counts as not collected, correct it", self.shown(&text));
                self.remark("format", field, message);
                None
            }
        }
    }

    /// A number that puts rows in order.
    pub fn sequence(&mut self, field: &'static str) -> Option<i64> {
        let text = self.said(field)?;
        match clean::count(&text) {
            Number::Is(number) => Some(number),
            Number::None => None,
            Number::Wrong => {
                self.remark("format", field, format!("{} is no whole number: correct it", self.shown(&text)));
                None
            }
        }
    }

    /// A sum in pence.
    pub fn pence(&mut self, field: &'static str) -> Option<i64> {
        let text = self.said(field)?;
        match clean::pence(&text) {
            Number::Is(number) => Some(number),
            Number::None => None,
            Number::Wrong => {
                let message = format!("{} is no sum in pounds: it counts as unknown, correct it", self.shown(&text));
                self.remark("format", field, message);
                None
            }
        }
    }

    /// An e-mail address.
    pub fn email(&mut self, field: &'static str) -> Option<String> {
        let text = self.said(field)?;
        let email = clean::email(&text);
        if email.is_none() {
            let message = "this is no e-mail address: write one such as name@school.example, or leave it empty";
            self.remark("format", field, message.to_owned());
        }
        email
    }

    /// When the row was changed: the latest of the instants that the mapping names.
    pub fn modified_at(&mut self) -> Option<OffsetDateTime> {
        let plan = self.plan;
        let mut latest = None;
        for at in &plan.modified_at {
            let Some(text) = cell(at, self.own, self.joined).map(str::trim).filter(|text| !text.is_empty()) else {
                continue;
            };
            let instant = clean::instant(text, &plan.formats.instants);
            let unsaid = clean::is_zero(text, &plan.formats.instants) || plan.formats.unknown.contains(&normal(text));
            if instant.is_none() && !unsaid {
                let message = "this is no instant that there is: write one such as 2025-01-27 09:01:37";
                self.push("format", Some(at), message.to_owned());
            }
            latest = latest.max(instant);
        }
        latest
    }

    /// The fields of a table of which the row says nothing: the mapping does not have them, a lookup found no row, or
    /// the cell could not be understood.
    pub fn unsaid(&self, table: Table) -> BTreeSet<&'static str> {
        let says =
            |field: &str| !self.at(field).is_empty() && self.at(field).iter().all(|at| self.missed(at).is_none());
        let names = fields(table).iter().map(|field| field.name);
        names.filter(|name| self.doubtful.contains(name) || !says(name)).collect()
    }

    fn column(&self, field: &str) -> Option<String> {
        self.at(field).first().map(|at| at.column.clone())
    }

    /// Notes a remark about a field.
    pub fn remark(&mut self, code: &'static str, field: &'static str, message: String) {
        self.doubtful.insert(field);
        let at = self.at(field).first();
        self.push(code, at, message);
    }

    fn push(&mut self, code: &'static str, at: Option<&At>, message: String) {
        let join = at.and_then(|at| self.plan.joins.get(at.join?));
        let table = join.map_or_else(|| self.plan.table.clone(), |join| join.table.clone());
        let key = match join {
            None => self.key.to_owned(),
            Some(join) => {
                let on = join.on.iter().filter_map(|at| cell(at, self.own, self.joined)).filter_map(clean::key);
                on.collect::<Vec<_>>().join("/")
            }
        };
        let key = (!key.is_empty()).then_some(key);
        self.remarks.push(Remark { table, key, column: at.map(|at| at.column.clone()), code, message });
    }

    /// A cell as a message shows it.
    fn shown(&self, text: &str) -> String {
        if !self.plan.shows {
            return "the value".to_owned();
        }
        let short: String = text.chars().take(SHOWN).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        format!("\"{}{more}\"", text::clean(&short))
    }
}

/// A cell of a row or of the row that a lookup found.
pub fn cell<'a>(at: &At, own: &'a [Option<String>], joined: &[Option<&'a [Option<String>]>]) -> Option<&'a str> {
    let row = match at.join {
        None => own,
        Some(join) => joined.get(join).copied().flatten()?,
    };
    row.get(at.place).and_then(Option::as_deref)
}
