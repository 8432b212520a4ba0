//! All metrics by their codes, and what a code and a filter are held against before they are stored.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MetricDescription, MetricEntry, MetricMeasure};
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::{Fault, Result};
use crate::kernel::caller::state::State;
use crate::kernel::document::openapi::check::Checker;

/// The metrics that the parts registered.
pub struct Catalogue(BTreeMap<&'static str, Kept>);

struct Kept {
    entry: MetricEntry,
    checker: Checker,
}

impl Catalogue {
    /// The catalogue of some metrics.
    ///
    /// # Errors
    /// `internal` for a metric whose filter has no usable schema.
    pub fn new(entries: Vec<MetricEntry>) -> Result<Self> {
        let kept = |entry: MetricEntry| Ok((entry.code, Kept { entry, checker: (entry.schema)().checker()? }));
        entries.into_iter().map(kept).collect::<Result<_>>().map(Self)
    }

    /// The metrics in the order of their codes.
    pub fn entries(&self) -> impl Iterator<Item = &MetricEntry> {
        self.0.values().map(|kept| &kept.entry)
    }

    /// The metric of a code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&MetricEntry> {
        self.0.get(code).map(|kept| &kept.entry)
    }

    /// The metric of a code that somebody gives at `pointer`.
    ///
    /// # Errors
    /// A fault with the nearest code.
    pub fn expect(&self, pointer: &str, code: &str) -> Result<&MetricEntry, Fault> {
        self.find(code).ok_or_else(|| {
            let meant = nearest(code, self.0.keys().copied());
            let hint = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let message = format!("no such metric; {hint}GET /metrics-catalogue lists them all");
            Fault::new(pointer, "unknown_metric", message)
        })
    }

    /// Every fault of a filter for a metric, each with its place under `pointer`.
    #[must_use]
    pub fn faults(&self, pointer: &str, code: &str, filter: Option<&Value>) -> Vec<Fault> {
        let (Some(kept), Some(filter)) = (self.0.get(code), filter) else { return Vec::new() };
        let faults = kept.checker.check(filter).into_iter();
        faults.map(|fault| Fault { pointer: format!("{pointer}{}", fault.pointer), ..fault }).collect()
    }
}

impl MetricEntry {
    /// Returns true if the figure is a percentage.
    #[must_use]
    pub const fn is_share(&self) -> bool {
        matches!(self.measure, MetricMeasure::Share | MetricMeasure::Ratio)
    }

    /// What the catalogue says about it.
    #[must_use]
    pub fn describe(&self) -> MetricDescription {
        MetricDescription {
            code: self.code,
            meaning: self.meaning,
            part: self.part,
            measure: self.measure,
            unit: self.unit,
            things: self.things,
            scope: self.is_share().then_some(self.scope),
            read_scope: self.read.as_str(),
            of_schools: self.of_schools,
            dated: self.dated,
            parameters: (self.schema)().parameters(),
        }
    }
}

/// A filter that narrows nothing.
#[must_use]
pub fn open() -> Value {
    Value::Object(Map::new())
}

impl State {
    /// The metrics that the parts registered.
    #[must_use]
    pub fn metrics(&self) -> &Catalogue {
        self.registered()
    }
}
