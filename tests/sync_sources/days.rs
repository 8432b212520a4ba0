//! Every day of the sample, from every kind of source.

use std::collections::BTreeMap;

use api::exchange::sync::record::{Activity, Contract, HeadCount, Person, Remark, SchoolContact, SourceRow, Table};
use api::exchange::sync::source::{Logical, Source};
use time::macros::date;

use super::sample::{self, DAYS};
use super::servers::{Mariadb, Postgresql};
use super::{Printed, everything, rows};

/// Compares all that two sources say.
fn expect_same(day: u8, kind: &str, one: &BTreeMap<Table, Printed>, other: &BTreeMap<Table, Printed>) {
    for table in Table::ALL {
        let (one, other) = (&one[&table], &other[&table]);
        for (key, row) in one {
            assert_eq!(other.get(key), Some(row), "{table} {key} on day {day}: {kind} says something else");
        }
        assert_eq!(one.len(), other.len(), "{table} on day {day}: {kind} has other rows");
    }
}

#[actix_web::test]
async fn a_folder_and_postgresql_say_the_same_on_every_day() {
    let (Some(server), Some([schema, first])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    for day in DAYS {
        if day > 1 {
            server.run(&sample::changes(day).unwrap()).await;
        }
        let (files, _) = everything(&sample::of_folder(&sample::exported(day).unwrap())).await;
        let (tables, _) = everything(&sample::of_postgresql(&server)).await;
        expect_same(day, "PostgreSQL", &files, &tables);
    }
}

#[actix_web::test]
async fn a_folder_and_mariadb_say_the_same_on_every_day() {
    let (Some(server), Some([schema, first])) = (Mariadb::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    for day in DAYS {
        if day > 1 {
            server.run(&sample::changes(day).unwrap()).await;
        }
        let (files, _) = everything(&sample::of_folder(&sample::exported(day).unwrap())).await;
        let (tables, _) = everything(&sample::of_mariadb(&server)).await;
        expect_same(day, "MariaDB", &files, &tables);
    }
}

#[actix_web::test]
async fn every_row_of_the_first_day_comes_once() {
    let Some(folder) = sample::exported(1) else { return };
    let (all, opened) = everything(&sample::of_folder(&folder)).await;
    let counts = Table::ALL.map(|table| (table.as_str(), all[&table].len()));
    let expected = [
        ("schools", 425),
        ("persons", 1659),
        ("associations", 1682),
        ("activities", 2572),
        ("head_counts", 4919),
        ("ensemble_members", 616),
        ("contracts", 350),
        ("user_values", 260),
    ];
    assert_eq!(counts, expected);
    assert!(!opened.iter().any(|file| file.contains("pupil")), "{opened:?}");
}

/// How often each remark stands at the rows of a table: by table, column and code.
async fn remarks<T: Logical>(source: &mut Source) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for remark in rows::<T>(source).await.into_values().flat_map(|row| row.remarks) {
        let Remark { table, column, code, .. } = remark;
        *counts.entry(format!("{table}.{} {code}", column.unwrap_or_default())).or_default() += 1;
    }
    counts
}

#[actix_web::test]
async fn what_is_dirty_in_the_sample_is_remarked_on() {
    let Some(folder) = sample::exported(5) else { return };
    let mut source = Source::open(&sample::of_folder(&folder)).await.unwrap();
    let mut all = remarks::<SchoolContact>(&mut source).await;
    all.extend(remarks::<Person>(&mut source).await);
    all.extend(remarks::<Activity>(&mut source).await);
    all.extend(remarks::<HeadCount>(&mut source).await);
    all.extend(remarks::<Contract>(&mut source).await);
    insta::assert_snapshot!(format!("{all:#?}"), @r#"
{
    "activity_headcount.girls breakdown": 28,
    "activity_headcount.pupils negative": 7,
}
"#);
    let counts = rows::<HeadCount>(&mut source).await;
    let remark = counts.into_values().flat_map(|row| row.remarks).find(|remark| remark.code == "negative").unwrap();
    assert!(remark.key.is_some(), "{remark:?}");
    insta::assert_snapshot!(remark.message, @"-26 is below 0: it counts as not collected, correct it");
}

/// The only row with a key.
async fn row<T: Logical + Clone>(source: &mut Source, key: &str) -> SourceRow<T> {
    rows::<T>(source).await.remove(key).unwrap()
}

#[actix_web::test]
async fn codes_flags_days_and_lookups_are_read_by_the_mapping() {
    let Some(folder) = sample::exported(5) else { return };
    let mut source = Source::open(&sample::of_folder(&folder)).await.unwrap();
    let schools = rows::<SchoolContact>(&mut source).await;
    let school = schools.values().find(|row| row.row.as_ref().unwrap().urn.as_deref() == Some("151155")).unwrap();
    let school = school.row.clone().unwrap();
    assert_eq!(school.name.as_deref(), Some("Booth Wood Academy"));
    assert!(school.postcode.is_some() && school.town.is_some());
    let closed: Vec<_> = schools.values().filter_map(|row| row.row.as_ref()?.closed_on).collect();
    assert!(closed.contains(&date!(2025 - 01 - 31)), "{closed:?}");
    let activities = rows::<Activity>(&mut source).await;
    let of = |kind: &str| {
        let rows = activities.values().filter_map(|row| row.row.as_ref());
        rows.filter(|row| row.kind.as_deref() == Some(kind)).collect::<Vec<_>>()
    };
    assert!(of("Whole Class Ukulele (do not use)").iter().all(|it| it.first_access && !it.vocal));
    assert!(of("First Access Singing").iter().all(|it| it.first_access && it.vocal));
    assert!(!of("First Access Follow-on").is_empty() && of("First Access Follow-on").iter().all(|it| !it.first_access));
    assert!(activities.values().filter_map(|row| row.row.as_ref()).any(|it| it.at_centre && it.school.is_none()));
    assert!(activities.values().filter_map(|row| row.row.as_ref()).any(|it| it.cancelled));
    let first: SourceRow<HeadCount> = row(&mut source, "70001").await;
    let first = first.row.unwrap();
    assert!(["2023/24", "2024/25"].contains(&first.academic_year.as_str()), "{first:?}");
}
