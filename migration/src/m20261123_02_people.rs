//! People and the groups they work in.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![person(), working_group()]
}

fn person() -> Table {
    Table::owned("person")
        .text("name")
        .text("name_key")
        .text("email?")
        .text("telephone?")
        .text("organisation?")
        .date("dbs_checked_on?")
        .date("safeguarding_training_until?")
        .json("external_ids")
        .sort("name_key")
}

fn working_group() -> Table {
    Table::owned("working_group")
        .text("name")
        .text("name_key")
        .text("purpose?")
        .text("made?")
        .json("member_ids")
        .sort("name_key")
}
