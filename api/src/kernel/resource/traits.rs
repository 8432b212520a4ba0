//! What a resource states about itself; the rest is the same for all and stands in `crud`.

use entity::external::ExternalIds;
use entity::owned::Owned;
use entity::row::Meta;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{Condition, ConnectionTrait, EntityTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::field::Fields;
use super::key::{self, ComposedKey, NaturalKey};
use super::operation::Operation;
use super::withheld::Withheld;
use super::write::Write;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::refs::Refs;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::caller::uses::ReferencedBy;
use crate::kernel::document::openapi::API;

/// The row of a resource.
pub type RowOf<R> = <<R as Resource>::Entity as EntityTrait>::Model;
/// A column of a resource's table.
pub type ColumnOf<R> = <<R as Resource>::Entity as EntityTrait>::Column;

/// The row of a list.
pub type ListedRow<L> = <<L as Listed>::Entity as EntityTrait>::Model;
/// A column of a list's table.
pub type ListedColumn<L> = <<L as Listed>::Entity as EntityTrait>::Column;

/// What a caller sends to create a row, and what a merge patch is laid over.
pub trait Form<M>: Clone + Serialize + DeserializeOwned + ToSchema + for<'a> From<&'a M> + 'static {
    /// A new row with the form's fields.
    fn into_row(self, meta: Meta) -> M;
    /// The same row with the form's fields, nulls included.
    fn lay_over(self, row: &M) -> M;
}

/// The named parameters by which a list is narrowed.
pub trait Filter<E: EntityTrait>: DeserializeOwned + IntoParams {
    /// As a condition over the table.
    fn condition(&self, caller: &Caller) -> Condition;
}

/// Builds the statement that locks the root of the row with an id.
pub type LockRoot = fn(&Caller, Uuid) -> SelectStatement;

/// One step in the life of a row, before it is stored.
pub struct Mutation<'a, M> {
    /// The row as it stands; none when it is being made.
    pub before: Option<&'a M>,
    /// The row as it will be; a rule may still complete it.
    pub after: &'a mut M,
    /// What is done to it.
    pub operation: Operation,
}

/// A resource is the type that callers read; it names its table, its form and its filter.
pub trait Resource: Fields + Serialize + ToSchema + for<'a> From<&'a RowOf<Self>> + Sized + 'static {
    /// The table.
    type Entity: Owned;
    /// What creates it.
    type Form: Form<RowOf<Self>>;
    /// What narrows its list.
    type Filter: Filter<Self::Entity>;

    /// The collection's address below `/api/v1`, such as `/schools`.
    const PATH: &'static str;
    /// The scope by which it is read.
    const READ: Scope;
    /// The keys a list can be sorted by; the first is used when none is asked for.
    const SORTS: &'static [(&'static str, ColumnOf<Self>)];
    /// Whether a change must say by `If-Match` which version it was made from.
    const IF_MATCH: bool = false;
    /// What `expand` can embed.
    const EXPANDS: &'static [&'static str] = &[];
    /// The fields by which its items can be counted, each a column.
    const COUNTS: &'static [&'static str] = &[];
    /// The field that is a key of its own.
    const KEY: Option<NaturalKey<ColumnOf<Self>>> = None;

    /// The fields that together are a key of a row, by which a batch finds the row.
    const COMPOSED: Option<ComposedKey<ColumnOf<Self>>> = None;
    /// Two fields with ids that together are a key of a row, by which a batch finds the row.
    const PAIR: Option<[ColumnOf<Self>; 2]> = None;
    /// Whether schools send batches of what they write, as the hub does.
    const BATCHES_OF_SCHOOLS: bool = false;
    /// Whether the refusal of a stale `If-Match` shows the item as it is now, for texts that several people write.
    const SHOWS_CURRENT: bool = false;

    /// The columns in which people may be named in words, lists among them: the texts that are searched when a person
    /// is erased.
    const NAMES_PEOPLE: &'static [&'static str] = &[];
    /// The columns that hold the id of a person, alone or in a list: what follows a person into whom another is merged.
    const REFERS_TO_PEOPLE: &'static [&'static str] = &[];

    /// How the root of a row is locked, for rows that are parts of a whole: `children::lock::<Self>`. This comes before
    /// the row itself is read, so that two changes of one whole wait for each other and never cross.
    const LOCK: Option<LockRoot> = None;

    /// The rows that a form refers to.
    fn refs(_form: &Self::Form) -> Refs {
        Refs::default()
    }

    /// Faults between fields, which no schema can tell.
    fn faults(_form: &Self::Form) -> Vec<Fault> {
        Vec::new()
    }

    /// Fills the columns that follow from others, such as folded names.
    fn complete(_row: &mut RowOf<Self>) {}

    /// The keys by which people and partners know the row, for the change log: [`Resource::KEY`]
    /// and the keys of partner systems, unless there are others.
    fn keys(row: &RowOf<Self>) -> Value {
        key::told::<Self>(row)
    }

    /// The row that would have the same natural key: [`Resource::KEY`], unless it takes more.
    fn same_key(row: &RowOf<Self>) -> Option<Condition> {
        key::same::<Self>(row)
    }

    /// The school that the row belongs to.
    fn school(_row: &RowOf<Self>) -> Option<Uuid> {
        None
    }

    /// The keys by which partner systems know the row.
    fn external_ids(_row: &RowOf<Self>) -> Option<&ExternalIds> {
        None
    }

    /// Fields withheld from a caller.
    fn withheld(_caller: &Caller) -> Withheld {
        Withheld::default()
    }

    /// Locks what decides about every row of the kind, such as the hub's settings, before anything
    /// else is read.
    fn lock_first(_write: &Write) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// What may refer to the row. It is archived only when nothing does.
    fn referenced_by(_row: &RowOf<Self>, _caller: &Caller) -> ReferencedBy {
        ReferencedBy::default()
    }

    /// Decides about a step with what else must be looked up.
    fn decide(_write: &mut Write, _step: Mutation<'_, RowOf<Self>>) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// Makes what a new row comes with, once it is stored.
    fn created(_write: &mut Write, _row: &RowOf<Self>) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// Decides about many steps, each by itself, and says about each whether it may be taken. What
    /// comes in batches looks up what it needs for all of them at once.
    ///
    /// # Errors
    /// What keeps the service from deciding at all.
    fn decide_all(
        write: &mut Write,
        steps: &mut [Mutation<'_, RowOf<Self>>],
    ) -> impl Future<Output = Result<Vec<Result<()>>>> {
        async move {
            let mut decided = Vec::with_capacity(steps.len());
            for Mutation { before, after, operation } in steps {
                let decision = Self::decide(write, Mutation { before: *before, after, operation: *operation });
                match decision.await {
                    Err(problem) if problem.code().status().is_server_error() => {
                        return Err(problem);
                    }
                    decision => decided.push(decision),
                }
            }
            Ok(decided)
        }
    }

    /// Loads what `expand=name` embeds, one value for each row.
    fn expand<C: ConnectionTrait>(
        _caller: &Caller,
        _db: &C,
        name: &str,
        _rows: &[RowOf<Self>],
    ) -> impl Future<Output = Result<Vec<Value>>> {
        let name = name.to_owned();
        async move { Err(Problem::internal(format!("`{name}` is listed in EXPANDS and not loaded"))) }
    }

    /// The address of one row.
    fn location(id: Uuid) -> String {
        format!("{API}{}/{id}", Self::PATH)
    }
}

/// What a list needs of a resource. Every [`Resource`] is listed so; what is only ever read says
/// this much and no more.
pub trait Listed: Fields + ToSchema + Sized + 'static {
    /// The table.
    type Entity: Owned;
    /// What narrows the list.
    type Filter: Filter<Self::Entity>;

    /// The keys it can be sorted by; the first is used when none is asked for.
    const SORTS: &'static [(&'static str, ListedColumn<Self>)];
    /// What `expand` can embed.
    const EXPANDS: &'static [&'static str] = &[];
    /// The fields by which its items can be counted, each a column.
    const COUNTS: &'static [&'static str] = &[];

    /// Fields withheld from a caller.
    fn withheld(_caller: &Caller) -> Withheld {
        Withheld::default()
    }

    /// Loads what `expand=name` embeds, one value for each row.
    fn expand<C: ConnectionTrait>(
        _caller: &Caller,
        _db: &C,
        name: &str,
        _rows: &[ListedRow<Self>],
    ) -> impl Future<Output = Result<Vec<Value>>> {
        let name = name.to_owned();
        async move { Err(Problem::internal(format!("`{name}` is listed in EXPANDS and not loaded"))) }
    }
}

impl<R: Resource> Listed for R {
    type Entity = R::Entity;
    type Filter = R::Filter;

    const SORTS: &'static [(&'static str, ColumnOf<R>)] = R::SORTS;
    const EXPANDS: &'static [&'static str] = R::EXPANDS;
    const COUNTS: &'static [&'static str] = R::COUNTS;

    fn withheld(caller: &Caller) -> Withheld {
        R::withheld(caller)
    }

    fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[RowOf<R>],
    ) -> impl Future<Output = Result<Vec<Value>>> {
        R::expand(caller, db, name, rows)
    }
}

/// The fault of keys that give one partner system two.
#[must_use]
pub fn one_key_each(ids: &ExternalIds) -> Option<Fault> {
    let mut systems: Vec<&str> = ids.iter().map(|key| key.system.as_str()).collect();
    systems.sort_unstable();
    let twice = systems.windows(2).any(|pair| pair[0] == pair[1]);
    twice.then(|| Fault::new("/external_ids", "duplicate", "one key for each system"))
}

/// Declares a resource's fields once: the form that creates it, the reply that shows it, and the
/// way between both and the row, whose columns have the same names.
///
/// `initial` gives the first value of columns that no form sets; `computed` are fields of the reply
/// only: columns, or by a function of the row with the columns and the way to write it from them;
/// `embedded` are what `expand` embeds.
#[macro_export]
macro_rules! record {
    (
        $(#[$doc:meta])*
        $view:ident from $form:ident in $table:ident {
            $( $(#[$meta:meta])* $field:ident : $type:ty, )*
        }
        $( initial { $( $initial:ident : $first:expr ),* $(,)? } )?
        $( computed {
            $( $(#[$smeta:meta])* $computed:ident : $stype:ty
                $( = $how:expr, of $columns:expr, by $write:expr )? ),* $(,)?
        } )?
        $( embedded { $( $(#[$emeta:meta])* $expand:ident : $etype:ty ),* $(,)? } )?
    ) => {
        $(#[$doc])*
        ///
        /// As it is sent to create one, and as a merge patch changes it.
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $form {
            $( $(#[$meta])* pub $field: $type, )*
        }

        $(#[$doc])*
        #[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $view {
            /// The item's id: a UUIDv7, given by the service.
            #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
            pub id: uuid::Uuid,
            $( $(#[$meta])* pub $field: $type, )*
            $($( $(#[$smeta])* pub $computed: $stype, )*)?
            /// 1 when created, one more with each change; the number in its `ETag`.
            #[schema(minimum = 1, example = 3)]
            pub version: i64,
            /// When it was created.
            pub created_at: entity::instant::Instant,
            /// When it last changed.
            pub updated_at: entity::instant::Instant,
            /// When it was archived, if it is.
            pub archived_at: Option<entity::instant::Instant>,
            $($(
                $(#[$emeta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                #[schema(value_type = $etype, required = false)]
                pub $expand: Option<serde_json::Value>,
            )*)?
        }

        impl $crate::kernel::resource::field::Fields for $view {
            const FIELDS: &'static [$crate::kernel::resource::field::Field] = &[
                $crate::kernel::resource::field::column::<uuid::Uuid>(&["id"]),
                $( $crate::kernel::resource::field::column::<$type>(&[stringify!($field)]), )*
                $($( $crate::shown_field!($computed: $stype $(, $columns, $write)?), )*)?
                $crate::kernel::resource::field::column::<i64>(&["version"]),
                $crate::kernel::resource::field::column::<entity::instant::Instant>(&["created_at"]),
                $crate::kernel::resource::field::column::<entity::instant::Instant>(&["updated_at"]),
                $crate::kernel::resource::field::column::<Option<entity::instant::Instant>>(&["archived_at"]),
            ];
        }

        impl From<&$table::Model> for $form {
            fn from(row: &$table::Model) -> Self {
                Self { $( $field: row.$field.clone(), )* }
            }
        }

        impl From<&$table::Model> for $view {
            fn from(row: &$table::Model) -> Self {
                Self {
                    id: row.id,
                    $( $field: row.$field.clone(), )*
                    $($( $computed: $crate::shown_field!(row.$computed $(, $how)?), )*)?
                    version: row.version,
                    created_at: row.created_at,
                    updated_at: row.updated_at,
                    archived_at: row.archived_at,
                    $($( $expand: None, )*)?
                }
            }
        }

        impl $crate::kernel::resource::traits::Form<$table::Model> for $form {
            fn into_row(self, meta: entity::row::Meta) -> $table::Model {
                $table::Model {
                    hub_id: meta.hub_id,
                    id: meta.id,
                    version: meta.version,
                    created_at: meta.created_at,
                    updated_at: meta.updated_at,
                    archived_at: meta.archived_at,
                    $( $field: self.$field, )*
                    $($( $initial: $first, )*)?
                }
            }

            fn lay_over(self, row: &$table::Model) -> $table::Model {
                #[allow(clippy::needless_update, reason = "a table may have no other columns")]
                $table::Model { $( $field: self.$field, )* ..row.clone() }
            }
        }
    };
}

/// A field of a reply only, for [`record!`]: its value in the item of a row, and how it is written
/// from the columns.
#[macro_export]
macro_rules! shown_field {
    ($row:ident . $field:ident) => {
        $row.$field.clone()
    };
    ($row:ident . $field:ident, $how:expr) => {
        ($how)($row)
    };
    ($field:ident : $type:ty) => {
        $crate::kernel::resource::field::column::<$type>(&[stringify!($field)])
    };
    ($field:ident : $type:ty, $columns:expr, $write:expr) => {
        $crate::kernel::resource::field::Field { name: stringify!($field), columns: $columns, write: $write }
    };
}
