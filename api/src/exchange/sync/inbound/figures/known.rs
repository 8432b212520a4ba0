//! The figures that the hub has, and what a change of one means for the others of its family.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::outcomes::measure_definition;
use entity::outcomes::measure_value::{self, Column, Model};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::gather::FigureKey;
use super::plan::{PlannedFigure, Step};
use crate::kernel::base::problem::{Fault, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::outcomes::rules;
use crate::outcomes::rules::family;
use crate::outcomes::rules::family::FamilyKey;
use crate::outcomes::store;

/// How many schools are looked up at once.
const AT_ONCE: usize = 200;

/// What the hub has.
pub struct Known {
    definitions: Vec<measure_definition::Model>,
    by_key: HashMap<String, Model>,
    families: HashMap<FamilyKey, Vec<String>>,
}

impl Known {
    /// Looks up the figures of some measures at some schools, archived or not.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn load(caller: &Caller, schools: &BTreeSet<Uuid>, codes: &BTreeSet<&str>) -> Result<Self> {
        let db = caller.db().reports();
        let definitions = store::definitions(caller, db).await?;
        let schools: Vec<Uuid> = schools.iter().copied().collect();
        let mut rows = Vec::new();
        for some in schools.chunks(AT_ONCE) {
            let found = caller
                .rows_archived::<measure_value::Entity>()
                .filter(Column::SchoolId.is_in(some.iter().copied()))
                .filter(Column::DefinitionCode.is_in(codes.iter().copied()));
            rows.extend(found.all(db).await?);
        }
        Ok(Self::of(definitions, rows))
    }

    /// These definitions and figures.
    #[must_use]
    pub fn of(definitions: Vec<measure_definition::Model>, rows: Vec<Model>) -> Self {
        let mut families: HashMap<FamilyKey, Vec<String>> = HashMap::new();
        for row in rows.iter().filter(|row| row.archived_at.is_none()) {
            families.entry(family::key(row)).or_default().push(row.row_key.clone());
        }
        let by_key = rows.into_iter().map(|row| (row.row_key.clone(), row)).collect();
        Self { definitions, by_key, families }
    }

    /// The edition of a measure that is in use.
    ///
    /// # Errors
    /// The fault of a code of which no edition is published.
    pub fn definition(&self, code: &str) -> Result<&measure_definition::Model, Fault> {
        rules::edition_of(code, None, &self.definitions)
    }

    /// The total that a school has, archived or not.
    #[must_use]
    pub fn total(&self, key: &FigureKey) -> Option<&Model> {
        self.by_key.get(&key.text())
    }

    /// The schools of figures.
    pub fn schools_of(&self, ids: &HashSet<Uuid>) -> impl Iterator<Item = Uuid> {
        self.by_key.values().filter(|row| ids.contains(&row.id)).map(|row| row.school_id)
    }

    /// Holds a figure against its breakdowns as it will be. Suppresses it and them where a small number could be read
    /// or worked out, and shows them again where not.
    ///
    /// # Errors
    /// Which breakdown contradicts the figure.
    pub fn settle(&self, planned: &mut PlannedFigure) -> Result<(), String> {
        let Some(Step { after, .. }) = planned.steps.first() else { return Ok(()) };
        let key = family::key(after);
        let family = || self.families.get(&key).into_iter().flatten().map(|it| &self.by_key[it]);
        planned.family = family().map(|row| (row.id, row.version)).collect();
        let others: Vec<&Model> = family().filter(|row| row.id != after.id).collect();
        let rows: Vec<&Model> = others.iter().copied().chain(after.archived_at.is_none().then_some(after)).collect();
        let Some(definition) = family::edition(&rows, &self.definitions) else { return Ok(()) };
        if let Some(message) = family::contradiction(&key.2, &definition.dimensions, &rows) {
            return Err(message);
        }
        let suppressed = family::suppressed(&family::dimensions(&rows, &self.definitions), &rows);
        let flipped: Vec<Step> = others
            .into_iter()
            .filter(|row| row.suppressed != suppressed.contains(&row.id))
            .map(|row| Step {
                before: Some(row.clone()),
                after: Model { suppressed: !row.suppressed, ..row.clone() },
                operation: Operation::Update,
            })
            .collect();
        let after = &mut planned.steps[0].after;
        after.suppressed = after.archived_at.is_none() && suppressed.contains(&after.id);
        planned.steps.extend(flipped);
        Ok(())
    }
}
