//! The programs that are measured, each in a process of its own, so that its memory and its time
//! are its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::http::{Connection, Reply, request};
use crate::{Outcome, cores};

/// The program `smep`.
pub struct Program(PathBuf);

impl Program {
    /// The one that was built with this one.
    pub fn beside_this_one() -> Outcome<Self> {
        let here = std::env::current_exe().map_err(|error| error.to_string())?;
        let path = here.with_file_name(format!("smep{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(Self(path));
        }
        Err(format!("there is no {}: build it first with `cargo build --release --workspace`", path.display()))
    }

    /// Runs a command and gives the line of JSON that it prints.
    pub fn run(&self, database: &str, arguments: &[&str], input: &str) -> Outcome<Value> {
        let fault = |what: &str| format!("smep {}: {what}", arguments.join(" "));
        let mut command = Command::new(&self.0);
        command.args(arguments).arg(format!("--database-url={database}"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| fault(&error.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(|error| fault(&error.to_string()))?;
        }
        let output = child.wait_with_output().map_err(|error| fault(&error.to_string()))?;
        if !output.status.success() {
            return Err(fault(&String::from_utf8_lossy(&output.stderr)));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| fault(&error.to_string()))
    }

    /// Makes a partner system of a hub with these scopes.
    pub fn add_client(&self, database: &str, hub: &str, scopes: &[&str]) -> Outcome<Account> {
        let mut arguments = vec!["client", "add", "--hub", hub, "--name", "Benchmark", "--scope"];
        arguments.extend(scopes);
        let made = self.run(database, &arguments, "")?;
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        Ok(Account(format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")))
    }

    /// Makes a user of a hub, or of the platform, who may do what the role may.
    pub fn add_user(&self, database: &str, hub: &str, email: &str, role: &str) -> Outcome<Account> {
        let password = "nine-oboes-and-a-harp";
        let role = ["--name", "Benchmark", "--role", role, "--password-stdin"];
        let arguments: Vec<&str> = ["user", "add", "--hub", hub, "--email", email].into_iter().chain(role).collect();
        self.run(database, &arguments, password)?;
        Ok(Account(format!("grant_type=password&username={email}&password={password}")))
    }

    /// Starts the service as it is installed, without a limit on how much a caller may ask.
    pub fn serve(&self, database: &str, folder: &Path) -> Outcome<Process> {
        let mut command = Command::new(&self.0);
        command.args(["serve", "--listen=127.0.0.1:0", "--rate-limit=0"]);
        command.arg(format!("--database-url={database}")).arg(format!("--workers={}", cores()));
        Process::start(command, &folder.join("service.log"))
    }
}

/// Starts the bare handlers over the same database.
pub fn serve_bare(database: &str, folder: &Path) -> Outcome<Process> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    command.arg("bare").arg(format!("--database-url={database}")).arg(format!("--workers={}", cores()));
    Process::start(command, &folder.join("bare.log"))
}

/// Who signs in: the form that is sent.
pub struct Account(String);

impl Account {
    /// A new token.
    pub async fn sign_in(&self, process: &Process) -> Outcome<String> {
        let form = ("application/x-www-form-urlencoded", self.0.as_bytes());
        let request = request("POST", "/api/v1/auth/token", None, Some(form));
        let mut reply = Reply::default();
        process.connect().await?.exchange(&request, &mut reply).await?;
        reply.expect(200)?;
        let token = reply.json()?["access_token"].as_str().map(str::to_owned);
        token.ok_or_else(|| format!("no token: {}", reply.told()))
    }
}

/// A running service, which stops with this.
pub struct Process {
    child: Child,
    /// `host:port`.
    address: String,
}

/// What a process holds of the machine's memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Now.
    pub now: u64,
    /// At most, since it began.
    pub peak: u64,
}

impl Process {
    /// Starts it and waits until it says where it listens. Its log goes to a file.
    fn start(mut command: Command, log: &Path) -> Outcome<Self> {
        let told = |error: std::io::Error| format!("{}: {error}", log.display());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log).map_err(told)?);
        let mut child = command.spawn().map_err(|error| format!("cannot start it: {error}"))?;
        let mut lines = child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("listens on http://")?;
            rest.split(' ').next().map(str::to_owned)
        });
        // Somebody has to read the rest, or the program waits for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let mut process = Self { child, address: String::new() };
        match address {
            Some(address) => {
                process.address = address;
                Ok(process)
            }
            None => Err(format!("it did not start: {}", std::fs::read_to_string(log).map_err(told)?)),
        }
    }

    pub async fn connect(&self) -> Outcome<Connection> {
        Connection::open(&self.address).await
    }

    /// What it holds of the memory, where the system tells.
    pub fn memory(&self) -> Memory {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kibibytes.unwrap_or(0) << 10
        };
        Memory { now: of("VmRSS:"), peak: of("VmHWM:") }
    }

    /// The processors' time that it has used, where the system tells.
    pub fn processor_time(&self) -> Duration {
        let told = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name, which comes second, may have spaces and brackets in it.
        let rest = told.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
        // Linux reports 100 ticks a second to programs, regardless of its own clock.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
