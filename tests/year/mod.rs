//! One school year of a hub and a school, told as one story: the people of the hub, of the school and of the governing
//! group each do their part, and at every step it is known who sees what.

mod awards;
mod evaluation;
mod looking_back;
mod ratings;
mod reports;
mod seen;
mod visits;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use time::Date;
use uuid::Uuid;

use self::seen::Who;
use crate::evaluations::publish;
use crate::support::{self, App, Caller};
use crate::{awards as award, frameworks};

/// The story as far as it has come.
pub struct Year {
    app: App,
    callers: Vec<Caller>,
    /// The school of the story.
    school: Uuid,
    /// The frameworks: a school judges itself, is looked at before its first visit, and has a lesson observed.
    self_evaluation: Uuid,
    audit: Uuid,
    lessons: Uuid,
    /// The award that schools may apply for.
    award: Uuid,
}

#[actix_web::test]
async fn a_school_year_goes_from_the_assignment_of_a_specialist_to_the_look_back() {
    let mut year = Year::begin().await;
    year.the_school_was_rated_by_hand().await;
    year.a_specialist_is_assigned().await;
    let visit = year.a_first_visit_is_planned().await;
    year.the_visit_is_confirmed_once_the_school_has_an_audit(visit).await;
    year.the_visit_is_made(visit).await;
    let first = year.its_report_is_drafted(visit).await;
    year.the_school_disputes_the_report(visit, first).await;
    year.another_version_is_accepted(visit, first).await;
    let second = year.open_actions_are_carried_on_to_the_next_visit(visit).await;
    year.a_lesson_is_observed(second).await;
    year.the_year_before_is_on_record().await;
    let evaluation = year.the_school_judges_itself().await;
    year.a_moderator_sends_it_back(evaluation).await;
    year.it_is_sent_again_and_agreed(evaluation).await;
    year.its_results_are_printed(evaluation).await;
    let application = year.the_school_applies_for_an_award(evaluation).await;
    year.somebody_without_a_stake_gives_the_award(application).await;
    let rating = year.a_rating_is_computed(second, evaluation).await;
    year.the_rating_is_accepted_and_shared(rating).await;
    year.the_hub_looks_back().await;
    year.the_governor_followed_and_changed_nothing(rating).await;
    year.everybody_has_seen_what_is_theirs_to_see().await;
    year.the_assignment_ends().await;
}

impl Year {
    async fn begin() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let [school, elsewhere] =
            [app.school(&head, "Ash", json!({})).await.id(), app.school(&head, "Beech", json!({})).await.id()];
        for name in ["Cedar", "Dogwood"] {
            app.school(&head, name, json!({})).await;
        }
        head.patch("/hub", &json!({ "audit_gate": "required" }), "*").await.expect(200);
        let self_evaluation = publish(&head, &two_sections()).await;
        let audit = publish(&head, &of_kind("visit_audit")).await;
        let lessons = publish(&head, &of_kind("lesson_observation")).await;
        let award = head.post("/award-schemes", &award::scheme(self_evaluation)).await.expect(201).id();
        head.act(&format!("/award-schemes/{award}/use"), Some("*")).await.expect(200);
        let callers = vec![
            head,
            app.as_role(Role::Administrator).await,
            app.as_role(Role::SpecialistLeader).await,
            app.at_school(Role::SchoolHead, school).await,
            app.at_school(Role::SchoolStaff, school).await,
            app.as_role(Role::SpecialistLeader).await,
            app.as_role(Role::Governor).await,
            app.at_school(Role::SchoolHead, elsewhere).await,
        ];
        Self { app, callers, school, self_evaluation, audit, lessons, award }
    }

    /// Somebody who acts or looks.
    fn by(&self, who: Who) -> &Caller {
        &self.callers[who as usize]
    }

    /// Lets time pass until the morning of a day. Everybody signs in again.
    fn until(&mut self, day: Date) {
        let days = u32::try_from((day - self.app.clock.today()).whole_days()).expect("a later day");
        self.app.clock.advance(std::time::Duration::from_hours(24) * days);
        self.callers = self.callers.iter().map(|caller| self.app.again(caller)).collect();
    }

    /// The operations in the history of an item, the first one first.
    async fn history(&self, path: &str) -> Vec<String> {
        let history = self.by(Who::Head).get(&format!("{path}/history")).await.expect(200).json();
        let entries = history["items"].as_array().unwrap().iter().rev();
        entries.map(|entry| entry["operation"].as_str().unwrap().to_owned()).collect()
    }
}

/// A framework of two sections with two criteria each, of three levels.
fn two_sections() -> Value {
    let mut form = frameworks::singing();
    form["title"] = json!("Music in our school");
    let mut playing = form["sections"][0].clone();
    playing["title"] = json!("Playing");
    for (at, statement) in ["Every pupil plays for a year", "There is a band"].into_iter().enumerate() {
        playing["criteria"][at]["statement"] = json!(statement);
    }
    form["sections"].as_array_mut().unwrap().push(playing);
    form
}

fn of_kind(kind: &str) -> Value {
    let mut form = frameworks::singing();
    form["kind"] = json!(kind);
    form
}
