//! The data that criteria look at. A source has a line in [`Source::of`]; one whose data the service does not take yet
//! has nothing to load.

mod exam_trend;
mod first_access;
mod latest;
mod music_in_plans;
mod self_evaluation;
mod visits;

use std::collections::HashMap;

use entity::ratings::parts::RatingData;
use futures_util::future::LocalBoxFuture;
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;

/// What was found for a school.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The value.
    pub value: f64,
    /// How many of how many, where the value is a share.
    pub share: Option<(i64, i64)>,
    /// The day of the data.
    pub dated: Option<Date>,
    /// The item that the data stands in.
    pub item_id: Option<Uuid>,
    /// All this in words.
    pub what: String,
}

/// The data of schools. A school without data is absent.
pub type Found = HashMap<Uuid, Datum>;

/// Loads what is known on a day about some schools, within the caller's reach, in a fixed number of statements.
pub type Load = for<'a> fn(&'a Caller, &'a Transaction, &'a [Uuid], Date) -> LocalBoxFuture<'a, Result<Found>>;

/// A source of data.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// True if a greater value is better.
    pub more_is_better: bool,
    /// How the data is loaded; none where the service does not take it yet.
    pub load: Option<Load>,
}

impl Source {
    /// The source of a kind of data.
    #[must_use]
    pub const fn of(data: RatingData) -> Self {
        match data {
            RatingData::FirstAccess => Self::more(Some(first_access::LOAD)),
            RatingData::ExamTrend => Self::more(Some(exam_trend::LOAD)),
            RatingData::MusicInPlans => Self::more(Some(music_in_plans::LOAD)),
            RatingData::SelfEvaluation => Self::more(Some(self_evaluation::LOAD)),
            RatingData::VisitJudgement => Self::more(Some(visits::LOAD_JUDGEMENT)),
            RatingData::LastVisit => Self { more_is_better: false, load: Some(visits::LOAD_LAST) },
        }
    }

    const fn more(load: Option<Load>) -> Self {
        Self { more_is_better: true, load }
    }

    /// Returns true if `one` is better than `other`.
    #[must_use]
    pub fn is_better(self, one: f64, other: f64) -> bool {
        if self.more_is_better { one > other } else { one < other }
    }
}
