//! For how long a hub keeps records of a kind.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    let kinds = ["archived_people", "import_rows", "sign_ins"];
    vec![Table::owned("retention_rule").choice("kind", &kinds).int("months").text("reason?").unique("kind", &["kind"])]
}
