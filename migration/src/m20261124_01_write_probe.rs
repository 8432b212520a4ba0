//! The probe that is written after a write has failed.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![Table::plain("write_probe", &["id"]).uuid("id").text("filling")]
}
