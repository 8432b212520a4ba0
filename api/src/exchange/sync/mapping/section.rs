//! The section of a logical table: its table, its columns, lookups in other tables, conditions and codes.

use std::collections::BTreeMap;

use super::super::record::Table;
use super::codes::Codes;
use super::document::{Node, Scalar, Spot};
use super::formats::normal;
use super::logical::{Field, Kind, fields};
use super::{Leads, codes};
use crate::kernel::base::nearest::nearest;

/// A table of the source: its name, after the name of a schema or a database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The parts of the name, the table's own last.
    pub parts: Vec<String>,
    /// The line of the file.
    pub line: usize,
}

impl TableName {
    /// As the mapping writes it.
    pub fn as_text(&self) -> String {
        self.parts.join(".")
    }

    /// Without a name, which is a fault already, the rest of the section is read all the same.
    fn read_or_none(spot: Option<&Spot<&str>>, line: usize, csv: bool) -> Self {
        let Some(spot) = spot else { return Self { parts: Vec::new(), line } };
        let text = spot.value.trim();
        let parts = if csv { vec![text.to_owned()] } else { text.split('.').map(str::to_owned).collect() };
        Self { parts, line: spot.line }
    }
}

/// A column, of the table itself or of one that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which lookup; none for the table itself.
    pub join: Option<usize>,
    pub column: String,
    pub line: usize,
}

/// A table in which rows are looked up by key. Where there are several, the same one is always taken.
#[derive(Clone, Debug)]
pub struct Join {
    pub name: String,
    pub table: TableName,
    /// Columns of the table, or of lookups before this one.
    pub on: Vec<Place>,
    /// The columns of the other table that must be equal.
    pub key: Vec<Place>,
    /// Conditions on its rows.
    pub conditions: Vec<Condition>,
}

/// Which rows are taken.
#[derive(Clone, Debug)]
pub struct Condition {
    pub place: Place,
    /// The values, of which the cell must have one, or must have none.
    pub values: Vec<Wanted>,
    pub keeps: bool,
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A text without blanks at its ends, in small letters; empty for an empty cell.
    Text(String),
    /// Yes or no, by the words of the formats.
    Flag(bool),
}

/// Where a field stands, and what its codes mean.
#[derive(Clone, Debug)]
pub struct FieldMap {
    pub field: Field,
    /// Several columns are one text with blanks between.
    pub places: Vec<Place>,
    pub codes: Codes,
}

/// What is taken as a logical table.
#[derive(Clone, Debug)]
pub struct Section {
    pub logical: Table,
    pub table: TableName,
    pub key: Vec<Place>,
    /// When the row changed: the latest of these.
    pub modified_at: Vec<Place>,
    pub fields: BTreeMap<&'static str, FieldMap>,
    pub joins: Vec<Join>,
    pub conditions: Vec<Condition>,
    /// Columns with one value in every row that is read, and in every new row that is written.
    pub fixed: Vec<(Place, String)>,
    leads: (Leads, BTreeMap<&'static str, Leads>),
}

/// The words for what leads.
pub const LEADS: [(&str, Leads); 2] = [("source", Leads::Source), ("here", Leads::Here)];

const COMMON: [&str; 7] = ["table", "key", "modified_at", "where", "except", "codes", "leads"];

impl Section {
    pub fn read(logical: Table, node: Node<'_>, csv: bool) -> Option<Self> {
        let place = format!("[{logical}]");
        let own = fields(logical);
        let written = logical == Table::UserValues;
        let more: &[&str] = if written { &["fixed"] } else { &["join"] };
        let allowed: Vec<&str> = own.iter().map(|field| field.name).chain(COMMON).chain(more.iter().copied()).collect();
        node.allow(&place, &allowed);
        let table = node.needed(&place, "table", "\"contact\"");
        let joins = node.node("join").map(|join| read_joins(logical, join, csv)).unwrap_or_default();
        let reader = Reader { node, joins: &joins };
        let key = if written {
            if node.has("key") {
                let message = format!("{place} takes no `key`: a value's key is its school and its field");
                node.document.fault(node.line, message);
            }
            for name in ["where", "except"].into_iter().filter(|name| node.has(name)) {
                let message =
                    format!("{place} takes no `{name}`: `fixed` says which rows are meant, and what new rows get");
                node.document.fault(node.line_of(name), message);
            }
            ["school", "field"].iter().flat_map(|field| reader.places(field)).collect()
        } else {
            node.needed_list(&place, "key", "\"contact_id\"");
            reader.own_places("key")
        };
        let mut section = Self {
            logical,
            table: TableName::read_or_none(table.as_ref(), node.line, csv),
            key,
            modified_at: reader.places("modified_at"),
            fields: BTreeMap::new(),
            conditions: reader.conditions(&place),
            fixed: Vec::new(),
            leads: read_leads(&place, node, own),
            joins: Vec::new(),
        };
        for field in own {
            let places = reader.places(field.name);
            if places.is_empty() {
                if field.needed && !node.has(field.name) {
                    let message = format!("{place} needs `{}`: the column of it", field.name);
                    node.document.fault(node.line, message);
                }
                continue;
            }
            // What is written stands in one column.
            if places.len() > 1 && (written || !joined(field.kind)) {
                let message = format!("`{}` of {place} is one column, not {}", field.name, places.len());
                node.document.fault(node.line_of(field.name), message);
            }
            let codes = codes::read(&place, node, field);
            section.fields.insert(field.name, FieldMap { field: *field, places, codes });
        }
        if let Some(codes) = node.node("codes") {
            codes::expect_mapped(&place, codes, own, &section.fields);
        }
        if written {
            section.read_fixed(&place, node);
        }
        section.expect_keys(&place, node);
        section.joins = joins;
        Some(section)
    }

    /// What leads where both sides changed.
    pub fn leads(&self, field: &str) -> Leads {
        self.leads.1.get(field).copied().unwrap_or(self.leads.0)
    }

    /// Takes only rows in which the column of a field has one of these texts.
    pub fn take_only<'a>(&mut self, field: &str, texts: impl Iterator<Item = &'a str>) {
        let place = self.fields.get(field).and_then(|map| map.places.first()).cloned();
        let values: Vec<Wanted> = texts.map(|text| Wanted::Text(normal(text))).collect();
        if let Some(place) = place {
            self.conditions.push(Condition { place, values, keeps: true });
        }
    }

    /// A school can be found by one of its keys, or proposed by its name and postcode.
    fn expect_keys(&self, place: &str, node: Node<'_>) {
        let found = ["urn", "dfe_number", "postcode", "address"].iter().any(|name| self.fields.contains_key(name));
        if self.logical == Table::Schools && !found {
            let message = format!("{place} needs `urn`, `dfe_number` or `postcode`: a name alone leads to no school");
            node.document.fault(node.line, message);
        }
    }

    fn read_fixed(&mut self, place: &str, node: Node<'_>) {
        let Some(fixed) = node.node("fixed") else { return };
        for key in fixed.keys() {
            let scalars = fixed.scalars(key.value);
            match scalars.as_slice() {
                [Spot { value: Scalar::Text(text), .. }] => {
                    let column = Place { join: None, column: key.value.to_owned(), line: key.line };
                    let values = vec![Wanted::Text(normal(text))];
                    self.conditions.push(Condition { place: column.clone(), values, keeps: true });
                    self.fixed.push((column, text.clone()));
                }
                _ => {
                    let message = format!("`{}` in `fixed` of {place} is one text or number", key.value);
                    node.document.fault(key.line, message);
                }
            }
        }
    }
}

fn read_leads(place: &str, node: Node<'_>, own: &[Field]) -> (Leads, BTreeMap<&'static str, Leads>) {
    let mut each = BTreeMap::new();
    if !node.is_table("leads") {
        let all = node.choice("leads", &LEADS).map_or(Leads::Neither, |spot| spot.value);
        return (all, each);
    }
    let Some(leads) = node.node("leads") else { return (Leads::Neither, each) };
    let names: Vec<&str> = own.iter().map(|field| field.name).collect();
    leads.allow(&format!("`leads` of {place}"), &names);
    for field in own {
        if let Some(spot) = leads.choice(field.name, &LEADS) {
            each.insert(field.name, spot.value);
        }
    }
    (Leads::Neither, each)
}

fn read_joins(logical: Table, node: Node<'_>, csv: bool) -> Vec<Join> {
    let mut keys = node.keys();
    // One lookup can go on from another, which stands before it in the file.
    keys.sort_by_key(|key| key.line);
    let mut joins: Vec<Join> = Vec::new();
    for key in keys {
        let place = format!("[{logical}.join.{}]", key.value);
        let Some(join) = node.node(key.value) else { continue };
        join.allow(&place, &["table", "on", "key", "where", "except"]);
        let table = join.needed(&place, "table", "\"contact\"");
        join.needed_list(&place, "on", "\"contact_id\"");
        join.needed_list(&place, "key", "\"contact_id\"");
        let (on, other) = {
            let reader = Reader { node: join, joins: &joins };
            (reader.places("on"), reader.own_places("key"))
        };
        if on.len() != other.len() && !on.is_empty() && !other.is_empty() {
            let message =
                format!("`on` and `key` of {place} have {} and {} columns: give as many", on.len(), other.len());
            node.document.fault(join.line, message);
        }
        let conditions = Reader { node: join, joins: &[] }.conditions(&place);
        let table = TableName::read_or_none(table.as_ref(), join.line, csv);
        joins.push(Join { name: key.value.to_owned(), table, on, key: other, conditions });
    }
    joins
}

/// Reads columns, which can be of the lookups known.
struct Reader<'a> {
    node: Node<'a>,
    joins: &'a [Join],
}

impl Reader<'_> {
    fn places(&self, key: &str) -> Vec<Place> {
        self.node.texts(key).iter().filter_map(|spot| self.place(spot)).collect()
    }

    /// Columns of the table itself.
    fn own_places(&self, key: &str) -> Vec<Place> {
        let place = |spot: &Spot<&str>| Place { join: None, column: spot.value.trim().to_owned(), line: spot.line };
        self.node.texts(key).iter().map(place).collect()
    }

    fn place(&self, spot: &Spot<&str>) -> Option<Place> {
        let text = spot.value.trim();
        let Some((join, column)) = text.split_once('.') else {
            return Some(Place { join: None, column: text.to_owned(), line: spot.line });
        };
        let found = self.joins.iter().position(|it| it.name == join);
        if found.is_none() {
            let message = match nearest(join, self.joins.iter().map(|it| it.name.as_str())) {
                Some(near) => format!("there is no lookup `{join}`: did you mean `{near}.{column}`?"),
                None => format!(
                    "there is no lookup `{join}` before this: add a table `join.{join}`, or name the column \
                                 alone"
                ),
            };
            self.node.document.fault(spot.line, message);
        }
        Some(Place { join: Some(found?), column: column.to_owned(), line: spot.line })
    }

    fn conditions(&self, place: &str) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (key, keeps) in [("where", true), ("except", false)] {
            if self.node.has(key) && !self.node.is_table(key) {
                let message = format!(
                    "`{key}` of {place} is a table of columns and values, such as \
                                       {key} = {{ is_active = true }}: SQL has no place here"
                );
                self.node.document.fault(self.node.line_of(key), message);
                continue;
            }
            let Some(node) = self.node.node(key) else { continue };
            for key in node.keys() {
                let values: Vec<Wanted> = node
                    .scalars(key.value)
                    .into_iter()
                    .map(|spot| match spot.value {
                        Scalar::Text(text) => Wanted::Text(normal(&text)),
                        Scalar::Flag(flag) => Wanted::Flag(flag),
                    })
                    .collect();
                let column = Spot { value: key.value, line: key.line };
                if let Some(place) = self.place(&column).filter(|_| !values.is_empty()) {
                    conditions.push(Condition { place, values, keeps });
                }
            }
        }
        conditions
    }
}

/// Returns true if a field can be one text made of several columns.
const fn joined(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Typed)
}
