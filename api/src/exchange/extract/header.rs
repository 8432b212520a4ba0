//! The file's first line: which column stands where. By name, since the register had 133 columns in
//! 2018 and 135 in 2025.

use std::collections::HashMap;

use super::decode::Fields;
use super::{Remark, remark};

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The register of schools.
    Register,
    /// Predecessors and successors.
    Links,
    /// Members of trusts and other groups.
    GroupLinks,
    /// Exam entries and grades, a figure in each row.
    ExamEntries,
    /// The 16 to 18 performance table.
    ExamKs5,
    /// Figures of schools, by the template of a collection.
    Measures,
}

impl Kind {
    const fn about(self) -> &'static str {
        match self {
            Self::Register => "the register of schools (edubasealldata)",
            Self::Links => "the schools' links (links_edubasealldata)",
            Self::GroupLinks => "the groups' members (grouplinks_edubaseallacademiesandfree)",
            Self::ExamEntries => "subject entries and grades, one figure in each row",
            Self::ExamKs5 => "the 16 to 18 performance table (england_ks5final)",
            Self::Measures => "figures of schools, by the template of a collection",
        }
    }

    /// The kind whose own columns are there.
    fn of(positions: &HashMap<String, usize>) -> Option<Self> {
        let has = |name: &str| positions.contains_key(&folded(name));
        if has("LinkURN") {
            Some(Self::Links)
        } else if has("Linked UID") || has("Group UID") || has("Group Name") {
            Some(Self::GroupLinks)
        } else if has("EstablishmentName") && (has("OpenDate") || has("EstablishmentNumber")) {
            Some(Self::Register)
        } else if has("TALLPUP_1618") {
            Some(Self::ExamKs5)
        } else if has("measure") && has("value") {
            Some(Self::Measures)
        } else if has("subject") && (has("grade") || has("grade_total_entries")) {
            Some(Self::ExamEntries)
        } else {
            None
        }
    }
}

/// A column that is read.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name at the publisher's.
    name: &'static str,
    /// Other names that it had.
    aliases: &'static [&'static str],
    /// The field of ours that it gives, if it gives one alone or with others.
    field: Option<&'static str>,
    /// Of the columns with the same text one must be there.
    needed: Option<&'static str>,
}

impl Column {
    /// A column for a field of ours.
    pub const fn new(name: &'static str, field: &'static str) -> Self {
        Self { name, aliases: &[], field: Some(field), needed: None }
    }

    /// A column that tells whose row it is, should the row be rejected.
    pub const fn noted(name: &'static str) -> Self {
        Self { name, aliases: &[], field: None, needed: None }
    }

    /// Without it nothing can be done.
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { needed: Some(self.name), ..self }
    }

    /// Without it, and all others that are for the same, nothing can be done.
    #[must_use]
    pub const fn one_of(self, needed: &'static str) -> Self {
        Self { needed: Some(needed), ..self }
    }

    pub const fn name(self) -> &'static str {
        self.name
    }

    pub const fn field(self) -> Option<&'static str> {
        self.field
    }

    /// Known by other names too.
    #[must_use]
    pub const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

/// The columns that are read of a kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// What kind it is.
    pub kind: Kind,
    /// The column with the school's URN, where the file has one.
    pub urn: &'static str,
    /// The column with the code of the school's local authority.
    pub la_code: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// Whether rows may leave out columns at the end that are not read.
    pub short_rows: bool,
}

/// The columns found in a file.
#[derive(Debug)]
pub struct Header {
    width: usize,
    urn: &'static str,
    la_code: &'static str,
    places: HashMap<&'static str, usize>,
    unknown: Vec<String>,
    missing: Vec<&'static str>,
    unsaid: Vec<&'static str>,
}

impl Header {
    pub fn read(names: &Fields, layout: &Layout) -> Result<Self, Remark> {
        let mut positions = HashMap::new();
        let mut repeated = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if positions.insert(folded(name), place).is_some() {
                repeated.push(folded(name));
            }
        }
        positions.remove("");
        check_kind(names, &positions, layout)?;

        let mut places = HashMap::new();
        let mut missing = Vec::new();
        for column in layout.columns {
            let known = [&column.name].into_iter().chain(column.aliases).map(|name| folded(name));
            let mut found = known.filter_map(|name| Some((positions.remove(&name)?, name)));
            match found.next() {
                Some((_, name)) if repeated.contains(&name) => {
                    return Err(remark(
                        "repeated_column",
                        Some(column.name),
                        format!("the column {} stands there twice: keep one", column.name),
                    ));
                }
                Some((place, _)) => drop(places.insert(column.name, place)),
                None => missing.push(column.name),
            }
        }
        check_needed(names, &places, layout)?;

        let said: Vec<_> = layout.columns.iter().filter(|column| places.contains_key(column.name)).collect();
        let mut unsaid: Vec<_> = layout.columns.iter().filter_map(|column| column.field).collect();
        unsaid.retain(|field| said.iter().all(|column| column.field != Some(field)));
        unsaid.dedup();
        let mut unknown: Vec<_> = positions.into_values().collect();
        unknown.sort_unstable();
        let unknown = unknown.into_iter().map(|place| shown(names.get(place))).collect();
        let (urn, la_code) = (layout.urn, layout.la_code);
        Ok(Self { width: names.len(), urn, la_code, places, unknown, missing, unsaid })
    }

    /// How many columns the file has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The columns that mean nothing to us, in the order of the file.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The columns that would have been read but are not there.
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }

    /// The fields that the file does not state, because it has no column for them.
    pub fn unsaid(&self) -> &[&'static str] {
        &self.unsaid
    }

    /// The column with the school's URN.
    pub fn urn(&self) -> &'static str {
        self.urn
    }

    /// The column with the code of the school's local authority.
    pub fn la_code(&self) -> &'static str {
        self.la_code
    }

    /// How many fields a row must have to hold every column that is read.
    pub fn least(&self) -> usize {
        self.places.values().max().map_or(self.width, |place| place + 1)
    }

    pub fn place(&self, column: &str) -> Option<usize> {
        self.places.get(column).copied()
    }
}

/// A name as it is compared: letters and digits alone, in small letters.
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name of the file's own as it is shown: not without end.
fn shown(name: &str) -> String {
    name.trim().chars().take(60).collect()
}

fn check_kind(names: &Fields, positions: &HashMap<String, usize>, layout: &Layout) -> Result<(), Remark> {
    if let Some(kind) = Kind::of(positions).filter(|kind| *kind != layout.kind) {
        let (found, wanted) = (kind.about(), layout.kind.about());
        return Err(remark("other_file", None, format!("this looks like {found}; needed is {wanted}")));
    }
    if names.len() == 1 && names.get(0).contains([';', '\t', '|']) {
        let fix = "the columns are not separated by commas: save the file as \"CSV UTF-8\" with commas";
        return Err(remark("separator", None, fix));
    }
    Ok(())
}

fn check_needed(names: &Fields, places: &HashMap<&'static str, usize>, layout: &Layout) -> Result<(), Remark> {
    let mut lacking: Vec<&str> = layout.columns.iter().filter_map(|column| column.needed).collect();
    lacking.retain(|needed| {
        let of = |column: &&Column| column.needed == Some(needed);
        !layout.columns.iter().filter(of).any(|column| places.contains_key(column.name))
    });
    lacking.dedup();
    if lacking.is_empty() {
        return Ok(());
    }
    let begins: Vec<_> = names.iter().take(4).map(shown).collect();
    let message = format!(
        "needed is {}, whose first line names the columns; this one begins {:?} and lacks {}",
        layout.kind.about(),
        begins.join(", "),
        lacking.join(", ")
    );
    Err(remark("missing_columns", None, message))
}
