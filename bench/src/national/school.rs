//! One school of the national set.

use api::kernel::resource::traits::Resource;
use api::schools::rules;
use api::schools::school::School;
use entity::instant::Instant;
use entity::schools::school::{Model, SchoolGender, SchoolKind, SchoolPhase, SchoolStatus};
use time::macros::date;
use time::{Date, Duration};
use uuid::{Builder, Uuid};

use super::Hub;
use super::words::{
    CHURCHES, COUNTIES, FIRST_NAMES, LAST_NAMES, POSTAL_AREAS, POSTAL_LETTERS, ROADS, SAINTS, TITLES, town,
};
use crate::random::Random;

/// When all were entered, in milliseconds since 1970: on the first morning of a school year.
const ENTERED: u64 = 1_756_713_600_000;

/// What sort of school it is, with all that follows from it.
#[derive(Clone, Copy)]
struct Sort {
    kind: SchoolKind,
    phase: SchoolPhase,
    /// Its type in the Department's register.
    code: &'static str,
    of: &'static str,
    special: bool,
    ages: (i32, i32),
    pupils: (i32, i32),
    /// The first of the establishment numbers that such schools have.
    numbers: i32,
}

const fn sort(code: &'static str, of: &'static str, phase: SchoolPhase) -> Sort {
    let (ages, pupils, numbers) = match phase {
        SchoolPhase::Nursery => ((2, 5), (20, 120), 1000),
        SchoolPhase::Secondary => ((11, 18), (400, 1_800), 4000),
        SchoolPhase::AllThrough => ((3, 18), (600, 2_000), 6900),
        SchoolPhase::NotApplicable => ((2, 19), (8, 250), 7000),
        _ => ((4, 11), (60, 640), 2000),
    };
    Sort { kind: SchoolKind::School, phase, code, of, special: false, ages, pupils, numbers }
}

/// Sorts as often as they are met with.
const SORTS: [Sort; 16] = [
    sort("01", "Community school", SchoolPhase::Primary),
    sort("01", "Community school", SchoolPhase::Primary),
    sort("01", "Community school", SchoolPhase::Primary),
    sort("02", "Voluntary aided school", SchoolPhase::Primary),
    sort("02", "Voluntary aided school", SchoolPhase::Primary),
    sort("03", "Voluntary controlled school", SchoolPhase::Primary),
    sort("05", "Foundation school", SchoolPhase::Primary),
    sort("34", "Academy converter", SchoolPhase::Primary),
    sort("34", "Academy converter", SchoolPhase::Primary),
    sort("28", "Academy sponsor led", SchoolPhase::Primary),
    sort("34", "Academy converter", SchoolPhase::Secondary),
    sort("28", "Academy sponsor led", SchoolPhase::Secondary),
    sort("35", "Free schools", SchoolPhase::AllThrough),
    Sort { special: true, ..sort("07", "Community special school", SchoolPhase::NotApplicable) },
    Sort { kind: SchoolKind::AlternativeProvision, ..sort("14", "Pupil referral unit", SchoolPhase::NotApplicable) },
    Sort { kind: SchoolKind::EarlyYears, ..sort("15", "Local authority nursery school", SchoolPhase::Nursery) },
];

impl Sort {
    fn is_academy(self) -> bool {
        matches!(self.code, "28" | "34" | "35")
    }

    fn is_of_a_church(self) -> bool {
        matches!(self.code, "02" | "03")
    }

    fn name(self, random: &mut Random, own_town: &str) -> String {
        let place = if random.happens(50) { own_town.to_owned() } else { town(random) };
        match self.phase {
            _ if self.is_of_a_church() => {
                let (saint, church) = (random.pick(&SAINTS), random.pick(&CHURCHES));
                format!("{saint} {church} Primary School, {own_town}")
            }
            SchoolPhase::Nursery => format!("{place} Nursery School"),
            SchoolPhase::Primary if self.is_academy() => format!("{place} Primary Academy"),
            SchoolPhase::Primary => format!("{place} {} School", random.pick(&["Primary", "Junior", "Infant"])),
            SchoolPhase::Secondary => format!("{place} {}", random.pick(&["Academy", "High School", "College"])),
            SchoolPhase::AllThrough => format!("The {place} School"),
            _ => format!("{place} School"),
        }
    }
}

/// The school of a hub with this number.
pub fn school(hub: &mut Hub, hub_id: Uuid, number: usize) -> Model {
    let counted = [SchoolKind::School];
    let Hub { random, towns, la_codes, first_urn, .. } = hub;
    let sort = random.pick(&SORTS);
    let own_town = &towns[number % towns.len()];
    let la_code = &la_codes[number % la_codes.len()];
    let (opened_on, closed_on, status) = life(random);
    let head = random.happens(94);
    let trust = sort.is_academy();
    let at = ENTERED + number as u64;
    let entered = Instant::from_micros(i64::try_from(at * 1_000).unwrap_or(0));
    let urn = first_urn.saturating_add_unsigned(u32::try_from(number).unwrap_or(0));
    let mut row = Model {
        hub_id,
        id: id(random, at),
        version: 1,
        created_at: entered,
        updated_at: entered,
        archived_at: None,
        kind: sort.kind,
        urn: Some(urn),
        ukprn: random.happens(92).then_some(10_000_000 + urn % 90_000),
        la_code: Some(la_code.clone()),
        establishment_number: random.happens(97).then(|| (sort.numbers + random.between(0, 999)).to_string()),
        name: sort.name(random, own_town),
        name_key: String::new(),
        phase: sort.phase,
        establishment_type_code: Some(sort.code.to_owned()),
        establishment_type: Some(sort.of.to_owned()),
        special: sort.special,
        status,
        opened_on,
        closed_on,
        trust: trust.then(|| format!("{} Learning Trust", town(random))),
        trust_uid: trust.then(|| random.between(2_000, 17_999).to_string()),
        head_title: head.then(|| random.pick(&TITLES).to_owned()),
        head_first_name: head.then(|| random.pick(&FIRST_NAMES).to_owned()),
        head_last_name: head.then(|| random.pick(&LAST_NAMES).to_owned()),
        head_job_title: head.then(|| random.pick(&["Headteacher", "Principal", "Head of School"]).to_owned()),
        street: Some(format!("{} {} {}", random.between(1, 240), town(random), random.pick(&ROADS))),
        locality: random.happens(45).then(|| town(random)),
        address3: random.happens(12).then(|| town(random)),
        town: Some(own_town.clone()),
        county: random.happens(60).then(|| random.pick(&COUNTIES).to_owned()),
        postcode: random.happens(99).then(|| postcode(random)),
        postcode_key: None,
        easting: Some(random.between(90_000, 650_000)),
        northing: Some(random.between(10_000, 650_000)),
        telephone: random.happens(96).then(|| format!("0{}", random.between(1_132_000_000, 1_989_999_999))),
        website: random.happens(85).then(|| format!("https://www.{}.example", own_town.to_lowercase())),
        lowest_age: Some(sort.ages.0),
        highest_age: Some(sort.ages.1),
        gender: Some(gender(random)),
        pupils: random.happens(97).then(|| random.between(sort.pupils.0, sort.pupils.1)),
        fsm_percentage: random.happens(95).then(|| f64::from(random.between(5, 620)) / 10.0),
        area_id: None,
        in_scope: false,
        scope_reason: None,
        note: random.happens(5).then(|| "Shares its hall with the college next door".to_owned()),
        missing_from_source: false,
        search_key: None,
        external_ids: Vec::new().into(),
    };
    School::complete(&mut row);
    row.in_scope = rules::in_scope(&row, &counted);
    row
}

/// When it opened and closed: most are open, and old enough that nobody noted the day.
fn life(random: &mut Random) -> (Option<Date>, Option<Date>, SchoolStatus) {
    let mut day = |from: Date, years: i32| from + Duration::days(i64::from(random.between(0, years * 365)));
    let opened = day(date!(1995 - 09 - 01), 20);
    let closed = day(date!(2016 - 09 - 01), 9);
    let planned = day(date!(2027 - 01 - 01), 2);
    let opened_on = random.happens(40).then_some(opened);
    match random.between(1, 100) {
        1..=8 => (opened_on, Some(closed), SchoolStatus::Closed),
        9 => (Some(planned), None, SchoolStatus::ProposedToOpen),
        10 => (opened_on, Some(planned), SchoolStatus::ProposedToClose),
        _ => (opened_on, None, SchoolStatus::Open),
    }
}

fn gender(random: &mut Random) -> SchoolGender {
    match random.between(1, 100) {
        1..=3 => SchoolGender::Boys,
        4..=7 => SchoolGender::Girls,
        _ => SchoolGender::Mixed,
    }
}

fn postcode(random: &mut Random) -> String {
    let (area, district, sector) = (random.pick(&POSTAL_AREAS), random.between(1, 24), random.between(0, 9));
    format!("{area}{district} {sector}{}{}", random.pick(&POSTAL_LETTERS), random.pick(&POSTAL_LETTERS))
}

fn id(random: &mut Random, at: u64) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next().to_be_bytes());
    bytes[8..].copy_from_slice(&random.next().to_be_bytes()[..2]);
    Builder::from_unix_timestamp_millis(at, &bytes).into_uuid()
}
