//! Values against the schemas of the document, each compiled once, when first asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::faults;
use super::walk::{self, Object, SCHEMAS};
use crate::kernel::base::problem::{Fault, Problem, Result};

/// A schema with all it refers to, and its validator.
pub(crate) struct Checker {
    root: Value,
    validator: Validator,
}

impl Checker {
    /// Compiles `schema`, whose references lead into `schemas`.
    pub(crate) fn new(schema: Value, schemas: &Object) -> Result<Self> {
        let mut names = Vec::new();
        walk::targets(&schema, &mut names);
        let needed: Object = walk::closure(schemas, names)
            .into_iter()
            .filter_map(|name| schemas.get(&name).cloned().map(|schema| (name, schema)))
            .collect();
        let mut root = schema;
        root["components"] = json!({"schemas": needed});
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .offline()
            .build(&root)
            .map_err(|error| Problem::internal(format!("a schema cannot be used: {error}")))?;
        Ok(Self { root, validator })
    }

    /// The field `name` of the component schema `schema`, which it checks.
    pub fn field(&self, schema: &str, name: &str) -> Option<&Value> {
        self.root["components"]["schemas"].get(schema)?.get("properties")?.get(name)
    }

    /// Every fault of `value`, none if it fits.
    pub(crate) fn check(&self, value: &Value) -> Vec<Fault> {
        // Most bodies fit, and the quick answer costs a fraction of the full one.
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        faults::of(self.validator.iter_errors(value), &self.root)
    }
}

/// The validators of the component schemas.
pub(super) struct Checkers {
    /// The schemas as JSON: they are seldom asked for, and take many times as much memory as values.
    schemas: Box<str>,
    compiled: BTreeMap<String, OnceLock<Result<Checker>>>,
}

impl Checkers {
    pub fn new(document: &Object) -> Self {
        let schemas = walk::schemas(document).cloned().unwrap_or_else(Map::new);
        let compiled = schemas.keys().map(|name| (name.clone(), OnceLock::new())).collect();
        Self { schemas: Value::Object(schemas).to_string().into(), compiled }
    }

    pub fn schemas(&self) -> Object {
        serde_json::from_str(&self.schemas).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.compiled.contains_key(name)
    }

    /// The validator of the schema `name`.
    pub fn of(&self, name: &str) -> Result<&Checker> {
        let cell =
            self.compiled.get(name).ok_or_else(|| Problem::internal(format!("the document has no schema {name}")))?;
        let compiled = cell.get_or_init(|| Checker::new(json!({"$ref": format!("{SCHEMAS}{name}")}), &self.schemas()));
        compiled.as_ref().map_err(Clone::clone)
    }
}
