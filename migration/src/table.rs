//! A table in a handful of lines, the same on both databases.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A table as it is being described.
///
/// [`Table::owned`] begins with what every table of a hub's has: the common columns,
/// the primary key `(hub_id, id)`, and the indexes of `created_at` and `updated_at`.
/// A column's name ends with `?` where it may be empty.
pub struct Table {
    name: &'static str,
    columns: Vec<ColumnDef>,
    key: Vec<&'static str>,
    references: Vec<Reference>,
    indexes: Vec<Index>,
    checks: Vec<Expr>,
}

struct Reference {
    column: &'static str,
    from: Vec<&'static str>,
    table: &'static str,
    to: Vec<&'static str>,
}

struct Index {
    name: String,
    columns: Vec<&'static str>,
    unique: bool,
}

/// The statements that make a table and its indexes.
pub struct Statements {
    pub table: TableCreateStatement,
    pub indexes: Vec<IndexCreateStatement>,
}

impl Table {
    /// A table without the common columns, with the given primary key.
    pub fn plain(name: &'static str, key: &[&'static str]) -> Self {
        Self {
            name,
            columns: Vec::new(),
            key: key.to_vec(),
            references: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// A table whose rows each belong to a hub.
    pub fn owned(name: &'static str) -> Self {
        Self::plain(name, &["hub_id", "id"])
            .hub()
            .uuid("id")
            .bigint("version")
            .instant("created_at")
            .instant("updated_at")
            .instant("archived_at?")
            .sort("created_at")
            .sort("updated_at")
    }

    /// The column `hub_id`, which names an existing hub.
    pub fn hub(self) -> Self {
        let itself = self.name == "hub";
        let mut table = self.uuid("hub_id");
        // A hub's id is its own, which a check says; every other row's is a hub's.
        if !itself {
            let (from, to) = (vec!["hub_id"], vec!["id"]);
            table.references.push(Reference { column: "hub_id", from, table: "hub", to });
        }
        table
    }

    /// Text, compared byte by byte: a sort key reads the same on both databases.
    pub fn text(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::text)
    }

    /// A whole number of 32 bits.
    pub fn int(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::integer)
    }

    /// A whole number of 64 bits.
    pub fn bigint(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::big_integer)
    }

    /// A number with a fraction.
    pub fn double(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::double)
    }

    /// True or false.
    pub fn boolean(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::boolean)
    }

    /// A day.
    pub fn date(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::date)
    }

    /// A moment: microseconds since the beginning of 1970.
    pub fn instant(self, name: &'static str) -> Self {
        self.bigint(name)
    }

    /// A list or a record: jsonb on PostgreSQL, text on SQLite.
    pub fn json(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::json_binary)
    }

    /// Bytes: bytea on PostgreSQL, blob on SQLite.
    pub fn blob(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::blob)
    }

    /// A UUID: native on PostgreSQL, 16 bytes on SQLite.
    pub fn uuid(self, name: &'static str) -> Self {
        self.column(name, ColumnDef::uuid)
    }

    /// Text that is one of the given values.
    pub fn choice(self, name: &'static str, values: &[&'static str]) -> Self {
        let column = name.trim_end_matches('?');
        self.text(name).check(Expr::col(column).is_in(values.iter().copied()))
    }

    /// The id of a row of another table of the same hub.
    pub fn reference(self, name: &'static str, to: &'static str) -> Self {
        let mut table = self.uuid(name);
        let column = name.trim_end_matches('?');
        table.references.push(Reference { column, from: vec!["hub_id", column], table: to, to: vec!["hub_id", "id"] });
        table
    }

    /// A condition that every row meets.
    pub fn check(mut self, condition: Expr) -> Self {
        self.checks.push(condition);
        self
    }

    /// Values that no two rows of a hub share. The index is `<table>_<field>`, and
    /// `field` is the name under which the API knows what was not unique.
    pub fn unique(self, field: &str, columns: &[&'static str]) -> Self {
        self.unique_everywhere(field, &[&["hub_id"], columns].concat())
    }

    /// Adds a unique index over all hubs.
    pub fn unique_everywhere(mut self, field: &str, columns: &[&'static str]) -> Self {
        let name = format!("{}_{field}", self.name);
        self.indexes.push(Index { name, columns: columns.to_vec(), unique: true });
        self
    }

    /// A key that lists are sorted by: the index `<table>_by_<key>` on `(hub_id, key, id)`.
    pub fn sort(self, key: &'static str) -> Self {
        self.sort_within(&[], key)
    }

    /// The same among the rows that share the given columns.
    pub fn sort_within(self, shared: &[&'static str], key: &'static str) -> Self {
        let label = [shared, &[key]].concat().join("_");
        let columns = [&["hub_id"], shared, &[key, "id"]].concat();
        self.index(&label, &columns)
    }

    /// The index `<table>_by_<label>` on just the given columns.
    pub fn index(mut self, label: &str, columns: &[&'static str]) -> Self {
        let name = format!("{}_by_{label}", self.name);
        self.indexes.push(Index { name, columns: columns.to_vec(), unique: false });
        self
    }

    fn column(mut self, name: &'static str, kind: fn(&mut ColumnDef) -> &mut ColumnDef) -> Self {
        let mut column = ColumnDef::new(name.trim_end_matches('?'));
        kind(&mut column);
        if !name.ends_with('?') {
            column.not_null();
        }
        self.columns.push(column);
        self
    }

    /// The statements for one of the two databases.
    pub fn statements(mut self, backend: DbBackend) -> Statements {
        self.index_references();
        let mut table = sea_query::Table::create();
        table.table(self.name);
        for mut column in self.columns {
            if backend == DbBackend::Postgres && column.get_column_type() == Some(&ColumnType::Text) {
                column.extra("COLLATE \"C\"");
            }
            table.col(column);
        }
        let mut key = sea_query::Index::create();
        for column in self.key {
            key.col(column);
        }
        table.primary_key(&mut key);
        for reference in self.references {
            // Both ends in the CREATE TABLE: SQLite cannot add a foreign key later.
            let mut foreign_key = ForeignKey::create();
            foreign_key.name(format!("{}_{}_fkey", self.name, reference.column));
            foreign_key.from_tbl(self.name).to_tbl(reference.table);
            for (from, to) in reference.from.into_iter().zip(reference.to) {
                foreign_key.from_col(from).to_col(to);
            }
            table.foreign_key(foreign_key.on_delete(ForeignKeyAction::Restrict));
        }
        for check in self.checks {
            table.check(check);
        }
        let indexes = self.indexes.into_iter().map(|index| index.statement(self.name)).collect();
        Statements { table, indexes }
    }

    /// Gives each reference the index that deleting and looking back need, unless
    /// another index begins with the same columns.
    fn index_references(&mut self) {
        for reference in &self.references {
            let served = self.key.starts_with(&reference.from)
                || self.indexes.iter().any(|index| index.columns.starts_with(&reference.from));
            if !served {
                let name = format!("{}_by_{}", self.name, reference.column);
                let columns = [reference.from.as_slice(), &["id"]].concat();
                self.indexes.push(Index { name, columns, unique: false });
            }
        }
    }
}

impl Index {
    fn statement(self, table: &'static str) -> IndexCreateStatement {
        let mut index = sea_query::Index::create();
        index.name(self.name).table(table);
        for column in self.columns {
            index.col(column);
        }
        if self.unique {
            index.unique();
        }
        index
    }
}
