//! Where requests may go: refused when an address is set, and again when something is sent.

use entity::exchange::webhook;
use serde_json::json;

use super::{Hook, Receiver, form, send};
use crate::support;

#[actix_web::test]
async fn inner_addresses_are_refused_when_they_are_set() {
    let app = support::app().await;
    let head = app.as_role(entity::identity::grant::Role::HeadOfService).await;
    let client = app.as_client(super::SCOPES).await.subject();
    for url in [
        "http://music-database.example/",
        "http://8.8.8.8/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.0.1:8443/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.google.internal/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://me:hush@music-database.example/",
        "ftp://music-database.example/",
    ] {
        let reply = head.post("/webhooks", &form(client, url, json!({}))).await;
        assert_eq!(reply.faults(), [("/url".to_owned(), "refused_address".to_owned())], "{url}: {reply:?}");
    }
    assert!(head.all("/webhooks").await.is_empty());
}

#[actix_web::test]
async fn an_address_that_leads_inside_by_now_is_not_reached() {
    let app = support::app().await;
    let head = app.as_role(entity::identity::grant::Role::HeadOfService).await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, "https://music-database.example/", json!({})).await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    // As if the setting had been another one, or the name had led elsewhere, when they were set.
    for url in [receiver.url.clone(), format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}")] {
        app.write(app.hub, async |write| {
            let before = write.row::<webhook::Entity>(hook.id).await?;
            write.replace_row::<webhook::Entity>(&webhook::Model { url: url.clone(), ..before }).await
        })
        .await;
        let ping = head.act(&format!("{}/ping", hook.path), None).await.expect(202).id();
        send(&app).await;
        let ping = head.get(&format!("/webhook-deliveries/{ping}")).await.expect(200).json();
        assert_eq!((&ping["state"], &ping["reply_status"]), (&json!("failed"), &json!(null)), "{url}");
        assert!(ping["error"].as_str().unwrap().contains("SMEP_WEBHOOK_NETWORKS"), "{url}: {ping}");
    }
    assert!(receiver.got().is_empty());
}
