//! Observations of lessons. Only observers, the heads of the hub's service and the head of the school see one: it is in
//! no feed, no export, and no figure of anybody else.

use std::collections::{HashMap, HashSet};

use entity::frameworks::criterion;
use entity::frameworks::framework::{self, FrameworkKind, FrameworkStatus};
use entity::frameworks::observation::{self, KeyStage, ObservedLevel, ObservedLevels};
use entity::schools::school;
use entity::visits::visit;
use sea_orm::QueryFilter;
use time::Date;

use crate::kernel::prelude::*;
use crate::schools::school::School;

record! {
    /// A lesson that one or two people observed, with the levels of each and the agreed ones.
    ///
    /// The teacher is never named. Only the observers, the head and deputy head of service and the head of the school
    /// see it; no feed, export or report has anything of it.
    Observation from NewObservation in observation {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The framework: a published one for lesson observations.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        framework_id: Uuid,
        /// The visit on which the lesson was observed, if it was one.
        #[schema(example = json!(null))]
        visit_id: Option<Uuid>,
        /// The day of the lesson: today or earlier.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-11-20")]
        observed_on: Date,
        /// The key stage of the class.
        #[schema(example = "ks2")]
        key_stage: KeyStage,
        /// The class and what it did. No names of teachers or pupils; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 200, example = "Year 4, whole-class ukulele")]
        class_name: String,
        /// The person who observed it.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        observer_id: Uuid,
        /// A second person who observed it; stays once that person has given levels.
        #[schema(example = json!(null))]
        second_observer_id: Option<Uuid>,
        /// The levels of the observer, who alone sets them.
        #[serde(default)]
        #[schema(value_type = Vec<ObservedLevel>, max_items = 200, example = json!([]))]
        observer_levels: ObservedLevels,
        /// The levels of the second observer, who alone sets them.
        #[serde(default)]
        #[schema(value_type = Vec<ObservedLevel>, max_items = 200, example = json!([]))]
        second_observer_levels: ObservedLevels,
        /// The agreed levels, once each observer has given levels.
        #[serde(default)]
        #[schema(value_type = Vec<ObservedLevel>, max_items = 200, example = json!([]))]
        agreed_levels: ObservedLevels,
        /// What was talked over afterwards. No names of teachers or pupils; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Next: longer phrases, and singing before playing")]
        note: Option<String>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
    }
}

impl Resource for Observation {
    type Entity = observation::Entity;
    type Form = NewObservation;
    type Filter = ObservationFilter;

    const PATH: &'static str = "/observations";
    const READ: Scope = Scope::ReadObservations;
    const SORTS: &'static [(&'static str, observation::Column)] =
        &[("observed_on", observation::Column::ObservedOn), ("updated_at", observation::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] =
        &["class_name", "note", "observer_levels", "second_observer_levels", "agreed_levels"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["observer_id", "second_observer_id"];
    const EXPANDS: &'static [&'static str] = &["school"];
    const IF_MATCH: bool = true;

    fn faults(form: &NewObservation) -> Vec<Fault> {
        let mut faults = Vec::new();
        if form.second_observer_id == Some(form.observer_id) {
            faults.push(Fault::new("/second_observer_id", "duplicate", "the second observer is another person"));
        }
        if form.second_observer_id.is_none() && !form.second_observer_levels.is_empty() {
            faults.push(Fault::new("/second_observer_id", "missing", "say who gave the levels of the second observer"));
        }
        let alone = form.second_observer_id.is_none() || !form.second_observer_levels.is_empty();
        if !form.agreed_levels.is_empty() && (form.observer_levels.is_empty() || !alone) {
            faults.push(Fault::new("/agreed_levels", "missing", "levels are agreed once each observer has given some"));
        }
        faults
    }

    fn school(row: &observation::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, observation::Model>) -> Result<()> {
        let row = step.after;
        if !matches!(step.operation, Operation::Create | Operation::Update) {
            return Ok(());
        }
        own_levels(write.caller(), step.before, row)?;
        let mut faults = Vec::new();
        if row.observed_on > write.caller().today() {
            faults.push(Fault::new("/observed_on", "in_future", "a lesson is observed before it is written down"));
        }
        faults.extend(unknown(write, step.before, row).await?);
        faults.extend(wrong_levels(write, row).await?);
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[observation::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await
    }
}

/// Refuses levels that are not the caller's to set, and another school or other observers for an observation that is
/// there.
fn own_levels(caller: &Caller, before: Option<&observation::Model>, row: &observation::Model) -> Result<()> {
    let kept = |it: &observation::Model| (it.school_id, it.framework_id, it.observer_id);
    if before.is_some_and(|before| kept(before) != kept(row)) {
        let message = "an observation keeps its school, framework and observer: write another one";
        return Err(Problem::invalid("/observer_id", "fixed", message));
    }
    let gave = before.is_some_and(|before| !before.second_observer_levels.is_empty());
    if gave && before.is_some_and(|before| before.second_observer_id != row.second_observer_id) {
        let message = "the second observer has given levels and stays: write another observation";
        return Err(Problem::invalid("/second_observer_id", "fixed", message));
    }
    let second = before.and_then(|before| before.second_observer_id).or(row.second_observer_id);
    let me = caller.actor.person_id();
    let observes = me == Some(row.observer_id) || (me.is_some() && me == row.second_observer_id);
    if !observes && caller.expect_writes_hub("observations").is_err() {
        let message = "you write down lessons that you observed: name yourself as an observer";
        return Err(Problem::invalid("/observer_id", "fixed", message));
    }
    let none = ObservedLevels::default();
    for (field, was, is, whose) in [
        ("observer_levels", before.map(|it| &it.observer_levels), &row.observer_levels, Some(row.observer_id)),
        ("second_observer_levels", before.map(|it| &it.second_observer_levels), &row.second_observer_levels, second),
    ] {
        if was.unwrap_or(&none) != is && whose != me {
            return Err(Problem::forbidden(format!("`{field}` are set by the person who gave them")));
        }
    }
    Ok(())
}

/// Finds what the observation names and the caller does not see. Observers reach observations alone by their scope, and
/// see schools, frameworks and visits by others.
async fn unknown(write: &Write, before: Option<&observation::Model>, row: &observation::Model) -> Result<Vec<Fault>> {
    let (caller, tx) = (write.caller(), write.tx());
    let mut faults = Vec::new();
    if before.is_none() {
        let school = caller
            .under(Scope::ReadSchools)
            .map(|by| by.rows::<school::Entity>().filter(school::Column::Id.eq(row.school_id)));
        let school = match school {
            Some(school) => school.one(tx).await?,
            None => None,
        };
        if school.is_none() {
            let message = format!("there is no school {} that you can refer to", row.school_id);
            faults.push(Fault::new("/school_id", "unknown_reference", message));
        }
        let of = caller
            .under(Scope::ReadFrameworks)
            .map(|by| by.rows::<framework::Entity>().filter(framework::Column::Id.eq(row.framework_id)));
        let of = match of {
            Some(of) => of.one(tx).await?,
            None => None,
        };
        let fits = |it: &framework::Model| {
            it.kind == FrameworkKind::LessonObservation && it.status == FrameworkStatus::Published
        };
        if !of.as_ref().is_some_and(fits) {
            let message = "there is no published framework for lesson observations with this id";
            faults.push(Fault::new("/framework_id", "unknown_reference", message));
        }
    }
    let Some(id) = row.visit_id.filter(|_| before.is_none_or(|before| before.visit_id != row.visit_id)) else {
        return Ok(faults);
    };
    let visit = caller.under(Scope::ReadVisits).map(|by| {
        let visits = by.rows::<visit::Entity>().filter(visit::Column::Id.eq(id));
        visits.filter(visit::Column::SchoolId.eq(row.school_id))
    });
    let visit = match visit {
        Some(visit) => visit.one(tx).await?,
        None => None,
    };
    if visit.is_none() {
        let message = format!("there is no visit {id} of this school that you can refer to");
        faults.push(Fault::new("/visit_id", "unknown_reference", message));
    }
    Ok(faults)
}

/// Finds levels of criteria that the framework does not have, levels that a criterion does not have, and criteria that
/// stand twice in a list.
async fn wrong_levels(write: &Write, row: &observation::Model) -> Result<Vec<Fault>> {
    let service = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let criteria = service.rows::<criterion::Entity>().filter(criterion::Column::FrameworkId.eq(row.framework_id));
    let criteria: HashMap<Uuid, usize> =
        criteria.all(write.tx()).await?.into_iter().map(|it| (it.id, it.levels.len())).collect();
    let mut faults = Vec::new();
    for (field, levels) in [
        ("observer_levels", &row.observer_levels),
        ("second_observer_levels", &row.second_observer_levels),
        ("agreed_levels", &row.agreed_levels),
    ] {
        let mut seen = HashSet::new();
        for (at, given) in levels.iter().enumerate() {
            faults.extend(wrong_level(&format!("/{field}/{at}"), given, criteria.get(&given.criterion_id)));
            if !seen.insert(given.criterion_id) {
                let message = "the criterion stands once in the list";
                faults.push(Fault::new(format!("/{field}/{at}/criterion_id"), "duplicate", message));
            }
        }
    }
    Ok(faults)
}

fn wrong_level(place: &str, given: &ObservedLevel, levels: Option<&usize>) -> Option<Fault> {
    let Some(levels) = levels else {
        let message = "the framework has no such criterion: it is of another framework or edition";
        return Some(Fault::new(format!("{place}/criterion_id"), "unknown_reference", message));
    };
    let beyond = usize::try_from(given.level).is_ok_and(|level| level > *levels);
    let message = format!("the criterion has {levels} levels: send 1 to {levels}");
    beyond.then(|| Fault::new(format!("{place}/level"), "too_large", message))
}

/// Narrows the list of observations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ObservationFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Only observations by this person, first or second.
    pub observer_id: Option<Uuid>,
    /// Only observations on this visit.
    pub visit_id: Option<Uuid>,
    /// Any of these key stages.
    #[serde(default)]
    #[param(max_items = 6)]
    pub key_stage: Vec<KeyStage>,
    /// Only lessons on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub observed_from: Option<Date>,
    /// Only lessons on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-07-31")]
    pub observed_to: Option<Date>,
}

impl Filter<observation::Entity> for ObservationFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use observation::Column;

        let by = self
            .observer_id
            .map(|person| Condition::any().add(Column::ObserverId.eq(person)).add(Column::SecondObserverId.eq(person)));
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(by)
            .add_option(is(Column::VisitId, self.visit_id))
            .add_option(any_of(Column::KeyStage, &self.key_stage))
            .add(between(Column::ObservedOn, self.observed_from, self.observed_to))
    }
}

routes! {
    ReadObservations: list_observations, get_observation;
    WriteObservations: create_observation, update_observation, archive_observation, restore_observation;
}

/// Lists the lesson observations.
///
/// Observers see their own, the head of a school all observations of the school.
#[utoipa::path(
    get,
    path = "/observations",
    params(List<Observation>),
    responses((status = 200, body = Page<Observation>)),
)]
async fn list_observations(can: Can<ReadObservations>, list: List<Observation>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Writes down the observation of a lesson.
///
/// The caller observes it, alone or with another, unless the role observes in the whole hub.
#[utoipa::path(post, path = "/observations", responses((status = 201, body = Observation)))]
async fn create_observation(can: Can<WriteObservations>, form: Json<NewObservation>) -> Result<Reply> {
    crud::create::<Observation>(&can, form).await
}

/// Gets a lesson observation.
#[utoipa::path(
    get,
    path = "/observations/{id}",
    params(Show<Observation>),
    responses((status = 200, body = Observation)),
)]
async fn get_observation(can: Can<ReadObservations>, id: Id, show: Show<Observation>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a lesson observation.
///
/// Each observer sets the own levels alone.
#[utoipa::path(patch, path = "/observations/{id}", responses((status = 200, body = Observation)))]
async fn update_observation(can: Can<WriteObservations>, id: Id, patch: Patch<NewObservation>) -> Result<Reply> {
    crud::update::<Observation>(&can, id.0, patch).await
}

/// Archives a lesson observation.
#[utoipa::path(delete, path = "/observations/{id}", responses((status = 204)))]
async fn archive_observation(can: Can<WriteObservations>, id: Id) -> Result<Reply> {
    crud::archive::<Observation>(&can, id.0).await
}

/// Restores an archived lesson observation.
#[utoipa::path(post, path = "/observations/{id}/restore", responses((status = 200, body = Observation)))]
async fn restore_observation(can: Can<WriteObservations>, id: Id) -> Result<Reply> {
    crud::restore::<Observation>(&can, id.0).await
}
