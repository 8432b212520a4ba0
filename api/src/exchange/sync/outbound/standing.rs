//! What stands in the user-defined fields of a source.

use std::collections::{HashMap, HashSet};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};

use crate::exchange::sync::mapping::formats::normal;
use crate::exchange::sync::record::{SourceRow, UserValue};
use crate::exchange::sync::run::Reported;

/// The texts of user-defined fields, by contact and field.
#[derive(Debug, Default)]
pub struct Standing {
    texts: HashMap<String, Option<String>>,
    /// Fields with several rows, or with one that could not be read: nobody knows what stands there.
    doubtful: HashSet<String>,
}

impl Standing {
    /// Sorts the rows of the source, and reports those from which nothing follows.
    pub fn new(rows: Vec<SourceRow<UserValue>>) -> (Self, Vec<Reported>) {
        let (mut standing, mut told) = (Self::default(), Vec::new());
        for SourceRow { key, remarks, row, .. } in rows {
            let remarks = remarks.iter();
            told.extend(remarks.map(|it| Reported::remark(SyncSection::UserValues, it, SyncOutcome::Rejected).out()));
            let Some(UserValue { school, field, value }) = row else {
                let (school, field) = key.rsplit_once('/').unwrap_or_default();
                standing.doubtful.insert(place(school, field));
                continue;
            };
            let place = place(&school, &field);
            if standing.texts.insert(place.clone(), value).is_some() {
                standing.doubtful.insert(place);
                let fix = "another row has this school and field already: keep one of the two, nothing is written to \
                           it until then";
                let row = Reported::new(SyncSection::UserValues, key, SyncOutcome::Rejected);
                told.push(row.because("repeated", fix).out());
            }
        }
        (standing, told)
    }

    /// Whether nobody knows what stands in a field of a contact.
    pub fn is_doubtful(&self, contact: &str, field: &str) -> bool {
        self.doubtful.contains(&place(contact, field))
    }

    /// The text of a field of a contact; none where it has none.
    pub fn text(&self, contact: &str, field: &str) -> Option<&str> {
        self.texts.get(&place(contact, field))?.as_deref()
    }
}

/// A field of a contact. The case of the field does not matter.
fn place(contact: &str, field: &str) -> String {
    format!("{contact}/{}", normal(field))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn row(school: &str, field: &str, value: Option<&str>) -> SourceRow<UserValue> {
        let row = UserValue { school: school.to_owned(), field: field.to_owned(), value: value.map(str::to_owned) };
        let key = format!("{school}/{field}");
        SourceRow { key, modified_at: None, remarks: Vec::new(), unsaid: BTreeSet::new(), row: Some(row) }
    }

    #[test]
    fn a_field_that_stands_twice_or_cannot_be_read_is_doubtful() {
        let rows = vec![
            row("1", "RAG", Some("Red")),
            row("2", "RAG", None),
            row("3", "RAG", Some("Red")),
            row("3", "rag", Some("Green")),
            SourceRow::rejected("4/Rag".to_owned(), Vec::new()),
            SourceRow::rejected(String::new(), Vec::new()),
        ];
        let (standing, told) = Standing::new(rows);
        let contacts = ["1", "2", "3", "4", "5"];
        assert_eq!(contacts.map(|it| standing.is_doubtful(it, "Rag")), [false, false, true, true, false]);
        assert_eq!(["1", "2", "5"].map(|it| standing.text(it, "Rag")), [Some("Red"), None, None]);
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
