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
    let expected = json!({
        "associations": { "created": 1436, "out_of_area": 37, "rejected": 11, "unchanged": 11, "waiting": 187 },
        "persons": { "created": 1375 },
        "schools": { "created": 361, "out_of_area": 16, "review": 48 },
    });
    let without_notes = |mut told: Value| {
        // Two contacts of one person are reported beside the people.
        told["persons"].as_object_mut().unwrap().remove("unchanged");
        told
    };
    assert_eq!(without_notes(json!(told(&first))), expected);
    unchanged(&world).await;
    for (day, later) in LATER {
        world.days_later(later);
        if day == 3 {
            world.register(3).await;
        }
        world.files_of(day);
        let run = world.synced().await;
        of_day(day, &run);
        unchanged(&world).await;
    }
}

/// What the sample says that happens on a day.
fn of_day(day: u8, run: &Value) {
    let of = |section: &str, outcome: &str| counts(run, section).get(outcome).copied().unwrap_or_default();
    match day {
        // Four heads of music are new: two lines ended and were followed by others, two were overwritten.
        2 => {
            assert_eq!(of("persons", "created"), 4, "{run:#}");
            let lines = ["created", "ended", "updated"].map(|outcome| of("associations", outcome));
            assert_eq!(lines, [2, 2, 2], "{run:#}");
        }
        // An academy is a new contact, a duplicate was merged away, and four lines are gone.
        3 => {
            assert_eq!([of("schools", "created"), of("schools", "missing")], [1, 1], "{run:#}");
            assert_eq!(of("associations", "missing"), 4, "{run:#}");
        }
        // Three URNs were filled in.
        4 => assert_eq!(of("schools", "created"), 3, "{run:#}"),
        // A contact moved to the academy that succeeded its school, and a person was erased.
        _ => assert_eq!([of("schools", "updated"), of("persons", "erased")], [1, 1], "{run:#}"),
    }
}

/// A further run writes nothing: neither items nor entries of the log.
async fn unchanged(world: &World) {
    let before = world.changes().await;
    let run = world.synced().await;
    let written = world.rows(&run, "written=true").await;
    assert_eq!((&run["written"], written), (&json!(0), Vec::new()));
    for section in SECTIONS {
        let counts = counts(&run, section);
        let wrote = ["created", "updated", "ended", "missing", "erased"].iter().filter(|it| counts.contains_key(**it));
        assert_eq!(wrote.count(), 0, "{section}: {counts:?}");
    }
    assert_eq!(world.changes().await, before);
}
