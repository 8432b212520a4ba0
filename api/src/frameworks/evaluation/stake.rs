//! Who has a stake in a school, and so does not judge it.

use std::collections::{HashMap, HashSet};

use entity::frameworks::evaluation;
use entity::frameworks::evaluation_invitation::{self as invitation, InvitationStatus};
use entity::identity::{grant, user};
use entity::list::json_has;
use entity::partners::partner::{self, PartnerKind, PartnerRole};
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::{contact, school, school_group_member};
use entity::visits::visit;
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait};
use time::Date;
use uuid::Uuid;

use crate::kernel::base::filter;
use crate::kernel::base::period::{holds, not_over};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::permission::{Reach, Scope};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// Why a person does not judge a school.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// The school employs the person.
    Employed,
    /// The person led the school within the last twelve months.
    Led,
    /// The person visited the school within the last twelve months.
    Visited,
    /// The person acts for a partner that sells to the school.
    Sells,
}

impl Stake {
    /// The rule that it breaks, in words.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Employed => "nobody judges a school that employs them: this person works there",
            Self::Led => {
                "nobody judges a school that they led in the last twelve months: this person was its lead then"
            }
            Self::Visited => {
                "nobody judges a school that they visited in the last twelve months: this person visited it then"
            }
            Self::Sells => "nobody judges a school that they sell to: this person acts for a partner that does",
        }
    }
}

/// Refuses a caller who may not judge an evaluation.
///
/// # Errors
/// 403, which says whether the invitation is missing or which rule the caller breaks.
pub async fn expect_judge(write: &Write, row: &evaluation::Model) -> Result<()> {
    let (caller, tx) = (write.caller(), write.tx());
    let Some(person) = caller.actor.person_id() else {
        return Err(Problem::forbidden("only people judge, no partner system"));
    };
    if !judges_in_hub(caller) && invited(caller, tx, person, [row.id]).await?.is_empty() {
        let detail = "only who is invited judges this evaluation: ask the hub for an invitation";
        return Err(Problem::forbidden(detail));
    }
    match of(caller, tx, person, &[row.school_id]).await?.get(&row.school_id) {
        Some(stake) => Err(Problem::forbidden(stake.rule())),
        None => Ok(()),
    }
}

/// Returns true if the caller judges without an invitation.
#[must_use]
pub fn judges_in_hub(caller: &Caller) -> bool {
    caller.reach(Scope::JudgeEvaluations).has(Reach::HUB)
}

/// The evaluations among these that a person has an open invitation to judge.
///
/// # Errors
/// When the database is away.
pub async fn invited(
    caller: &Caller,
    db: &impl ConnectionTrait,
    person: Uuid,
    evaluations: impl IntoIterator<Item = Uuid>,
) -> Result<HashSet<Uuid>> {
    use invitation::Column;

    let open = hub(caller).rows::<invitation::Entity>().filter(Column::PersonId.eq(person));
    let open = open.filter(Column::Status.eq(InvitationStatus::Open)).filter(not_over(Column::EndsOn, caller.today()));
    let open = open.filter(Column::EvaluationId.is_in(evaluations)).select_only().column(Column::EvaluationId);
    Ok(open.into_tuple().all(db).await?.into_iter().collect())
}

/// The stakes of a person in schools. What makes a stake is looked up in the whole hub, also where the caller sees
/// nothing of it.
///
/// # Errors
/// When the database is away.
pub async fn of(
    caller: &Caller,
    db: &impl ConnectionTrait,
    person: Uuid,
    schools: &[Uuid],
) -> Result<HashMap<Uuid, Stake>> {
    let hub = hub(caller);
    let partners = partners_of(&hub, db, person).await?;
    let mut stakes = HashMap::new();
    if sells(&hub, db, &partners).await? {
        stakes.extend(schools.iter().map(|school| (*school, Stake::Sells)));
    }
    // The strongest reason comes last.
    for (stake, found) in [
        (Stake::Sells, served_by(&hub, &partners, schools)),
        (Stake::Visited, visited_by(&hub, person, schools)),
        (Stake::Led, led_by(&hub, person, schools)),
        (Stake::Employed, employers_in_register(&hub, person, schools)),
        (Stake::Employed, employers_by_grant(&hub, person, schools)),
    ] {
        for row in db.query_all(&found).await? {
            stakes.insert(row.try_get_by_index(0)?, stake);
        }
    }
    Ok(stakes)
}

/// A statement that finds schools.
type Schools = SelectStatement;

/// The service itself, which sees the hub.
fn hub(caller: &Caller) -> Caller {
    Caller::system(caller.state().clone(), caller.hub_id)
}

/// The day twelve months ago.
fn year_ago(caller: &Caller) -> Date {
    let today = caller.today();
    let year = today.year() - 1;
    today.replace_year(year).unwrap_or_else(|_| today - time::Duration::days(366))
}

/// The partners for which a person acts today.
async fn partners_of(hub: &Caller, db: &impl ConnectionTrait, person: Uuid) -> Result<Vec<Uuid>> {
    use grant::Column;

    let grants = grants_of(hub, person).filter(Column::PartnerId.is_not_null());
    Ok(grants.select_only().column(Column::PartnerId).into_tuple().all(db).await?)
}

/// The grants that a person has today.
fn grants_of(hub: &Caller, person: Uuid) -> sea_orm::Select<grant::Entity> {
    let users = hub.rows::<user::Entity>().filter(user::Column::PersonId.eq(person));
    let users = users.select_only().column(user::Column::Id).into_query();
    let held = holds(grant::Column::FromOn, grant::Column::ToOn, hub.today());
    hub.rows::<grant::Entity>().filter(grant::Column::UserId.in_subquery(users)).filter(held)
}

/// Returns true if one of these partners sells to the schools of the hub.
async fn sells(hub: &Caller, db: &impl ConnectionTrait, partners: &[Uuid]) -> Result<bool> {
    use partner::Column;

    if partners.is_empty() {
        return Ok(false);
    }
    let supplies = filter::json_has(hub.db().backend(), Column::Roles, PartnerRole::Supplier.as_str());
    let supplier = Condition::any().add(Column::Kind.eq(PartnerKind::Supplier)).add(supplies);
    let found = hub.rows::<partner::Entity>().filter(Column::Id.is_in(partners.iter().copied())).filter(supplier);
    Ok(found.one(db).await?.is_some())
}

/// The schools among these in which one of the partners worked in the last twelve months.
fn served_by(hub: &Caller, partners: &[Uuid], schools: &[Uuid]) -> Schools {
    visits_in(hub, schools, visit::Column::ProviderId.is_in(partners.iter().copied()).into_condition())
}

/// The schools among these that a person visited in the last twelve months.
fn visited_by(hub: &Caller, person: Uuid, schools: &[Uuid]) -> Schools {
    let came_along = json_has(hub.db().backend(), visit::Column::CoVisitorIds, person);
    visits_in(hub, schools, Condition::any().add(visit::Column::VisitorId.eq(person)).add(came_along))
}

fn visits_in(hub: &Caller, schools: &[Uuid], whose: Condition) -> Schools {
    use visit::Column;

    let visits = hub.rows::<visit::Entity>().filter(Column::SchoolId.is_in(schools.iter().copied())).filter(whose);
    let visits = visits.filter(Column::CompletedOn.gte(year_ago(hub)));
    visits.select_only().column(Column::SchoolId).into_query()
}

/// The schools among these that a person led in the last twelve months.
fn led_by(hub: &Caller, person: Uuid, schools: &[Uuid]) -> Schools {
    use assignment::Column;

    let led = hub.rows::<assignment::Entity>().filter(Column::SchoolId.is_in(schools.iter().copied()));
    let led = led.filter(Column::PersonId.eq(person)).filter(Column::Role.eq(AssignmentRole::Lead));
    let led = led.filter(Column::FromOn.lte(hub.today())).filter(not_over(Column::ToOn, year_ago(hub)));
    led.select_only().column(Column::SchoolId).into_query()
}

/// The schools among these in which a person has a job today.
fn employers_in_register(hub: &Caller, person: Uuid, schools: &[Uuid]) -> Schools {
    use contact::Column;

    let jobs = hub.rows::<contact::Entity>().filter(Column::SchoolId.is_in(schools.iter().copied()));
    let jobs = jobs.filter(Column::PersonId.eq(person)).filter(holds(Column::FromOn, Column::ToOn, hub.today()));
    jobs.select_only().column(Column::SchoolId).into_query()
}

/// The schools among these for which a person signs in today, alone or with the other schools of a group.
fn employers_by_grant(hub: &Caller, person: Uuid, schools: &[Uuid]) -> Schools {
    use school_group_member::Column as Member;

    let grants = || grants_of(hub, person).select_only();
    let groups = grants().column(grant::Column::SchoolGroupId).into_query();
    let members = hub.rows::<school_group_member::Entity>().filter(Member::SchoolGroupId.in_subquery(groups));
    let members = members.filter(holds(Member::FromOn, Member::ToOn, hub.today()));
    let members = members.select_only().column(Member::SchoolId).into_query();
    let own = grants().column(grant::Column::SchoolId).into_query();
    let of_person = Condition::any().add(school::Column::Id.in_subquery(own));
    let of_person = of_person.add(school::Column::Id.in_subquery(members));
    let found = hub.rows::<school::Entity>().filter(school::Column::Id.is_in(schools.iter().copied()));
    found.filter(of_person).select_only().column(school::Column::Id).into_query()
}
