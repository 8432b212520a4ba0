//! Which rows of a table a caller may reach.

use sea_orm::{EntityTrait, IntoActiveModel};

use crate::row::Row;

/// A table whose rows each belong to one hub.
pub trait Owned: EntityTrait<Model: Row + IntoActiveModel<Self::ActiveModel>, ActiveModel: Send> {
    /// The table's name, which is also the resource's name in the change log.
    fn table() -> &'static str {
        Self::default().table_name()
    }

    /// The hub that a row belongs to.
    fn hub() -> Self::Column;

    /// The row's id.
    fn id() -> Self::Column;

    /// The row's version.
    fn version() -> Self::Column;

    /// When the row was made.
    fn created_at() -> Self::Column;

    /// When the row last changed.
    fn updated_at() -> Self::Column;

    /// When the row was archived, if it is.
    fn archived() -> Self::Column;

    /// How a caller who reaches only some schools comes to a row.
    fn school() -> Visibility<Self::Column>;

    /// The column naming the delivery partner that a row belongs to, if one does.
    fn partner() -> Option<Self::Column> {
        None
    }

    /// Returns true if callers who reach only some schools may also write the rows that they reach, under a
    /// scope that lets them. Seeing and writing are apart: most tables are written with reach over
    /// the hub alone.
    #[must_use]
    fn written_by_schools() -> bool {
        false
    }

    /// Returns true if callers who reach only some schools also see the past of the rows that they see:
    /// history, entries in the feed, archived rows. True only for tables whose rows every such
    /// caller could see, unchanged, all along; otherwise the past needs reach over the hub.
    #[must_use]
    fn shows_past() -> bool {
        false
    }
}

/// How a caller who reaches only some schools of the hub comes to a row. A caller
/// who reaches the whole hub sees every row in any case.
#[derive(Clone, Copy, Debug)]
pub enum Visibility<C> {
    /// Any row of the hub.
    HubWide,
    /// The row is itself a school, named by this column.
    Oneself(C),
    /// The school named by this column.
    School(C),
    /// The school named by this column, until the row's last day is over. The day limits what is
    /// seen, not what is written: a school may enter the end of what it sees.
    SchoolUntil {
        /// The column with the school's id.
        school: C,
        /// The column with the last day.
        to_on: C,
    },
    /// The row of the table `parent` whose id this column holds, when its column
    /// has the value given in `published`.
    Through {
        /// The column with the parent's id.
        column: C,
        /// The parent's table.
        parent: &'static str,
        /// The parent's column and the value it must have.
        published: Option<(&'static str, &'static str)>,
    },
    /// Rows whose column has this value.
    Published {
        /// The column that tells.
        column: C,
        /// The value it must have.
        value: &'static str,
    },
    /// Users who hold a grant on one of the caller's schools today.
    Users,
    /// People who are contacts at one of the caller's schools today.
    Contacts,
    /// No row: only with reach over the hub.
    HubOnly,
}

impl<C> Visibility<C> {
    /// Returns the same with other names of the columns.
    pub fn map<D>(self, name: fn(C) -> D) -> Visibility<D> {
        match self {
            Self::HubWide => Visibility::HubWide,
            Self::Oneself(column) => Visibility::Oneself(name(column)),
            Self::School(column) => Visibility::School(name(column)),
            Self::SchoolUntil { school, to_on } => Visibility::SchoolUntil { school: name(school), to_on: name(to_on) },
            Self::Through { column, parent, published } => {
                Visibility::Through { column: name(column), parent, published }
            }
            Self::Published { column, value } => Visibility::Published { column: name(column), value },
            Self::Users => Visibility::Users,
            Self::Contacts => Visibility::Contacts,
            Self::HubOnly => Visibility::HubOnly,
        }
    }
}
