//! A school as the bare handlers read, show and write it.

use entity::instant::Instant;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{ColumnIndex, Database, Decode, Encode, FromRow, Row, Type};
use time::Date;
use uuid::Uuid;

/// Declares the columns of the table in its order, the two of the key first.
macro_rules! columns {
    (
        $( $(#[$kmeta:meta])* $key:ident: Uuid, )* ;
        $( $(#[$meta:meta])* $name:ident: $type:ty, )*
    ) => {
        pub const COLUMNS: &[&str] = &[$(stringify!($key),)* $(stringify!($name),)*];

        #[derive(Clone, Debug, Serialize)]
        pub struct School {
            $( $(#[$kmeta])* pub $key: Uuid, )*
            $( $(#[$meta])* pub $name: $type, )*
            /// Made of two columns.
            pub dfe_number: Option<String>,
        }

        impl<'r, R: Row> FromRow<'r, R> for School
        where
            usize: ColumnIndex<R>,
            bool: Decode<'r, R::Database> + Type<R::Database>,
            f64: Decode<'r, R::Database> + Type<R::Database>,
            i32: Decode<'r, R::Database> + Type<R::Database>,
            i64: Decode<'r, R::Database> + Type<R::Database>,
            Date: Decode<'r, R::Database> + Type<R::Database>,
            Json<Value>: Decode<'r, R::Database> + Type<R::Database>,
            String: Decode<'r, R::Database> + Type<R::Database>,
            Uuid: Decode<'r, R::Database> + Type<R::Database>,
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                let mut places = 0_usize..;
                let mut place = || places.next().unwrap_or_default();
                let mut school = Self {
                    $( $key: row.try_get(place())?, )*
                    $( $name: row.try_get(place())?, )*
                    dfe_number: None,
                };
                if let (Some(la), Some(number)) = (&school.la_code, &school.establishment_number) {
                    school.dfe_number = Some(format!("{la}/{number}"));
                }
                Ok(school)
            }
        }

        impl School {
            /// Binds the columns in the order of the update: the columns of the key last.
            pub fn bind<'q, DB: Database>(&self, query: Query<'q, DB, DB::Arguments>) -> Query<'q, DB, DB::Arguments>
            where
                bool: for<'t> Encode<'t, DB> + Type<DB>,
                i64: for<'t> Encode<'t, DB> + Type<DB>,
                Json<Value>: for<'t> Encode<'t, DB> + Type<DB>,
                String: for<'t> Encode<'t, DB> + Type<DB>,
                Uuid: for<'t> Encode<'t, DB> + Type<DB>,
                Option<f64>: for<'t> Encode<'t, DB> + Type<DB>,
                Option<i32>: for<'t> Encode<'t, DB> + Type<DB>,
                Option<i64>: for<'t> Encode<'t, DB> + Type<DB>,
                Option<Date>: for<'t> Encode<'t, DB> + Type<DB>,
                Option<String>: for<'t> Encode<'t, DB> + Type<DB>,
                Option<Uuid>: for<'t> Encode<'t, DB> + Type<DB>,
            {
                query $( .bind(&self.$name) )* $( .bind(&self.$key) )*
            }
        }
    };
}

columns! {
    #[serde(skip)]
    hub_id: Uuid,
    id: Uuid,
    ;
    version: i64,
    #[serde(serialize_with = "instant")]
    created_at: i64,
    #[serde(serialize_with = "instant")]
    updated_at: i64,
    #[serde(serialize_with = "instant_or_none")]
    archived_at: Option<i64>,
    kind: String,
    urn: Option<i32>,
    ukprn: Option<i32>,
    la_code: Option<String>,
    establishment_number: Option<String>,
    name: String,
    #[serde(skip)]
    name_key: String,
    phase: String,
    establishment_type_code: Option<String>,
    establishment_type: Option<String>,
    special: bool,
    status: String,
    #[serde(with = "entity::date::option")]
    opened_on: Option<Date>,
    #[serde(with = "entity::date::option")]
    closed_on: Option<Date>,
    trust: Option<String>,
    trust_uid: Option<String>,
    head_title: Option<String>,
    head_first_name: Option<String>,
    head_last_name: Option<String>,
    head_job_title: Option<String>,
    street: Option<String>,
    locality: Option<String>,
    address3: Option<String>,
    town: Option<String>,
    county: Option<String>,
    postcode: Option<String>,
    #[serde(skip)]
    postcode_key: Option<String>,
    easting: Option<i32>,
    northing: Option<i32>,
    telephone: Option<String>,
    website: Option<String>,
    lowest_age: Option<i32>,
    highest_age: Option<i32>,
    gender: Option<String>,
    pupils: Option<i32>,
    fsm_percentage: Option<f64>,
    area_id: Option<Uuid>,
    in_scope: bool,
    scope_reason: Option<String>,
    note: Option<String>,
    missing_from_source: bool,
    external_ids: Json<Value>,
    #[serde(skip)]
    search_key: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands on a reference")]
fn instant<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    Instant::from_micros(*micros).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde hands on a reference")]
fn instant_or_none<S: Serializer>(micros: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    micros.map(Instant::from_micros).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use entity::schools::school;
    use sea_orm::{IdenStatic, Iterable};

    use super::*;
    use crate::national;

    #[test]
    fn the_columns_match_the_table() {
        let table: Vec<&str> = school::Column::iter().map(|column| column.as_str()).collect();
        assert_eq!(COLUMNS, table);
    }

    #[test]
    fn it_shows_the_fields_that_the_service_shows() {
        let row = national::hubs().swap_remove(1).rows(Uuid::nil()).swap_remove(0);
        let shown = serde_json::to_value(api::schools::school::School::from(&row)).unwrap();
        let hidden = ["hub_id", "name_key", "postcode_key", "search_key"];
        let fields: BTreeSet<&str> = COLUMNS.iter().copied().filter(|name| !hidden.contains(name)).collect();
        let shown: BTreeSet<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(shown.difference(&fields).copied().collect::<Vec<_>>(), ["dfe_number"]);
        assert_eq!(fields.difference(&shown).count(), 0);
    }
}
