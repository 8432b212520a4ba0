//! What is remembered of the rows that figures are made of: where they lead, and when the source no longer has them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::exchange::sync_link::LinkFields;
use entity::exchange::sync_row::SyncSection;
use uuid::Uuid;

use super::gather::{FigureKey, Seen};
use super::plan;
use crate::exchange::sync::run::{Link, Planned, Reported, Run, gone};
use crate::kernel::resource::job::Stop;

/// The rows of a section as they were read.
pub struct Trail<'a> {
    /// The section.
    pub section: SyncSection,
    /// Whether a row that it does not have is gone.
    pub tells_missing: bool,
    /// What is remembered of its rows.
    pub links: HashMap<String, Link>,
    /// The rows that figures are made of.
    pub seen: &'a BTreeMap<String, Seen>,
    /// The keys of all rows.
    pub keys: BTreeSet<&'a str>,
    /// The keys of rows that are of no use.
    pub rejected: BTreeSet<&'a str>,
}

/// A row with what is to be remembered of it.
struct Remembered {
    link: Link,
    reported: Option<Reported>,
}

impl Planned for Remembered {
    fn told(&self) -> Vec<Reported> {
        self.reported.iter().cloned().collect()
    }

    fn links(&self) -> Vec<Link> {
        vec![self.link.clone()]
    }
}

impl Trail<'_> {
    /// The figures to which rows led of which nobody knows now what they say, or to which school they belong.
    pub fn held(&self) -> impl Iterator<Item = Uuid> {
        let stay = self.links.iter().filter(|(key, link)| match self.seen.get(*key) {
            Some(seen) => seen.waits,
            None if self.keys.contains(key.as_str()) => self.rejected.contains(key.as_str()),
            None => !self.tells_missing && link.missing_since().is_none(),
        });
        stay.filter_map(|(_, link)| link.item_in(plan::table()))
    }

    /// Reports the rows and remembers them.
    ///
    /// # Errors
    /// When the job is lost or cancelled; when the database is away.
    pub async fn follow(mut self, run: &mut Run<'_>, figures: &HashMap<FigureKey, Uuid>) -> Result<(), Stop> {
        let mut told = Vec::new();
        let mut remembered = Vec::new();
        for (key, seen) in self.seen {
            let known = self.links.remove(key);
            let fingerprint = run.salt().digest(&seen.content);
            let figure = seen.figure.as_ref().and_then(|key| figures.get(key)).copied();
            let reported = seen.reported.clone();
            let reported = reported.map(|row| figure.map_or(row.clone(), |id| row.item(plan::table(), id)));
            let leads = known.as_ref().and_then(|link| link.item_in(plan::table()));
            // A row that waits goes on leading to its figure, which stays as it is until then.
            if known.as_ref().is_some_and(|link| link.is_same(&fingerprint)) && (seen.waits || leads == figure) {
                told.extend(reported);
                continue;
            }
            let link = known.unwrap_or_else(|| run.new_link(self.section, key));
            let link = link.saying(fingerprint, LinkFields::default());
            let link = match figure {
                Some(id) => link.to(plan::table(), id),
                None if seen.waits => link,
                None => link.to_nothing(),
            };
            remembered.push(Remembered { link, reported });
        }
        // A row that no measure asks for any more is there all the same.
        self.links.retain(|key, _| !self.keys.contains(key.as_str()));
        for link in gone(self.links.into_values(), self.tells_missing) {
            let (reported, link) = link.lost(plan::table(), run.caller.now());
            remembered.push(Remembered { link, reported: Some(reported) });
        }
        run.tell(told).await?;
        remembered.sort_by(|one, other| one.link.key().cmp(other.link.key()));
        run.store(&remembered, async |_, _| Ok(())).await
    }
}
