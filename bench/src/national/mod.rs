//! The national set: what the service holds when every hub of England uses it. It is made of a
//! fixed seed, so that it is the same in every run and on every machine.

pub mod outcomes;
mod school;
pub mod trade;
mod words;
pub mod year;

use api::identity::hub;
use api::kernel::base::clock::Clock;
use api::kernel::base::settings::Settings;
use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller;
use api::kernel::database::db::Db;
use api::kernel::resource::write::Write;
use entity::schools::school as table;
use entity::schools::school::SchoolStatus;
use entity::schools::school_link::{self, SchoolRelation};
use uuid::Uuid;

use crate::Outcome;
use crate::random::Random;
use school::school;
use words::town;

const SEED: u64 = 20_140_901;

/// The hubs of England.
pub const HUBS: usize = 43;

/// The schools of all hubs.
pub const SCHOOLS: usize = 25_000;

/// The schools of the largest hub; the others have from a sixth to a third of that.
const LARGEST: usize = 2_500;

/// The first and the last of runs of local authorities' codes, some 150 in all.
const AUTHORITIES: [(u16, u16); 31] = [
    (201, 213),
    (301, 320),
    (330, 336),
    (340, 344),
    (350, 359),
    (370, 373),
    (380, 384),
    (390, 394),
    (420, 420),
    (800, 803),
    (805, 808),
    (810, 813),
    (815, 816),
    (821, 823),
    (825, 826),
    (830, 831),
    (835, 841),
    (845, 846),
    (850, 852),
    (855, 857),
    (860, 861),
    (865, 896),
    (908, 909),
    (916, 916),
    (919, 919),
    (921, 921),
    (925, 926),
    (928, 929),
    (931, 933),
    (935, 938),
    (940, 943),
];

/// A hub that is to be made.
pub struct Hub {
    pub slug: String,
    name: String,
    la_codes: Vec<String>,
    towns: Vec<String>,
    /// How many schools it has.
    schools: usize,
    /// The URN of its first school; the others follow.
    first_urn: i32,
    random: Random,
}

/// A hub that was made.
pub struct Made {
    pub slug: String,
    pub id: Uuid,
    /// Its open schools, in no order.
    pub open: Vec<Uuid>,
    /// Its closed schools, each with the year in which it closed.
    pub closed: Vec<(Uuid, i32)>,
}

/// The hubs of England, the largest first.
pub fn hubs() -> Vec<Hub> {
    let mut random = Random::new(SEED);
    let codes: Vec<u16> = AUTHORITIES.into_iter().flat_map(|(first, last)| first..=last).collect();
    let mut weights: Vec<usize> = (1..HUBS).map(|_| usize::try_from(random.between(300, 800)).unwrap_or(300)).collect();
    let all: usize = weights.iter().sum();
    for weight in &mut weights {
        *weight = *weight * (SCHOOLS - LARGEST) / all;
    }
    // What the divisions left over.
    weights[0] += SCHOOLS - LARGEST - weights.iter().sum::<usize>();
    let mut first_urn = 100_000;
    let sizes = std::iter::once(LARGEST).chain(weights);
    sizes
        .enumerate()
        .map(|(number, schools)| {
            let from = number * codes.len() / HUBS;
            let to = (number + 1) * codes.len() / HUBS;
            let hub = Hub::new(number, &codes[from..to], schools, first_urn);
            first_urn += i32::try_from(schools).unwrap_or(0);
            hub
        })
        .collect()
}

/// One hub more with as many schools as asked for, for what no hub of England is large enough for.
pub fn country(schools: usize) -> Hub {
    Hub { slug: "country".to_owned(), ..Hub::new(HUBS, &[999], schools, 100_000) }
}

impl Hub {
    fn new(number: usize, codes: &[u16], schools: usize, first_urn: i32) -> Self {
        let mut random = Random::new(SEED ^ (number as u64 + 1));
        let towns: Vec<String> = (0..=schools / 40).map(|_| town(&mut random)).collect();
        Self {
            slug: format!("hub-{:02}", number + 1),
            name: format!("{} and District Music Education Hub", towns[0]),
            la_codes: codes.iter().map(u16::to_string).collect(),
            towns,
            schools,
            first_urn,
            random,
        }
    }

    /// Its schools' rows, always the same.
    pub fn rows(&mut self, hub_id: Uuid) -> Vec<table::Model> {
        (0..self.schools).map(|number| school(self, hub_id, number)).collect()
    }

    /// Writes it with its schools and the links between them, in one transaction. The schools have no entries in the
    /// change log, as if they had been there for long.
    pub async fn write(mut self, state: &State) -> Outcome<Made> {
        let id = Uuid::now_v7();
        let caller = Caller::system(state.clone(), id);
        let rows = self.rows(id);
        let is_open = |row: &&table::Model| row.status == SchoolStatus::Open;
        let mut open: Vec<Uuid> = rows.iter().filter(is_open).map(|row| row.id).collect();
        self.random.shuffle(&mut open);
        let closed = rows.iter().filter(|row| row.status == SchoolStatus::Closed);
        let closed = closed.filter_map(|row| Some((row.id, row.closed_on?.year()))).collect();
        let links = links(&rows);
        let (slug, name, la_codes) = (self.slug.clone(), self.name, self.la_codes);
        let done = Write::value_of(&caller, async |write| {
            hub::make(write, slug.clone(), name.clone(), la_codes.clone(), None).await?;
            write.insert_rows::<table::Entity>(&rows).await?;
            write.insert_rows::<school_link::Entity>(&links).await?;
            Ok(())
        });
        done.await.map_err(|problem| problem.to_string())?;
        Ok(Made { slug: self.slug, id, open, closed })
    }
}

/// The links between schools that closed and those that came from them: the next ones that are open.
fn links(rows: &[table::Model]) -> Vec<school_link::Model> {
    let mut links = Vec::new();
    let mut next: Option<&table::Model> = None;
    for row in rows.iter().rev() {
        match (row.status, next) {
            (SchoolStatus::Open, _) => next = Some(row),
            (SchoolStatus::Closed, Some(next)) => {
                let of = |school: &table::Model, other: &table::Model, relation| school_link::Model {
                    hub_id: row.hub_id,
                    id: Uuid::now_v7(),
                    version: 1,
                    created_at: row.created_at,
                    updated_at: row.updated_at,
                    archived_at: None,
                    school_id: school.id,
                    link_urn: other.urn.unwrap_or_default(),
                    relation,
                    link_type: None,
                    established_on: row.closed_on,
                };
                links.push(of(row, next, SchoolRelation::Successor));
                links.push(of(next, row, SchoolRelation::Predecessor));
            }
            _ => {}
        }
    }
    links
}

/// The service in this process over a database, which is brought up to date: to write rows, and to
/// ask what no request asks.
pub async fn state(url: &str) -> Outcome<State> {
    let url = format!("--database-url={url}");
    let settings = Settings::from_flags([url.as_str(), "--rate-limit=0"]).map_err(|error| error.to_string())?;
    let db = Db::open(&settings.database).await?;
    db.migrate().await?;
    api::app::state(db, Clock::system(), settings).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use api::kernel::document::openapi::Document;
    use api::schools::school::{NewSchool, School};

    use super::*;

    #[test]
    fn there_are_43_hubs_with_25_000_schools_and_each_authority_belongs_to_one() {
        let hubs = hubs();
        assert_eq!(hubs.len(), HUBS);
        assert_eq!(hubs.iter().map(|hub| hub.schools).sum::<usize>(), SCHOOLS);
        let codes: Vec<&String> = hubs.iter().flat_map(|hub| &hub.la_codes).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        assert!(hubs.iter().all(|hub| !hub.la_codes.is_empty()));
    }

    #[test]
    fn the_set_is_the_same_every_time() {
        let rows = || hubs().pop().unwrap().rows(Uuid::nil());
        assert_eq!(rows(), rows());
    }

    #[test]
    fn every_school_is_one_that_the_api_takes() {
        let document: Document = api::app::document();
        for row in hubs().swap_remove(1).rows(Uuid::nil()) {
            let form = serde_json::to_value(NewSchool::from(&row)).unwrap();
            let taken = document.patched::<NewSchool>(form, &serde_json::json!({}));
            assert!(taken.is_ok(), "{:?}", serde_json::to_value(School::from(&row)));
        }
    }
}
