//! The measures that come with the service, the figures of three years, and a collection with returns in every state.
//!
//! First Access begins with 23 of the 37 schools that the hub counts in May 2014, and with one that opens later. In
//! 2014/15 it reaches 32 and in 2015/16 36 of the 40 schools that the hub counts in March 2016: 80 and 90 per cent.

use entity::outcomes::school_return::{self, ReturnStatus};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::hub::{Made, decode, one};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::operations::batch::{self, BatchStatus};
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;
use crate::outcomes::collection::Collection;
use crate::outcomes::collection::transition::OPEN;
use crate::outcomes::measure_definition::MeasureDefinition;
use crate::outcomes::measure_definition::shipped;
use crate::outcomes::measure_value::MeasureValue;
use crate::outcomes::school_return::SchoolReturn;
use crate::outcomes::school_return::transition::{ACCEPT, SEND_BACK, SUBMIT};

/// All that the demo has of measures.
#[derive(Clone, Default, Deserialize)]
pub struct Measures {
    figures: Vec<SchoolFigures>,
    collection: Option<Value>,
}

/// The figures of a school in one year, by the codes of measures.
#[derive(Clone, Deserialize)]
struct SchoolFigures {
    urn: i32,
    academic_year: String,
    #[serde(default)]
    estimated: bool,
    /// First Access by sex.
    #[serde(default)]
    sex: Map<String, Value>,
    #[serde(flatten)]
    figures: Map<String, Value>,
}

impl SchoolFigures {
    fn items(&self, made: &Made) -> Vec<Value> {
        let school = made.schools.get(&self.urn);
        let item = |code: &str, sex: Option<&str>, value: &Value| {
            json!({
                "school_id": school,
                "academic_year": self.academic_year,
                "definition_code": code,
                "sex": sex,
                "value": value,
                "source": if self.estimated { "estimated" } else { "reported" },
                "estimated": self.estimated,
            })
        };
        let totals = self.figures.iter().map(|(code, value)| item(code, None, value));
        let parts = self.sex.iter().map(|(sex, value)| item("first_access_pupils", Some(sex), value));
        totals.chain(parts).collect()
    }
}

/// Makes the definitions, the figures and the collection. With `examples` a draft of each has the id that examples
/// name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, measures: &Measures, made: &Made, examples: bool) -> Result<()> {
    if examples {
        write.give_example_ids(true);
        let mut draft = shipped::forms()?.remove(0);
        "workshop_pupils".clone_into(&mut draft.code);
        "Workshops: pupils (draft to try things on)".clone_into(&mut draft.title);
        write.create::<MeasureDefinition>(draft).await?;
        write.give_example_ids(false);
    }
    shipped::publish(write).await?;
    figures(write, measures, made, examples).await?;
    let Some(form) = &measures.collection else { return Ok(()) };
    write.give_example_ids(examples);
    if examples {
        let mut draft = form.clone();
        draft["title"] = "Yearly return 2016/17 (draft to try things on)".into();
        draft["academic_year"] = "2016/17".into();
        draft["due_on"] = "2017-10-13".into();
        one::<Collection>(write, draft).await?;
    }
    write.give_example_ids(false);
    let form = decode(write, form.clone())?;
    let collection = write.create::<Collection>(form).await?;
    write.give_example_ids(examples);
    let collection = lifecycle::enter::<Collection>(write, collection, &OPEN).await?;
    write.give_example_ids(false);
    returns(write, collection.id, made).await
}

async fn figures(write: &mut Write, measures: &Measures, made: &Made, examples: bool) -> Result<()> {
    let mut items: Vec<Value> = measures.figures.iter().flat_map(|one| one.items(made)).collect();
    if items.is_empty() {
        return Ok(());
    }
    write.give_example_ids(examples);
    one::<MeasureValue>(write, items.remove(0)).await?;
    write.give_example_ids(false);
    let taken = batch::take::<MeasureValue>(write, &items).await?;
    match taken.into_iter().find(|result| result.status == BatchStatus::Rejected) {
        None => Ok(()),
        Some(refused) => Err(Problem::internal(format!("a figure of the demo is refused: {refused:?}"))),
    }
}

/// Of the schools with all figures one waits for the hub, one was accepted and one sent back. The rest have not sent
/// anything.
async fn returns(write: &mut Write, collection_id: Uuid, made: &Made) -> Result<()> {
    let steps = [(120_107, ReturnStatus::Draft), (131_002, ReturnStatus::Submitted)];
    let steps = steps.into_iter().chain([(120_087, ReturnStatus::Accepted), (119_913, ReturnStatus::SentBack)]);
    for (urn, status) in steps {
        let Some(school) = made.schools.get(&urn) else { continue };
        let caller = write.caller().clone();
        let row = caller
            .rows::<school_return::Entity>()
            .filter(school_return::Column::CollectionId.eq(collection_id))
            .filter(school_return::Column::SchoolId.eq(*school))
            .order_by_asc(school_return::Column::Id)
            .one(write.tx())
            .await?;
        let Some(row) = row.filter(|_| status != ReturnStatus::Draft) else { continue };
        let row = lifecycle::enter::<SchoolReturn>(write, row, &SUBMIT).await?;
        match status {
            ReturnStatus::Accepted => drop(lifecycle::enter::<SchoolReturn>(write, row, &ACCEPT).await?),
            ReturnStatus::SentBack => {
                write.because(Some("The figure of ensembles is lower than last year: please check it".to_owned()));
                lifecycle::enter::<SchoolReturn>(write, row, &SEND_BACK).await?;
                write.because(None);
            }
            ReturnStatus::Draft | ReturnStatus::Submitted => {}
        }
    }
    Ok(())
}
