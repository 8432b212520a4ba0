//! The register's group links: which school is in which trust or federation.

use std::collections::{HashMap, HashSet};

use entity::kernel::import_row::ImportOutcome;
use entity::schools::school_group::SchoolGroupKind;
use entity::schools::{school, school_group, school_group_member};
use sea_orm::{ColumnTrait, QueryFilter};
use time::Date;
use uuid::Uuid;

use super::known::{self, fresh, schools_of};
use super::plan::{Planned, StagingWriter};
use super::reading::{Opened, Rows};
use super::source::Source;
use crate::exchange::extract::{Refused, Row, Understood};
use crate::exchange::gias::RegisterGroupLink;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::{Staged, StagedPart, Write};
use crate::schools::rules;
use crate::schools::school_group::NewSchoolGroup;
use crate::schools::school_group::SchoolGroup;
use crate::schools::school_group_member::NewSchoolGroupMember;
use crate::schools::school_group_member::SchoolGroupMember;

/// The memberships on their way in.
pub struct GroupLinks {
    la_codes: HashSet<String>,
    /// The hub's groups that the register knows, by their UIDs, those planned here included.
    groups: HashMap<String, school_group::Model>,
    /// The UIDs of groups that an earlier line has planned.
    planned: HashSet<String>,
    /// Memberships that stand on an earlier line.
    seen: HashSet<(Uuid, String)>,
}

impl GroupLinks {
    /// With the groups that the hub has.
    pub async fn new(caller: &Caller, la_codes: HashSet<String>) -> Result<Self> {
        let groups = caller.rows_archived::<school_group::Entity>().filter(school_group::Column::Uid.is_not_null());
        let mut groups = groups.all(caller.db().reports()).await?;
        // Of two with one UID the one that is not archived counts, and of two of those the older one.
        groups.sort_by_key(|group| (group.archived_at.is_none(), std::cmp::Reverse(group.id)));
        let groups = groups.into_iter().filter_map(|group| Some((group.uid.clone()?, group))).collect();
        Ok(Self { la_codes, groups, planned: HashSet::new(), seen: HashSet::new() })
    }

    /// The group of a membership, and what has to be written of it first.
    fn group(
        &mut self,
        caller: &Caller,
        record: &RegisterGroupLink,
        kind: SchoolGroupKind,
    ) -> Result<(school_group::Model, Option<Staged>)> {
        let known = self.groups.get(&record.group_uid);
        // The first line that names a group says how it is.
        if let Some(known) = known.filter(|_| self.planned.contains(&record.group_uid)) {
            return Ok((known.clone(), None));
        }
        let mut group = known.cloned().unwrap_or_else(|| {
            let uid = Some(record.group_uid.clone());
            let form = NewSchoolGroup { name: record.group_name.clone(), kind, uid, lead_school_id: None, note: None };
            form.into_row(fresh(caller))
        });
        if group.archived_at.is_none() {
            group.name.clone_from(&record.group_name);
            SchoolGroup::complete(&mut group);
        }
        let staged = Staged::of::<SchoolGroup>(known, &group)?;
        self.planned.insert(record.group_uid.clone());
        self.groups.insert(record.group_uid.clone(), group.clone());
        Ok((group, staged))
    }

    fn decide(
        &mut self,
        caller: &Caller,
        line: u64,
        understood: Understood<RegisterGroupLink>,
        schools: &HashMap<i32, school::Model>,
        members: &HashMap<(Uuid, Uuid), Vec<school_group_member::Model>>,
    ) -> Result<(Option<Planned>, Planned)> {
        let Understood { record, unsaid, warnings } = understood;
        let row = Planned { warnings, ..Planned::new(Some(line), Some(record.urn)) };
        let Some(school) = schools.get(&record.urn) else {
            if record.la_code.as_ref().is_none_or(|code| !self.la_codes.contains(code)) {
                return Ok((None, row.becomes(ImportOutcome::OutOfArea)));
            }
            let fix = "a school of the hub's area that is not in its register: import the register first";
            return Ok((None, row.becomes(ImportOutcome::Rejected).because("unknown_school", Some("URN"), fix)));
        };
        let Some(kind) = record.group_kind else {
            let fix = "a sponsor or another body that is no group of schools";
            return Ok((None, row.because("no_group", Some("Group Type"), fix)));
        };
        if !self.seen.insert((school.id, record.group_uid.clone())) {
            let fix = "the same school and group stand on an earlier line: keep one of the two";
            return Ok((None, row.becomes(ImportOutcome::Rejected).because("repeated", Some("Linked UID"), fix)));
        }
        if matches!((record.joined_on, record.group_closed_on), (Some(from), Some(to)) if to < from) {
            let fix = "the group closed before the school joined it";
            return Ok((None, row.becomes(ImportOutcome::Rejected).because("at_odds", Some("Closed Date"), fix)));
        }
        let (group, staged) = self.group(caller, &record, kind)?;
        let implied = staged.map(|staged| Planned {
            staged: Some(staged),
            ..Planned::new(Some(line), Some(record.urn)).becomes(ImportOutcome::Implied)
        });
        if group.archived_at.is_some() {
            let fix = "its group is archived in the hub: restore it to have it follow the register";
            return Ok((implied, row.because("archived", None, fix)));
        }
        let times = members.get(&(group.id, school.id)).map_or(&[][..], Vec::as_slice);
        let known = time_of(times, record.joined_on);
        let after = match known {
            Some(before) => {
                let mut after = before.clone();
                if !unsaid.contains(&"joined_on") {
                    after.from_on = record.joined_on;
                }
                if !unsaid.contains(&"group_closed_on") {
                    after.to_on = record.group_closed_on.or(before.to_on);
                }
                after
            }
            None => NewSchoolGroupMember {
                school_group_id: group.id,
                school_id: school.id,
                from_on: record.joined_on,
                to_on: record.group_closed_on,
            }
            .into_row(fresh(caller)),
        };
        let others: Vec<_> = times.iter().filter(|time| time.id != after.id).cloned().collect();
        if let Some(fault) = rules::period("/to_on", after.from_on, after.to_on) {
            let fix = format!("with what the hub has of it, its last day would be {}", fault.message);
            return Ok((implied, row.becomes(ImportOutcome::Rejected).because("at_odds", Some("Joined date"), fix)));
        }
        if let Err(problem) = rules::once_in_a_group(&after, &others) {
            let row = row.becomes(ImportOutcome::Rejected);
            return Ok((implied, row.because("at_odds", Some("Joined date"), problem.detail())));
        }
        Ok((implied, row.settle::<SchoolGroupMember>(known, &after)?))
    }
}

/// The time in a group that a row refers to, for a school that may have left it and come back: the one
/// that began on its day, else the last one, unless that ended before.
fn time_of(times: &[school_group_member::Model], joined_on: Option<Date>) -> Option<&school_group_member::Model> {
    let begun = times.iter().find(|time| joined_on.is_some() && time.from_on == joined_on);
    begun.or_else(|| {
        let last = times.iter().max_by_key(|time| (time.to_on.is_none(), time.to_on))?;
        let over = matches!((last.to_on, joined_on), (Some(left), Some(joined)) if left < joined);
        (!over).then_some(last)
    })
}

impl Source for GroupLinks {
    type Record = RegisterGroupLink;

    fn read(file: Opened, rows: &mut Rows<RegisterGroupLink>) -> std::result::Result<(), Refused> {
        rows.extract(file, Rows::push)
    }

    async fn plan(&mut self, rows: Vec<Row<RegisterGroupLink>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let schools = schools_of(&caller, &rows, |record| record.urn).await?;
        let ids = schools.values().map(|school| school.id);
        let members = caller.rows::<school_group_member::Entity>();
        let members = members.filter(school_group_member::Column::SchoolId.is_in(ids));
        let mut times: HashMap<_, Vec<_>> = HashMap::new();
        for member in members.all(caller.db().reports()).await? {
            times.entry((member.school_group_id, member.school_id)).or_default().push(member);
        }
        for row in rows {
            let (implied, planned) = match row.outcome {
                Ok(understood) => self.decide(&caller, row.line, understood, &schools, &times)?,
                Err(rejected) => (None, known::rejected(row.line, rejected, &self.la_codes, &schools)),
            };
            if let Some(implied) = implied {
                plan.push(implied).await?;
            }
            plan.push(planned).await?;
        }
        Ok(())
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        let mut changed = write.changed::<SchoolGroup>(part).await?;
        changed.extend(write.changed::<SchoolGroupMember>(part).await?);
        Ok(changed)
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        // A member needs its group.
        write.store_staged::<SchoolGroup>(part).await?;
        write.store_staged::<SchoolGroupMember>(part).await
    }
}
