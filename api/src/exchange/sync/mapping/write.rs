//! What is written back: values of user-defined fields.

use time::{Date, Month};

use super::codes::translations;
use super::document::Node;
use super::formats::normal;
use super::{Address, Leads};

/// What this service knows about a school and a source wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outbound {
    /// The latest rating's band.
    Rating,
    /// The name of the specialist who leads at the school.
    Specialist,
    /// The day of the last visit.
    LastVisit,
    /// The day of the next visit.
    NextVisit,
    /// The level of the award that the school holds.
    Award,
}

impl Outbound {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rating, Self::Specialist, Self::LastVisit, Self::NextVisit, Self::Award];

    /// Its name in the mapping file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Specialist => "specialist",
            Self::LastVisit => "last_visit",
            Self::NextVisit => "next_visit",
            Self::Award => "award",
        }
    }

    const fn is_day(self) -> bool {
        matches!(self, Self::LastVisit | Self::NextVisit)
    }
}

/// How a day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayFormat {
    Iso,
    Slash,
    Name,
}

const DAY_FORMATS: [(&str, DayFormat); 3] =
    [("DD/MM/YYYY", DayFormat::Slash), ("YYYY-MM-DD", DayFormat::Iso), ("DD-Mon-YYYY", DayFormat::Name)];

/// A user-defined field that is written.
#[derive(Clone, Debug)]
pub struct UserField {
    /// What stands in it.
    pub what: Outbound,
    /// The field's code in the source.
    pub code: String,
    /// What leads where both sides changed.
    pub leads: Leads,
    words: Vec<(String, String)>,
    format: DayFormat,
}

impl UserField {
    /// A day in the field's format.
    #[must_use]
    pub fn date(&self, day: Date) -> String {
        let (year, month, number) = (day.year(), u8::from(day.month()), day.day());
        match self.format {
            DayFormat::Iso => format!("{year:04}-{month:02}-{number:02}"),
            DayFormat::Slash => format!("{number:02}/{month:02}/{year:04}"),
            DayFormat::Name => format!("{number:02}-{}-{year:04}", short(day.month())),
        }
    }

    /// The source's word for a value of ours; the value itself if the mapping has none.
    #[must_use]
    pub fn word(&self, ours: &str) -> String {
        let word = self.words.iter().find(|(it, _)| it == ours);
        word.map_or_else(|| ours.to_owned(), |(_, theirs)| theirs.clone())
    }

    /// The value of ours for which a word of the source stands. Case and blanks at the ends do not matter. A field
    /// without words takes every text as it is.
    #[must_use]
    pub fn read(&self, theirs: &str) -> Option<String> {
        if self.words.is_empty() {
            return Some(theirs.trim().to_owned());
        }
        let word = self.words.iter().find(|(_, it)| normal(it) == normal(theirs));
        word.map(|(ours, _)| ours.clone())
    }
}

fn short(month: Month) -> String {
    month.to_string().chars().take(3).collect()
}

/// How the writer writes when a value was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// 2025-01-27 09:01:37, UTC.
    Instant,
    /// Seconds since the beginning of 1970.
    Seconds,
}

/// The section `[write]`.
#[derive(Clone, Debug)]
pub struct WriteSection {
    /// Where the account is that may write; the source's own address if there is none.
    pub address: Option<Address>,
    /// What stands as the one who changed a value.
    pub by: String,
    pub stamp: Stamp,
    pub fields: Vec<UserField>,
}

/// The longest name that is left as the one who changed a value.
const LONGEST_NAME: usize = 40;

impl WriteSection {
    /// Reads the section. `address` is its address, which is read with the source's.
    pub fn read(node: Node<'_>, address: Option<Address>) -> Self {
        node.allow("[write]", &["address", "by", "modified_at", "fields"]);
        let by = node.text("by").map_or_else(|| "smep".to_owned(), |spot| spot.value.to_owned());
        if by.chars().count() > LONGEST_NAME {
            node.document.fault(node.line_of("by"), format!("`by` has at most {LONGEST_NAME} characters"));
        }
        let stamps = [("instant", Stamp::Instant), ("seconds", Stamp::Seconds)];
        let stamp = node.choice("modified_at", &stamps).map_or(Stamp::Instant, |spot| spot.value);
        let mut fields: Vec<UserField> = Vec::new();
        match node.node("fields") {
            None => node.document.fault(
                node.line,
                "[write] needs `fields`: add a table such as [write.fields.rating] with the field's `code`",
            ),
            Some(all) => {
                all.allow("[write.fields]", &Outbound::ALL.map(Outbound::as_str));
                for what in Outbound::ALL {
                    let Some(field) = all.node(what.as_str()).and_then(|node| read_field(what, node)) else { continue };
                    if let Some(other) = fields.iter().find(|it| normal(&it.code) == normal(&field.code)) {
                        let line = all.line_of(what.as_str());
                        let message =
                            format!("the code \"{}\" is also that of `{}`: keep one", field.code, other.what.as_str());
                        node.document.fault(line, message);
                    }
                    fields.push(field);
                }
            }
        }
        Self { address, by, stamp, fields }
    }
}

fn read_field(what: Outbound, node: Node<'_>) -> Option<UserField> {
    let place = format!("[write.fields.{}]", what.as_str());
    let own: &[&str] = match what {
        Outbound::Rating | Outbound::Award => &["code", "leads", "values"],
        Outbound::Specialist => &["code", "leads"],
        Outbound::LastVisit | Outbound::NextVisit => &["code", "leads", "format"],
    };
    node.allow(&place, own);
    let code = node.needed(&place, "code", "\"SMEP_RAG\"");
    let leads = node.choice("leads", &super::section::LEADS).map_or(Leads::Neither, |spot| spot.value);
    let words = match own.contains(&"values") {
        true => node.node("values").map(|values| translations(&format!("`values` of {place}"), values)),
        false => None,
    };
    let format = if what.is_day() { node.choice("format", &DAY_FORMATS) } else { None };
    Some(UserField {
        what,
        code: code?.value.trim().to_owned(),
        leads,
        words: words.unwrap_or_default(),
        format: format.map_or(DayFormat::Slash, |spot| spot.value),
    })
}
