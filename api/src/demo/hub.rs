//! A hub of the demo: its people, register and partners.

use std::collections::HashMap;

use entity::identity::grant::Role;
use entity::row::Row;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::records::{self, Hub, HubForm, Person};
use super::{
    awards, capacity, engagement, erasures, evaluations, exams, files, frameworks, imports, measures, packages, plan,
    progress, ratings, training, visits, webhooks,
};
use crate::identity::user_forms::{FirstGrant, NewUser};
use crate::identity::{self, client, rules, user};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::permission::PLATFORM_HUB;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::attachment;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::write::Write;
use crate::outcomes::school_plan_record::SchoolPlanRecord;
use crate::partners::{glossary_term::GlossaryTerm, partner::Partner};
use crate::people::retention::RetentionRule;
use crate::people::{person, working_group::WorkingGroup};
use crate::schools::{
    area::Area, assignment::Assignment, contact::Contact, school::School, school_group::SchoolGroup,
    school_group_member::SchoolGroupMember, school_link::SchoolLink,
};

/// A page that stands for a school's music development plan.
const PLAN: &[u8] = include_bytes!("music-development-plan.pdf");

/// The ids of what has been made, by the names that the files use.
#[derive(Default)]
pub struct Made {
    pub people: HashMap<String, Uuid>,
    pub users: HashMap<String, Uuid>,
    pub schools: HashMap<i32, Uuid>,
    pub areas: HashMap<String, Uuid>,
    pub groups: HashMap<String, Uuid>,
    pub partners: HashMap<String, Uuid>,
    pub working_groups: HashMap<String, Uuid>,
    pub clients: HashMap<String, Uuid>,
}

/// The platform with its administrator.
pub async fn platform(state: &State, hash: &str) -> Result<()> {
    let caller = Caller::system(state.clone(), PLATFORM_HUB);
    let admin = records::platform()?;
    Write::value_of(&caller, async |write| {
        let (slug, name) = (rules::PLATFORM.to_owned(), "The platform".to_owned());
        identity::hub::make(write, slug, name, Vec::new(), None).await?;
        sign_in(write, &admin, None, FirstGrant::of(Role::PlatformAdministrator, None), hash).await?;
        Ok(())
    })
    .await
}

/// Fills one hub in one transaction. With `examples` the first row of each kind has the id that the
/// document's examples name.
///
/// # Errors
/// What any form of the demo's breaks, which its test holds to be nothing.
pub async fn fill(state: &State, hub: Hub, id: Uuid, examples: bool, hash: &str) -> Result<()> {
    let caller = Caller::system(state.clone(), id);
    Write::value_of(&caller, async |write| {
        let hub = hub.clone();
        let mut filling = Filling { write, hash, examples, made: Made::default() };
        filling.hub(&hub.hub).await?;
        filling.glossary(hub.glossary).await?;
        filling.areas(hub.areas).await?;
        filling.schools(hub.schools).await?;
        filling.groups(hub.groups).await?;
        filling.links(hub.links).await?;
        filling.partners(hub.partners).await?;
        filling.people(&hub.users).await?;
        filling.clients(hub.clients).await?;
        filling.working_groups(hub.working_groups, &hub.users).await?;
        filling.school_plans(hub.school_plan_records).await?;
        filling.retention_rules().await?;
        let Filling { made, .. } = filling;
        exams::make(write, &hub.exam_results, &hub.exam_statistics, &made, examples).await?;
        capacity::make(write, &hub.posts, &hub.designations, &made, examples).await?;
        training::make(write, &hub.training, &made, examples).await?;
        let plan = plan::make(write, hub.plan, &hub.cohorts, &made, examples).await?;
        plan::spend(write, &plan, &hub.spending).await?;
        progress::report(write, &plan, &hub.progress, &made, examples).await?;
        if let Some(singing) = &hub.singing {
            plan::singing(write, singing, &made).await?;
        }
        let frameworks = frameworks::make(write, examples).await?;
        evaluations::make(write, &hub.evaluations, &frameworks, &made, examples).await?;
        awards::make(write, &hub.award_applications, frameworks.self_evaluation, &made, examples).await?;
        visits::make(write, &hub.visits, frameworks.lesson_observation, &made, examples).await?;
        measures::make(write, &hub.measures, &made, examples).await?;
        ratings::make(write, &made, examples).await?;
        packages::make(write, &hub.packages, &made, examples).await?;
        engagement::make(write, &hub.engagement, &made, examples).await?;
        files::make(write, examples).await?;
        erasures::make(write, examples).await?;
        webhooks::make(write, &made, examples).await?;
        Ok(())
    })
    .await
}

struct Filling<'a> {
    write: &'a mut Write,
    hash: &'a str,
    /// True if the first row of each kind has the id that examples name.
    examples: bool,
    made: Made,
}

impl Filling<'_> {
    async fn hub(&mut self, form: &HubForm) -> Result<()> {
        let HubForm { slug, name, la_codes, lead_organisation, kinds_in_scope } = form;
        let hub =
            identity::hub::make(self.write, slug.clone(), name.clone(), la_codes.clone(), lead_organisation.clone())
                .await?;
        let mut counted = hub.clone();
        counted.kinds_in_scope = kinds_in_scope.clone().into();
        counted.demo = true;
        self.write.store::<identity::hub::Hub>(Some(hub), counted, Operation::Update).await?;
        Ok(())
    }

    /// Makes rows of forms; the first has the id that examples name.
    async fn rows<R: Resource>(&mut self, forms: Vec<Value>) -> Result<Vec<Uuid>> {
        let mut ids = Vec::with_capacity(forms.len());
        for (index, form) in forms.into_iter().enumerate() {
            self.write.give_example_ids(self.examples && index == 0);
            let form = decode::<R::Form>(self.write, form)?;
            ids.push(self.write.create::<R>(form).await?.id());
        }
        self.write.give_example_ids(false);
        Ok(ids)
    }

    async fn retention_rules(&mut self) -> Result<()> {
        let rule = |kind, months| json!({ "kind": kind, "months": months, "reason": "The hub's retention schedule" });
        self.rows::<RetentionRule>(vec![rule("import_rows", 2), rule("sign_ins", 12)]).await.map(drop)
    }

    async fn glossary(&mut self, terms: Vec<Value>) -> Result<()> {
        self.rows::<GlossaryTerm>(terms).await.map(drop)
    }

    async fn areas(&mut self, areas: Vec<Map<String, Value>>) -> Result<()> {
        let names: Vec<_> = areas.iter().map(|area| text(area, "name")).collect();
        let ids = self.rows::<Area>(values(areas)).await?;
        self.made.areas = names.into_iter().zip(ids).collect();
        Ok(())
    }

    async fn schools(&mut self, mut schools: Vec<Map<String, Value>>) -> Result<()> {
        for school in &mut schools {
            if let Some(area) = school.shift_remove("area") {
                let area = area.as_str().and_then(|name| self.made.areas.get(name));
                school.insert("area_id".to_owned(), json!(area));
            }
        }
        // The one that examples change is open, and nobody's of the people below.
        schools.sort_by_key(|school| school.contains_key("closed_on") || school.contains_key("note"));
        let urns: Vec<_> = schools.iter().map(|school| number(school, "urn")).collect();
        let ids = self.rows::<School>(values(schools)).await?;
        self.made.schools = urns.into_iter().zip(ids).filter_map(|(urn, id)| Some((urn?, id))).collect();
        Ok(())
    }

    async fn groups(&mut self, mut groups: Vec<Map<String, Value>>) -> Result<()> {
        let members: Vec<Vec<i32>> = groups
            .iter_mut()
            .map(|group| group.shift_remove("school_urns").unwrap_or_default())
            .map(|urns| serde_json::from_value(urns).unwrap_or_default())
            .collect();
        let names: Vec<_> = groups.iter().map(|group| text(group, "name")).collect();
        let ids = self.rows::<SchoolGroup>(values(groups)).await?;
        let mut forms = Vec::new();
        for (group, urns) in ids.iter().zip(members) {
            for urn in urns {
                let school = self.made.schools.get(&urn);
                forms.push(json!({ "school_group_id": group, "school_id": school }));
            }
        }
        self.rows::<SchoolGroupMember>(forms).await?;
        self.made.groups = names.into_iter().zip(ids).collect();
        Ok(())
    }

    async fn links(&mut self, mut links: Vec<Map<String, Value>>) -> Result<()> {
        for link in &mut links {
            let school = number(link, "urn").and_then(|urn| self.made.schools.get(&urn));
            link.insert("school_id".to_owned(), json!(school));
            link.shift_remove("urn");
        }
        let ids = self.rows::<SchoolLink>(values(links.clone())).await?;
        imports::tell(self.write, &links, &ids, self.examples).await
    }

    async fn partners(&mut self, mut partners: Vec<Map<String, Value>>) -> Result<()> {
        for partner in &mut partners {
            partner.shift_remove("school");
            if let Some(urn) = number(partner, "school_urn") {
                partner.insert("school_id".to_owned(), json!(self.made.schools.get(&urn)));
            }
            partner.shift_remove("school_urn");
            if let Some(group) = partner.shift_remove("school_group") {
                let group = group.as_str().and_then(|name| self.made.groups.get(name));
                partner.insert("school_group_id".to_owned(), json!(group));
            }
        }
        let names: Vec<_> = partners.iter().map(|partner| text(partner, "name")).collect();
        let ids = self.rows::<Partner>(values(partners)).await?;
        self.made.partners = names.into_iter().zip(ids).collect();
        Ok(())
    }

    async fn people(&mut self, people: &[Person]) -> Result<()> {
        for known in people {
            // Examples change and disable this one, so that nobody loses the way in.
            let example = known.login.as_deref() == Some("staff");
            self.write.give_example_ids(self.examples && example);
            let form = json!({
                "name": known.name,
                "email": known.email,
                "telephone": known.telephone,
                "organisation": known.organisation,
            });
            let form = decode::<person::NewPerson>(self.write, form)?;
            let id = self.write.create::<person::Person>(form).await?.id;
            self.made.people.insert(known.name.clone(), id);
            if let (Some(login), Some(role)) = (&known.login, known.role) {
                let grant = self.grant(known, role);
                let user = sign_in(self.write, known, Some(id), grant, self.hash).await?;
                self.made.users.insert(login.clone(), user);
                self.made.people.insert(login.clone(), id);
            }
            self.write.give_example_ids(false);
        }
        let mut contacts = Vec::new();
        let mut assignments = Vec::new();
        for known in people {
            let person = self.made.people.get(&known.name);
            for contact in &known.contacts {
                contacts.push(self.at_school(&contact.form, contact.school_urn, person));
            }
            for assignment in &known.assignments {
                let given = assignment.school_urns.iter();
                assignments.extend(given.map(|urn| self.at_school(&assignment.form, *urn, person)));
            }
        }
        self.rows::<Contact>(contacts).await?;
        self.rows::<Assignment>(assignments).await.map(drop)
    }

    /// Makes partner systems. Nobody learns their secrets: an administrator gives one a new secret.
    async fn clients(&mut self, clients: Vec<Value>) -> Result<()> {
        for (index, form) in clients.into_iter().enumerate() {
            self.write.give_example_ids(self.examples && index == 0);
            let form: client::NewClient = decode(self.write, form)?;
            let (name, made) = (form.name.clone(), client::make(self.write, form).await?);
            self.made.clients.insert(name, made.id);
        }
        self.write.give_example_ids(false);
        Ok(())
    }

    async fn school_plans(&mut self, mut records: Vec<Map<String, Value>>) -> Result<()> {
        for record in &mut records {
            let school = number(record, "urn").and_then(|urn| self.made.schools.get(&urn));
            record.insert("school_id".to_owned(), json!(school));
            record.shift_remove("urn");
        }
        let records = self.rows::<SchoolPlanRecord>(values(records)).await?;
        let Some(first) = records.first() else { return Ok(()) };
        self.write.give_example_ids(self.examples);
        attachment::attach_content::<SchoolPlanRecord>(self.write, *first, "music-development-plan.pdf", PLAN).await?;
        self.write.give_example_ids(false);
        Ok(())
    }

    fn grant(&self, known: &Person, role: Role) -> FirstGrant {
        let school = known.school_urn.filter(|_| matches!(role, Role::SchoolHead | Role::SchoolStaff));
        let school = school.and_then(|urn| self.made.schools.get(&urn)).copied();
        let partner = known.partner.as_ref().and_then(|name| self.made.partners.get(name));
        FirstGrant { partner_id: partner.copied(), ..FirstGrant::of(role, school) }
    }

    fn at_school(&self, form: &Map<String, Value>, urn: i32, person: Option<&Uuid>) -> Value {
        let mut form = form.clone();
        form.insert("person_id".to_owned(), json!(person));
        form.insert("school_id".to_owned(), json!(self.made.schools.get(&urn)));
        Value::Object(form)
    }

    async fn working_groups(&mut self, mut groups: Vec<Map<String, Value>>, people: &[Person]) -> Result<()> {
        for group in &mut groups {
            let name = text(group, "name");
            let members: Vec<_> = people
                .iter()
                .filter(|known| known.working_groups.contains(&name))
                .filter_map(|known| self.made.people.get(&known.name))
                .collect();
            group.insert("member_ids".to_owned(), json!(members));
        }
        let names: Vec<_> = groups.iter().map(|group| text(group, "name")).collect();
        let ids = self.rows::<WorkingGroup>(values(groups)).await?;
        self.made.working_groups = names.into_iter().zip(ids).collect();
        Ok(())
    }
}

/// A user of the demo with the password of this start.
async fn sign_in(
    write: &mut Write,
    known: &Person,
    person_id: Option<Uuid>,
    grant: FirstGrant,
    hash: &str,
) -> Result<Uuid> {
    let email = known.email.clone();
    let email = email.ok_or_else(|| Problem::internal("somebody who signs in has no e-mail address"))?;
    let name = person_id.is_none().then(|| known.name.clone());
    let new = NewUser { email, person_id, name, grant: Some(grant), invitation: false };
    let made = identity::user_forms::make(write, new, None).await?;
    Ok(user::set_password(write, made, hash, false).await?.id)
}

/// A form checked as if it had been sent.
///
/// # Errors
/// 422 with every fault.
pub fn decode<T: ToSchema + DeserializeOwned>(write: &Write, form: Value) -> Result<T> {
    write.caller().state().document.decode(form)
}

/// Makes one row of a form.
pub async fn one<R: Resource>(write: &mut Write, form: Value) -> Result<()> {
    let form = decode(write, form)?;
    write.create::<R>(form).await.map(drop)
}

fn values(rows: Vec<Map<String, Value>>) -> Vec<Value> {
    rows.into_iter().map(Value::Object).collect()
}

fn text(row: &Map<String, Value>, field: &str) -> String {
    row.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Map<String, Value>, field: &str) -> Option<i32> {
    row.get(field).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok())
}
