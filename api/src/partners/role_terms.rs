//! The glossary that a new hub begins with: the codes by which plans name roles.

use entity::identity::role_code::ROLE_CODES;
use entity::partners::glossary_term;
use sea_orm::{PaginatorTrait, QueryFilter};

use super::glossary_term::{GlossaryTerm, NewGlossaryTerm};
use crate::kernel::prelude::*;
use crate::kernel::resource::traits::Form;

/// Gives a new hub a term for each code of a role, so that a plan can be written at once. A hub that
/// is made with a glossary of its own keeps that one, and the platform writes no plans.
///
/// # Errors
/// When the database is away.
pub async fn begin(write: &mut Write) -> Result<()> {
    let hub_id = write.caller().hub_id;
    if hub_id == PLATFORM_HUB {
        return Ok(());
    }
    let terms = write.caller().rows_archived::<glossary_term::Entity>();
    if terms.filter(glossary_term::Column::HubId.eq(hub_id)).count(write.tx()).await? > 0 {
        return Ok(());
    }
    let terms = ROLE_CODES.iter().map(|known| {
        let term = NewGlossaryTerm { code: known.code.to_owned(), meaning: known.meaning.to_owned() };
        term.into_row(write.meta())
    });
    let terms = terms.collect();
    write.create_many::<GlossaryTerm>(terms).await
}
