//! People and who is who at a school, as the source has them and as the hub keeps them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::{World, counts};
use crate::sync_sources::sample;

/// The person that a key of the source leads to.
async fn person(world: &World, key: &str) -> Value {
    world.office.get(&format!("/people/by-key/music-service/{key}")).await.expect(200).json()
}

/// The contacts of a person, the earliest first.
async fn contacts(world: &World, person: &Value) -> Vec<Value> {
    world.office.all(&format!("/contacts?sort=from_on&person_id={}", person["id"].as_str().unwrap())).await
}

fn id(item: &Value) -> Uuid {
    item["id"].as_str().unwrap().parse().unwrap()
}

/// A line of the source as its cells.
fn cells(world: &World, table: &str, key: &str) -> Vec<String> {
    let bytes = std::fs::read(world.file(table)).unwrap();
    let (text, ..) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let line = text.split("\r\n").find(|line| line.starts_with(&format!("{key},"))).unwrap().to_owned();
    line.split(',').map(|cell| cell.trim().to_owned()).collect()
}

#[actix_web::test]
async fn people_have_their_keys_and_a_school_has_one_primary_contact() {
    let Some(world) = World::new().await else { return };
    let run = world.synced().await;
    let associations = counts(&run, "associations");
    assert_eq!(associations["rejected"], 11, "seven people and four schools are gone: {associations:?}");
    let twice = world.rows(&run, "code=entered_twice").await;
    assert!(twice.len() >= 10, "{twice:#?}");
    assert!(!world.rows(&run, "code=second_primary").await.is_empty());
    assert!(!world.rows(&run, "code=same_human").await.is_empty());

    let line = cells(&world, "association", "1001");
    let head = person(&world, &line[1]).await;
    let key = json!([{ "system": "music-service", "id": line[1] }]);
    assert_eq!(head["external_ids"], key);
    let jobs = contacts(&world, &head).await;
    assert_eq!(jobs[0]["job_role"], "Headteacher");
    let roles = world.office.get("/contacts/counts?by=job_role").await.expect(200).json();
    assert!(!roles.to_string().contains("HoM"), "{roles}");

    // No school has two primary contacts on one day, and no message names a person.
    let primary = world.office.all("/contacts?is_primary=true&on=2025-01-27").await;
    let mut schools: Vec<_> = primary.iter().map(|it| it["school_id"].as_str().unwrap()).collect();
    let all = schools.len();
    schools.sort_unstable();
    schools.dedup();
    assert_eq!(schools.len(), all);
    let names: Vec<_> = world.office.all("/people").await.into_iter().map(|it| it["name"].clone()).collect();
    let told = world.rows(&run, "").await.iter().map(|row| row["message"].to_string()).collect::<String>();
    let surnames = names.iter().filter_map(|name| name.as_str()?.split(' ').next_back());
    assert_eq!(surnames.filter(|name| name.len() > 5).find(|name| told.contains(&format!(" {name} "))), None);
}

#[actix_web::test]
async fn an_ended_line_is_history_and_a_person_replaced_in_place_makes_way_for_another() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let line = cells(&world, "association", "1001");
    let before = person(&world, &line[1]).await;
    world.days_later(2);
    // The person of another line stands in this one from now on, and another line has ended.
    let other = cells(&world, "association", "1002");
    world.edit("association", &format!("1001,{},", line[1]), |text| {
        text.replace(&format!("1001,{},", line[1]), &format!("1001,{},", other[1]))
    });
    world.edit("association", &format!("1002,{},", other[1]), |text| {
        let mut cells: Vec<String> = text.split(',').map(str::to_owned).collect();
        cells[7] = "28/01/2025".to_owned();
        cells[5] = "No".to_owned();
        cells.join(",")
    });
    let run = world.synced().await;
    let row = &world.rows(&run, "section=associations&source_key=1001").await[0];
    assert_eq!((&row["outcome"], &row["code"]), (&json!("updated"), &json!("replaced")), "{row:#}");
    let row = &world.rows(&run, "section=associations&source_key=1002").await[0];
    assert_eq!(row["outcome"], "ended", "{row:#}");
    let old = contacts(&world, &before).await;
    assert!(!old[0]["to_on"].is_null(), "{old:#?}");
    let now = contacts(&world, &person(&world, &other[1]).await).await;
    let last = |role: &str| now.iter().find(|it| it["job_role"] == role).map(|it| it["to_on"].clone());
    assert_eq!(last("Headteacher"), Some(Value::Null), "{now:#?}");
    assert!(now.iter().any(|it| it["to_on"] == "2025-01-28"), "{now:#?}");
    assert_eq!(world.synced().await["written"], 0);
}

#[actix_web::test]
async fn what_a_person_corrected_here_stays_and_is_a_conflict_when_the_source_changes_it_too() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let line = cells(&world, "association", "1001");
    let known = person(&world, &line[1]).await;
    let path = format!("/people/{}", known["id"].as_str().unwrap());
    let etag = world.office.get(&path).await.expect(200).etag();
    world.office.patch(&path, &json!({ "email": "corrected@school.example" }), &etag).await.expect(200);
    world.days_later(1);
    assert_eq!(world.synced().await["written"], 0);
    assert_eq!(person(&world, &line[1]).await["email"], "corrected@school.example");

    world.edit("contact", &format!("{},PER", line[1]), |text| {
        let mut cells: Vec<String> = text.split(',').map(str::to_owned).collect();
        cells[7] = "other@school.example".to_owned();
        cells.join(",")
    });
    let run = world.synced().await;
    let row = &world.rows(&run, &format!("section=persons&source_key={}", line[1])).await[0];
    assert_eq!((&row["outcome"], &row["code"]), (&json!("conflict"), &json!("both_changed")), "{row:#}");
    assert_eq!(row["fields"], json!(["email"]));
    assert!(!row["message"].as_str().unwrap().contains('@'));
    assert_eq!(person(&world, &line[1]).await["email"], "corrected@school.example");
    // The report has it once.
    let again = world.synced().await;
    assert_eq!((again["written"].as_i64(), counts(&again, "persons").get("conflict")), (Some(0), None));
}

#[actix_web::test]
async fn who_is_erased_at_the_source_is_erased_here_and_does_not_come_back() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let day = |n| super::fixture::World::files_of(&world, n);
    day(4);
    world.register(3).await;
    world.days_later(9);
    world.synced().await;
    let before = world.office.all("/people").await.len();
    world.days_later(5);
    world.files_of(5);
    let run = world.synced().await;
    let rows = world.rows(&run, "outcome=erased").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let erased: Uuid = rows[0]["item_id"].as_str().unwrap().parse().unwrap();
    let erasures = world.office.all("/erasures").await;
    assert_eq!(erasures[0]["person_id"], json!(erased));
    let kept = crate::support::until("the person is erased", async || {
        let all = world.office.all("/people?archived=true").await;
        all.into_iter().find(|it| id(it) == erased && !it["erased_at"].is_null())
    })
    .await;
    assert_eq!((&kept["email"], &kept["external_ids"]), (&Value::Null, &json!([])));
    let again = world.synced().await;
    assert_eq!(again["written"], 0, "{again:#}");
    assert!(world.office.all("/people").await.len() < before + 40);
}

#[actix_web::test]
async fn who_was_merged_here_is_erased_when_no_row_of_the_source_is_left() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let keys = ["1001", "1002"].map(|line| cells(&world, "association", line)[1].clone());
    let [twin, kept] = [person(&world, &keys[0]).await, person(&world, &keys[1]).await];
    let form = json!({ "into_id": kept["id"] });
    let path = format!("/people/{}/merge", twin["id"].as_str().unwrap());
    world.office.post(&path, &form).await.expect(200);
    let wipe = |world: &World, key: &str| {
        world.edit("contact", &format!("{key},PER"), |text| {
            let mut cells: Vec<&str> = text.split(',').collect();
            // Title, forename, surname, e-mail address and telephone number.
            cells.splice(4..9, ["", "ERASED", "ERASED", "", ""]);
            cells.join(",")
        });
    };
    wipe(&world, &keys[0]);
    world.days_later(1);
    let run = world.synced().await;
    assert_eq!(counts(&run, "persons").get("erased"), None, "{run:#}");
    let told = world.rows(&run, "code=erased_at_source").await;
    assert_eq!((told.len(), &told[0]["item_id"]), (1, &kept["id"]), "{told:#?}");
    wipe(&world, &keys[1]);
    world.days_later(1);
    let run = world.synced().await;
    assert_eq!(counts(&run, "persons")["erased"], 2, "{run:#}");
    let begun: Vec<_> = world.office.all("/erasures").await.into_iter().map(|it| it["person_id"].clone()).collect();
    assert_eq!(begun, [kept["id"].clone()]);
    crate::support::until("the person is erased", async || {
        let all = world.office.all("/people?archived=true").await;
        all.into_iter().find(|it| it["id"] == kept["id"] && !it["erased_at"].is_null())
    })
    .await;
    let again = world.synced().await;
    assert_eq!((&again["written"], counts(&again, "persons").get("erased")), (&json!(0), None), "{again:#}");
}

#[actix_web::test]
async fn what_the_source_no_longer_has_is_marked_and_stays() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let line = cells(&world, "association", "1002");
    let known = person(&world, &line[1]).await;
    let before = contacts(&world, &known).await;
    let bytes = std::fs::read(world.file("association")).unwrap();
    let (text, ..) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let left: Vec<_> = text.split("\r\n").filter(|line| !line.starts_with("1002,")).collect();
    std::fs::write(world.file("association"), encoding_rs::WINDOWS_1252.encode(&left.join("\r\n")).0).unwrap();
    world.days_later(1);
    let run = world.synced().await;
    assert_eq!(counts(&run, "associations")["missing"], 1);
    assert_eq!(contacts(&world, &known).await, before);
    assert!(!counts(&world.synced().await, "associations").contains_key("missing"), "the report has it once");
}

#[actix_web::test]
async fn a_field_that_the_mapping_does_not_have_stays_as_it_is_here() {
    let Some(from) = sample::exported(1) else { return };
    let files = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), files.path().join(file.file_name())).unwrap();
    }
    let without = |text: &str| {
        let text = text.replace("ended_on = \"ended_on\"\n", "").replace("telephone = \"telephone\"\n", "");
        text.replace("primary = \"is_primary\"\n", "leads = \"source\"\n")
    };
    let address = files.path().display().to_string();
    let Some(world) = World::over("csv", &address, without).await else { return };
    world.synced().await;
    let contact = world.office.get("/contacts?limit=1").await.expect(200).json()["items"][0].clone();
    let path = format!("/contacts/{}", contact["id"].as_str().unwrap());
    let form = json!({ "to_on": "2025-12-31", "is_primary": true });
    world.office.patch(&path, &form, "*").await.expect(200);
    let person = format!("/people/{}", contact["person_id"].as_str().unwrap());
    world.office.patch(&person, &json!({ "telephone": "0116 496 0000" }), "*").await.expect(200);
    assert_eq!(world.synced().await["written"], 0);
    let kept = world.office.get(&path).await.expect(200).json();
    assert_eq!((&kept["to_on"], &kept["is_primary"]), (&form["to_on"], &form["is_primary"]), "{kept:#}");
    assert_eq!(world.office.get(&person).await.expect(200).json()["telephone"], "0116 496 0000");
}
