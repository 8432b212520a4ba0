//! Which rows of a table a caller may reach.

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait, IdenStatic};
use time::Date;
use uuid::Uuid;

use crate::row::Row;

/// A table whose rows each belong to one hub.
pub trait Owned: EntityTrait<Model: Row> {
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

    /// The names of all columns, in the order of [`Row::values`].
    fn columns() -> Vec<&'static str>;

    /// Who reaches which rows.
    fn fence() -> Fence;
}

/// Who reaches which rows of a table.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    /// The table.
    pub table: &'static str,
    /// How a caller who reaches only some schools comes to a row.
    pub visibility: Visibility<&'static str>,
    /// The column naming the delivery partner that a row belongs to, if one does.
    pub partner: Option<&'static str>,
    /// The rows that a person is invited to, whether or not the person is assigned to the school.
    pub invited: Option<fn(&Invitee) -> Condition>,
    /// The rows of other hubs that are shown to a hub: the one door between hubs. Such a table shows nothing else, and
    /// nothing of it is written.
    pub across: Option<fn(&Guest) -> Condition>,
    /// True if callers who reach only some schools may also write the rows that they reach, under a scope that lets
    /// them. Seeing and writing are apart: most tables are written with reach over the hub alone.
    pub written_by_schools: bool,
    /// True if invited people may also write the rows that they are invited to, under a scope that lets them.
    pub written_by_invited: bool,
    /// True if callers who reach only some schools also see the past of the rows that they see: history, entries in
    /// the feed, archived rows. True only for tables whose rows every such caller could see, unchanged, all along;
    /// otherwise the past needs reach over the hub.
    pub shows_past: bool,
}

impl Fence {
    /// A table that callers who reach only some schools see by `visibility`, and neither write nor see the past of.
    #[must_use]
    pub fn new<C: IdenStatic>(table: &'static str, visibility: Visibility<C>) -> Self {
        Self {
            table,
            visibility: visibility.named(),
            partner: None,
            invited: None,
            across: None,
            written_by_schools: false,
            written_by_invited: false,
            shows_past: false,
        }
    }
}

/// A person for whom rows are looked up that the person is invited to.
#[derive(Clone, Copy, Debug)]
pub struct Invitee {
    /// The hub of the rows.
    pub hub_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The day in the hub.
    pub today: Date,
    /// The database that is asked.
    pub backend: DbBackend,
}

/// A hub for which rows are looked up that other hubs share with it.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// The hub that reads.
    pub hub_id: Uuid,
    /// The day in the hub.
    pub today: Date,
}

/// Schools for which rows are looked up that the hub gives to them.
pub struct Recipients<'a> {
    /// The hub of the rows.
    pub hub_id: Uuid,
    /// The day on which they are seen; none where it does not limit the rows.
    pub on: Option<Date>,
    /// Makes a statement with the ids of the schools.
    pub schools: &'a dyn Fn() -> SelectStatement,
}

impl Recipients<'_> {
    /// The ids of the groups to which one of the schools belongs on the day.
    #[must_use]
    pub fn groups(&self) -> SelectStatement {
        use crate::schools::school_group_member::{Column, Entity};

        let in_time = self.on.map(|on| {
            let began = Condition::any().add(Column::FromOn.is_null()).add(Column::FromOn.lte(on));
            let goes_on = Condition::any().add(Column::ToOn.is_null()).add(Column::ToOn.gte(on));
            Condition::all().add(began).add(goes_on)
        });
        let mut groups = Query::select();
        groups
            .column((Entity, Column::SchoolGroupId))
            .from(Entity)
            .and_where(Column::HubId.eq(self.hub_id))
            .and_where(Column::ArchivedAt.is_null())
            .and_where(Column::SchoolId.in_subquery((self.schools)()))
            .cond_where(Condition::all().add_option(in_time));
        groups
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
    /// The school named by this column. To the school itself only from the moment at which a column has a value that
    /// says that the row is shared; to the people who look after the school in any case.
    SchoolOnceShared {
        /// The column with the school's id.
        school: C,
        /// The column that is empty until the row is shared.
        shared: C,
    },
    /// The row of another table whose id this column holds, where the caller sees that one by its own rule.
    Through {
        /// The column with the parent's id.
        column: C,
        /// The parent's table.
        parent: fn() -> Fence,
    },
    /// As [`Visibility::Through`], and only from the moment at which a column has a value that says that the row is
    /// shared.
    ThroughOnceShared {
        /// The column with the parent's id.
        column: C,
        /// The parent's table.
        parent: fn() -> Fence,
        /// The column that is empty until the row is shared.
        shared: C,
    },
    /// Rows whose column has one of these values.
    Published {
        /// The column that tells.
        column: C,
        /// The values that it may have.
        values: &'static [&'static str],
    },
    /// Rows that are announced to the schools that they are open to: to every school, or to the ones that a list names.
    /// The people who look after schools see each row that is announced.
    Offered {
        /// The column that is empty until the row is announced.
        announced: C,
        /// The column that says to whom the row is open.
        audience: C,
        /// The value of the audience by which the row is open to every school.
        everyone: &'static str,
        /// The column with the ids of schools, a list that may be null.
        schools: C,
    },
    /// Rows that the hub gives to some schools, by a condition of the table's own.
    Given(fn(&Recipients<'_>) -> Condition),
    /// Users who hold a grant on one of the caller's schools today.
    Users,
    /// People who are contacts at one of the caller's schools today.
    Contacts,
    /// No row: only with reach over the hub.
    HubOnly,
}

impl<C: IdenStatic> Visibility<C> {
    /// The same with the names of the columns.
    fn named(self) -> Visibility<&'static str> {
        match self {
            Self::HubWide => Visibility::HubWide,
            Self::Oneself(column) => Visibility::Oneself(column.as_str()),
            Self::School(column) => Visibility::School(column.as_str()),
            Self::SchoolUntil { school, to_on } => {
                Visibility::SchoolUntil { school: school.as_str(), to_on: to_on.as_str() }
            }
            Self::SchoolOnceShared { school, shared } => {
                Visibility::SchoolOnceShared { school: school.as_str(), shared: shared.as_str() }
            }
            Self::Through { column, parent } => Visibility::Through { column: column.as_str(), parent },
            Self::ThroughOnceShared { column, parent, shared } => {
                Visibility::ThroughOnceShared { column: column.as_str(), parent, shared: shared.as_str() }
            }
            Self::Published { column, values } => Visibility::Published { column: column.as_str(), values },
            Self::Offered { announced, audience, everyone, schools } => Visibility::Offered {
                announced: announced.as_str(),
                audience: audience.as_str(),
                everyone,
                schools: schools.as_str(),
            },
            Self::Given(condition) => Visibility::Given(condition),
            Self::Users => Visibility::Users,
            Self::Contacts => Visibility::Contacts,
            Self::HubOnly => Visibility::HubOnly,
        }
    }
}
