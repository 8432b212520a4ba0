//! A PostgreSQL server of the test's own, which it may stop and start.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A server in a folder of its own.
pub struct Cluster {
    bin: PathBuf,
    folder: String,
    port: u16,
    as_root: bool,
}

impl Cluster {
    /// Makes and starts one; none when PostgreSQL's programs are not installed, which on CI is a
    /// failure.
    pub fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL's programs are not installed");
            eprintln!("skipped: there is no /usr/lib/postgresql/*/bin/initdb on this machine");
            return None;
        };
        let user = Command::new("id").arg("-u").output().unwrap();
        let as_root = user.stdout.trim_ascii() == b"0";
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut cluster = Self { bin, folder: String::new(), port, as_root };
        // Its owner makes the folder: the server refuses to run as root.
        let made = cluster.command("mktemp").args(["-d", "/tmp/smep-test-pg.XXXXXX"]).output();
        cluster.folder = String::from_utf8(made.unwrap().stdout).unwrap().trim().to_owned();
        assert!(!cluster.folder.is_empty(), "mktemp as the owner of the server");
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]);
        cluster.up();
        Some(cluster)
    }

    /// Of the database that every server has.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it and waits until it answers.
    pub fn up(&self) {
        let options =
            format!("-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=50", self.port, self.folder);
        let log = format!("{}/log", self.folder);
        self.run("pg_ctl", &["-D", &self.data(), "-l", &log, "-o", &options, "-w", "start"]);
    }

    /// Starts it as one that is recovered from an archive, up to the last log that it finds.
    pub fn recover(&self) {
        let data = self.data();
        let sign = self.command("touch").arg(format!("{data}/recovery.signal")).status().unwrap();
        assert!(sign.success());
        let setting = "restore_command = '/bin/false'";
        let set = self.command("sh").args(["-c", &format!("echo \"{setting}\" >> {data}/postgresql.conf")]).status();
        assert!(set.unwrap().success());
        self.up();
    }

    /// Stops it without a word to those connected, as when its machine loses power.
    pub fn down(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    fn data(&self) -> String {
        format!("{}/data", self.folder)
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = self.command(&program.display().to_string());
        // The server inherits what is not redirected, and a pipe would never end.
        let status = command.args(arguments).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{} {arguments:?}", program.display());
    }

    fn command(&self, program: &str) -> Command {
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", program]);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/tmp");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = self.bin.join("pg_ctl").display().to_string();
        // It may be down already.
        let _ = self
            .command(&stop)
            .args(["-D", &self.data(), "-m", "immediate", "-w", "stop"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = self.command("rm").args(["-rf", &self.folder]).status();
    }
}

/// The newest version's.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}
