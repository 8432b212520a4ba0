//! Computing ratings of schools by a scheme, within the caller's reach, in a fixed number of statements.

use std::collections::HashMap;

use entity::ratings::parts::{Criterion, RatingData, Scores};
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus};
use entity::ratings::rag_scheme;
use entity::row::Meta;
use time::Date;
use uuid::Uuid;

use super::data::{Found, Source};
use super::rules::{self, Verdict};
use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;

/// What a scheme makes of a school.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The school.
    pub school_id: Uuid,
    /// What each criterion found.
    pub scores: Scores,
    /// What the scores come to; none if too few criteria have data.
    pub verdict: Option<Verdict>,
}

/// Computes schools by a scheme as on a day.
///
/// # Errors
/// When the database is away.
pub async fn schools(
    caller: &Caller,
    db: &Transaction,
    scheme: &rag_scheme::Model,
    schools: &[Uuid],
    on: Date,
) -> Result<Vec<Computed>> {
    let found = load(caller, db, &scheme.criteria, schools, on).await?;
    let computed = schools.iter().map(|school_id| {
        let of = |criterion: &Criterion| found.get(&criterion.data).and_then(|found| found.get(school_id));
        let scores: Scores = scheme.criteria.iter().map(|it| rules::score(it, of(it))).collect();
        let verdict = rules::verdict(scheme, &scores);
        Computed { school_id: *school_id, scores, verdict }
    });
    Ok(computed.collect())
}

/// Loads the data of all criteria, each source once.
async fn load(
    caller: &Caller,
    db: &Transaction,
    criteria: &[Criterion],
    schools: &[Uuid],
    on: Date,
) -> Result<HashMap<RatingData, Found>> {
    let mut found = HashMap::new();
    for data in criteria.iter().map(|criterion| criterion.data) {
        if let (Some(load), false) = (Source::of(data).load, found.contains_key(&data)) {
            found.insert(data, load(caller, db, schools, on).await?);
        }
    }
    Ok(found)
}

/// The suggestion that a computed school comes to; none if there is no verdict.
#[must_use]
pub fn suggestion(meta: Meta, scheme: &rag_scheme::Model, computed: Computed, on: Date) -> Option<rag_rating::Model> {
    let Verdict { need, colour, support } = computed.verdict?;
    Some(rag_rating::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        school_id: computed.school_id,
        scheme_id: Some(scheme.id),
        visit_id: None,
        on_date: on,
        colour,
        need: Some(need),
        scores: computed.scores,
        source: RatingSource::Computed,
        reason: None,
        valid_until: Some(months_later(on, scheme.valid_months)),
        support_code: Some(support),
        status: RatingStatus::Suggestion,
        decided_at: None,
        shared_on: None,
    })
}
