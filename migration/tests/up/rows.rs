//! Rows by statements, as programs of any version write them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, Statement};
use uuid::Uuid;

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub async fn insert_hub(db: &DatabaseConnection, id: Uuid, slug: &str) -> Result<(), DbErr> {
    db.execute(&hub(id, id, slug)).await.map(drop)
}

pub async fn insert_person(db: &DatabaseConnection, hub_id: Uuid, id: Uuid) -> Result<(), DbErr> {
    let fields = [("name", "A Reader".into()), ("name_key", "a reader".into()), ("external_ids", list())];
    db.execute(&owned("person", hub_id, id, &fields)).await.map(drop)
}

pub async fn insert_area(db: &DatabaseConnection, hub_id: Uuid, id: Uuid, lead: Uuid) -> Result<(), DbErr> {
    let fields = [("name", "North".into()), ("name_key", "north".into()), ("lead_person_id", lead.into())];
    db.execute(&owned("area", hub_id, id, &fields)).await.map(drop)
}

pub fn hub(hub_id: Uuid, id: Uuid, slug: &str) -> InsertStatement {
    owned(
        "hub",
        hub_id,
        id,
        &[
            ("slug", slug.into()),
            ("name", slug.into()),
            ("name_key", slug.into()),
            ("la_codes", list()),
            ("kinds_in_scope", list()),
            ("settings", list()),
            ("demo", false.into()),
        ],
    )
}

pub fn list() -> Value {
    Value::Json(Some(Box::new(Vec::<String>::new().into())))
}

pub fn owned(table: &'static str, hub_id: Uuid, id: Uuid, fields: &[(&'static str, Value)]) -> InsertStatement {
    let common = [
        ("hub_id", hub_id.into()),
        ("id", id.into()),
        ("version", 1_i64.into()),
        ("created_at", 0_i64.into()),
        ("updated_at", 0_i64.into()),
    ];
    let (columns, values): (Vec<_>, Vec<_>) = common.iter().chain(fields).cloned().unzip();
    let mut insert = Query::insert();
    insert.into_table(table).columns(columns);
    insert.values_panic(values.into_iter().map(Expr::val));
    insert
}

pub async fn names(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    column(db, sql, "name").await
}

pub async fn column(db: &DatabaseConnection, sql: &str, name: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", name).unwrap()).collect()
}
