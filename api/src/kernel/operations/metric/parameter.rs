//! What the filter of a metric may hold, from the type that decodes it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::kernel::base::problem::Result;
use crate::kernel::document::openapi::check::Checker;

/// A value of a field of a metric's filter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(max_length = 100, example = "initial")]
pub struct MetricParameterValue(pub String);

/// A field of a metric's filter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MetricParameter {
    /// Its name; of a field in an object `schools` the two with a dot between them, `schools.phase`.
    #[schema(max_length = 60, example = "kind")]
    pub name: String,
    /// What it narrows.
    #[schema(max_length = 500, example = "Only visits of any of these kinds count.")]
    pub meaning: String,
    /// The type of its value in JSON: `string`, `integer`, `number`, `boolean`.
    #[schema(max_length = 20, example = "string")]
    pub r#type: String,
    /// The format of a text: `date`, `uuid`; null for others.
    #[schema(max_length = 20, example = json!(null))]
    pub format: Option<String>,
    /// True if it takes a list.
    #[schema(example = true)]
    pub list: bool,
    /// The values there are; empty where any value of the type fits.
    #[schema(max_items = 100, example = json!(["initial", "follow_up"]))]
    pub values: Vec<MetricParameterValue>,
}

/// The schema of a filter with the ones that it refers to.
pub struct FilterSchema {
    schema: Value,
    others: Map<String, Value>,
}

impl FilterSchema {
    /// That of a type.
    pub fn of<F: ToSchema>() -> Self {
        let json = |schema: RefOr<Schema>| serde_json::to_value(schema).unwrap_or_default();
        let mut others = Vec::new();
        F::schemas(&mut others);
        let others = others.into_iter().map(|(name, schema)| (name, closed(json(schema))));
        Self { schema: closed(json(F::schema())), others: others.collect() }
    }

    /// What finds the faults of a filter.
    ///
    /// # Errors
    /// `internal` for a schema that cannot be used.
    pub fn checker(self) -> Result<Checker> {
        Checker::new(self.schema, self.others)
    }

    /// The fields in their order.
    pub fn parameters(&self) -> Vec<MetricParameter> {
        let mut found = Vec::new();
        self.add(&self.schema, "", &mut found);
        found
    }

    /// Adds the fields of an object, and the fields of an object in it after its own name and a dot.
    fn add(&self, object: &Value, before: &str, found: &mut Vec<MetricParameter>) {
        for (name, field) in object["properties"].as_object().into_iter().flatten() {
            let value = self.present(field);
            match kind(value) {
                "object" => self.add(value, &format!("{before}{name}."), found),
                _ => found.push(self.parameter(&format!("{before}{name}"), field)),
            }
        }
    }

    fn parameter(&self, name: &str, field: &Value) -> MetricParameter {
        let value = self.present(field);
        let list = kind(value) == "array";
        let value = if list { self.present(&value["items"]) } else { value };
        let values = value["enum"].as_array().into_iter().flatten();
        let text = |of: &Value, key: &str| of[key].as_str().map(str::to_owned);
        MetricParameter {
            name: name.to_owned(),
            meaning: text(field, "description").unwrap_or_default(),
            r#type: kind(value).to_owned(),
            format: text(value, "format"),
            list,
            values: values.filter_map(Value::as_str).map(|value| MetricParameterValue(value.to_owned())).collect(),
        }
    }

    /// The schema of a value that is there, behind references and what says that it may be null.
    fn present<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let options = schema["oneOf"].as_array().into_iter().flatten();
        let schema = options.into_iter().find(|option| option["type"] != "null").unwrap_or(schema);
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.others.get(name)).unwrap_or(schema)
    }
}

/// An object takes no other fields than its own.
fn closed(mut schema: Value) -> Value {
    if schema["properties"].is_object() {
        schema["additionalProperties"] = false.into();
    }
    schema
}

/// The type of a value that is there.
fn kind(schema: &Value) -> &str {
    let of = &schema["type"];
    let one = of.as_array().into_iter().flatten().filter_map(Value::as_str).find(|kind| *kind != "null");
    of.as_str().or(one).unwrap_or_default()
}
