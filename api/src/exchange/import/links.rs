//! The register's links: which school came from which.

use std::collections::{HashMap, HashSet};

use entity::kernel::import_row::{self, ImportOutcome};
use entity::schools::{school, school_link};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::known::{fresh, schools_of};
use super::plan::{Planned, StagingWriter};
use super::reading::{Opened, Rows};
use super::source::Source;
use crate::exchange::extract::{Refused, Row, Understood};
use crate::exchange::gias::RegisterLink;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Form;
use crate::kernel::resource::write::{StagedPart, Write};
use crate::schools::school_link::NewSchoolLink;
use crate::schools::school_link::SchoolLink;

/// What makes a link: the school, the other one, and what the register calls it.
type Key = (Uuid, i32, Option<String>);

/// The links on their way in.
#[derive(Default)]
pub struct Links {
    seen: HashSet<Key>,
}

impl Links {
    fn decide(
        &mut self,
        caller: &Caller,
        line: u64,
        understood: Understood<RegisterLink>,
        schools: &HashMap<i32, school::Model>,
        known: &HashMap<Key, school_link::Model>,
    ) -> Result<Planned> {
        let Understood { record, unsaid, warnings } = understood;
        let row = Planned { warnings, ..Planned::new(Some(line), Some(record.urn)) };
        let Some(school) = schools.get(&record.urn) else { return Ok(row.becomes(ImportOutcome::OutOfArea)) };
        let key = (school.id, record.link_urn, Some(record.link_type.clone()));
        if !self.seen.insert(key.clone()) {
            let fix = "the same link stands on an earlier line: keep one of the two";
            return Ok(row.becomes(ImportOutcome::Rejected).because("repeated", Some("LinkURN"), fix));
        }
        let known = known.get(&key);
        let after = match known {
            Some(before) if before.archived_at.is_some() => return Ok(row.archived()),
            Some(before) => school_link::Model {
                relation: record.relation,
                established_on: if unsaid.contains(&"established_on") {
                    before.established_on
                } else {
                    record.established_on
                },
                ..before.clone()
            },
            None => NewSchoolLink {
                school_id: school.id,
                link_urn: record.link_urn,
                relation: record.relation,
                link_type: Some(record.link_type),
                established_on: record.established_on,
            }
            .into_row(fresh(caller)),
        };
        row.settle::<SchoolLink>(known, &after)
    }
}

impl Source for Links {
    type Record = RegisterLink;

    fn read(file: Opened, rows: &mut Rows<RegisterLink>) -> std::result::Result<(), Refused> {
        rows.extract(file, Rows::push)
    }

    async fn plan(&mut self, rows: Vec<Row<RegisterLink>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let schools = schools_of(&caller, &rows, |record| record.urn).await?;
        let ids = schools.values().map(|school| school.id);
        let known = caller.rows_archived::<school_link::Entity>().filter(school_link::Column::SchoolId.is_in(ids));
        let known = known.all(caller.db().reports()).await?;
        let known =
            known.into_iter().map(|link| ((link.school_id, link.link_urn, link.link_type.clone()), link)).collect();
        for row in rows {
            let planned = match row.outcome {
                Ok(understood) => self.decide(&caller, row.line, understood, &schools, &known)?,
                Err(rejected) => Planned::rejected(row.line, rejected),
            };
            plan.push(planned).await?;
        }
        Ok(())
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.changed::<SchoolLink>(part).await
    }

    /// A link has no key of one column by which the kernel would find it.
    #[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
    async fn made(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        let new = part.planned().add(import_row::Column::BaseVersion.is_null());
        let new = import_row::Entity::find().filter(new).all(write.tx()).await?;
        let new: Vec<_> = new.into_iter().filter_map(|row| Some((row.number, row.school_id?, row.planned?))).collect();
        let schools =
            Condition::all().add(school_link::Column::SchoolId.is_in(new.iter().map(|(_, school, _)| *school)));
        let known = write.rows_archived::<school_link::Entity>(schools).await?;
        let is_known = |school: Uuid, planned: &Value| {
            let is = |link: &school_link::Model| {
                link.school_id == school
                    && planned["link_urn"] == link.link_urn
                    && planned["link_type"].as_str() == link.link_type.as_deref()
            };
            known.iter().any(is)
        };
        let made = new.iter().filter(|(_, school, planned)| is_known(*school, planned));
        Ok(made.map(|(number, ..)| *number).collect())
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        write.store_staged::<SchoolLink>(part).await
    }
}
