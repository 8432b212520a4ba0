//! `docs/guide/going-live.md`, with a PostgreSQL server of the test's own.

use std::net::TcpListener;
use std::process::Command;

use super::{commands, page};
use crate::support::Cluster;
use crate::support::database::folder;
use crate::support::process::{self, said};

#[actix_web::test]
async fn the_commands_take_a_service_live_back_it_up_restore_it_and_upgrade_it() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url();
    let port = url.rsplit(':').next().unwrap().split('/').next().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // The usual port may be taken by another service of this machine.
    let script = commands("going-live").join("\n\n").replace("127.0.0.1:8080", &free.to_string());
    let folder = folder();
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_smep")).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SMEP_")) {
        command.env_remove(name);
    }
    // A service that a failed command leaves behind ends with the shell.
    let ended = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n";
    let output = command
        .args(["-euo", "pipefail", "-c", &format!("{ended}{script}")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", port)
        .env("PGUSER", "postgres")
        .output()
        .expect("bash, curl, openssl and PostgreSQL's clients are there");
    let log = std::fs::read_to_string(folder.path().join("smep.log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{log}", said(&output));
    let token = std::fs::read_to_string(folder.path().join("token.json")).unwrap();
    assert!(token.contains("access_token"), "the restored database knows the head of service: {token}");
    let lines = log.lines().filter(|line| line.starts_with("{\"timestamp\":")).count();
    assert!(lines > 1, "lines of JSON: {log}");
}

#[test]
fn every_setting_on_the_page_is_one_of_the_program() {
    let help = process::run(&["serve", "--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let page = page("going-live");
    let named = page.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).filter(|word| word.starts_with("SMEP_"));
    let mut count = 0;
    for name in named {
        assert!(help.contains(&format!("[env: {name}=")) || help.contains(&format!("[env: {name}]")), "{name}");
        count += 1;
    }
    assert!(count > 15, "{count}");
}
