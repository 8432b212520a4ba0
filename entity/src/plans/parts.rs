//! What several nodes of a plan are made of: who, and by when.

use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::choice;
use crate::list::List;

/// Someone who leads, monitors or acts. Exactly one of its fields is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// A role, by its code in the glossary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_code: Option<String>,
    /// A person of the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<Uuid>,
    /// A working group of the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<Uuid>,
    /// A partner of the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<Uuid>,
    /// Anyone else, in words. No pupils' names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Party {
    /// A role, by its code in the glossary.
    pub fn role(code: impl Into<String>) -> Self {
        Self { role_code: Some(code.into()), ..Self::default() }
    }

    /// A person of the hub.
    #[must_use]
    pub fn person(id: Uuid) -> Self {
        Self { person_id: Some(id), ..Self::default() }
    }

    /// A working group of the hub.
    #[must_use]
    pub fn group(id: Uuid) -> Self {
        Self { group_id: Some(id), ..Self::default() }
    }

    /// A partner of the hub.
    #[must_use]
    pub fn partner(id: Uuid) -> Self {
        Self { partner_id: Some(id), ..Self::default() }
    }

    /// Anyone else, in words.
    pub fn text(words: impl Into<String>) -> Self {
        Self { text: Some(words.into()), ..Self::default() }
    }
}

impl ToSchema for Party {}

impl PartialSchema for Party {
    fn schema() -> RefOr<Schema> {
        let text = |longest, example: &str| {
            let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(longest));
            text.examples([example])
        };
        let id = || {
            let id = ObjectBuilder::new().schema_type(Type::String);
            id.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        };
        let kinds = [
            ("role_code", "A role, by its code in the glossary.", text(40, "HoS")),
            ("person_id", "A person of the hub.", id()),
            ("group_id", "A working group of the hub.", id()),
            ("partner_id", "A partner of the hub.", id()),
            ("text", "Anyone else, in words. No pupils' names.", text(200, "Headteachers")),
        ];
        let about = "Someone who leads, monitors or acts: an object with exactly one of five fields.";
        let one = kinds.into_iter().fold(OneOfBuilder::new().description(Some(about)), |one, (name, about, value)| {
            let value = value.description(Some(about));
            let kind = ObjectBuilder::new().description(Some(about)).property(name, value).required(name);
            one.item(kind)
        });
        RefOr::T(Schema::OneOf(one.build()))
    }
}

/// Parties in order.
pub type Parties = List<Party>;

choice! {
    /// How exactly a due date was given.
    pub enum Precision {
        /// To the day.
        Day = "day",
        /// A month.
        Month = "month",
        /// From one day or month to another.
        Range = "range",
        /// Some time in the plan's year.
        PlanYear = "plan_year",
    }
}

/// When something is due, as the plan says it and as two days.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// The first day on which it is due.
    #[serde(with = "crate::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-05-01")]
    pub first_day: Date,
    /// The last day on which it is due; it is late after that. Not before `first_day`.
    #[serde(with = "crate::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-06-30")]
    pub last_day: Date,
    /// How exactly the plan says it.
    pub precision: Precision,
    /// As the plan words it.
    #[schema(min_length = 1, max_length = 80, example = "May-June 2014")]
    pub label: String,
    /// The day on which it was done; absent while it is not.
    #[serde(default, with = "crate::date::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-06-12")]
    pub done_on: Option<Date>,
}

/// What a report says about one due of a target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DueDone {
    /// The due's place among the target's dues, from 1.
    #[schema(minimum = 1, maximum = 20, example = 1)]
    pub due: i32,
    /// The day on which it was done; null takes back that it was.
    #[serde(default, with = "crate::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-06-12")]
    pub done_on: Option<Date>,
}

/// Dues in order of time.
pub type Dues = List<Due>;

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_party_is_written_as_the_one_field_it_has() {
        let party = Party::role("HoS");
        assert_eq!(serde_json::to_string(&party).unwrap(), r#"{"role_code":"HoS"}"#);
        assert!(serde_json::from_str::<Party>(r#"{"role":"HoS"}"#).is_err());
    }

    #[test]
    fn a_due_keeps_the_words_and_the_days() {
        let due = Due {
            first_day: date!(2014 - 05 - 01),
            last_day: date!(2014 - 06 - 30),
            precision: Precision::PlanYear,
            label: "May-June 2014".to_owned(),
            done_on: None,
        };
        let json =
            r#"{"first_day":"2014-05-01","last_day":"2014-06-30","precision":"plan_year","label":"May-June 2014"}"#;
        assert_eq!(serde_json::to_string(&due).unwrap(), json);
        assert_eq!(serde_json::from_str::<Due>(json).unwrap(), due);
    }
}
