//! People the hub works with.

use entity::engagement::meeting::{self, MeetingStatus};
use entity::engagement::shared_practice::{self, PracticeStatus};
use entity::engagement::stakeholder_group;
use entity::external::{ExternalId, ExternalIds};
use entity::identity::user;
use entity::instant::Instant;
use entity::packages::package;
use entity::people::{designation, person, post_holding, working_group};
use entity::schools::{area, assignment, contact};
use entity::training::attendance;
use entity::visits::action::{self, ActionStatus};
use entity::visits::visit;
use sea_orm::ExprTrait;
use time::Date;

use super::store;
use crate::kernel::base::filter::json_names;
use crate::kernel::base::period::not_over;
use crate::kernel::prelude::*;

record! {
    /// Someone the hub works with. Personal data stands here and nowhere else.
    Person from NewPerson in person {
        /// The name, as the person writes it.
        #[schema(min_length = 1, max_length = 200, example = "Ada Marlow")]
        name: String,
        /// E-mail address.
        #[schema(format = Email, example = "ada.marlow@woodgatevale.example")]
        email: Option<String>,
        /// Telephone.
        #[schema(min_length = 1, max_length = 40, example = "01509 000000")]
        telephone: Option<String>,
        /// Where the person works.
        #[schema(min_length = 1, max_length = 200, example = "Woodgate Vale Primary School")]
        organisation: Option<String>,
        /// The day on which a check by the Disclosure and Barring Service was seen. The
        /// certificate's number is kept nowhere. At a school only the person sees it.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-06-02")]
        dbs_checked_on: Option<Date>,
        /// The last day on which the person's safeguarding training holds. At a school only the
        /// person sees it.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2016-06-30")]
        safeguarding_training_until: Option<Date>,
        /// The keys by which partner systems know the person, one for each system.
        #[serde(default)]
        #[schema(
            value_type = Vec<ExternalId>,
            max_items = 20,
            example = json!([{ "system": "paritor", "id": "CON-01877" }]),
        )]
        external_ids: ExternalIds,
    }
    initial { name_key: String::new(), erased_at: None, merged_into_id: None }
    computed {
        /// When everything personal was erased, if it was.
        #[schema(example = json!(null))]
        erased_at: Option<Instant>,
        /// The person into whom this one was merged, if it was.
        #[schema(example = json!(null))]
        merged_into_id: Option<Uuid>,
    }
}

impl Resource for Person {
    type Entity = person::Entity;
    type Form = NewPerson;
    type Filter = PersonFilter;

    const PATH: &'static str = "/people";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, person::Column)] =
        &[("name", person::Column::NameKey), ("updated_at", person::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["organisation"];

    fn faults(form: &NewPerson) -> Vec<Fault> {
        one_key_each(&form.external_ids).into_iter().collect()
    }

    fn complete(row: &mut person::Model) {
        row.name_key = search_key(&row.name);
    }

    fn external_ids(row: &person::Model) -> Option<&ExternalIds> {
        Some(&row.external_ids)
    }

    /// People see of themselves what only the hub sees of others.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() {
            return Withheld::default();
        }
        let oneself = caller.actor.person_id();
        Withheld::of(&["dbs_checked_on", "safeguarding_training_until"]).unless(person::Column::Id, oneself)
    }

    async fn decide(_: &mut Write, step: Mutation<'_, person::Model>) -> Result<()> {
        let Some(before) = step.before else { return Ok(()) };
        if before.erased_at.is_some() {
            return Err(Problem::conflict("cannot change a person who was erased: add a new person"));
        }
        match before.merged_into_id {
            Some(into) if !matches!(step.operation, Operation::Verb(_)) => Err(Problem::conflict(format!(
                "cannot change a person who was merged into another: change the other, /people/{into}"
            ))),
            _ => Ok(()),
        }
    }

    fn referenced_by(row: &person::Model, caller: &Caller) -> ReferencedBy {
        let (id, today, backend) = (row.id, caller.today(), caller.db().backend());
        let uses = ReferencedBy::default()
            .by::<user::Entity>(user::Column::PersonId.eq(id))
            .by::<area::Entity>(area::Column::LeadPersonId.eq(id))
            .by::<contact::Entity>(not_over(contact::Column::ToOn, today).add(contact::Column::PersonId.eq(id)))
            .by::<assignment::Entity>(
                not_over(assignment::Column::ToOn, today).add(assignment::Column::PersonId.eq(id)),
            )
            .by::<working_group::Entity>(json_has(backend, working_group::Column::MemberIds, id))
            .by::<package::Entity>(json_has(backend, package::Column::LeadIds, id));
        let uses = uses
            .by::<visit::Entity>(visit::under_way().add(visit::Column::VisitorId.eq(id).or(json_has(
                backend,
                visit::Column::CoVisitorIds,
                id,
            ))))
            .by::<action::Entity>(action::Column::OwnerId.eq(id).and(action::Column::Status.eq(ActionStatus::Open)));
        let uses = uses
            .by::<designation::Entity>(
                not_over(designation::Column::ToOn, today).add(designation::Column::PersonId.eq(id)),
            )
            .by::<post_holding::Entity>(
                not_over(post_holding::Column::ToOn, today).add(post_holding::Column::PersonId.eq(id)),
            )
            .by::<attendance::Entity>(attendance::expected().add(attendance::Column::PersonId.eq(id)));
        let member = json_names(backend, stakeholder_group::Column::Members, "person_id", id);
        let expected = json_names(backend, meeting::Column::Attendance, "person_id", id);
        let uses = uses
            .by::<stakeholder_group::Entity>(not_over(stakeholder_group::Column::ToOn, today).add(member))
            .by::<meeting::Entity>(meeting::Column::Status.eq(MeetingStatus::Planned).and(expected))
            .by::<shared_practice::Entity>(
                shared_practice::Column::Status
                    .eq(PracticeStatus::Published)
                    .and(shared_practice::Column::ConsentById.eq(id)),
            );
        store::in_plans(uses, caller, "person_id", id)
    }
}

/// Narrows the list of people.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PersonFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "marlow")]
    pub q: Option<String>,
    /// Text that the organisation contains, regardless of the case of A to Z.
    #[param(min_length = 1, max_length = 100, example = "woodgate")]
    pub organisation: Option<String>,
}

impl Filter<person::Entity> for PersonFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(contains(person::Column::NameKey, self.q.as_deref()))
            .add_option(contains_as_written(person::Column::Organisation, self.organisation.as_deref()))
    }
}

routes! {
    ReadPeople: list_people, count_people, get_person, get_person_by_key;
    WritePeople: create_person, update_person, archive_person, put_person_by_key, restore_person;
    ReadPeople: list_person_history;
}

/// Lists the people.
///
/// A school's own people and specialist leaders see the contacts of their schools.
#[utoipa::path(get, path = "/people", params(List<Person>), responses((status = 200, body = Page<Person>)))]
async fn list_people(can: Can<ReadPeople>, list: List<Person>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the people by one or two of their fields.
#[utoipa::path(get, path = "/people/counts", params(CountBy<Person>), responses((status = 200, body = Counts)))]
async fn count_people(can: Can<ReadPeople>, by: CountBy<Person>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Adds a person.
#[utoipa::path(post, path = "/people", responses((status = 201, body = Person)))]
async fn create_person(can: Can<WritePeople>, form: Json<NewPerson>) -> Result<Reply> {
    crud::create::<Person>(&can, form).await
}

/// Gets a person.
#[utoipa::path(get, path = "/people/{id}", params(Show<Person>), responses((status = 200, body = Person)))]
async fn get_person(can: Can<ReadPeople>, id: Id, show: Show<Person>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets a person by a key.
#[utoipa::path(
    get,
    path = "/people/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "CON-01877"), Show<Person>),
    responses((status = 200, body = Person)),
)]
async fn get_person_by_key(can: Can<ReadPeople>, key: ByKey, show: Show<Person>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a person.
#[utoipa::path(patch, path = "/people/{id}", responses((status = 200, body = Person)))]
async fn update_person(can: Can<WritePeople>, id: Id, patch: Patch<NewPerson>) -> Result<Reply> {
    crud::update::<Person>(&can, id.0, patch).await
}

/// Creates a person, or changes them, by a partner system's key.
///
/// `system` is one of the partner systems in `external_ids`. A missing field keeps its value,
/// `null` clears it, and an archived person is restored.
#[utoipa::path(
    put,
    path = "/people/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "CON-01877")),
    responses((status = 200, body = Person), (status = 201, body = Person)),
)]
async fn put_person_by_key(can: Can<WritePeople>, key: ByKey, form: Patch<NewPerson>) -> Result<Reply> {
    crud::put_by_key::<Person>(&can, &key, &form).await
}

/// Archives a person.
///
/// Refused (409) while a user, an area, a working group, a package, a plan that is not closed, a contact, an
/// assignment, a designation or a holding of a post that has not ended, a place at a training event, a stakeholder
/// group, a meeting that is planned, or published practice refers to the person.
#[utoipa::path(delete, path = "/people/{id}", responses((status = 204)))]
async fn archive_person(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::archive::<Person>(&can, id.0).await
}

/// Restores an archived person.
#[utoipa::path(post, path = "/people/{id}/restore", responses((status = 200, body = Person)))]
async fn restore_person(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::restore::<Person>(&can, id.0).await
}

/// Shows a person's history.
#[utoipa::path(get, path = "/people/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_person_history(can: Can<ReadPeople>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Person>(&can, id.0, &part).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stored_before_addresses_had_a_form_keeps_nobody_from_changing_the_rest() {
        let document = crate::app::document();
        let stored = json!({ "name": "Ada", "email": "ada@school", "external_ids": [] });
        let patched = |patch: Value| document.patched::<NewPerson>(stored.clone(), &patch);
        assert_eq!(patched(json!({ "telephone": "01509 000000" })).unwrap().email.as_deref(), Some("ada@school"));
        assert_eq!(patched(json!({ "email": "ada@school" })).unwrap().email.as_deref(), Some("ada@school"));
        for patch in [json!({ "email": "ada@work" }), json!({ "telephone": "", "name": "Ada" })] {
            assert_eq!(patched(patch).unwrap_err().errors().len(), 1);
        }
    }
}
