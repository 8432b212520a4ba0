//! The keys by which people and partner systems know rows: a field of the row that is a key of
//! its own, and the keys that partners gave.

use std::collections::BTreeMap;
use std::str::FromStr;

use entity::external::{ExternalId, ExternalIds};
use entity::kernel::external_id;
use entity::owned::Owned;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait, IdenStatic, ModelTrait};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::write::Write;
use crate::kernel::base::fold::search_key;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::caller::identity::KeySystems;
use crate::kernel::caller::input::ByKey;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{ColumnOf, Resource, RowOf};

/// The field of the forms of what partner systems have keys for.
pub const EXTERNAL_IDS: &str = "external_ids";

/// A field that no two rows of a hub share, archived ones included. Its name is the reserved
/// system in the addresses `…/by-key/{system}/{id}`.
#[derive(Clone, Copy, Debug)]
pub struct NaturalKey<C> {
    /// The column of the field, as it was written.
    written: C,
    /// The column that is compared.
    pub column: C,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Folded,
}

impl<C: ColumnTrait> NaturalKey<C> {
    /// A whole number.
    #[must_use]
    pub const fn number(column: C) -> Self {
        Self { written: column, column, kind: Kind::Number }
    }

    /// A text, and the column with what is compared of it: without case and accents.
    #[must_use]
    pub const fn folded(written: C, column: C) -> Self {
        Self { written, column, kind: Kind::Folded }
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.written.as_str()
    }

    /// A text from an address as the field has it. What is no key stays as it is, for the check of
    /// the form to say so.
    #[must_use]
    pub fn in_form(&self, text: &str) -> Value {
        match self.kind {
            Kind::Number => whole::<i64>(text).map_or_else(|| text.into(), Value::from),
            Kind::Folded => text.into(),
        }
    }

    /// The field's value as it is compared; none for what is no key.
    fn compared(&self, value: &Value) -> Option<String> {
        match self.kind {
            Kind::Number => value.as_i64().map(|number| number.to_string()),
            Kind::Folded => value.as_str().map(search_key),
        }
    }

    fn stored(&self, compared: &str) -> Option<sea_orm::Value> {
        match self.kind {
            Kind::Number => whole::<i32>(compared).map(sea_orm::Value::from),
            Kind::Folded => Some(compared.into()),
        }
    }
}

/// A key that follows from several fields, such as a school, a year and a subject: a text in a column of its own, which
/// no two rows of a hub share, archived ones included. A batch finds rows by it.
#[derive(Clone, Copy, Debug)]
pub struct ComposedKey<C> {
    /// The column with the text.
    pub column: C,
    /// The field at which a key that stands twice is reported.
    pub field: &'static str,
    /// Makes the text of a form that is not checked yet; none for a form without a field of the key.
    pub of_form: fn(&Value) -> Option<String>,
}

/// A number in the one way to write it: no key has two spellings.
fn whole<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

/// A key as it is compared: the system that gave it, or the natural key's field, and the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    system: String,
    id: String,
}

/// The system of keys that are two ids, which no partner system can be called.
const PAIR: &str = "+";

/// The system of keys that follow from several fields.
const COMPOSED: &str = "=";

fn composed(id: String) -> Key {
    Key { system: COMPOSED.to_owned(), id }
}

fn pair(one: Uuid, other: Uuid) -> Key {
    Key { system: PAIR.to_owned(), id: format!("{one} {other}") }
}

/// The two ids of a key.
fn ids_of(key: &Key) -> Option<[Uuid; 2]> {
    let (one, other) = key.id.split_once(' ')?;
    Some([one.parse().ok()?, other.parse().ok()?])
}

/// The key that an address names.
#[must_use]
pub fn of_address<R: Resource>(address: &ByKey) -> Key {
    let natural = R::KEY.filter(|key| key.field() == address.system);
    let compared = natural.and_then(|key| key.compared(&key.in_form(&address.id)));
    Key { system: address.system.clone(), id: compared.unwrap_or_else(|| address.id.clone()) }
}

/// The keys in a form that is not checked yet, each with its place.
#[must_use]
pub fn of_form<R: Resource>(form: &Value) -> Vec<(String, Key)> {
    let natural = R::KEY.and_then(|key| {
        let id = key.compared(form.get(key.field())?)?;
        Some((format!("/{}", key.field()), Key { system: key.field().to_owned(), id }))
    });
    let given = form.get(EXTERNAL_IDS).and_then(Value::as_array).into_iter().flatten();
    let given = given.enumerate().filter_map(|(index, one)| {
        let text = |name: &str| one.get(name)?.as_str().map(str::to_owned);
        let key = Key { system: text("system")?, id: text("id")? };
        Some((format!("/{EXTERNAL_IDS}/{index}"), key)).filter(|(_, key)| !is_field::<R>(key))
    });
    let pair = R::PAIR.and_then(|[one, other]| {
        let id = |column: ColumnOf<R>| form.get(column.as_str())?.as_str()?.parse::<Uuid>().ok();
        Some((format!("/{}", other.as_str()), pair(id(one)?, id(other)?)))
    });
    let several = R::COMPOSED.and_then(|key| Some((format!("/{}", key.field), composed((key.of_form)(form)?))));
    natural.into_iter().chain(pair).chain(several).chain(given).collect()
}

/// The keys of a row.
#[must_use]
pub fn of_row<R: Resource>(row: &RowOf<R>) -> Vec<Key> {
    let natural = R::KEY.and_then(|key| {
        let id = match row.get(key.column) {
            sea_orm::Value::Int(number) => number?.to_string(),
            sea_orm::Value::String(text) => text?,
            _ => return None,
        };
        Some(Key { system: key.field().to_owned(), id })
    });
    let given = R::external_ids(row).into_iter().flat_map(|ids| ids.iter());
    let given = given.map(|one| Key { system: one.system.clone(), id: one.id.clone() });
    let pair = R::PAIR.and_then(|columns| match columns.map(|column| row.get(column)) {
        [sea_orm::Value::Uuid(Some(one)), sea_orm::Value::Uuid(Some(other))] => Some(pair(one, other)),
        _ => None,
    });
    let several = R::COMPOSED.and_then(|key| match row.get(key.column) {
        sea_orm::Value::String(text) => text.map(composed),
        _ => None,
    });
    natural.into_iter().chain(pair).chain(several).chain(given).collect()
}

/// The rows that have the same natural key as a row; one without it is like no other.
#[must_use]
pub fn same<R: Resource>(row: &RowOf<R>) -> Option<Condition> {
    let column = R::KEY.map(|key| key.column).or_else(|| R::COMPOSED.map(|key| key.column))?;
    let value = row.get(column);
    (value != value.as_null()).then(|| column.eq(value).into())
}

/// Returns the keys of a row as the change log shows them: the natural key as it was written, and the keys of
/// partners.
#[must_use]
pub fn told<R: Resource>(row: &RowOf<R>) -> Value {
    let natural = R::KEY.map(|key| {
        let value = match row.get(key.written) {
            sea_orm::Value::Int(number) => json!(number),
            sea_orm::Value::String(text) => json!(text),
            _ => Value::Null,
        };
        (key.field().to_owned(), value)
    });
    let given = R::external_ids(row).map(|ids| (EXTERNAL_IDS.to_owned(), json!(ids)));
    natural.into_iter().chain(given).collect()
}

fn is_field<R: Resource>(key: &Key) -> bool {
    R::KEY.is_some_and(|natural| natural.field() == key.system)
}

/// Decides whether a row may have its keys of partner systems, and whether the caller may change
/// them.
///
/// # Errors
/// 422 for a partner's key under the name of a field; 403 for a change of another system's key.
pub fn expect_allowed<R: Resource>(caller: &Caller, before: Option<&RowOf<R>>, after: &RowOf<R>) -> Result<()> {
    let Some(ids) = R::external_ids(after) else { return Ok(()) };
    unreserved::<R>(ids)?;
    let known = before.and_then(R::external_ids).map_or(&[][..], |known| known);
    expect_own(&caller.key_systems, known, ids)
}

/// Refuses to give or take away the key of a system that is not the caller's.
fn expect_own(systems: &KeySystems, before: &[ExternalId], after: &[ExternalId]) -> Result<()> {
    let foreign = |key: &ExternalId, other: &[ExternalId]| !other.contains(key) && !systems.allow(&key.system);
    if let Some(index) = after.iter().position(|key| foreign(key, before)) {
        let place = format!("/{EXTERNAL_IDS}/{index}/system");
        return Err(another_system(systems, &after[index].system, place));
    }
    match before.iter().find(|key| foreign(key, after)) {
        Some(key) => Err(another_system(systems, &key.system, format!("/{EXTERNAL_IDS}"))),
        None => Ok(()),
    }
}

/// Refuses an address that names the key of a system that is not the caller's.
///
/// # Errors
/// 403 that says whose keys the caller writes.
pub fn expect_own_address<R: Resource>(caller: &Caller, system: &str) -> Result<()> {
    let natural = R::KEY.is_some_and(|key| key.field() == system);
    if natural || caller.key_systems.allow(system) {
        return Ok(());
    }
    Err(another_system(&caller.key_systems, system, String::new()))
}

fn another_system(systems: &KeySystems, system: &str, place: String) -> Problem {
    let detail = match systems {
        KeySystems::Only(Some(own)) => {
            format!("this client writes keys of `{own}` only: send the keys of `{system}` as they are")
        }
        _ => format!(
            "this client has no `system` and writes no keys: send the keys of `{system}` as they are, or have an \
             administrator give the client its `system`"
        ),
    };
    let problem = Problem::forbidden(detail.clone());
    if place.is_empty() { problem } else { problem.with(Fault::new(place, "another_system", detail)) }
}

/// Refuses a partner's key under the name that is reserved for a field.
fn unreserved<R: Resource>(ids: &ExternalIds) -> Result<()> {
    let Some(field) = R::KEY.map(|key| key.field()) else { return Ok(()) };
    match ids.iter().position(|key| key.system == field) {
        None => Ok(()),
        Some(index) => Err(Problem::invalid(
            format!("/{EXTERNAL_IDS}/{index}/system"),
            "reserved",
            format!("`{field}` is a field of its own"),
        )),
    }
}

/// What finds the row with a key; none where no row can have it.
#[must_use]
pub fn condition<R: Resource>(caller: &Caller, key: &Key) -> Option<Condition> {
    match R::KEY.filter(|natural| natural.field() == key.system) {
        Some(field) => Some(field.column.eq(field.stored(&key.id)?).into()),
        None => {
            let known = known_as::<R::Entity>(caller, BTreeMap::from([(&*key.system, vec![&*key.id])]));
            Some(R::Entity::id().in_subquery(known).into())
        }
    }
}

/// The rows that have any of these keys, as the caller sees them, archived or not, each once and
/// locked until the end.
pub async fn rows<R: Resource>(write: &Write, keys: impl Iterator<Item = &Key>) -> Result<Vec<RowOf<R>>> {
    let mut natural = Vec::new();
    let mut pairs = Vec::new();
    let mut several = Vec::new();
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        if key.system == PAIR {
            pairs.extend(ids_of(key));
            continue;
        }
        if key.system == COMPOSED {
            several.push(key.id.as_str());
            continue;
        }
        match R::KEY.filter(|natural| natural.field() == key.system) {
            Some(field) => natural.extend(field.stored(&key.id)),
            None => given.entry(&key.system).or_default().push(&key.id),
        }
    }
    let mut named = Condition::any();
    if !given.is_empty() {
        let known = known_as::<R::Entity>(write.caller(), given);
        named = named.add(match natural.is_empty() {
            true => R::Entity::id().in_subquery(known),
            // As a list, so that indexes serve both sorts of key.
            false => R::Entity::id().is_in(ids(write, &known).await?),
        });
    }
    if let Some(key) = R::KEY.filter(|_| !natural.is_empty()) {
        named = named.add(key.column.is_in(natural));
    }
    if let Some(key) = R::COMPOSED.filter(|_| !several.is_empty()) {
        named = named.add(key.column.is_in(several));
    }
    if let Some([one, other]) = R::PAIR.filter(|_| !pairs.is_empty()) {
        let of = one.is_in(pairs.iter().map(|[id, _]| *id));
        named = named.add(of.and(other.is_in(pairs.iter().map(|[_, id]| *id))));
    }
    if named.is_empty() {
        return Ok(Vec::new());
    }
    // All of them at once, so that they are locked in one order.
    write.rows_archived::<R::Entity>(named).await
}

/// The ids that a statement gives.
async fn ids(write: &Write, statement: &SelectStatement) -> Result<Vec<Uuid>> {
    let rows = write.tx().query_all(statement).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

/// The ids of the rows that partner systems know by these keys.
fn known_as<E: Owned>(caller: &Caller, keys: BTreeMap<&str, Vec<&str>>) -> SelectStatement {
    let any = keys.into_iter().fold(Condition::any(), |any, (system, ids)| {
        any.add(
            Condition::all()
                .add(external_id::Column::System.eq(system))
                .add(external_id::Column::ExternalId.is_in(ids)),
        )
    });
    let mut rows = Query::select();
    rows.column(external_id::Column::RowId)
        .from(external_id::Entity)
        .and_where(external_id::Column::HubId.eq(caller.hub_id))
        .and_where(external_id::Column::Resource.eq(E::table()))
        .cond_where(any);
    rows
}

/// Puts the key of an address into a form that has to agree with it. `new` is the form of a row to
/// be made; one that changes a row has the key already, and may leave it out.
///
/// # Errors
/// 422 for another key in the form, with its place.
pub fn put<R: Resource>(address: &ByKey, form: &mut Map<String, Value>, new: bool) -> Result<()> {
    let ByKey { system, id } = address;
    let differs = |pointer: String| {
        let message = format!("the address says {id}: leave it out, or send the same");
        Err(Problem::faults(vec![Fault::new(pointer, "differs", message)]))
    };
    if let Some(key) = R::KEY.filter(|key| key.field() == system) {
        let value = key.in_form(id);
        return match form.get(key.field()) {
            Some(sent) if key.compared(sent) != key.compared(&value) => differs(format!("/{}", key.field())),
            None if new => {
                form.insert(key.field().to_owned(), value);
                Ok(())
            }
            _ => Ok(()),
        };
    }
    let own = json!({ "system": system, "id": id });
    match form.get_mut(EXTERNAL_IDS) {
        None if !new => {}
        None => {
            form.insert(EXTERNAL_IDS.to_owned(), json!([own]));
        }
        Some(Value::Array(ids)) => match ids.iter().position(|one| one["system"] == **system) {
            None => ids.push(own),
            Some(index) if ids[index]["id"] == **id => {}
            Some(index) => return differs(format!("/{EXTERNAL_IDS}/{index}/id")),
        },
        // For any other type the check of the form says what it should be.
        Some(_) => {}
    }
    Ok(())
}
