//! The person behind a user. A user's name and address stand there and are logged there.

use entity::people::person;

use crate::kernel::prelude::*;

record! {
    /// The person behind a user, as far as signing in needs one.
    UserPerson from NewUserPerson in person {
        /// The name, as it is to be shown.
        #[schema(min_length = 1, max_length = 200, example = "Henrietta Bell")]
        name: String,
        /// The e-mail address.
        #[schema(format = Email, example = "h.bell@hub.example")]
        email: Option<String>,
    }
    initial {
        name_key: String::new(),
        telephone: None,
        organisation: None,
        dbs_checked_on: None,
        safeguarding_training_until: None,
        erased_at: None,
        merged_into_id: None,
        external_ids: entity::external::ExternalIds::default(),
    }
}

impl Resource for UserPerson {
    type Entity = person::Entity;
    type Form = NewUserPerson;
    type Filter = NoFilter;

    const PATH: &'static str = "/people";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, person::Column)] = &[("name", person::Column::NameKey)];

    fn complete(row: &mut person::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &person::Model) -> Value {
        json!({ "name": row.name })
    }
}

/// People are listed by their own part.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

impl Filter<person::Entity> for NoFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
    }
}
