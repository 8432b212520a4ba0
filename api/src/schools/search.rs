//! Searching schools by the words of their names, towns, postcodes and numbers.

use entity::schools::school::{self, Model};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Query, SimpleExpr};
use uuid::Uuid;

use super::rules;
use crate::kernel::base::filter::contains_words;
use crate::kernel::base::fold::search_key;

/// The maximum length of a search key, in characters. An index entry on PostgreSQL takes at most 2,704 bytes, and a
/// character takes up to four.
const MAX_KEY_CHARS: usize = 600;

/// Returns the text of a school that `q` searches. It contains the postcode without its space, so that a search for
/// either part or for the whole finds it, and the DfE number with and without its slash.
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
    words(&parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).chars().take(MAX_KEY_CHARS).collect()
}

/// Selects the schools whose search keys contain every word of the text; `None` if the text is absent or has no word.
/// `id` is the column with the school's id. The subquery reads only the index `school_by_search_key`, however the
/// list is sorted.
pub fn matching<C: ColumnTrait>(id: C, hub_id: Uuid, text: Option<&str>) -> Option<SimpleExpr> {
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
