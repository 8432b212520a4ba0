//! Rating schemes and ratings of the demo: the shipped scheme in use, a draft of it to try things on, and ratings in
//! every state.

use entity::ratings::rag_rating::{self, RatingStatus};
use entity::ratings::{rag_recomputation, rag_scheme};
use entity::row::Row;
use entity::visits::visit;
use entity::visits::visit_report::{self, ReportRag};
use serde_json::json;
use time::{Date, Duration};
use uuid::Uuid;

use super::erasures::ended;
use super::hub::{Made, decode, one};
use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::Result;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;
use crate::ratings::compute;
use crate::ratings::rag_rating::RagRating;
use crate::ratings::rag_rating::transition::{ACCEPT, DISMISS, SHARE};
use crate::ratings::rag_scheme::transition::ACTIVATE;
use crate::ratings::rag_scheme::{RagScheme, shipped};
use crate::ratings::recomputation::{RagRecomputation, fresh};

/// The colours and reasons of ratings made by hand, one year before the suggestions were computed.
const RATED_BY_HAND: [(&str, &str); 3] = [
    ("red", "Nobody teaches music this year, and the instruments are in a store"),
    ("amber", "Lessons are regular again; there is no choir and no band yet"),
    ("green", "Every class has its music, and pupils play for the school each week"),
];

/// Makes the schemes and the ratings. With `examples` there is a draft too, and the draft, the first suggestion and the
/// recomputation have the ids that the examples of the document name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, made: &Made, examples: bool) -> Result<()> {
    write.give_example_ids(examples);
    if examples {
        let mut draft = shipped::form()?;
        draft.title = "Need of support (draft to try things on)".to_owned();
        write.create::<RagScheme>(draft).await?;
    }
    write.give_example_ids(false);
    let scheme = write.create::<RagScheme>(shipped::form()?).await?;
    let scheme = lifecycle::enter::<RagScheme>(write, scheme, &ACTIVATE).await?;
    let mut schools: Vec<(i32, Uuid)> = made.schools.iter().map(|(urn, id)| (*urn, *id)).collect();
    schools.sort_unstable();
    let schools: Vec<Uuid> = schools.into_iter().map(|(_, id)| id).collect();
    let last_month = months_later(write.caller().today().replace_day(1).unwrap_or(Date::MIN), -1);
    for (school, (colour, reason)) in schools.iter().skip(2).step_by(2).zip(RATED_BY_HAND.iter().cycle()) {
        rate_by_hand(write, *school, months_later(last_month, -12), colour, reason).await?;
    }
    record(write, &scheme, last_month, schools.len(), examples).await?;
    suggest(write, &scheme, last_month, &schools, examples).await?;
    for school in schools.iter().take(2) {
        let reason = "The only music teacher leaves at Easter, and nobody follows yet";
        rate_by_hand(write, *school, last_month + Duration::WEEK, "amber", reason).await?;
    }
    Ok(())
}

async fn rate_by_hand(write: &mut Write, school: Uuid, on: Date, colour: &str, reason: &str) -> Result<()> {
    let form = json!({
        "school_id": school,
        "on_date": on.to_string(),
        "colour": colour,
        "source": "by_hand",
        "reason": reason,
        "valid_until": months_later(on, 12).to_string(),
        "support_code": if colour == "green" { "universal" } else { "targeted" },
    });
    one::<RagRating>(write, form).await
}

/// Rates a school by the shared report of a visit, for 24 months. A visit that is not completed, or a report without
/// a colour, gives no rating.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn rate_visited(write: &mut Write, visit: &visit::Model, report: &visit_report::Model) -> Result<()> {
    let Some((day, colour)) = visit.completed_on.zip(report.rag) else { return Ok(()) };
    let form = json!({
        "school_id": visit.school_id,
        "visit_id": visit.id,
        "on_date": day.to_string(),
        "colour": colour,
        "source": "visit",
        "reason": report.judgement,
        "valid_until": months_later(day, 24).to_string(),
        "support_code": if colour == ReportRag::Red { "targeted" } else { "universal" },
    });
    let form = decode(write, form)?;
    let rating = write.create::<RagRating>(form).await?;
    lifecycle::enter::<RagRating>(write, rating, &SHARE).await.map(drop)
}

/// Makes the suggestions. In every six schools the first suggestion stays open, the last one is dismissed, and the
/// other four are accepted. The third and the fifth are also shared.
async fn suggest(
    write: &mut Write,
    scheme: &rag_scheme::Model,
    on: Date,
    schools: &[Uuid],
    examples: bool,
) -> Result<()> {
    let caller = write.caller().clone();
    let computed = compute::schools(&caller, write.tx(), scheme, schools, on).await?;
    for (at, one) in computed.into_iter().enumerate() {
        write.give_example_ids(examples && at == 0);
        let meta = write.meta_of::<rag_rating::Entity>();
        write.give_example_ids(false);
        let Some(row) = compute::suggestion(meta, scheme, one, on) else { continue };
        write.create_many::<RagRating>(vec![row.clone()]).await?;
        let verb = match at % 6 {
            0 => continue,
            5 => &DISMISS,
            _ => &ACCEPT,
        };
        let row = lifecycle::enter::<RagRating>(write, row, verb).await?;
        if row.status == RatingStatus::Accepted && at % 2 == 0 {
            lifecycle::enter::<RagRating>(write, row, &SHARE).await?;
        }
    }
    Ok(())
}

/// Inserts the record of the recomputation and its finished job.
async fn record(write: &mut Write, scheme: &rag_scheme::Model, on: Date, schools: usize, examples: bool) -> Result<()> {
    write.give_example_ids(examples);
    let meta = write.meta_of::<rag_recomputation::Entity>();
    write.give_example_ids(false);
    let count = i32::try_from(schools).unwrap_or(i32::MAX);
    let row = fresh(meta, scheme.id, on, count);
    let row = rag_recomputation::Model { computed: count, suggested: count, ..row };
    ended(write, row.meta(), &RagRecomputation::KIND).await?;
    write.insert_rows::<rag_recomputation::Entity>(&[&row]).await
}
