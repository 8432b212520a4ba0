//! The hub's register of schools, as contacts are compared with it. It is loaded with two statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::list::Strings;
use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_link::{self, SchoolRelation};
use sea_orm::QuerySelect;
use time::Date;
use uuid::Uuid;

use super::names;
use crate::exchange::extract::text;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// A school of the register.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownSchool {
    /// The school.
    pub id: Uuid,
    /// Its URN.
    pub urn: Option<i32>,
    /// Its DfE number, such as `855/4003`.
    pub dfe_number: Option<String>,
    /// Its name.
    pub name: String,
    /// Its postcode.
    pub postcode: Option<String>,
    /// Whether it is open, or not open yet.
    pub open: bool,
    /// The day it opened.
    pub opened_on: Option<Date>,
    /// The day it closed.
    pub closed_on: Option<Date>,
}

/// Which school came before which: ids, the earlier one first.
pub type Came = (Uuid, Uuid);

/// The register, by everything that a contact may say.
#[derive(Debug, Default)]
pub struct Register {
    schools: Vec<KnownSchool>,
    by_id: HashMap<Uuid, usize>,
    by_urn: HashMap<i32, usize>,
    by_number: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_postcode: HashMap<String, Vec<usize>>,
    names: Vec<String>,
    after: HashMap<usize, Vec<usize>>,
    before: HashMap<usize, Vec<usize>>,
    la_codes: HashSet<String>,
}

/// The columns of a school that are read.
type Cells = (
    Uuid,
    Option<i32>,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    SchoolStatus,
    Option<Date>,
    Option<Date>,
);

impl Register {
    /// Loads the register of the caller's hub.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn load(caller: &Caller, la_codes: &Strings) -> Result<Self> {
        use school::Column;

        let db = caller.db().reports();
        let columns = [
            Column::Id,
            Column::Urn,
            Column::LaCode,
            Column::EstablishmentNumber,
            Column::Name,
            Column::Postcode,
            Column::Status,
            Column::OpenedOn,
            Column::ClosedOn,
        ];
        let rows = caller.rows::<school::Entity>().select_only().columns(columns);
        let rows: Vec<Cells> = rows.into_tuple().all(db).await?;
        let schools: Vec<KnownSchool> = rows.into_iter().map(known).collect();
        let links = caller.rows::<school_link::Entity>().select_only().columns([
            school_link::Column::SchoolId,
            school_link::Column::LinkUrn,
            school_link::Column::Relation,
        ]);
        let links: Vec<(Uuid, i32, SchoolRelation)> = links.into_tuple().all(db).await?;
        let by_urn: HashMap<i32, &KnownSchool> = schools.iter().filter_map(|it| Some((it.urn?, it))).collect();
        let by_id: HashMap<Uuid, &KnownSchool> = schools.iter().map(|it| (it.id, it)).collect();
        let mut came = BTreeSet::new();
        for (school_id, urn, relation) in links {
            let (Some(one), Some(other)) = (by_id.get(&school_id), by_urn.get(&urn)) else { continue };
            match relation {
                SchoolRelation::Predecessor => came.insert((other.id, one.id)),
                SchoolRelation::Successor => came.insert((one.id, other.id)),
                SchoolRelation::Merged if one.open && !other.open => came.insert((other.id, one.id)),
                SchoolRelation::Merged if other.open && !one.open => came.insert((one.id, other.id)),
                SchoolRelation::Merged | SchoolRelation::Other => false,
            };
        }
        Ok(Self::new(schools, came, la_codes.iter().cloned()))
    }

    /// A register of these schools, with their predecessors and the codes of the hub's authorities.
    pub fn new(
        schools: Vec<KnownSchool>,
        came: impl IntoIterator<Item = Came>,
        la_codes: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut register = Self { la_codes: la_codes.into_iter().collect(), ..Self::default() };
        for (at, school) in schools.iter().enumerate() {
            register.by_id.insert(school.id, at);
            let name = names::name(&school.name);
            if let Some(urn) = school.urn {
                register.by_urn.insert(urn, at);
            }
            if let Some(number) = &school.dfe_number {
                register.by_number.entry(number.clone()).or_default().push(at);
            }
            if let Some(postcode) = school.postcode.as_deref().and_then(text::postcode) {
                register.by_postcode.entry(postcode).or_default().push(at);
            }
            if !name.is_empty() {
                register.by_name.entry(name.clone()).or_default().push(at);
            }
            register.names.push(name);
        }
        for (earlier, later) in came {
            let places = (register.by_id.get(&earlier).copied(), register.by_id.get(&later).copied());
            if let (Some(earlier), Some(later)) = places {
                register.after.entry(earlier).or_default().push(later);
                register.before.entry(later).or_default().push(earlier);
            }
        }
        register.schools = schools;
        register
    }

    /// A school by its id.
    #[must_use]
    pub fn school(&self, id: Uuid) -> Option<&KnownSchool> {
        self.by_id.get(&id).map(|at| &self.schools[*at])
    }

    /// The school with a URN.
    #[must_use]
    pub fn of_urn(&self, urn: i32) -> Option<&KnownSchool> {
        self.by_urn.get(&urn).map(|at| &self.schools[*at])
    }

    /// The school with a DfE number: the open one of several, else the one that closed last.
    #[must_use]
    pub fn of_number(&self, number: &str) -> Option<&KnownSchool> {
        let all = self.by_number.get(number)?.iter().map(|at| &self.schools[*at]);
        all.max_by_key(|school| (school.open, school.closed_on, school.opened_on, school.urn))
    }

    /// The schools with a name as [`names::name`] writes it.
    pub fn of_name(&self, name: &str) -> impl Iterator<Item = &KnownSchool> {
        self.by_name.get(name).into_iter().flatten().map(|at| &self.schools[*at])
    }

    /// The schools with a postcode.
    pub fn of_postcode(&self, postcode: &str) -> impl Iterator<Item = &KnownSchool> {
        self.by_postcode.get(postcode).into_iter().flatten().map(|at| &self.schools[*at])
    }

    /// Returns true if the school has the name and the postcode.
    #[must_use]
    pub fn has_both(&self, school: &KnownSchool, name: &str, postcode: &str) -> bool {
        let same_name = self.by_id.get(&school.id).is_some_and(|at| self.names[*at] == name);
        same_name && school.postcode.as_deref().and_then(text::postcode).as_deref() == Some(postcode)
    }

    /// Returns true if the authority is another than the hub's.
    #[must_use]
    pub fn is_foreign(&self, la_code: &str) -> bool {
        !self.la_codes.is_empty() && !self.la_codes.contains(la_code)
    }

    /// Returns true if one of the two schools came from the other, at any remove.
    #[must_use]
    pub fn are_tied(&self, one: Uuid, other: Uuid) -> bool {
        let (Some(one), Some(other)) = (self.by_id.get(&one), self.by_id.get(&other)) else { return false };
        self.all_after(*one).contains(other) || self.all_after(*other).contains(one)
    }

    /// The open schools that came from a school, in the order of their URNs.
    #[must_use]
    pub fn successors(&self, id: Uuid) -> Vec<&KnownSchool> {
        let Some(at) = self.by_id.get(&id) else { return Vec::new() };
        let after = self.all_after(*at);
        let mut open: Vec<_> = after.into_iter().map(|at| &self.schools[at]).filter(|school| school.open).collect();
        open.sort_by_key(|school| (school.urn, school.id));
        open
    }

    /// All that came before or after a school, at any remove, and the school itself: the earliest first.
    #[must_use]
    pub fn line_of(&self, id: Uuid) -> Vec<&KnownSchool> {
        let Some(at) = self.by_id.get(&id) else { return Vec::new() };
        let found = reached(*at, |at| {
            let near = [&self.before, &self.after].map(|map| map.get(&at).into_iter().flatten());
            near.into_iter().flatten().copied().collect()
        });
        let mut line: Vec<_> = found.into_iter().map(|at| &self.schools[at]).collect();
        line.sort_by_key(|school| (school.open, school.closed_on, school.opened_on, school.urn));
        line
    }

    fn all_after(&self, at: usize) -> BTreeSet<usize> {
        let mut found = reached(at, |at| self.after.get(&at).cloned().unwrap_or_default());
        found.remove(&at);
        found
    }
}

/// Everything that is reached from a place, the place itself included. A circle of links ends.
fn reached(from: usize, near: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        waiting.extend(near(at).into_iter().filter(|next| found.insert(*next)));
    }
    found
}

fn known((id, urn, la_code, number, name, postcode, status, opened_on, closed_on): Cells) -> KnownSchool {
    let dfe_number = la_code.zip(number).map(|(la_code, number)| format!("{la_code}/{number}"));
    KnownSchool { id, urn, dfe_number, name, postcode, open: status != SchoolStatus::Closed, opened_on, closed_on }
}
