//! The copy as lines of JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Client, id};
use crate::support::process::said;
use crate::support::{self, Caller};

/// What a reader of the lines knows.
#[derive(Default)]
struct Reader {
    items: BTreeMap<(String, String), Value>,
    position: String,
    restarts: usize,
    lines: usize,
}

impl Reader {
    /// Takes in what was printed, as the guide says.
    fn read(&mut self, text: &[u8]) {
        for line in String::from_utf8_lossy(text).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            self.lines += 1;
            let kind = || line["resource"].as_str().unwrap().to_owned();
            if line["restart"] == true {
                self.items.clear();
                self.restarts += 1;
            } else if let Some(position) = line["position"].as_str() {
                self.position = position.to_owned();
            } else if let Some(gone) = line["gone"].as_str() {
                self.items.remove(&(kind(), gone.to_owned()));
            } else {
                self.items.insert((kind(), id(&line["item"]).to_owned()), line["item"].clone());
            }
        }
    }

    async fn knows_what_lists_show(&self, caller: &Caller) {
        for (kind, path) in [("area", "/areas"), ("school", "/schools")] {
            let shown = caller.all(path).await;
            let known: Vec<&Value> =
                self.items.iter().filter(|((of, _), _)| of == kind).map(|(_, item)| item).collect();
            assert_eq!(known.len(), shown.len());
            assert!(shown.iter().all(|item| known.contains(&item)), "{kind}");
        }
    }
}

#[actix_web::test]
async fn lines_go_on_after_the_position_that_is_given_back() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    for n in 0..250 {
        app.area(&writer, &format!("Area {n:03}")).await;
    }
    let client = Client::of(&app, "exchange:read schools:read").await;
    let mut reader = Reader::default();
    let output = client.follow_once(app.base(), &[]).await;
    assert!(output.status.success(), "{}", said(&output));
    reader.read(&output.stdout);
    reader.knows_what_lists_show(&writer).await;
    assert_eq!(reader.restarts, 1);

    let area = app.area(&writer, "Soar").await;
    app.school(&writer, "Ash", json!({})).await;
    writer.delete(&format!("/areas/{}", area.id()), &area.etag()).await.expect(204);
    let gone = writer.all("/areas").await[0].clone();
    writer.delete(&format!("/areas/{}", id(&gone)), "\"1\"").await.expect(204);
    let (before, position) = (reader.lines, reader.position.clone());
    let output = client.follow_once(app.base(), &["--after", &position]).await;
    reader.read(&output.stdout);
    reader.knows_what_lists_show(&writer).await;
    assert!(reader.lines - before <= 4, "only what changed is printed: {}", said(&output));
    // Lines that were printed and lost with their reader come again.
    let output = client.follow_once(app.base(), &["--after", &position]).await;
    reader.read(&output.stdout);
    reader.knows_what_lists_show(&writer).await;
    assert_eq!(reader.restarts, 1);

    // A position of other rights is no place to go on from.
    let other = Client::of(&app, "exchange:read schools:read plans:read").await;
    let output = other.follow_once(app.base(), &["--after", &position]).await;
    reader.read(&output.stdout);
    reader.knows_what_lists_show(&writer).await;
    assert_eq!(reader.restarts, 2);
    let output = client.follow_once(app.base(), &["--after", "36905"]).await;
    assert!(said(&output).contains("--after is the `position` of a line"), "{}", said(&output));
}

#[actix_web::test]
async fn a_killed_reader_goes_on_from_its_last_whole_line() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    for n in 0..50 {
        app.area(&writer, &format!("Area {n:03}")).await;
    }
    let client = Client::of(&app, "exchange:read schools:read").await;
    let mut reader = Reader::default();
    reader.read(&client.follow_once(app.base(), &[]).await.stdout);
    for round in 0..3 {
        let position = reader.position.clone();
        let follower = client.follow(app.base(), &["--after", &position, "--every", "0.1"]);
        for n in 0..20 {
            app.area(&writer, &format!("Area {round}-{n:03}")).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let printed = follower.kill().stdout;
        let whole = printed.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        reader.read(&printed[..whole]);
    }
    let position = reader.position.clone();
    reader.read(&client.follow_once(app.base(), &["--after", &position]).await.stdout);
    reader.knows_what_lists_show(&writer).await;
    assert_eq!(reader.restarts, 1);
}
