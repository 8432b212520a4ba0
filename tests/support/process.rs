//! The program itself, as it is installed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};

use super::app::{ISSUER, with};
use super::faults::Faults;

const SMEP: &str = env!("CARGO_BIN_EXE_smep");

/// A running `smep serve`.
pub struct Process {
    child: Child,
    base: String,
    log: Arc<Mutex<Vec<String>>>,
}

/// A command of the program, with nothing of this machine's settings.
pub fn smep(arguments: &[&str]) -> Command {
    let mut command = Command::new(SMEP);
    for (name, _) in std::env::vars() {
        if name.starts_with("SMEP_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    smep(arguments).output().unwrap()
}

/// What a command said, for the message of a test that fails.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

impl Process {
    /// Starts the service on a port of its own and waits until it listens.
    pub fn serve(database: &str, flags: &[&str]) -> Self {
        Self::try_serve(database, flags).unwrap_or_else(|log| panic!("it did not start:\n{log}"))
    }

    /// As [`Process::serve`], with a disk that may fail.
    pub fn serve_on(faults: &Faults, database: &str, flags: &[&str]) -> Self {
        Self::start(database, flags, &faults.environment()).unwrap_or_else(|log| panic!("it did not start:\n{log}"))
    }

    /// As [`Process::serve`]; what it said when it ended instead.
    pub fn try_serve(database: &str, flags: &[&str]) -> Result<Self, String> {
        Self::start(database, flags, &[])
    }

    fn start(database: &str, flags: &[&str], environment: &[(&str, PathBuf)]) -> Result<Self, String> {
        let url = format!("--database-url={database}");
        let issuer = format!("--public-url={ISSUER}");
        let usual = [
            "serve",
            url.as_str(),
            issuer.as_str(),
            "--listen=127.0.0.1:0",
            "--rate-limit=0",
            "--workers=2",
            "--database-timeout=60",
        ];
        let mut command = smep(&with(&usual, flags));
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let kept = log.clone();
        // Somebody has to read it, or the program waits for room in the pipe.
        let errors = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let mut base = None;
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            let address = line.split("listens on ").nth(1).and_then(|it| it.split(' ').next());
            log.lock().unwrap().push(line.clone());
            if let Some(address) = address {
                base = Some(address.to_owned());
                break;
            }
        }
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        match base {
            Some(base) => Ok(Self { child, base, log }),
            None => {
                let status = child.wait().unwrap();
                errors.join().unwrap();
                Err(format!("{status}\n{}", log.lock().unwrap().join("\n")))
            }
        }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn ask_to_stop(&self) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
