//! What a package costs a school.

use entity::packages::package;
use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::packages::rules;

/// What one unit of a package costs a school today, as a quote would price it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackagePrice {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The net price of one unit in pence; null where the hub gives a price on asking.
    #[schema(minimum = 0, example = 25_000)]
    pub price_pence: Option<i64>,
    /// Why there is no price, and what to do about it; null where there is one.
    #[schema(max_length = 500, example = json!(null))]
    pub unknown: Option<String>,
}

/// The school for which a price is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PriceQuery {
    /// The school for which `expand=price` tells the price. A school's own people need not say it.
    pub school_id: Option<Uuid>,
}

/// Loads what each package costs the school for which the caller asks; null without one that the caller sees.
///
/// # Errors
/// When the database is away.
pub async fn prices(caller: &Caller, db: &impl ConnectionTrait, rows: &[package::Model]) -> Result<Vec<Value>> {
    let none = || Ok(vec![Value::Null; rows.len()]);
    let (Some(school_id), Some(under)) = (caller.for_school(), caller.under(Scope::ReadSchools)) else { return none() };
    let pupils = under.rows::<school::Entity>().filter(school::Column::Id.eq(school_id)).select_only();
    let pupils: Option<Option<i32>> = pupils.column(school::Column::Pupils).into_tuple().one(db).await?;
    let Some(pupils) = pupils else { return none() };
    let shown = |row: &package::Model| {
        let (price_pence, unknown) = match rules::price(row, pupils) {
            Ok(price) => (Some(price), None),
            Err(unknown) => (None, Some(unknown)),
        };
        serde_json::to_value(PackagePrice { school_id, price_pence, unknown }).map_err(Problem::internal)
    };
    rows.iter().map(shown).collect()
}
