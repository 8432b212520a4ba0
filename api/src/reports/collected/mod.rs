//! What a collection has brought in: the hub's whole return, and which schools have not answered.

pub mod hub_return;
pub mod outstanding;

use entity::outcomes::collection::{self, Column};
use sea_orm::{QueryFilter, QueryOrder};

use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;

/// Which collection a report is about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfCollection {
    /// The collection; of the ones that were opened the one that is due last, if absent.
    pub collection_id: Option<Uuid>,
}

impl OfCollection {
    /// The collection, as the caller sees it; none where none is named and there is none.
    ///
    /// # Errors
    /// 400 for one that does not exist for the caller.
    async fn load(&self, reading: &ReportReading<'_>) -> Result<Option<collection::Model>> {
        let rows = reading.caller.rows::<collection::Entity>();
        let Some(id) = self.collection_id else {
            let opened = rows.filter(Column::OpenedAt.is_not_null());
            let last = opened.order_by_desc(Column::DueOn).order_by_desc(Column::Id);
            return Ok(last.one(reading.db()).await?);
        };
        let found = rows.filter(Column::Id.eq(id)).one(reading.db()).await?;
        let found = found.ok_or_else(|| {
            let message = format!("there is no collection {id} that you see");
            let fault = Fault::new("?collection_id", "unknown_reference", &message);
            Problem::new(Code::BadParameter, format!("?collection_id: {message}")).with(fault)
        });
        found.map(Some)
    }
}

/// A report without a collection to be about.
const fn nothing<L>(scope: &'static str) -> Figures<L> {
    Figures { period: None, scope, lines: Vec::new(), total: None, found: 0 }
}
