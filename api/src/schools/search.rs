//! Searching schools by the words of their names, towns, postcodes and numbers.

use entity::schools::school::{self, Model};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Query, SimpleExpr};
use uuid::Uuid;

use super::rules;
use crate::kernel::base::filter::contains_words;
use crate::kernel::base::fold::search_key;

/// An entry of an index takes 2,704 bytes on PostgreSQL at most, and a character up to four.
const LONGEST: usize = 600;

/// What `q` searches of a school. A postcode stands in it without its space, so that it is found
/// by its parts and as a whole; a DfE number with and without its stroke.
#[must_use]
pub fn key(school: &Model) -> String {
    let postcode = school.postcode.as_deref().map(|postcode| postcode.split_whitespace().collect::<String>());
    let dfe_number = rules::dfe_number(school);
    let plain_number = dfe_number.as_deref().map(|number| number.replace('/', ""));
    let parts = [
        Some(school.name.clone()),
        school.town.clone(),
        postcode,
        school.urn.map(|urn| urn.to_string()),
        dfe_number,
        plain_number,
    ];
    words(&parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).chars().take(LONGEST).collect()
}

/// Finds the schools whose keys contain every word of the text; `id` is the column with the
/// school. The keys of a hub are read from their index alone, for every sort key of the list.
pub fn found<C: ColumnTrait>(id: C, hub_id: Uuid, text: Option<&str>) -> Option<SimpleExpr> {
    let found = contains_words(school::Column::SearchKey, &words(text?))?;
    let mut schools = Query::select();
    schools
        .column(school::Column::Id)
        .from(school::Entity)
        .and_where(school::Column::HubId.eq(hub_id))
        .cond_where(found);
    Some(id.in_subquery(schools))
}

/// The folded text, in which "St. Mary's" is the same as "St Marys".
fn words(text: &str) -> String {
    search_key(text).replace(['\'', '.'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_however_a_saint_is_written() {
        assert_eq!(words("St. Mary’s  École"), "st marys ecole");
        assert_eq!(words("St Marys Ecole"), "st marys ecole");
    }
}
