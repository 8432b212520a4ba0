//! Who leads and who monitors a target, with what it inherits: as lists for a decision, and as a
//! condition for lists of targets.

use entity::identity::grant::Role;
use entity::people::working_group;
use entity::plans::parts::Party;
use entity::plans::{objective, strand, target};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, Value};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;
use crate::plans::rules::Who;
use crate::plans::tree::Within;

/// Who leads and who monitors a target.
pub struct TargetParties {
    /// Its own leads, else the leads of its strands, else of its objective.
    pub leads: Vec<Party>,
    /// Its own monitors, else the monitors of its strands, else of its objective.
    pub monitors: Vec<Party>,
}

impl TargetParties {
    /// Reads what a target inherits.
    ///
    /// # Errors
    /// 404 when its objective is not there for the caller.
    pub async fn of(write: &Write, target: &target::Model) -> Result<Self> {
        let caller = write.caller();
        let objective = caller.rows_archived::<objective::Entity>();
        let objective = objective.filter(objective::Column::Id.eq(target.objective_id));
        let objective = objective.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        let strands = caller.rows::<strand::Entity>();
        let strands = strands.filter(strand::Column::Id.is_in(target.strand_ids.iter().copied()));
        let strands = strands.all(write.tx()).await?;
        let within = Within::new(&objective, &strands);
        Ok(Self {
            leads: within.leads(&target.leads, &target.strand_ids),
            monitors: within.monitors(&target.monitors, &target.strand_ids),
        })
    }

    /// The caller as somebody who may be among the parties.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn caller(&self, write: &Write) -> Result<Who> {
        let caller = write.caller();
        let person_id = caller.actor.person_id();
        let named = self.leads.iter().chain(&self.monitors).filter_map(|party| party.group_id);
        let named: Vec<Uuid> = named.collect();
        let mut group_ids = Vec::new();
        if let (Some(person), false) = (person_id, named.is_empty()) {
            let groups = caller.rows::<working_group::Entity>();
            let groups = groups.filter(working_group::Column::Id.is_in(named)).all(write.tx()).await?;
            let member = groups.into_iter().filter(|group| group.member_ids.contains(&person));
            group_ids.extend(member.map(|group| group.id));
        }
        Ok(Who { role: caller.role, person_id, partner_id: caller.partner_id, group_ids })
    }
}

/// A list of parties of a node.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// Who leads.
    Leads,
    /// Who monitors.
    Monitors,
}

impl Side {
    const fn column(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Monitors => "monitors",
        }
    }
}

/// Whom a list of parties is searched for.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    codes: Vec<String>,
    person_id: Option<Uuid>,
    partner_id: Option<Uuid>,
    group_id: Option<Uuid>,
    /// Any working group of this person.
    member_id: Option<Uuid>,
}

impl Sought {
    /// The caller, by role, person, partner and working groups.
    #[must_use]
    pub fn caller(caller: &Caller) -> Self {
        let person_id = caller.actor.person_id();
        let codes = caller.role.into_iter().flat_map(Role::codes).map(str::to_owned);
        Self { codes: codes.collect(), person_id, partner_id: caller.partner_id, group_id: None, member_id: person_id }
    }

    /// The code of a role, or the id of a person, a working group or a partner.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match Uuid::try_parse(text) {
            Ok(id) => Self { person_id: Some(id), partner_id: Some(id), group_id: Some(id), ..Self::default() },
            Err(_) => Self { codes: vec![text.to_owned()], ..Self::default() },
        }
    }

    /// The targets whose leads or monitors, inherited ones included, have one of those sought: as
    /// `rules::effective` has it.
    #[must_use]
    pub fn among(&self, side: Side, backend: DbBackend, hub_id: Uuid) -> Condition {
        let mut sql = Sql { backend, hub_id, values: Vec::new() };
        let column = side.column();
        let own = sql.has(self, &format!("target.{column}"));
        let by_strand = sql.has(self, &format!("s.{column}"));
        let by_objective = sql.has(self, &format!("o.{column}"));
        let strands = sql.strands();
        let (empty, silent) = (sql.empty(&format!("target.{column}")), sql.empty(&format!("s.{column}")));
        let text = format!(
            "({own} OR ({empty} AND (EXISTS ({strands} AND {by_strand}) OR (EXISTS (SELECT 1 FROM objective o \
             WHERE o.hub_id = target.hub_id AND o.id = target.objective_id AND {by_objective}) \
             AND (EXISTS ({strands} AND {silent}) OR NOT EXISTS ({strands}))))))"
        );
        Condition::all().add(Expr::cust_with_values(text, sql.values))
    }
}

/// A statement in the words of one of the two databases, with the values that it binds in order.
struct Sql {
    backend: DbBackend,
    hub_id: Uuid,
    values: Vec<Value>,
}

impl Sql {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        if self.postgres() { format!("${}", self.values.len()) } else { "?".to_owned() }
    }

    fn postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// The list in a column has one of those sought.
    fn has(&mut self, sought: &Sought, list: &str) -> String {
        let mut any: Vec<String> = Vec::new();
        if !sought.codes.is_empty() {
            let codes: Vec<String> = sought.codes.iter().map(|code| self.bind(code.as_str())).collect();
            any.push(format!("p.value ->> 'role_code' IN ({})", codes.join(", ")));
        }
        let ids = [("person_id", sought.person_id), ("partner_id", sought.partner_id), ("group_id", sought.group_id)];
        for (field, id) in ids {
            if let Some(id) = id {
                any.push(format!("p.value ->> '{field}' = {}", self.bind(id.to_string())));
            }
        }
        if let Some(person) = sought.member_id {
            any.push(self.group_of(person));
        }
        if any.is_empty() {
            return "1 = 0".to_owned();
        }
        let items = if self.postgres() { "jsonb_array_elements" } else { "json_each" };
        let items = format!("{items}({list}) AS p{}", if self.postgres() { "(value)" } else { "" });
        format!("EXISTS (SELECT 1 FROM {items} WHERE {})", any.join(" OR "))
    }

    /// The party is a working group that the person is in.
    fn group_of(&mut self, person: Uuid) -> String {
        let hub = self.bind(self.hub_id);
        let person = self.bind(person.to_string());
        let (party, member) = if self.postgres() {
            ("g.id::text = p.value ->> 'group_id'", format!("g.member_ids @> to_jsonb({person}::text)"))
        } else {
            let member = format!("EXISTS (SELECT 1 FROM json_each(g.member_ids) AS m WHERE m.value = {person})");
            ("lower(hex(g.id)) = replace(p.value ->> 'group_id', '-', '')", member)
        };
        format!(
            "EXISTS (SELECT 1 FROM working_group g WHERE g.hub_id = {hub} AND g.archived_at IS NULL \
             AND {party} AND {member})"
        )
    }

    /// The strands that the target names, to be narrowed further.
    fn strands(&self) -> String {
        let named = if self.postgres() {
            "target.strand_ids @> to_jsonb(s.id::text)"
        } else {
            "EXISTS (SELECT 1 FROM json_each(target.strand_ids) AS n \
             WHERE replace(n.value, '-', '') = lower(hex(s.id)))"
        };
        format!(
            "SELECT 1 FROM strand s WHERE s.hub_id = target.hub_id AND s.objective_id = target.objective_id \
             AND s.archived_at IS NULL AND {named}"
        )
    }

    fn empty(&self, list: &str) -> String {
        let length = if self.postgres() { "jsonb_array_length" } else { "json_array_length" };
        format!("{length}({list}) = 0")
    }
}
