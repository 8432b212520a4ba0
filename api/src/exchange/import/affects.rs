//! Counts what else of the hub refers to a school that closes or is missing.

use std::collections::{BTreeMap, HashMap};

use entity::identity::grant;
use entity::owned::Owned;
use entity::plans::cohort_member;
use entity::schools::{assignment, contact, school_group_member};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, Select};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kernel::base::period::not_over;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// For each school the number of rows of each kind that refer to it today.
pub struct Affected(HashMap<Uuid, BTreeMap<&'static str, i64>>);

impl Affected {
    /// Counts for some schools, in one statement for each kind.
    pub async fn of(caller: &Caller, schools: &[Uuid]) -> Result<Self> {
        let mut affected = Self(HashMap::new());
        if schools.is_empty() {
            return Ok(affected);
        }
        let today = caller.today();
        let counted = (caller, schools);
        let rows = caller.rows::<assignment::Entity>().filter(not_over(assignment::Column::ToOn, today));
        affected.count("assignments", counted, rows, assignment::Column::SchoolId).await?;
        let rows = caller.rows::<contact::Entity>().filter(not_over(contact::Column::ToOn, today));
        affected.count("contacts", counted, rows, contact::Column::SchoolId).await?;
        let rows = caller.rows::<cohort_member::Entity>();
        affected.count("cohort_members", counted, rows, cohort_member::Column::SchoolId).await?;
        let rows =
            caller.rows::<school_group_member::Entity>().filter(not_over(school_group_member::Column::ToOn, today));
        affected.count("school_group_members", counted, rows, school_group_member::Column::SchoolId).await?;
        let rows = caller.rows::<grant::Entity>().filter(not_over(grant::Column::ToOn, today));
        affected.count("grants", counted, rows, grant::Column::SchoolId).await?;
        Ok(affected)
    }

    async fn count<E: Owned>(
        &mut self,
        kind: &'static str,
        (caller, schools): (&Caller, &[Uuid]),
        rows: Select<E>,
        school: E::Column,
    ) -> Result<()> {
        let counts: Vec<(Uuid, i64)> = rows
            .filter(school.is_in(schools.iter().copied()))
            .select_only()
            .column(school)
            .column_as(E::id().count(), "count")
            .group_by(school)
            .into_tuple()
            .all(caller.db().reports())
            .await?;
        for (id, count) in counts {
            self.0.entry(id).or_default().insert(kind, count);
        }
        Ok(())
    }

    /// Takes out the counts of a school; none if nothing refers to it.
    pub fn take(&mut self, school: Uuid) -> Option<Value> {
        self.0.remove(&school).map(|counts| json!(counts))
    }
}
