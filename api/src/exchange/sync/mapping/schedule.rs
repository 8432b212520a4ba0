//! When a source is read by itself, until a person in the hub decides otherwise.

use time::{Time, Weekday};

use super::document::Node;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each hour, at the minute of the time.
    Hour,
    /// Each day.
    Day,
    /// Each week, on a day.
    Week(Weekday),
}

/// When a run starts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// At what time of the day, in the hub's time zone.
    pub at: Time,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl Schedule {
    /// Reads `[schedule]`.
    pub fn read(node: Node<'_>) -> Option<Self> {
        #[derive(Clone, Copy, PartialEq)]
        enum Word {
            Hour,
            Day,
            Week,
        }
        node.allow("[schedule]", &["every", "at", "on"]);
        node.needed_list("[schedule]", "every", "\"day\"");
        node.needed_list("[schedule]", "at", "\"02:30\"");
        let every = node.choice("every", &[("hour", Word::Hour), ("day", Word::Day), ("week", Word::Week)]);
        let on = node.choice("on", &WEEKDAYS);
        let at = node.text("at");
        let time = at.as_ref().and_then(|spot| time(spot.value));
        if let Some(spot) = at.filter(|_| time.is_none()) {
            let message = format!("`at` is a time such as \"02:30\", not \"{}\"", spot.value);
            node.document.fault(spot.line, message);
        }
        let every = every?.value;
        if every == Word::Week && !node.has("on") {
            node.document.fault(node.line, "[schedule] needs `on` for every week, such as `on = \"sunday\"`");
        }
        if every != Word::Week && node.has("on") {
            node.document.fault(node.line_of("on"), "`on` is for `every = \"week\"`: leave it out, or change `every`");
        }
        let every = match every {
            Word::Hour => Every::Hour,
            Word::Day => Every::Day,
            Word::Week => Every::Week(on?.value),
        };
        Some(Self { every, at: time? })
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() == 2);
    Time::from_hms(two(hour)?, two(minute)?, 0).ok()
}
