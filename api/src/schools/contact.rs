//! Who is who at a school.

use entity::people::person;
use entity::schools::{contact, school};
use sea_orm::QueryFilter;
use time::Date;

use super::rules::{self, Period};
use super::school::School;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::people::person::Person;

record! {
    /// A person's job at a school for a time. A school has at most one primary contact at a time.
    Contact from NewContact in contact {
        /// The person.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The job, in the school's own words.
        #[schema(min_length = 1, max_length = 100, example = "Music co-ordinator")]
        job_role: String,
        /// True for the person to turn to first.
        #[serde(default)]
        #[schema(example = false)]
        is_primary: bool,
        /// The first day; absent when it is not known.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-09-01")]
        from_on: Option<Date>,
        /// The last day; absent while the person has the job.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        to_on: Option<Date>,
        /// The day on which the school last said that this is right.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-10-06")]
        checked_on: Option<Date>,
    }
    embedded {
        /// The person, when asked for with `expand=person`.
        person: Person,
        /// The school, when asked for with `expand=school`.
        school: School,
    }
}

impl Resource for Contact {
    type Entity = contact::Entity;
    type Form = NewContact;
    type Filter = ContactFilter;

    const PATH: &'static str = "/contacts";
    const READ: Scope = Scope::ReadContacts;
    const SORTS: &'static [(&'static str, contact::Column)] = &[
        ("created_at", contact::Column::CreatedAt),
        ("from_on", contact::Column::FromOn),
        ("updated_at", contact::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["job_role"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];
    const COUNTS: &'static [&'static str] = &["school_id", "job_role", "is_primary"];
    const EXPANDS: &'static [&'static str] = &["person", "school"];

    fn refs(form: &NewContact) -> Refs {
        Refs::default()
            .to::<person::Entity>("/person_id", form.person_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn faults(form: &NewContact) -> Vec<Fault> {
        rules::period("/to_on", form.from_on, form.to_on).into_iter().collect()
    }

    fn school(row: &contact::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, contact::Model>) -> Result<()> {
        let row = &*step.after;
        if row.archived_at.is_some() || !row.is_primary {
            return Ok(());
        }
        write.hold::<school::Entity>(row.school_id).await?;
        // Also contacts that have ended, which a school no longer sees.
        let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
        let others = hub
            .rows::<contact::Entity>()
            .filter(contact::Column::SchoolId.eq(row.school_id))
            .filter(contact::Column::IsPrimary.eq(true))
            .filter(contact::Column::Id.ne(row.id))
            .all(write.tx())
            .await?;
        rules::one_primary(row, &others)
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[contact::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "person" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
            _ => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
        }
    }
}

impl From<&contact::Model> for Period {
    fn from(row: &contact::Model) -> Self {
        Self { from: row.from_on, to: row.to_on }
    }
}

/// Narrows the list of contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContactFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 200)]
    pub person_id: Vec<Uuid>,
    /// Text that the job contains, regardless of the case of A to Z.
    #[param(min_length = 1, max_length = 100, example = "co-ordinator")]
    pub job_role: Option<String>,
    /// Only primary contacts, or only others.
    pub is_primary: Option<bool>,
    /// Only those that hold on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
}

impl Filter<contact::Entity> for ContactFilter {
    fn condition(&self, _: &Caller) -> Condition {
        let held = self.on.map(|on| holds(contact::Column::FromOn, contact::Column::ToOn, on));
        Condition::all()
            .add_option(any_of(contact::Column::SchoolId, &self.school_id))
            .add_option(any_of(contact::Column::PersonId, &self.person_id))
            .add_option(contains_as_written(contact::Column::JobRole, self.job_role.as_deref()))
            .add_option(is(contact::Column::IsPrimary, self.is_primary))
            .add_option(held)
    }
}

routes! {
    ReadContacts: list_contacts, count_contacts, get_contact;
    WriteContacts: create_contact, update_contact, archive_contact, restore_contact;
    ReadContacts: list_contact_history;
}

/// Lists the contacts.
///
/// Who is who at the schools that the caller reaches.
#[utoipa::path(get, path = "/contacts", params(List<Contact>), responses((status = 200, body = Page<Contact>)))]
async fn list_contacts(can: Can<ReadContacts>, list: List<Contact>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the contacts by one or two of their fields.
#[utoipa::path(get, path = "/contacts/counts", params(CountBy<Contact>), responses((status = 200, body = Counts)))]
async fn count_contacts(can: Can<ReadContacts>, by: CountBy<Contact>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a contact.
///
/// 409 if the school has another primary contact at that time.
#[utoipa::path(post, path = "/contacts", responses((status = 201, body = Contact)))]
async fn create_contact(can: Can<WriteContacts>, form: Json<NewContact>) -> Result<Reply> {
    crud::create::<Contact>(&can, form).await
}

/// Gets a contact.
#[utoipa::path(get, path = "/contacts/{id}", params(Show<Contact>), responses((status = 200, body = Contact)))]
async fn get_contact(can: Can<ReadContacts>, id: Id, show: Show<Contact>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a contact.
#[utoipa::path(patch, path = "/contacts/{id}", responses((status = 200, body = Contact)))]
async fn update_contact(can: Can<WriteContacts>, id: Id, patch: Patch<NewContact>) -> Result<Reply> {
    crud::update::<Contact>(&can, id.0, patch).await
}

/// Archives a contact.
///
/// Only for entries made by mistake: someone who leaves gets a last day instead.
#[utoipa::path(delete, path = "/contacts/{id}", responses((status = 204)))]
async fn archive_contact(can: Can<WriteContacts>, id: Id) -> Result<Reply> {
    crud::archive::<Contact>(&can, id.0).await
}

/// Restores an archived contact.
#[utoipa::path(post, path = "/contacts/{id}/restore", responses((status = 200, body = Contact)))]
async fn restore_contact(can: Can<WriteContacts>, id: Id) -> Result<Reply> {
    crud::restore::<Contact>(&can, id.0).await
}

/// Shows a contact's history.
#[utoipa::path(get, path = "/contacts/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_contact_history(can: Can<ReadContacts>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Contact>(&can, id.0, &part).await
}
