//! `docs/guide/feed.md`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Guide;
use crate::support::process::said;

#[actix_web::test]
async fn the_copy_by_curl_is_what_the_lists_show() {
    let guide = Guide::of_the_demo().await;
    let told = guide.follows("feed");
    assert!(told.contains("the copy is up to date"), "{told}");
    // What the page ends with, beside what the lists show now.
    let look = r#"
        token=$(curl -fsS -u "$(jq -r '.client_id + ":" + .client_secret' client.json)" \
            -d grant_type=client_credentials "$SMEP/api/v1/auth/token" | jq -r .access_token)
        curl -fsS -H "Authorization: Bearer $token" "$SMEP/api/v1/areas?limit=200" | jq -c '.items[]'"#;
    let shown = guide.shell(look, &[]);
    assert!(shown.status.success(), "{}", said(&shown));
    let items = String::from_utf8(shown.stdout).unwrap();
    let expected: BTreeMap<String, Value> = items
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|item| (item["id"].as_str().unwrap().to_owned(), item))
        .collect();
    let copied: BTreeMap<String, Value> = super::names(&guide.folder.path().join("copy/areas"), ".json")
        .into_iter()
        .map(|id| {
            let text = std::fs::read(guide.folder.path().join(format!("copy/areas/{id}.json"))).unwrap();
            (id, serde_json::from_slice(&text).unwrap())
        })
        .collect();
    assert!(!copied.is_empty());
    assert_eq!(copied, expected);
}
