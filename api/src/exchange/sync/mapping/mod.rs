//! Mapping files: how a music service's tables and columns correspond to what the sync takes.
//!
//! A mapping is a TOML file; `docs/guide/mapping.md` describes it, and `docs/guide/mapping.toml` is one with every key.
//! [`Mapping::read`] checks it whole and returns all faults at once, each with its line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::record::Table;

mod address;
mod codes;
mod document;
mod fault;
pub mod formats;
pub mod logical;
mod schedule;
pub mod section;
mod write;

#[cfg(test)]
mod tests;

pub use address::Address;
pub use codes::{Codes, STATUSES};
pub use fault::{Fault, Faults};
pub use formats::Formats;
pub use schedule::{Every, Schedule};
pub use section::Section;
pub use write::{Outbound, Stamp, UserField, WriteSection};

use document::{Document, Node, listed};

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder of CSV files.
    Csv,
    /// A PostgreSQL database.
    Postgresql,
    /// A MySQL or MariaDB database.
    Mysql,
    /// A database behind an ODBC driver.
    Odbc,
}

const KINDS: [(&str, SourceKind); 4] = [
    ("csv", SourceKind::Csv),
    ("postgresql", SourceKind::Postgresql),
    ("mysql", SourceKind::Mysql),
    ("odbc", SourceKind::Odbc),
];

impl SourceKind {
    /// Its name in the mapping file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Odbc => "odbc",
        }
    }
}

/// Which side leads where both changed a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// The source: its value replaces ours.
    Source,
    /// This service: its value stays, or is written.
    Here,
    /// Neither: ours stays, and the two are a conflict for a person to look at.
    Neither,
}

/// A figure that the sync can write, and for which the mapping names a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MeasureKey {
    /// Pupils in First Access.
    FirstAccess,
    /// Pupils in singing.
    Singing,
    /// Pupils in lessons.
    Lessons,
    /// Members of ensembles.
    Ensembles,
}

impl MeasureKey {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::FirstAccess, Self::Singing, Self::Lessons, Self::Ensembles];

    /// Its name in the mapping file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstAccess => "first_access",
            Self::Singing => "singing",
            Self::Lessons => "lessons",
            Self::Ensembles => "ensembles",
        }
    }
}

/// How CSV files are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvEncoding {
    /// Each line by itself: UTF-8 if it is valid, else Windows-1252.
    Auto,
    /// UTF-8.
    Utf8,
    /// Windows-1252.
    Windows1252,
}

/// The section `[source]`.
#[derive(Clone, Debug)]
pub struct SourceSection {
    pub kind: SourceKind,
    pub address: Address,
    /// How long the source may take to connect, and to go on with its answer, in seconds.
    pub timeout: u32,
    /// What separates the fields of CSV files.
    pub separator: u8,
    pub encoding: CsvEncoding,
    /// What stands around names in SQL that goes through ODBC: none, or one before and one after.
    pub quotes: Option<(char, char)>,
}

/// A mapping file that was checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    file: PathBuf,
    hub: String,
    name: String,
    name_line: usize,
    source: SourceSection,
    formats: Formats,
    sections: BTreeMap<Table, Section>,
    write: Option<WriteSection>,
    measures: BTreeMap<MeasureKey, Measure>,
    schedule: Option<Schedule>,
    fingerprint: String,
}

impl Mapping {
    /// Reads and checks one file.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn read(path: &Path) -> Result<Self, Faults> {
        let whole = |message| Faults(vec![Fault { file: path.to_owned(), line: 0, message }]);
        let bytes = std::fs::read(path).map_err(|error| whole(format!("the file cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| whole("the file is not UTF-8: save it as UTF-8".to_owned()))?;
        Self::parse(path, text.strip_prefix('\u{feff}').unwrap_or(&text), &|name| std::env::var(name).ok())
    }

    /// Reads every `*.toml` of a folder in the order of their names, or one file.
    ///
    /// # Errors
    /// All faults of all files. A name that stands twice in a hub is one.
    pub fn read_all(place: &Path) -> Result<Vec<Self>, Faults> {
        let whole = |message| Faults(vec![Fault { file: place.to_owned(), line: 0, message }]);
        let mut files = Vec::new();
        if place.is_dir() {
            let entries = std::fs::read_dir(place).map_err(|it| whole(format!("the folder cannot be read: {it}")))?;
            for entry in entries {
                let path = entry.map_err(|it| whole(format!("the folder cannot be read: {it}")))?.path();
                if path.extension().is_some_and(|it| it == "toml") {
                    files.push(path);
                }
            }
            files.sort();
        } else {
            files.push(place.to_owned());
        }
        let (mut mappings, mut faults) = (Vec::<Self>::new(), Vec::new());
        for file in files {
            match Self::read(&file) {
                Err(found) => faults.extend(found.0),
                Ok(mapping) => {
                    let same = mappings.iter().find(|it| it.hub == mapping.hub && it.name == mapping.name);
                    if let Some(other) = same {
                        let message = format!(
                            "the source `{}` of hub `{}` is also in {}: give one of them another name",
                            mapping.name,
                            mapping.hub,
                            other.file.display()
                        );
                        faults.push(Fault { file: file.clone(), line: mapping.name_line, message });
                    }
                    mappings.push(mapping);
                }
            }
        }
        if faults.is_empty() { Ok(mappings) } else { Err(Faults(faults)) }
    }

    /// Reads and checks the text of a file. `environment` gives the values of environment variables.
    ///
    /// # Errors
    /// All faults of the text.
    pub fn parse(file: &Path, text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let document = Document::new(file, text);
        let table = document.parse()?;
        let mapping = Self::from_root(Node::root(&document, &table), file, text, environment);
        if !document.faultless() {
            return Err(document.faults());
        }
        mapping.ok_or_else(|| document.faults())
    }

    fn from_root(
        root: Node<'_>,
        file: &Path,
        text: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let sections = Table::ALL.map(Table::as_str);
        let allowed = ["hub", "name", "source", "formats", "measures", "write", "schedule"];
        let allowed: Vec<&str> = allowed.into_iter().chain(sections).collect();
        root.allow("the file", &allowed);
        let hub = slug(root, "hub", "\"leicestershire\"");
        let name = slug(root, "name", "\"music-service\"");
        let source = read_source(root, file, environment);
        let csv = source.as_ref().is_some_and(|source| source.kind == SourceKind::Csv);
        let formats = root.node("formats").map(Formats::read).unwrap_or_default();
        let mut sections = read_sections(root, csv);
        let write = root.node("write").map(|node| {
            let kind = source.as_ref().map(|source| source.kind);
            let address = kind.and_then(|kind| Address::read(node, file, kind, environment));
            WriteSection::read(node, address)
        });
        if let (Some(values), Some(write)) = (sections.get_mut(&Table::UserValues), &write) {
            values.take_only("field", write.fields.iter().map(|field| field.code.as_str()));
        }
        if let Some(node) = root.node("write").filter(|_| !sections.contains_key(&Table::UserValues)) {
            let message = "[write] needs [user_values]: the table into which the values are written";
            root.document.fault(node.line, message);
        }
        // All sections are read before one that is missing ends this, so that every fault is found.
        let measures = root.node("measures").map(read_measures).unwrap_or_default();
        let schedule = root.node("schedule").and_then(Schedule::read);
        Some(Self {
            file: file.to_owned(),
            name_line: root.line_of("name"),
            hub: hub?,
            name: name?,
            source: source?,
            formats,
            sections,
            write,
            measures,
            schedule,
            fingerprint: fingerprint(text),
        })
    }

    /// The slug of the hub that the source belongs to.
    pub fn hub(&self) -> &str {
        &self.hub
    }

    /// The source's code, which is unique in the hub.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What kind of source it is.
    pub fn kind(&self) -> SourceKind {
        self.source.kind
    }

    /// When it is read by itself, until the hub decides otherwise.
    pub fn schedule(&self) -> Option<Schedule> {
        self.schedule
    }

    /// Returns true if a logical table is taken.
    pub fn takes(&self, table: Table) -> bool {
        self.sections.contains_key(&table)
    }

    /// Which side leads for a field of a logical table.
    pub fn leads(&self, table: Table, field: &str) -> Leads {
        self.sections.get(&table).map_or(Leads::Neither, |section| section.leads(field))
    }

    /// The code of the measure definition for a figure; none if the figure is not taken.
    pub fn measure(&self, key: MeasureKey) -> Option<&str> {
        self.measures.get(&key).map(|measure| measure.definition.as_str())
    }

    /// The kinds of activities that a figure is made of; none where the figure goes by flags.
    pub fn kinds(&self, key: MeasureKey) -> &[String] {
        self.measures.get(&key).map_or(&[], |measure| &measure.kinds)
    }

    /// The user-defined fields that are written.
    pub fn fields(&self) -> &[UserField] {
        self.write.as_ref().map_or(&[], |write| &write.fields)
    }

    /// Returns true if anything is written.
    pub fn writes(&self) -> bool {
        self.write.is_some()
    }

    /// Changes when the file changes.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn source(&self) -> &SourceSection {
        &self.source
    }

    pub(super) fn formats(&self) -> &Formats {
        &self.formats
    }

    pub(super) fn section(&self, table: Table) -> Option<&Section> {
        self.sections.get(&table)
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.values()
    }

    pub(super) fn write_section(&self) -> Option<&WriteSection> {
        self.write.as_ref()
    }

    pub(super) fn fault(&self, line: usize, message: String) -> Fault {
        Fault { file: self.file.clone(), line, message }
    }
}

fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// The longest slug of a hub.
const LONGEST_SLUG: usize = 60;

/// The longest name of a source, which is the system of external ids.
const LONGEST_NAME: usize = 40;

fn slug(root: Node<'_>, key: &str, example: &str) -> Option<String> {
    let spot = root.needed("the file", key, example)?;
    let mut bytes = spot.value.bytes();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let longest = if key == "name" { LONGEST_NAME } else { LONGEST_SLUG };
    let valid = bytes.next().is_some_and(plain)
        && bytes.all(|byte| plain(byte) || byte == b'-' || (byte == b'_' && key == "name"))
        && spot.value.len() <= longest;
    if !valid {
        let message = format!(
            "`{key}` has small letters, digits and hyphens, begins with a letter or a digit, and has at most \
             {longest} characters, not \"{}\"",
            spot.value
        );
        root.document.fault(spot.line, message);
    }
    Some(spot.value.to_owned())
}

/// How long a source may take, in seconds.
const TIMEOUT: u32 = 60;

fn read_source(root: Node<'_>, file: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Option<SourceSection> {
    root.needed_list("the file", "source", "{ kind = \"csv\", address = \"export\" }");
    let node = root.node("source")?;
    let mut allowed = vec!["kind", "address", "timeout"];
    node.needed_list("[source]", "kind", "\"csv\"");
    node.needed_list("[source]", "address", "\"export\"");
    let kind = node.choice("kind", &KINDS);
    match kind.as_ref().map(|spot| spot.value) {
        Some(SourceKind::Csv) => allowed.extend(["separator", "encoding"]),
        Some(SourceKind::Odbc) => allowed.push("quote"),
        Some(SourceKind::Postgresql | SourceKind::Mysql) => {}
        None => allowed.extend(["separator", "encoding", "quote"]),
    }
    node.allow("[source]", &allowed);
    if let Some(kind) = kind.as_ref().filter(|kind| kind.value == SourceKind::Odbc && !cfg!(feature = "odbc")) {
        let message = "this program was built without ODBC: build it with `--features odbc`, or use another kind";
        node.document.fault(kind.line, message);
    }
    let separators = [(",", b','), (";", b';'), ("tab", b'\t'), ("|", b'|')];
    let separator = node.choice("separator", &separators).map_or(b',', |spot| spot.value);
    let encodings =
        [("auto", CsvEncoding::Auto), ("utf-8", CsvEncoding::Utf8), ("windows-1252", CsvEncoding::Windows1252)];
    let encoding = node.choice("encoding", &encodings).map_or(CsvEncoding::Auto, |spot| spot.value);
    let quotes = [("\"", Some(('"', '"'))), ("`", Some(('`', '`'))), ("[", Some(('[', ']'))), ("none", None)];
    let quotes = node.choice("quote", &quotes).map_or(Some(('"', '"')), |spot| spot.value);
    let timeout = node.number("timeout", 1..=3600).unwrap_or(TIMEOUT);
    let address = Address::read(node, file, kind.as_ref()?.value, environment)?;
    Some(SourceSection { kind: kind?.value, address, timeout, separator, encoding, quotes })
}

fn read_sections(root: Node<'_>, csv: bool) -> BTreeMap<Table, Section> {
    let mut sections = BTreeMap::new();
    root.needed_list("the file", "schools", "{ … }`, a table [schools]: everything else belongs to a school");
    for table in Table::ALL {
        let Some(node) = root.node(table.as_str()) else { continue };
        let missing: Vec<&str> =
            logical::relies_on(table).iter().map(|it| it.as_str()).filter(|it| !root.has(it)).collect();
        if table != Table::Schools && !missing.is_empty() && missing != ["schools"] {
            root.document.fault(node.line, format!("[{table}] needs {} as well: add the section", listed(&missing)));
        }
        if let Some(section) = Section::read(table, node, csv) {
            sections.insert(table, section);
        }
    }
    sections
}

/// The measure definition of a figure.
#[derive(Clone, Debug)]
struct Measure {
    definition: String,
    kinds: Vec<String>,
}

fn read_measures(node: Node<'_>) -> BTreeMap<MeasureKey, Measure> {
    node.allow("[measures]", &MeasureKey::ALL.map(MeasureKey::as_str));
    MeasureKey::ALL.into_iter().filter_map(|key| Some((key, read_measure(key, node)?))).collect()
}

/// Reads the code of a definition, or a table with the code and the kinds of activities.
fn read_measure(key: MeasureKey, node: Node<'_>) -> Option<Measure> {
    let place = format!("[measures.{}]", key.as_str());
    let (spot, kinds) = if node.is_table(key.as_str()) {
        let table = node.node(key.as_str())?;
        let kinds: &[&str] = if key == MeasureKey::Ensembles { &[] } else { &["kinds"] };
        table.allow(&place, &[&["definition"], kinds].concat());
        let spot = table.needed(&place, "definition", "\"first_access_pupils\"");
        let kinds = if kinds.is_empty() { Vec::new() } else { table.texts("kinds") };
        (spot?, kinds.into_iter().map(|kind| kind.value.trim().to_owned()).collect())
    } else {
        (node.text(key.as_str())?, Vec::new())
    };
    let valid = spot.value.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    if !valid {
        let message = format!("\"{}\" is no code of a measure: it has small letters, digits and `_`", spot.value);
        node.document.fault(spot.line, message);
    }
    if key == MeasureKey::Lessons && kinds.is_empty() {
        let message = format!(
            "{place} needs `kinds`, such as `kinds = [\"Instrumental Tuition\"]`: nothing else says \
                               which activities are lessons"
        );
        node.document.fault(node.line_of(key.as_str()), message);
    }
    Some(Measure { definition: spot.value.to_owned(), kinds })
}
