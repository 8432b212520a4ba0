//! Query strings: only known names, each as often as it may occur, each value of its kind.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::decode::{self, Refusal};
use super::{Checker, Document, bound};
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::pairs;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};

/// The query of a handler that is no list. It is documented by `params(T)` in the handler's
/// attribute.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Parameters> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(decoded(request))
    }
}

fn decoded<T: Parameters>(request: &HttpRequest) -> Result<Query<T>> {
    Ok(Query(T::of(&values_of::<T>(request)?)?))
}

/// The values of a request's query by the parameters of `T`. A list within an item has the id of the item in its path,
/// and is not narrowed by ids.
///
/// # Errors
/// `bad-parameter` with all faults at once.
pub fn values_of<T: IntoParams + 'static>(request: &HttpRequest) -> Result<Value> {
    let known = Document::of(request)?.query::<T>()?;
    let values = known.read(request.query_string())?;
    if values.get(ID).is_some() && request.match_info().get(ID).is_some() {
        let names = known.names().filter(|name| *name != ID);
        return Err(refused(vec![Fault::new(parameter(ID), "unknown_parameter", told("parameter", ID, names))]));
    }
    Ok(values)
}

const ID: &str = "id";

/// Parameters that are read out of the values of a query.
pub trait Parameters: IntoParams + Sized + 'static {
    /// Reads them out of the values of a query; values of other parameters are passed over.
    ///
    /// # Errors
    /// `bad-parameter` at the value that does not fit.
    fn of(values: &Value) -> Result<Self>;
}

impl<T: IntoParams + DeserializeOwned + 'static> Parameters for T {
    fn of(values: &Value) -> Result<Self> {
        from_values(values)
    }
}

/// The parameters of two types, such as an operation's own and the ones that many operations share.
#[derive(Debug, Clone)]
pub struct And<A, B>(pub A, pub B);

impl<A: Parameters, B: Parameters> Parameters for And<A, B> {
    fn of(values: &Value) -> Result<Self> {
        Ok(Self(A::of(values)?, B::of(values)?))
    }
}

impl<A: Parameters, B: Parameters> IntoParams for And<A, B> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [A::into_params(IN_QUERY), B::into_params(IN_QUERY)].concat()
    }
}

/// The place of the parameters of [`IntoParams::into_params`]. As a pointer it is of one type for all callers, so that
/// the parameters of a type are compiled once.
pub const IN_QUERY: fn() -> Option<ParameterIn> = || Some(ParameterIn::Query);

/// Decodes `raw` by the parameters given, for those that are known only at run time; references
/// into the document are not followed. Where there is a type, [`Document::query`] keeps the work
/// of reading its parameters.
///
/// # Errors
/// `bad-parameter` with all faults at once.
pub fn decode<T: DeserializeOwned>(parameters: &[Parameter], raw: &str) -> Result<T> {
    Known::new(parameters, Map::new())?.decode(raw)
}

/// The parameters that a query may have.
pub struct Known {
    kinds: Vec<(String, Kind)>,
    checker: Checker,
}

/// How the text of a value is read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    /// Repeated; with `commas` also several in one value.
    List {
        item: Box<Self>,
        commas: bool,
    },
}

impl Known {
    /// Reads `parameters`, whose references lead into `schemas`.
    pub(crate) fn new(parameters: &[Parameter], schemas: Map<String, Value>) -> Result<Self> {
        let mut kinds = Vec::new();
        let mut properties = Map::new();
        let mut required = Vec::new();
        for parameter in parameters {
            let parameter = serde_json::to_value(parameter).map_err(Problem::internal)?;
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let mut schema = parameter.get("schema").cloned().unwrap_or_else(|| json!({}));
            open(&mut schema, &schemas);
            bound(&mut schema);
            if parameter["required"] == true {
                required.push(name.clone());
            }
            let commas = parameter["explode"] == false;
            kinds.push((name.clone(), Kind::of(&schema, &schemas).separated(commas)));
            properties.insert(name, schema);
        }
        let schema = json!({"type": "object", "properties": properties, "required": required});
        Ok(Self { kinds, checker: Checker::new(schema, schemas)? })
    }

    /// The names there are.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.kinds.iter().map(|(name, _)| name.as_str())
    }

    /// An object with the values of `raw` by their names, each of its own JSON type.
    ///
    /// # Errors
    /// `bad-parameter` with all faults at once.
    pub fn read(&self, raw: &str) -> Result<Value> {
        let mut faults = Vec::new();
        let mut values = Map::new();
        for (name, text) in pairs::read(raw, &mut faults) {
            let mut fault = |code: &str, message: String| {
                let place: String = format!("?{name}").chars().take(200).collect();
                faults.push(Fault::new(place, code, message));
            };
            let Some((_, kind)) = self.kinds.iter().find(|(known, _)| *known == name) else {
                fault("unknown_parameter", self.unknown(&name));
                continue;
            };
            let Kind::List { item, commas } = kind else {
                match kind.read(&text) {
                    Err(message) => fault("type", message),
                    Ok(_) if values.contains_key(&name) => {
                        fault("repeated", "takes one value, and was given more".to_owned());
                    }
                    Ok(value) => drop(values.insert(name, value)),
                }
                continue;
            };
            let texts = text.split(|letter| *commas && letter == ',');
            let read: Result<Vec<Value>, String> =
                texts.filter(|text| !(*commas && text.is_empty())).map(|text| item.read(text)).collect();
            match (read, values.entry(name.clone()).or_insert_with(|| json!([]))) {
                (Ok(read), Value::Array(list)) => list.extend(read),
                (Err(message), _) => fault("type", message),
                (Ok(_), _) => {}
            }
        }
        let values = Value::Object(values);
        let unsaid = |fault: &Fault| !faults.iter().any(|it| it.pointer == fault.pointer);
        let found: Vec<Fault> = self
            .checker
            .check(&values)
            .into_iter()
            .map(|fault| {
                let missing = fault.code == "required";
                let message = if missing { "this parameter is required".to_owned() } else { fault.message };
                Fault { pointer: parameter(&fault.pointer), message, ..fault }
            })
            .filter(unsaid)
            .collect();
        faults.extend(found);
        if faults.is_empty() { Ok(values) } else { Err(refused(faults)) }
    }

    /// The values of `raw` as a `T`; names that `T` does not have are passed over if they are
    /// known here.
    ///
    /// # Errors
    /// `bad-parameter` with all faults at once.
    pub fn decode<T: DeserializeOwned>(&self, raw: &str) -> Result<T> {
        from_values(&self.read(raw)?)
    }

    fn unknown(&self, name: &str) -> String {
        told("parameter", name, self.names())
    }
}

/// Decodes values that [`Known::read`] gave.
///
/// # Errors
/// `bad-parameter` at the value that does not fit.
pub fn from_values<T: DeserializeOwned>(values: &Value) -> Result<T> {
    decode::decode(values, unfit)
}

fn unfit(refusal: Refusal) -> Problem {
    refused(vec![Fault::new(parameter(&refusal.pointer), "invalid", refusal.message)])
}

/// A value that a parameter does not take; names the values that it takes, the nearest first.
#[must_use]
pub fn unknown_value(parameter: &str, value: &str, known: &[&str]) -> Problem {
    let message = told("value", value, known.iter().copied());
    refused(vec![Fault::new(format!("?{parameter}"), "unknown_value", message)])
}

/// What is not known, with what is: a suggestion where one is near, and all there are.
fn told<'a>(what: &str, given: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let known = names.clone().collect::<Vec<_>>().join(", ");
    nearest(given, names).map_or_else(
        || format!("unknown {what}; known are: {known}"),
        |near| format!("unknown {what}; did you mean `{near}`? Known are: {known}"),
    )
}

fn refused(faults: Vec<Fault>) -> Problem {
    let detail = match faults.as_slice() {
        [one] => format!("{}: {}", one.pointer, one.message),
        many => format!("{} faults in the query", many.len()),
    };
    faults.into_iter().fold(Problem::new(Code::BadParameter, detail), Problem::with)
}

/// `/phase/0` to `?phase`.
fn parameter(pointer: &str) -> String {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    format!("?{}", name.replace("~1", "/").replace("~0", "~"))
}

/// Takes a reference that leads nowhere out of a schema: decoding judges such a value.
fn open(schema: &mut Value, schemas: &Map<String, Value>) {
    match schema {
        Value::Object(map) => {
            let lost = target(map).is_some_and(|name| !schemas.contains_key(name));
            if lost {
                map.shift_remove("$ref");
            }
            map.values_mut().for_each(|value| open(value, schemas));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| open(value, schemas)),
        _ => {}
    }
}

fn target(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

impl Kind {
    fn of(schema: &Value, schemas: &Map<String, Value>) -> Self {
        let Value::Object(map) = schema else { return Self::Text };
        if let Some(inner) = target(map).and_then(|name| schemas.get(name)) {
            return Self::of(inner, schemas);
        }
        let named = |kind: &str| match map.get("type") {
            Some(Value::Array(kinds)) => kinds.contains(&kind.into()),
            Some(one) => one == kind,
            None => false,
        };
        if named("array") {
            let items = map.get("items").unwrap_or(&Value::Null);
            return Self::List { item: Box::new(Self::of(items, schemas)), commas: false };
        }
        for (name, kind) in [("integer", Self::Whole), ("number", Self::Number), ("boolean", Self::Flag)] {
            if named(name) {
                return kind;
            }
        }
        // A nullable reference: the kind of what it may be besides null.
        let options = map.get("oneOf").or_else(|| map.get("anyOf")).and_then(Value::as_array);
        let option = options.and_then(|it| it.iter().find(|option| option["type"] != "null"));
        option.map_or(Self::Text, |option| Self::of(option, schemas))
    }

    /// The same with several values in one, where `commas` says so.
    fn separated(self, commas: bool) -> Self {
        match self {
            Self::List { item, .. } => Self::List { item, commas },
            other => other,
        }
    }

    fn read(&self, text: &str) -> Result<Value, String> {
        let number = || serde_json::from_str::<Value>(text).ok().filter(Value::is_number);
        match self {
            Self::Text | Self::List { .. } => Ok(text.into()),
            Self::Whole => number()
                .filter(|value| value.is_i64() || value.is_u64())
                .ok_or_else(|| "has to be a whole number".to_owned()),
            Self::Number => number().ok_or_else(|| "has to be a number".to_owned()),
            Self::Flag => match text {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err("one of: true, false".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests;
