//! Who wrote the plans of versions that kept no authors.

use sea_orm_migration::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Adds to the authors of each plan the people whom the log names: who made or copied the plan,
/// who changed it or a part of it while it was a draft, and who proposed it.
pub struct PastPlanAuthors;

impl MigrationName for PastPlanAuthors {
    fn name(&self) -> &'static str {
        "m20261125_01_past_plan_authors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for PastPlanAuthors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&statement(manager.get_database_backend())).await.map(drop)
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The tables with the parts of a plan whose change is a change of the plan's text.
const PARTS: [&str; 9] = [
    "plan_year",
    "cohort",
    "cohort_member",
    "objective",
    "strand",
    "target",
    "milestone",
    "resource_line",
    "budget_line",
];

fn statement(backend: DbBackend) -> String {
    let postgres = backend == DbBackend::Postgres;
    // An instance that goes on writing must not add an author between the reading and the update.
    let lock = if postgres { "LOCK TABLE plan IN SHARE ROW EXCLUSIVE MODE; " } else { "" };
    let (known, person, list) = if postgres {
        (
            "jsonb_array_elements_text(plan.author_ids) AS known(value)",
            "CAST(log.actor_person_id AS text)".to_owned(),
            "jsonb_agg",
        )
    } else {
        let digits = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)];
        let part = |(from, count)| format!("substr(lower(hex(log.actor_person_id)), {from}, {count})");
        ("json_each(plan.author_ids) AS known", digits.map(part).join(" || '-' || "), "json_group_array")
    };
    let parts = PARTS.map(|table| format!(" UNION ALL SELECT '{table}', hub_id, id, plan_id FROM {table}")).concat();
    // A transition that has not happened yet leaves a plan in the state in which it began: a draft.
    format!(
        "{lock}WITH part (resource, hub_id, id, plan_id) AS (SELECT 'plan', hub_id, id, id FROM plan{parts}), \
         author (hub_id, plan_id, person) AS ( \
             SELECT plan.hub_id, plan.id, known.value FROM plan, {known} \
             UNION \
             SELECT log.hub_id, part.plan_id, {person} FROM part \
             JOIN change AS log ON log.hub_id = part.hub_id AND log.resource = part.resource AND log.row_id = part.id \
             WHERE log.actor_person_id IS NOT NULL \
             AND (log.resource <> 'plan' \
                  OR log.operation NOT IN ('archive', 'restore', 'withdraw', 'activate', 'close')) \
             AND COALESCE(( \
                 SELECT step.operation FROM change AS step \
                 WHERE step.hub_id = log.hub_id AND step.resource = 'plan' AND step.row_id = part.plan_id \
                 AND step.number < log.number AND step.operation IN ('propose', 'withdraw', 'activate', 'close') \
                 ORDER BY step.number DESC LIMIT 1 \
             ), 'withdraw') = 'withdraw' \
         ) \
         UPDATE plan SET author_ids = found.persons \
         FROM (SELECT hub_id, plan_id, {list}(person) AS persons FROM author GROUP BY hub_id, plan_id) AS found \
         WHERE plan.hub_id = found.hub_id AND plan.id = found.plan_id"
    )
}
