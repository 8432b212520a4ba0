//! A program that may open no more files.

use std::process::Command;

use entity::identity::grant::Role;

use crate::support::{self, App, until};

/// Lets the program have no more files open than it has, or as many as it likes.
fn limit(app: &mut App, more: bool) {
    let id = app.process().id();
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
    let limit = if more { 1024 } else { open };
    let set = Command::new("prlimit").args([format!("--pid={id}"), format!("--nofile={limit}:1024")]).status();
    assert!(set.unwrap().success());
}

#[actix_web::test]
async fn without_room_for_another_file_requests_are_told_to_come_back() {
    let mut app = support::program(&[]).await;
    let caller = app.as_role(Role::Administrator).await;
    let export = async |format: &str| caller.get(&format!("/schools/export?format={format}")).await;
    app.area(&caller, "Charnwood").await;
    export("csv").await.expect(200);
    limit(&mut app, false);
    // A spreadsheet needs a file from its beginning.
    let reply = export("xlsx").await;
    reply.problem(503, "unavailable");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    caller.get("/areas").await.expect(200);
    limit(&mut app, true);
    until("there is room", async || (export("xlsx").await.status == 200).then_some(())).await;
}
