//! What is remembered of a row of the source: where it leads, what it said, and what was made of it.

use std::collections::HashMap;

use entity::exchange::sync_link::{self, LinkField, LinkFields};
use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::instant::Instant;
use entity::row::Meta;
use sea_orm::{ColumnTrait, QueryFilter};
use time::Date;
use uuid::Uuid;

use super::Reported;
use crate::kernel::base::clock;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// What is remembered of a row of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    row: sync_link::Model,
}

impl Link {
    /// The link of a row that the source did not have before.
    #[must_use]
    pub fn new(caller: &Caller, source_id: Uuid, section: SyncSection, key: &str) -> Self {
        Self::of(Meta::first(caller.hub_id, Uuid::now_v7(), caller.now()), source_id, section, key)
    }

    /// A link that remembers fields only.
    #[cfg(test)]
    pub fn remembering(section: SyncSection, fields: LinkFields) -> Self {
        let Self { row } = Self::of(Meta::unset(), Uuid::nil(), section, "");
        Self { row: sync_link::Model { fields, ..row } }
    }

    fn of(meta: Meta, source_id: Uuid, section: SyncSection, key: &str) -> Self {
        let row = sync_link::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            source_id,
            section,
            source_key: key.to_owned(),
            resource: None,
            item_id: None,
            fingerprint: String::new(),
            fields: LinkFields::default(),
            missing_since: None,
        };
        Self { row }
    }

    /// The key at the source.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.row.source_key
    }

    /// Our table and the row in it.
    #[must_use]
    pub fn item(&self) -> Option<(&str, Uuid)> {
        self.row.resource.as_deref().zip(self.row.item_id)
    }

    /// The id of our row, if it is one of this table.
    #[must_use]
    pub fn item_in(&self, table: &str) -> Option<Uuid> {
        self.item().filter(|(resource, _)| *resource == table).map(|(_, id)| id)
    }

    /// The digest of all that the source said.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.row.fingerprint
    }

    /// The digest of what the source said last of a field.
    #[must_use]
    pub fn said(&self, field: &str) -> Option<&str> {
        self.field(field).map(|it| it.said.as_str())
    }

    /// The digest of what the sync left in a field of our row.
    #[must_use]
    pub fn left(&self, field: &str) -> Option<&str> {
        self.field(field).map(|it| it.left.as_str())
    }

    /// What is remembered of the fields.
    #[must_use]
    pub fn fields(&self) -> LinkFields {
        self.row.fields.clone()
    }

    /// What is remembered of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&LinkField> {
        self.row.fields.iter().find(|it| it.name == name)
    }

    /// Returns true if the source says what it said, and was not without the row meanwhile.
    #[must_use]
    pub fn is_same(&self, fingerprint: &str) -> bool {
        self.row.missing_since.is_none() && self.row.fingerprint == fingerprint
    }

    /// The day on which something else than before was last seen in the row.
    #[must_use]
    pub fn seen_on(&self) -> Date {
        clock::day_of(self.row.updated_at)
    }

    /// Since when the source no longer has the row.
    #[must_use]
    pub const fn missing_since(&self) -> Option<Instant> {
        self.row.missing_since
    }

    /// The same, leading to a row of ours.
    #[must_use]
    pub fn to(mut self, resource: &str, id: Uuid) -> Self {
        self.row.resource = Some(resource.to_owned());
        self.row.item_id = Some(id);
        self
    }

    /// The same, leading to no row of ours.
    #[must_use]
    pub fn to_nothing(mut self) -> Self {
        (self.row.resource, self.row.item_id) = (None, None);
        self
    }

    /// The same with what the source says now, and what is made of its fields.
    #[must_use]
    pub fn saying(mut self, fingerprint: String, fields: LinkFields) -> Self {
        (self.row.fingerprint, self.row.fields, self.row.missing_since) = (fingerprint, fields, None);
        self
    }

    /// The same without anything that was remembered of the fields.
    #[must_use]
    pub fn forgotten(mut self, fingerprint: String) -> Self {
        (self.row.fingerprint, self.row.fields, self.row.missing_since) = (fingerprint, LinkFields::default(), None);
        self
    }

    /// The report of a row that is gone, with the row of `table` that it led to, and the link as missing since now.
    #[must_use]
    pub fn lost(self, table: &'static str, now: Instant) -> (Reported, Self) {
        let row = Reported::new(self.row.section, self.key(), SyncOutcome::Missing);
        let row = match self.item_in(table) {
            Some(id) => row.item(table, id),
            None => row,
        };
        (row, self.missing(now))
    }

    /// The same as missing from the source since now.
    #[must_use]
    pub fn missing(mut self, now: Instant) -> Self {
        self.row.missing_since = self.row.missing_since.or(Some(now));
        self
    }
}

/// The links of a section, by the keys at the source.
///
/// # Errors
/// 503 when the database is away.
pub async fn of_section(caller: &Caller, source_id: Uuid, section: SyncSection) -> Result<HashMap<String, Link>> {
    let rows = caller
        .rows::<sync_link::Entity>()
        .filter(sync_link::Column::SourceId.eq(source_id))
        .filter(sync_link::Column::Section.eq(section));
    let rows = rows.all(caller.db().reports()).await?;
    Ok(rows.into_iter().map(|row| (row.source_key.clone(), Link { row })).collect())
}

/// Makes or replaces links.
///
/// # Errors
/// 503 when the database is away.
pub async fn put(write: &Write, links: &[Link]) -> Result<()> {
    let now = write.now();
    let row = |link: &Link| sync_link::Model { updated_at: now, ..link.row.clone() };
    write.put_rows::<sync_link::Entity>(&links.iter().map(row).collect::<Vec<_>>()).await
}

/// The links of rows that a table does not have any more, in the order of their keys, out of the links that none of its
/// rows has. None of them is gone unless the table `tells_missing` rows.
#[must_use]
pub fn gone(links: impl Iterator<Item = Link>, tells_missing: bool) -> Vec<Link> {
    let gone = links.filter(|link| tells_missing && link.missing_since().is_none());
    let mut gone: Vec<Link> = gone.collect();
    gone.sort_by(|one, other| one.key().cmp(other.key()));
    gone
}
