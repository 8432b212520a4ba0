//! Where the rows of a resource name people, and refer to them.

use entity::owned::Owned;
use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, IdenStatic, Iterable};

use super::field::{Field, Fields};
use super::traits::{ColumnOf, Resource};

/// How a column holds what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A value of its own: a text, or an id.
    Plain,
    /// JSON, with the value somewhere in it.
    Json,
    /// A text folded for search, which is no field of the item.
    Folded,
}

/// A column in which people are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its name.
    pub column: &'static str,
    /// How it holds what is looked for.
    pub held: Held,
}

/// How columns end that follow from texts: no form has them.
const FOLDED: &str = "_key";

/// What a resource states about the people in its rows.
#[derive(Clone, Copy, Debug)]
pub struct Mentions {
    /// Its table.
    pub table: &'static str,
    /// The fields of its items.
    pub fields: &'static [Field],
    /// Where people may be named in words.
    pub names: fn() -> Vec<Place>,
    /// Where people are referred to by their ids.
    pub refers: fn() -> Vec<Place>,
}

impl Mentions {
    /// What a resource states.
    #[must_use]
    pub fn of<R: Resource>() -> Self {
        Self {
            table: R::Entity::table(),
            fields: <R as Fields>::FIELDS,
            names: || {
                let names = places::<R>(R::NAMES_PEOPLE);
                if names.is_empty() { names } else { [names, folded::<R>()].concat() }
            },
            refers: || places::<R>(R::REFERS_TO_PEOPLE),
        }
    }
}

/// The columns that follow from texts.
fn folded<R: Resource>() -> Vec<Place> {
    let all = ColumnOf::<R>::iter().map(|column| column.as_str()).filter(|column| column.ends_with(FOLDED));
    all.map(|column| Place { column, held: Held::Folded }).collect()
}

/// The columns of these names that the table has.
fn places<R: Resource>(names: &[&str]) -> Vec<Place> {
    let named = ColumnOf::<R>::iter().filter(|column| names.contains(&column.as_str()));
    named
        .map(|column| {
            let held = match column.def().get_column_type() {
                ColumnType::Json | ColumnType::JsonBinary => Held::Json,
                _ => Held::Plain,
            };
            Place { column: column.as_str(), held }
        })
        .collect()
}
