//! Of which measures a mapping asks for figures. Pure.

use std::collections::BTreeSet;

use crate::exchange::sync::mapping::{Mapping, MeasureKey};
use crate::exchange::sync::record::{Activity, Table};

/// The codes of the measures, as far as the source has the tables for them.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Activities that are First Access: by their flag, unless kinds are named.
    pub first_access: Option<ByKind>,
    /// Activities that are singing: by their flag and not First Access, unless kinds are named.
    pub singing: Option<ByKind>,
    /// Activities that are lessons.
    pub lessons: Option<ByKind>,
    /// Members of ensembles.
    pub ensembles: Option<String>,
}

/// A measure of activities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByKind {
    /// The code of the measure.
    pub code: String,
    /// The kinds of activities, in small letters; empty where a flag says which.
    pub kinds: Vec<String>,
}

impl ByKind {
    fn has(&self, activity: &Activity, flag: bool) -> bool {
        if self.kinds.is_empty() {
            return flag;
        }
        activity.kind.as_ref().is_some_and(|kind| self.kinds.contains(&kind.trim().to_lowercase()))
    }
}

impl Asked {
    /// Reads what a mapping asks for.
    #[must_use]
    pub fn of(mapping: &Mapping) -> Self {
        let counted = mapping.takes(Table::Activities) && mapping.takes(Table::HeadCounts);
        let by_kind = |key| {
            let kinds = mapping.kinds(key).iter().map(|kind| kind.trim().to_lowercase()).collect();
            let code = mapping.measure(key).filter(|_| counted)?.to_owned();
            Some(ByKind { code, kinds })
        };
        let ensembles = mapping.measure(MeasureKey::Ensembles).filter(|_| mapping.takes(Table::EnsembleMembers));
        Self {
            first_access: by_kind(MeasureKey::FirstAccess),
            singing: by_kind(MeasureKey::Singing),
            lessons: by_kind(MeasureKey::Lessons),
            ensembles: ensembles.map(str::to_owned),
        }
    }

    /// The codes of the measures that an activity counts for, each once.
    #[must_use]
    pub fn of_activity(&self, activity: &Activity) -> BTreeSet<&str> {
        let measures = [
            (&self.first_access, activity.first_access),
            (&self.singing, activity.vocal && !activity.first_access),
            (&self.lessons, false),
        ];
        let counted = measures.into_iter().filter_map(|(measure, flag)| {
            measure.as_ref().filter(|it| it.has(activity, flag)).map(|it| it.code.as_str())
        });
        counted.collect()
    }

    /// All codes.
    #[must_use]
    pub fn codes(&self) -> BTreeSet<&str> {
        let by_kind = [&self.first_access, &self.singing, &self.lessons].into_iter().flatten();
        by_kind.map(|it| it.code.as_str()).chain(self.ensembles.as_deref()).collect()
    }
}
