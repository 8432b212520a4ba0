//! How the rows of a section are made: which columns of which tables, and where each field finds its cells.

use std::collections::{BTreeMap, HashSet};

use super::select::{Column, Condition as SelectCondition, Select};
use crate::exchange::sync::mapping::section::{Condition, Place, Wanted};
use crate::exchange::sync::mapping::{Codes, Formats, Section};
use crate::exchange::sync::record::Table;

/// Where a cell is: in the row itself or in a lookup's row, and at which place there.
#[derive(Clone, Debug)]
pub struct At {
    pub join: Option<usize>,
    pub place: usize,
    pub column: String,
}

/// A condition on a row.
#[derive(Clone, Debug)]
pub struct Check {
    at: At,
    texts: HashSet<String>,
    keeps: bool,
}

impl Check {
    /// Returns true if a row with this cell is taken.
    pub fn admits(&self, cell: Option<&str>) -> bool {
        let text = cell.map(|cell| cell.trim().to_lowercase()).unwrap_or_default();
        self.texts.contains(&text) == self.keeps
    }

    pub fn at(&self) -> &At {
        &self.at
    }
}

/// A lookup.
#[derive(Clone, Debug)]
pub struct JoinPlan {
    pub table: String,
    pub select: Select,
    pub on: Vec<At>,
    /// The places of the key in the lookup's rows.
    pub key: Vec<usize>,
    pub checks: Vec<Check>,
}

/// How the rows of a logical table are made.
#[derive(Clone, Debug)]
pub struct Plan {
    pub table: String,
    pub select: Select,
    pub key: Vec<At>,
    pub modified_at: Vec<At>,
    pub fields: BTreeMap<&'static str, (Vec<At>, Codes)>,
    pub checks: Vec<Check>,
    pub joins: Vec<JoinPlan>,
    pub formats: Formats,
    /// Whether a cell can be shown in a message: not where people's names could stand in it.
    pub shows: bool,
}

/// The columns of a table that are needed.
#[derive(Default)]
struct Columns(Vec<Column>);

impl Columns {
    fn place(&mut self, place: &Place) -> usize {
        let known = self.0.iter().position(|column| column.name == place.column);
        known.unwrap_or_else(|| {
            self.0.push(Column { name: place.column.clone(), line: place.line });
            self.0.len() - 1
        })
    }
}

impl Plan {
    pub fn new(section: &Section, formats: &Formats) -> Self {
        let mut own = Columns::default();
        let mut joined: Vec<Columns> = section.joins.iter().map(|_| Columns::default()).collect();
        let mut at = |place: &Place| {
            let found = match place.join.and_then(|join| joined.get_mut(join)) {
                Some(columns) => columns.place(place),
                None => own.place(place),
            };
            At { join: place.join, place: found, column: place.column.clone() }
        };
        let mut all = |places: &[Place]| places.iter().map(&mut at).collect::<Vec<At>>();
        // The key comes first, since rows are in the order of their columns.
        let key = all(&section.key);
        let modified_at = all(&section.modified_at);
        let fields = section.fields.iter().map(|(name, map)| (*name, (all(&map.places), map.codes.clone()))).collect();
        let checks = |conditions: &[Condition], all: &mut dyn FnMut(&[Place]) -> Vec<At>| -> Vec<Check> {
            let check = |condition: &Condition| {
                let at = all(std::slice::from_ref(&condition.place)).pop()?;
                Some(Check { at, texts: texts(&condition.values, formats), keeps: condition.keeps })
            };
            conditions.iter().filter_map(check).collect()
        };
        let own_checks = checks(&section.conditions, &mut all);
        let mut on: Vec<Vec<At>> = section.joins.iter().map(|join| all(&join.on)).collect();
        on.reverse();
        let mut joins = Vec::new();
        for (join, mut columns) in section.joins.iter().zip(joined) {
            let key = join.key.iter().map(|place| columns.place(place)).collect();
            let mut all = |places: &[Place]| {
                let at = |place: &Place| At { join: None, place: columns.place(place), column: place.column.clone() };
                places.iter().map(at).collect::<Vec<At>>()
            };
            let own_checks = checks(&join.conditions, &mut all);
            let select = Select {
                table: join.table.clone(),
                columns: columns.0,
                conditions: conditions(&join.conditions, formats),
            };
            joins.push(JoinPlan {
                table: join.table.as_text(),
                select,
                on: on.pop().unwrap_or_default(),
                key,
                checks: own_checks,
            });
        }
        let select = Select {
            table: section.table.clone(),
            columns: own.0,
            conditions: conditions(&section.conditions, formats),
        };
        Self {
            table: section.table.as_text(),
            select,
            key,
            modified_at,
            fields,
            checks: own_checks,
            joins,
            formats: formats.clone(),
            shows: !matches!(section.logical, Table::Persons | Table::Associations),
        }
    }

    /// Every question that reading asks.
    pub fn selects(&self) -> impl Iterator<Item = &Select> {
        self.joins.iter().map(|join| &join.select).chain([&self.select])
    }
}

/// The texts that stand for the values of a condition.
fn texts(values: &[Wanted], formats: &Formats) -> HashSet<String> {
    let mut texts = HashSet::new();
    for value in values {
        match value {
            Wanted::Text(text) => {
                texts.insert(text.clone());
            }
            Wanted::Flag(true) => texts.extend(formats.words(true).map(str::to_owned)),
            // An empty flag is one that nobody set.
            Wanted::Flag(false) => texts.extend(formats.words(false).chain([""]).map(str::to_owned)),
        }
    }
    texts
}

/// The conditions that the source can look at by itself: on columns of the table, not of lookups.
fn conditions(conditions: &[Condition], formats: &Formats) -> Vec<SelectCondition> {
    let own = conditions.iter().filter(|condition| condition.place.join.is_none());
    let condition = |condition: &Condition| {
        let mut texts: Vec<String> = texts(&condition.values, formats).into_iter().collect();
        texts.sort();
        SelectCondition { column: condition.place.column.clone(), texts, keeps: condition.keeps }
    };
    own.map(condition).collect()
}
