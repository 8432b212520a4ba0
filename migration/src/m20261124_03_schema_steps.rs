//! What each step asks of a program that does not know it.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![Table::plain("schema_step", &["name"]).text("name").text("needs")]
}
