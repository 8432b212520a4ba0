//! First Access a second time: a slow loop over the exported files, written from the rules of the sample's README and
//! not from the code of the service.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use time::macros::date;
use time::{Date, Month};
use uuid::Uuid;

/// A row of an exported file, by its columns.
pub type Line = HashMap<String, String>;

/// What a school has in a year: the figure, whether children may be in it twice, and whether it is an estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub value: Option<i64>,
    pub basis: String,
    pub estimated: bool,
}

/// A school as the register has it.
#[derive(Clone, Debug)]
pub struct Known {
    pub opened_on: Option<Date>,
    pub closed_on: Option<Date>,
    pub closed: bool,
    /// The schools of its line, itself among them.
    pub line: BTreeSet<Uuid>,
}

/// The rows of an exported file. Texts are read byte by byte, which is enough for keys and numbers.
pub fn lines(folder: &Path, table: &str) -> Vec<Line> {
    let bytes = std::fs::read(folder.join(format!("{table}.csv"))).unwrap();
    let text: String = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).iter().map(|byte| *byte as char).collect();
    let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    for letter in text.chars() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    let names = rows.remove(0);
    let rows = rows.into_iter().filter(|row| row.len() == names.len());
    let line = |row: Vec<String>| {
        names.iter().cloned().zip(row.into_iter().map(|cell| cell.trim_matches([' ', '\u{a0}']).to_owned())).collect()
    };
    rows.map(line).collect()
}

/// `27/01/2025 09:01:37` as text that sorts; an empty one is the oldest.
fn sortable(instant: &str) -> String {
    if instant.is_empty() {
        return String::new();
    }
    format!("{}{}{}{}", &instant[6..10], &instant[3..5], &instant[0..2], &instant[10..])
}

/// The last day of an academic year such as `2024/25`.
fn last_day(year: &str) -> Date {
    Date::from_calendar_date(year[..4].parse::<i32>().unwrap() + 1, Month::August, 31).unwrap()
}

/// The class of an activity, its count, and whether that is an estimate.
type Counted = (String, Option<i64>, bool);

/// First Access by school and year, where `place` leads contacts to schools.
pub fn first_access(
    folder: &Path,
    place: &HashMap<String, Uuid>,
    schools: &HashMap<Uuid, Known>,
    today: Date,
) -> BTreeMap<(Uuid, String), Told> {
    let years: HashMap<_, _> =
        lines(folder, "academic_year").iter().map(|row| (row["year_id"].clone(), row["label"].clone())).collect();
    let terms: HashMap<_, _> =
        lines(folder, "term").iter().map(|row| (row["term_id"].clone(), years[&row["year_id"]].clone())).collect();
    let flagged: BTreeSet<String> = lines(folder, "activity_type")
        .into_iter()
        .filter(|row| row["is_first_access"] == "Yes")
        .map(|row| row["activity_type_id"].clone())
        .collect();
    let counts = lines(folder, "activity_headcount");
    // By school and year each activity with its class, its highest count, and whether that is an estimate.
    let mut found: BTreeMap<(Uuid, String), Vec<Counted>> = BTreeMap::new();
    for activity in lines(folder, "activity") {
        let counts_for = flagged.contains(&activity["activity_type_id"])
            && activity["status"] != "cancelled"
            && activity["centre_id"].is_empty();
        let Some(school) = place.get(&activity["school_id"]).filter(|_| counts_for) else { continue };
        let own: Vec<&Line> = counts.iter().filter(|row| row["activity_id"] == activity["activity_id"]).collect();
        let mut in_years: BTreeSet<String> = own.iter().map(|row| terms[&row["term_id"]].clone()).collect();
        in_years.insert(years[&activity["year_id"]].clone());
        for year in in_years {
            let mut right: BTreeMap<&str, &Line> = BTreeMap::new();
            for row in own.iter().filter(|row| terms[&row["term_id"]] == year) {
                let kept = right.entry(&row["term_id"]).or_insert(row);
                let newer = |row: &Line| (sortable(&row["modified_at"]), row["headcount_id"].parse::<i64>().unwrap());
                if newer(row) > newer(kept) {
                    *kept = row;
                }
            }
            let numbers = || {
                let number = |row: &&Line| {
                    Some((row["pupils"].parse::<i64>().ok().filter(|it| *it >= 0)?, row["is_estimate"] == "Yes"))
                };
                right.values().filter_map(number).collect::<Vec<_>>()
            };
            let highest = numbers().iter().map(|(pupils, _)| *pupils).max();
            let real = numbers().iter().any(|(pupils, estimate)| Some(*pupils) == highest && !estimate);
            let class = activity["class_code"].replace([' ', '\u{a0}'], "").to_lowercase();
            let at = stands(*school, &year, schools, today);
            found.entry((at, year)).or_default().push((class, highest, highest.is_some() && !real));
        }
    }
    found.into_iter().map(|(key, activities)| (key, told(&activities))).collect()
}

fn told(activities: &[(String, Option<i64>, bool)]) -> Told {
    let counted: Vec<_> = activities.iter().filter(|(_, count, _)| count.is_some()).collect();
    let named = counted.iter().all(|(class, ..)| !class.is_empty());
    let different = counted.iter().map(|(class, ..)| class).collect::<BTreeSet<_>>().len() == counted.len();
    let heads = counted.len() < 2 || named && different;
    Told {
        value: (!counted.is_empty()).then(|| counted.iter().filter_map(|(_, count, _)| *count).sum()),
        basis: (if heads { "headcount" } else { "participations" }).to_owned(),
        estimated: counted.iter().any(|(.., estimated)| *estimated),
    }
}

/// The school of the line that was open on the year's last day, or today while the year runs.
fn stands(school: Uuid, year: &str, schools: &HashMap<Uuid, Known>, today: Date) -> Uuid {
    let day = if today > last_day(year) { last_day(year) } else { today };
    let was_open = |id: &Uuid| {
        let it = &schools[id];
        let begun = it.opened_on.unwrap_or(date!(1900 - 01 - 01)) <= day;
        begun && (if it.closed_on.is_none() { !it.closed } else { it.closed_on >= Some(day) })
    };
    if was_open(&school) {
        return school;
    }
    let open: Vec<Uuid> = schools[&school].line.iter().copied().filter(|id| was_open(id)).collect();
    if let [one] = open[..] { one } else { school }
}
