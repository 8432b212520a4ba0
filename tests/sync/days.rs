//! Days 1 to 5 of the sample, one after the other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::{World, counts};

/// The days between one day of the sample and the next.
pub const LATER: [(u8, u64); 4] = [(2, 2), (3, 5), (4, 2), (5, 5)];

/// The sections about schools and people.
const SECTIONS: [&str; 3] = ["schools", "persons", "associations"];

fn told(run: &Value) -> BTreeMap<&'static str, BTreeMap<String, i64>> {
    SECTIONS.iter().map(|section| (*section, counts(run, section))).collect()
}

#[actix_web::test]
async fn each_day_is_taken_over_and_a_second_run_of_a_day_changes_nothing() {
    let Some(mut world) = World::new().await else { return };
    let first = world.synced().await;
    insta::assert_json_snapshot!(told(&first), @"");
    unchanged(&world).await;
    let mut days = Vec::new();
    for (day, later) in LATER {
        world.days_later(later);
        if day == 3 {
            world.register(3).await;
        }
        world.files_of(day);
        let run = world.synced().await;
        days.push(json!({ "day": day, "counts": told(&run) }));
        unchanged(&world).await;
    }
    insta::assert_json_snapshot!(days, @"");
}

/// A further run writes nothing: neither items nor entries of the log.
async fn unchanged(world: &World) {
    let before = world.changes().await;
    let run = world.synced().await;
    assert_eq!(run["written"], 0, "{run:#}");
    for section in SECTIONS {
        let counts = counts(&run, section);
        let wrote = ["created", "updated", "ended", "missing", "erased"].iter().filter(|it| counts.contains_key(**it));
        assert_eq!(wrote.count(), 0, "{section}: {counts:?}");
    }
    assert_eq!(world.changes().await, before);
}
