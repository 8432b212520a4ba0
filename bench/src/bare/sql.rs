//! The statements that the service issues, as PostgreSQL's log shows them.

use std::sync::LazyLock;

use super::school;

pub struct Statements {
    pub get: String,
    pub first_page: String,
    pub next_page: String,
    /// The row that is to be changed, with the lock that PostgreSQL needs.
    pub get_locked: String,
    pub hub: String,
    /// The hub's row, with the lock that PostgreSQL needs.
    pub hub_held: String,
    pub update: String,
    pub take_number: String,
    pub log: String,
}

pub static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = names("school", school::COLUMNS);
    let rows =
        format!(r#"SELECT {columns} FROM "school" WHERE "school"."hub_id" = $1 AND "school"."archived_at" IS NULL"#);
    let order = r#"ORDER BY "school"."name_key" ASC, "school"."id" ASC LIMIT"#;
    let get = format!(r#"{rows} AND "school"."id" = $2 LIMIT $3"#);
    let hub = names("hub", HUB);
    let hub = format!(r#"SELECT {hub} FROM "hub" WHERE "hub"."hub_id" = $1 AND "hub"."archived_at" IS NULL LIMIT $2"#);
    // The first two columns are the key.
    let set: Vec<String> =
        school::COLUMNS.iter().skip(2).zip(1..).map(|(name, place)| format!(r#""{name}" = ${place}"#)).collect();
    let places: Vec<String> = (1..=CHANGE.len()).map(|place| format!("${place}")).collect();
    let changes: Vec<String> = CHANGE.iter().map(|name| format!(r#""{name}""#)).collect();
    Statements {
        get_locked: format!("{get} FOR UPDATE"),
        get,
        first_page: format!("{rows} AND TRUE {order} $2"),
        next_page: format!(r#"{rows} AND TRUE AND ("school"."name_key", "school"."id") > ($2, $3) {order} $4"#),
        hub_held: format!("{hub} FOR KEY SHARE"),
        hub,
        update: format!(
            r#"UPDATE "school" SET {} WHERE "school"."hub_id" = ${} AND "school"."id" = ${}"#,
            set.join(", "),
            set.len() + 1,
            set.len() + 2,
        ),
        take_number: [
            r#"INSERT INTO "change_counter" ("hub_id", "last") VALUES ($1, $2)"#,
            r#"ON CONFLICT ("hub_id") DO UPDATE SET "last" = "change_counter"."last" + $3 RETURNING "last""#,
        ]
        .join(" "),
        log: format!(r#"INSERT INTO "change" ({}) VALUES ({})"#, changes.join(", "), places.join(", ")),
    }
});

const HUB: &[&str] = &[
    "hub_id",
    "id",
    "version",
    "created_at",
    "updated_at",
    "archived_at",
    "slug",
    "name",
    "name_key",
    "la_codes",
    "lead_organisation",
    "kinds_in_scope",
    "settings",
    "demo",
];

const CHANGE: &[&str] = &[
    "hub_id",
    "number",
    "resource",
    "row_id",
    "row_version",
    "keys",
    "school_id",
    "operation",
    "at",
    "actor_kind",
    "actor_id",
    "actor_person_id",
    "reason",
    "fields",
    "request_id",
];

fn names(table: &str, columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!(r#""{table}"."{column}""#)).collect();
    columns.join(", ")
}
