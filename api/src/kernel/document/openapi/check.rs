//! Values against the schemas of the document, each compiled once, when first asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

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
    pub(crate) fn new(schema: Value, schemas: Object) -> Result<Self> {
        let mut root = schema;
        root["components"] = json!({"schemas": schemas});
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

/// The component schemas and their validators.
pub(super) struct Checkers(BTreeMap<String, Kept>);

struct Kept {
    /// As JSON: it is seldom asked for, and takes many times as much memory as a value.
    schema: Box<str>,
    compiled: OnceLock<Result<Checker>>,
}

impl Checkers {
    pub fn new(document: &Object) -> Self {
        let schemas = walk::schemas(document).into_iter().flatten();
        let kept = |schema: &Value| Kept { schema: schema.to_string().into(), compiled: OnceLock::new() };
        Self(schemas.map(|(name, schema)| (name.clone(), kept(schema))).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The schema `name`.
    pub fn schema(&self, name: &str) -> Option<Value> {
        serde_json::from_str(&self.0.get(name)?.schema).ok()
    }

    /// The schemas to which `value` leads.
    pub fn needed(&self, value: &Value) -> Object {
        let mut needed = Object::new();
        let mut waiting = targets(value);
        while let Some(name) = waiting.pop() {
            if needed.contains_key(&name) {
                continue;
            }
            if let Some(schema) = self.schema(&name) {
                waiting.extend(targets(&schema));
                needed.insert(name, schema);
            }
        }
        needed
    }

    /// The validator of the schema `name`.
    pub fn of(&self, name: &str) -> Result<&Checker> {
        let kept = self.0.get(name).ok_or_else(|| Problem::internal(format!("the document has no schema {name}")))?;
        let compiled = kept.compiled.get_or_init(|| {
            let schema = json!({"$ref": format!("{SCHEMAS}{name}")});
            Checker::new(schema.clone(), self.needed(&schema))
        });
        compiled.as_ref().map_err(Clone::clone)
    }
}

/// The names of the schemas that `value` refers to.
fn targets(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    walk::targets(value, &mut names);
    names.into_iter().map(str::to_owned).collect()
}
