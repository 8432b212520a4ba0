//! What a collection has brought in: the hub's whole return, and which schools have not answered.

pub mod hub_return;
pub mod outstanding;

use entity::outcomes::collection;
use sea_orm::QueryFilter;

use crate::kernel::prelude::*;

/// Which collection a report is about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfCollection {
    /// The collection.
    #[param(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub collection_id: Uuid,
}

impl OfCollection {
    /// The collection, as the caller sees it.
    async fn load(&self, reading: &ReportReading<'_>) -> Result<collection::Model> {
        let found = reading.caller.rows::<collection::Entity>();
        let found = found.filter(collection::Column::Id.eq(self.collection_id)).one(reading.db()).await?;
        found.ok_or_else(Problem::not_found)
    }
}
