//! The one that holds the connection, on a task or a thread of its own, and those that ask it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::away::Away;
use super::select::Select;
use crate::exchange::sync::mapping::section::TableName;

/// How many rows are sent at once.
pub const BATCH: usize = 500;

/// How many batches may wait for the reader: enough that neither waits for the other at each.
pub const WAITING: usize = 2;

/// A row as it comes from the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawRow {
    /// Its cells, in the order of the columns asked for.
    Cells(Box<[Option<String>]>),
    /// A line of a file that is no row, with the cells that could be read.
    Unread { line: u64, cells: Box<[Option<String>]>, code: &'static str, message: String },
}

/// Rows, none at the end of all, or why there are no more. An answer without its end was cut off.
pub type Reply = Result<Option<Vec<RawRow>>, Away>;

/// What is asked.
#[derive(Debug)]
pub enum Question {
    /// All rows.
    Rows(Select),
    /// The names of a table's columns, a row for each; none if there is no such table.
    Columns(TableName),
    /// Whether a select works. No rows.
    Probe(Select),
}

/// A question, and where the answer goes.
#[derive(Debug)]
pub struct Request {
    pub question: Question,
    pub reply: mpsc::Sender<Reply>,
}

/// The statements sent so far.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Notes a statement. One that is sent again and again is noted once.
    pub fn note(&self, statement: &str) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.last().is_none_or(|last| last != statement) {
            list.push(statement.to_owned());
        }
    }

    pub fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A connection that answers one question after the other.
#[derive(Debug)]
pub struct Worker {
    requests: mpsc::Sender<Request>,
    /// The task, if it is one. A thread ends when it next looks for a question.
    task: Option<AbortHandle>,
    timeout: u32,
}

impl Worker {
    pub fn new(requests: mpsc::Sender<Request>, task: Option<AbortHandle>, timeout: u32) -> Self {
        Self { requests, task, timeout }
    }

    /// Asks a question.
    pub async fn ask(&self, question: Question) -> Result<Answer<'_>, Away> {
        let (reply, answers) = mpsc::channel(WAITING);
        self.requests.send(Request { question, reply }).await.map_err(|_| Away::closed())?;
        Ok(Answer { worker: self, answers, ended: false })
    }

    /// All rows of an answer.
    pub async fn all(&self, question: Question) -> Result<Vec<RawRow>, Away> {
        let mut answer = self.ask(question).await?;
        let mut all = Vec::new();
        while let Some(rows) = answer.next().await? {
            all.extend(rows);
        }
        Ok(all)
    }
}

/// The rows of an answer, as they come.
#[derive(Debug)]
pub struct Answer<'a> {
    worker: &'a Worker,
    answers: mpsc::Receiver<Reply>,
    ended: bool,
}

impl Answer<'_> {
    /// The next rows; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<RawRow>>, Away> {
        if self.ended {
            return Ok(None);
        }
        let limit = Duration::from_secs(self.worker.timeout.into());
        match tokio::time::timeout(limit, self.answers.recv()).await {
            Ok(reply) => {
                let rows = reply.unwrap_or_else(|| Err(Away::closed()))?;
                self.ended = rows.is_none();
                Ok(rows)
            }
            Err(_) => {
                if let Some(task) = &self.worker.task {
                    task.abort();
                }
                Err(Away::timeout(self.worker.timeout))
            }
        }
    }
}
