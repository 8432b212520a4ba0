//! A copy as lines of JSON on standard output.

use std::collections::BTreeMap;
use std::io::{BufWriter, ErrorKind, Stdout, Write};

use serde_json::{Value, json};

use super::catalogue::Kind;
use super::fault::Fault;
use super::target::{Basis, Position, Refreshed, Standing, Target};

/// The lines, and what they said so far.
pub struct Lines {
    out: BufWriter<Stdout>,
    current: Option<Standing>,
    next: Option<Standing>,
    /// Where the list of each kind is read on, until all were.
    cursors: BTreeMap<String, Option<String>>,
}

impl Lines {
    /// Begins, or goes on after a position.
    ///
    /// # Errors
    /// When the text is no position.
    pub fn new(after: Option<&str>) -> Result<Self, String> {
        let current = after.map(|text| {
            read(text).ok_or_else(|| "--after is the `position` of a line that smep follow printed".to_owned())
        });
        let out = BufWriter::new(std::io::stdout());
        Ok(Self { out, current: current.transpose()?, next: None, cursors: BTreeMap::new() })
    }

    fn line(&mut self, line: &Value) -> Result<(), Fault> {
        serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from).map_err(unprinted)?;
        self.out.write_all(b"\n").map_err(unprinted)
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.out.flush().map_err(unprinted)
    }

    fn items(&mut self, kind: &Kind, items: &[Value]) -> Result<(), Fault> {
        items.iter().try_for_each(|item| self.line(&json!({ "item": item, "resource": kind.name })))
    }

    /// The line by which all before it belong together.
    fn position(&mut self) -> Result<(), Fault> {
        let position = self.current.as_ref().map(written);
        self.line(&json!({ "position": position }))?;
        self.flush()
    }
}

/// A reader that has gone ends the follower.
fn unprinted(error: std::io::Error) -> Fault {
    match error.kind() {
        ErrorKind::BrokenPipe => Fault::Fatal("nobody reads the lines any more".to_owned()),
        _ => Fault::Fatal(format!("the lines cannot be printed: {error}")),
    }
}

/// A position as a text that holds all that decides whether it can be gone on from.
fn written(Standing { basis, at }: &Standing) -> String {
    format!("{}/{}/{}/{}/{}", at.epoch, at.after, basis.hub, basis.rights, basis.shape)
}

fn read(text: &str) -> Option<Standing> {
    let mut parts = text.split('/');
    let at = Position { epoch: parts.next()?.parse().ok()?, after: parts.next()?.parse().ok()? };
    let basis =
        Basis { hub: parts.next()?.to_owned(), rights: parts.next()?.parse().ok()?, shape: parts.next()?.to_owned() };
    parts.next().is_none().then_some(Standing { basis, at })
}

impl Target for Lines {
    fn current(&self) -> Option<&Standing> {
        self.current.as_ref()
    }

    fn next(&self) -> Option<&Standing> {
        self.next.as_ref()
    }

    async fn keep_only(&mut self, _: &[Kind]) -> Result<(), Fault> {
        // The new copy that follows has nothing of it.
        Ok(())
    }

    async fn begin(&mut self, standing: Standing, kinds: &[Kind]) -> Result<(), Fault> {
        self.cursors = kinds.iter().map(|kind| (kind.name.clone(), Some(String::new()))).collect();
        self.next = Some(standing);
        self.line(&json!({ "restart": true }))?;
        self.flush()
    }

    fn cursor(&self, kind: &Kind) -> Option<String> {
        self.cursors.get(&kind.name).cloned().flatten()
    }

    async fn add(&mut self, kind: &Kind, items: &[Value], cursor: Option<&str>) -> Result<(), Fault> {
        self.items(kind, items)?;
        self.cursors.insert(kind.name.clone(), cursor.map(str::to_owned));
        self.flush()
    }

    async fn restart(&mut self, kind: &Kind) -> Result<(), Fault> {
        // What is printed again is the same as before, or newer.
        self.cursors.insert(kind.name.clone(), Some(String::new()));
        Ok(())
    }

    async fn refresh(&mut self, kinds: &[Kind], refreshed: &[Refreshed], after: i64) -> Result<(), Fault> {
        for Refreshed { kind, items, gone } in refreshed {
            self.items(&kinds[*kind], items)?;
            gone.iter().try_for_each(|id| self.line(&json!({ "gone": id, "resource": kinds[*kind].name })))?;
        }
        match (&mut self.next, &mut self.current) {
            (Some(next), _) => {
                next.at.after = after;
                self.flush()
            }
            (None, Some(current)) => {
                current.at.after = after;
                self.position()
            }
            (None, None) => Ok(()),
        }
    }

    async fn finish(&mut self, _: &[Kind]) -> Result<(), Fault> {
        self.current = self.next.take();
        self.position()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let basis = Basis { hub: Uuid::nil().to_string(), rights: 4, shape: "00ff".to_owned() };
        let standing = Standing { basis, at: Position { epoch: Uuid::max(), after: 36_905 } };
        assert_eq!(read(&written(&standing)), Some(standing));
        for text in ["", "1", "0/1/2/3/4", &format!("{}/1/a/1/b/c", Uuid::nil())] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
