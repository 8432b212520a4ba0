//! The API document (OpenAPI 3.1): built from the handlers of the running App, completed by one
//! pass over its JSON, and then the authority by which bodies and parameters are checked.
//!
//! A handler declares its summary (doc comment), the parameters of a list and its success reply. Its scope
//! stands in `routes!`, the tag in the `mod.rs` of its part. What follows from the kind of the operation is
//! added here.
//!
//! - The patch of `update_x` is derived from `NewX`, or from the form in its `request_body`. What
//!   is put by key, and the items of a batch, have the form that creates in the collection.
//! - A form without an example gets one made of its fields; `#[schema(example = json!(..))]` on
//!   the form is better where it refers to other items.
//! - Schemas are known by their names alone: no two types of the API may share one.

mod about;
pub(crate) mod check;
mod decode;
mod email;
mod examples;
mod expands;
mod faults;
mod flat;
mod forms;
mod limits;
mod links;
mod names;
mod parameters;
mod parts;
mod paths;
mod patterns;
pub mod query;
mod replies;
#[cfg(test)]
pub(crate) mod sample;
mod share;
#[cfg(test)]
pub(crate) mod tests;
mod transitions;
mod v3_0;
mod walk;

pub use about::About;
pub(crate) use check::Checker;
pub use email::is_email;
pub use examples::example_id;
pub use expands::Expands;
pub use forms::MOST_IN_BATCH;
use limits::bound;
pub use parameters::key_shape;
pub use paths::{API, stem};

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use actix_web::HttpRequest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::path::Parameter;
use utoipa::{IntoParams, ToSchema};

use self::check::Checkers;
use self::paths::{Paths, Template};
use self::query::{IN_QUERY, Known};
use self::walk::Object;
use crate::kernel::base::merge::merge_fields;
use crate::kernel::base::packed::Packed;
use crate::kernel::base::problem::{Fault, Problem, Result};

/// The document, shared by all workers. The App keeps a clone as `app_data`.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    /// The document without spaces. As a value it takes some fifteen times as much memory.
    text: Box<str>,
    json: OnceLock<Value>,
    paths: Paths,
    tags: Vec<(String, String)>,
    gaps: Vec<String>,
    checkers: Checkers,
    /// The fields that the bodies of transitions must have, by address.
    requires: HashMap<String, Vec<String>>,
    queries: RwLock<HashMap<TypeId, Arc<Known>>>,
    /// Made when first asked for, since only a server sends them.
    files: OnceLock<Files>,
    /// The document as OpenAPI 3.0.3, which few ask for.
    older: OnceLock<Packed>,
}

/// The document as it is sent.
#[derive(Debug)]
pub struct Files {
    /// All of it.
    pub whole: Packed,
    /// The operations of each tag, in the order of the document.
    pub parts: Vec<(String, Packed)>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

impl Document {
    /// Completes what the handlers declare.
    #[must_use]
    pub fn build(declared: utoipa::openapi::OpenApi, about: &About<'_>) -> Self {
        let mut document = written(declared).unwrap_or_default();
        complete(&mut document, about);
        // A form that is only ever patched is checked as a whole, and not in the document.
        let checkers = Checkers::new(&document);
        let requires = transitions::requirements(&mut document, about.transitions);
        parts::keep_reachable(&mut document);
        about::introduce(&mut document, about);
        let tags: Vec<String> = about.tags.iter().map(|(name, _)| (*name).to_owned()).collect();
        let gaps = limits::gaps(&mut document, &tags);
        parameters::tell_examples(&mut document);
        share::share(&mut document);
        let tags = parts::tags(&document).map(|(name, about)| (name.to_owned(), about.to_owned())).collect();
        let paths = Paths::of(&document);
        let text = Value::Object(document).to_string().into();
        let (json, queries) = (OnceLock::new(), RwLock::default());
        let (files, older) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { text, json, paths, tags, gaps, checkers, requires, queries, files, older }))
    }

    /// The document of the App that serves `request`.
    ///
    /// # Errors
    /// `internal` in an App without one.
    pub fn of(request: &HttpRequest) -> Result<&Self> {
        request.app_data::<Self>().ok_or_else(|| Problem::internal("the App has no document"))
    }

    /// The document itself, read from its text when it is first asked for.
    #[must_use]
    pub fn json(&self) -> &Value {
        self.0.json.get_or_init(|| self.read())
    }

    fn read(&self) -> Value {
        serde_json::from_str(&self.0.text).unwrap_or_default()
    }

    /// The document as it is committed: indented, with a line's end.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.json())
    }

    /// The document as OpenAPI 3.0.3, for generators that do not read 3.1.
    #[must_use]
    pub fn older(&self) -> Value {
        match self.read() {
            Value::Object(document) => Value::Object(v3_0::convert(document)),
            other => other,
        }
    }

    /// The same as it is sent, without spaces.
    pub fn older_file(&self) -> &Packed {
        self.0.older.get_or_init(|| Packed::new("application/json", self.older().to_string()))
    }

    /// The document and its parts as they are sent, without spaces.
    pub fn files(&self) -> &Files {
        self.0.files.get_or_init(|| {
            let packed = |json: String| Packed::new("application/json", json);
            let document = self.read();
            let parts = document.as_object().into_iter().flat_map(|document| {
                let file = |tag| packed(Value::Object(parts::part(document, tag)).to_string());
                parts::tags(document).map(move |(tag, _)| (tag.to_owned(), file(tag)))
            });
            Files { whole: packed(self.0.text.to_string()), parts: parts.collect() }
        })
    }

    /// The names of the parts with what each is about, in the order of the document.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.tags.iter().map(|(name, about)| (name.as_str(), about.as_str()))
    }

    /// What is missing in it: descriptions, examples, limits. A test holds this empty.
    #[must_use]
    pub fn gaps(&self) -> &[String] {
        &self.0.gaps
    }

    /// Every fault of `value` against the component schema `name`.
    ///
    /// # Errors
    /// `internal` if the document has no such schema.
    pub fn check(&self, name: &str, value: &Value) -> Result<Vec<Fault>> {
        Ok(self.0.checkers.of(name)?.check(value))
    }

    /// Checks `value` against the component schema `name`.
    ///
    /// # Errors
    /// `invalid` with all faults at once.
    pub fn admit(&self, name: &str, value: &Value) -> Result<()> {
        let faults = self.check(name, value)?;
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }

    /// Checks `value` against the schema of `T` and decodes it.
    ///
    /// # Errors
    /// `invalid` with all faults at once.
    pub fn decode<T: ToSchema + DeserializeOwned>(&self, value: Value) -> Result<T> {
        self.admit(&T::name(), &value)?;
        decode(&value)
    }

    /// Puts a merge patch on top of the form of the current item, checks the whole and decodes it. A
    /// field that keeps its value is not refused: it may have been stored before its rule existed.
    ///
    /// # Errors
    /// `invalid` with all faults at once, a `null` for a field that does not exist included.
    pub fn patched<T: ToSchema + DeserializeOwned>(&self, current: Value, patch: &Value) -> Result<T> {
        decode(&self.merged(&T::name(), current, patch)?)
    }

    fn merged(&self, form: &str, mut current: Value, patch: &Value) -> Result<Value> {
        let before = current.clone();
        merge_fields(&mut current, patch);
        if self.0.checkers.has(form) {
            let mut faults = self.check(form, &current)?;
            faults.retain(|fault| {
                let field = fault.pointer.split('/').nth(1).unwrap_or_default();
                field.is_empty() || before.get(field) != current.get(field)
            });
            return if faults.is_empty() { Ok(current) } else { Err(Problem::faults(faults)) };
        }
        // A form by which nothing is created is in the document as a patch alone.
        let name = format!("{}Patch", form.strip_prefix("New").unwrap_or(form));
        self.admit(&name, patch)?;
        Ok(current)
    }

    /// The query parameters of `T`, read once and kept.
    ///
    /// # Errors
    /// `internal` if their schemas cannot be used.
    pub fn query<T: IntoParams + 'static>(&self) -> Result<Arc<Known>> {
        self.known(TypeId::of::<T>(), || T::into_params(IN_QUERY))
    }

    fn known(&self, key: TypeId, parameters: fn() -> Vec<Parameter>) -> Result<Arc<Known>> {
        // A poisoned lock holds a whole map all the same: entries are only ever added.
        let kept = self.0.queries.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = kept {
            return Ok(known);
        }
        let parameters = parameters();
        let schemas = self.0.checkers.needed(&serde_json::to_value(&parameters).map_err(Problem::internal)?);
        let known = Arc::new(Known::new(&parameters, schemas)?);
        let mut queries = self.0.queries.write().unwrap_or_else(PoisonError::into_inner);
        Ok(queries.entry(key).or_insert(known).clone())
    }

    /// The fields that the body of a transition must have, by its address with `{id}`; none for one that needs no body.
    #[must_use]
    pub fn requires(&self, address: &str) -> &[String] {
        self.0.requires.get(address).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns true if the component schema `schema` has a field `name`.
    #[must_use]
    pub fn has_field(&self, schema: &str, name: &str) -> bool {
        self.0.checkers.of(schema).is_ok_and(|checker| checker.field(schema, name).is_some())
    }

    /// The fields of the component schema `schema` with what is said about each, in the order of the
    /// document.
    #[must_use]
    pub fn fields(&self, schema: &str) -> Map<String, Value> {
        match self.0.checkers.schema(schema).and_then(|mut schema| schema.get_mut("properties").map(Value::take)) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    /// The methods of the address `path`, in capitals; `None` if no path of the document fits it.
    #[must_use]
    pub fn methods(&self, path: &str) -> Option<Vec<String>> {
        self.0.paths.find(path).map(Template::methods)
    }

    /// The methods that the service answers at the address `path`: its operations, and OPTIONS; `None` if no template
    /// fits it.
    #[must_use]
    pub fn answered(&self, path: &str) -> Option<Vec<String>> {
        let mut methods = self.methods(path)?;
        methods.push("OPTIONS".to_owned());
        Some(methods)
    }

    /// Returns true if the operation that `method`, in capitals, does at the address `path` may answer in another
    /// form than JSON.
    #[must_use]
    pub fn gives_more(&self, method: &str, path: &str) -> bool {
        self.0.paths.find(path).is_some_and(|found| found.gives_more(method))
    }

    /// The path of the document that the address `path` fits, such as `/api/v1/schools/{id}`.
    #[must_use]
    pub fn template(&self, path: &str) -> Option<Arc<str>> {
        self.0.paths.find(path).map(|found| found.path.clone())
    }
}

/// Decodes a value that fits the schema of `T`.
///
/// # Errors
/// `invalid` at the part that the type refuses and the schema does not.
pub fn decode<T: DeserializeOwned>(value: &Value) -> Result<T> {
    decode::decode(value, |refusal| Problem::invalid(refusal.pointer, "invalid", refusal.message))
}

/// The document as JSON. Operations and schemas are written one by one, since all of them twice would be the most
/// memory that a start takes.
fn written(mut declared: utoipa::openapi::OpenApi) -> serde_json::Result<Object> {
    fn each(items: impl IntoIterator<Item = (String, impl Serialize)>) -> serde_json::Result<Object> {
        items.into_iter().map(|(name, item)| Ok((name, serde_json::to_value(item)?))).collect()
    }

    let paths = each(std::mem::take(&mut declared.paths.paths))?;
    let schemas = declared.components.as_mut().map(|components| std::mem::take(&mut components.schemas));
    let schemas = each(schemas.unwrap_or_default())?;
    let Value::Object(mut document) = serde_json::to_value(&declared)? else { return Ok(Map::new()) };
    walk::child(&mut document, "paths").extend(paths);
    walk::components(&mut document, "schemas").extend(schemas);
    Ok(document)
}

/// One pass: each step leaves what the next one needs.
fn complete(document: &mut Object, about: &About<'_>) {
    transitions::describe(document, about.transitions);
    expands::add(document, about.expands, about.transitions);
    names::replace_copies(document);
    names::rename_generics(document);
    forms::require_what_is_stored(document);
    flat::flatten(document);
    names::name_inline_objects(document);
    examples::name_ids(document);
    forms::refuse_null_bodies(document);
    examples::name_ids(document);
    forms::derive_patches(document);
    forms::derive_from_creates(document);
    parameters::add(document, about.guarded);
    replies::add(document, about.guarded);
    links::add(document);
    forms::close_requests(document);
    forms::require_what_is_sent(document);
    about::name_resources(document, about);
    limits::complete(document);
    email::complete(document);
    examples::compose(document);
    about::secure(document, about);
}
