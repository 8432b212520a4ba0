//! What a collection has brought in: the hub's whole return, and which schools have not answered.

pub mod hub_return;
pub mod outstanding;

use entity::outcomes::collection;
use sea_orm::QueryFilter;

use crate::kernel::base::problem::Code;
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
    ///
    /// # Errors
    /// 400 for one that does not exist for the caller.
    async fn load(&self, reading: &ReportReading<'_>) -> Result<collection::Model> {
        let found = reading.caller.rows::<collection::Entity>();
        let found = found.filter(collection::Column::Id.eq(self.collection_id)).one(reading.db()).await?;
        found.ok_or_else(|| {
            let message = format!("there is no collection {} that you see", self.collection_id);
            let fault = Fault::new("?collection_id", "unknown_reference", &message);
            Problem::new(Code::BadParameter, format!("?collection_id: {message}")).with(fault)
        })
    }
}
