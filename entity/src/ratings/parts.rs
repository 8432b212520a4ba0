//! What schemes and ratings are made of: colours, criteria with their thresholds, and scores.

use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::choice;
use crate::list::List;

choice! {
    /// How much a school needs support.
    pub enum RatingColour {
        /// It needs much support.
        Red = "red",
        /// It needs some support.
        Amber = "amber",
        /// It needs no more support than every school.
        Green = "green",
    }
}

choice! {
    /// The data that a criterion looks at. Later versions may add sources.
    #[example = "music_in_plans"]
    pub enum RatingData {
        /// Music results: the change of the share of good grades since the year before, in points. A year in which
        /// the series breaks has no data.
        ExamTrend = "exam_trend",
        /// First Access: the share of the year groups that it reaches in the latest year with both figures, per cent.
        /// A small number of pupils is no data, so that a rating gives none away.
        FirstAccess = "first_access",
        /// Music in the school's plans: the share of what is known of the latest record that is true, per cent.
        MusicInPlans = "music_in_plans",
        /// The last visit: whole months since.
        LastVisit = "last_visit",
        /// The judgement of the last visit's report: green 2, amber 1, red 0.
        VisitJudgement = "visit_judgement",
        /// The last self-evaluation that was handed in: the levels reached, per cent of the highest ones.
        SelfEvaluation = "self_evaluation",
    }
}

choice! {
    /// How a criterion without data counts.
    pub enum NoData {
        /// It does not count.
        LeftOut = "left_out",
        /// As if it were amber.
        AsAmber = "as_amber",
        /// As if it were red.
        AsRed = "as_red",
    }
}

/// A criterion of a scheme: what it looks at, and from where on that is green or amber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name within the scheme, the same in all editions.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_]*$", example = "plans")]
    pub code: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 200, example = "Music stands in the school's plans")]
    pub title: String,
    /// The data that it looks at.
    pub data: RatingData,
    /// The value from which it is green: at least this, or at most this where less is better.
    #[schema(minimum = -1000, maximum = 1000, example = 60.0)]
    pub green: f64,
    /// The value from which it is amber. Anything worse is red.
    #[schema(minimum = -1000, maximum = 1000, example = 30.0)]
    pub amber: f64,
    /// How much it counts, beside the weights of the others.
    #[schema(minimum = 1, maximum = 100, example = 2)]
    pub weight: i32,
    /// How it counts where there is no data.
    pub no_data: NoData,
}

/// The criteria of a scheme, in order.
pub type Criteria = List<Criterion>;

/// What a criterion found for a school, and how it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// The criterion's name within the scheme.
    #[schema(max_length = 40, example = "plans")]
    pub code: String,
    /// What people call the criterion.
    #[schema(max_length = 200, example = "Music stands in the school's plans")]
    pub title: String,
    /// The data that it looks at.
    pub data: RatingData,
    /// The value found; absent where there is no data.
    #[schema(example = 66.7)]
    pub value: Option<f64>,
    /// Where the value is a share, what it counts.
    #[schema(example = 4)]
    pub numerator: Option<i64>,
    /// Where the value is a share, out of how many.
    #[schema(example = 6)]
    pub denominator: Option<i64>,
    /// The day of the data.
    #[serde(default, with = "crate::date::option")]
    #[schema(example = "2014-10-03")]
    pub dated: Option<Date>,
    /// The item that the data stands in, such as a record of the school's plans or a visit.
    #[schema(example = json!(null))]
    pub item_id: Option<Uuid>,
    /// The value from which it is green.
    #[schema(example = 60.0)]
    pub green: f64,
    /// The value from which it is amber.
    #[schema(example = 30.0)]
    pub amber: f64,
    /// The colour as it counts; absent where it is left out.
    pub colour: Option<RatingColour>,
    /// How much it counts.
    #[schema(example = 2)]
    pub weight: i32,
    /// All this in a sentence.
    #[schema(max_length = 400, example = "4 of 6 (66.7 %) on 2014-10-03: green from 60 %")]
    pub explanation: String,
}

/// What each criterion of a scheme found, in the order of the scheme.
pub type Scores = List<Score>;
