//! Frameworks to begin with, as files in the form of `POST /frameworks`.

use entity::frameworks::framework::FrameworkKind;
use serde::Serialize;
use utoipa::ToSchema;

use super::tree::form::{FrameworkFile, NewFrameworkTree};
use crate::kernel::prelude::*;

entity::choice! {
    /// The name of a framework that comes with the service.
    pub enum ShippedCode {
        /// A school judges its own music.
        SchoolMusicDevelopmentPlan = "school-music-development-plan",
        /// What is looked at on a first visit.
        FirstVisitAudit = "first-visit-audit",
        /// One lesson is observed.
        LessonObservation = "lesson-observation",
        /// A leader of another school judges.
        PeerReview = "peer-review",
        /// The levels of an award.
        AwardLevels = "award-levels",
    }
}

impl ShippedCode {
    const fn file(self) -> &'static str {
        match self {
            Self::SchoolMusicDevelopmentPlan => include_str!("shipped/school-music-development-plan.json"),
            Self::FirstVisitAudit => include_str!("shipped/first-visit-audit.json"),
            Self::LessonObservation => include_str!("shipped/lesson-observation.json"),
            Self::PeerReview => include_str!("shipped/peer-review.json"),
            Self::AwardLevels => include_str!("shipped/award-levels.json"),
        }
    }

    /// The form that creates it.
    ///
    /// # Errors
    /// 500 when the file is no such form, which a test rules out.
    pub fn form(self) -> Result<NewFrameworkTree> {
        serde_json::from_str(self.file()).map_err(Problem::internal)
    }
}

/// The frameworks that come with the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShippedFrameworks {
    /// All of them, or the one asked for.
    #[schema(max_items = 20)]
    pub frameworks: Vec<ShippedFramework>,
}

/// A framework that comes with the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShippedFramework {
    /// Its code.
    pub code: ShippedCode,
    /// What it is for.
    pub kind: FrameworkKind,
    /// Its title.
    #[schema(max_length = 200, example = "School music development plan: self-evaluation")]
    pub title: String,
    /// What it covers and how it is used.
    #[schema(max_length = 4000, example = "For a head and a music lead to fill in together")]
    pub description: Option<String>,
    /// How many sections it has.
    #[schema(minimum = 1, example = 8)]
    pub sections: usize,
    /// How many criteria it has.
    #[schema(minimum = 1, example = 19)]
    pub criteria: usize,
    /// The body that creates it by `POST /frameworks`; only where its `code` is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FrameworkFile, required = false)]
    pub form: Option<FrameworkFile>,
}

impl ShippedFramework {
    fn of(code: ShippedCode, whole: bool) -> Result<Self> {
        let form = code.form()?;
        Ok(Self {
            code,
            kind: form.framework.kind,
            title: form.framework.title.clone(),
            description: form.framework.description.clone(),
            sections: form.sections.len(),
            criteria: form.sections.iter().map(|section| section.criteria.len()).sum(),
            form: whole.then_some(FrameworkFile(form)),
        })
    }
}

/// Which framework to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShippedQuery {
    /// Only this one, with its `form`.
    pub code: Option<ShippedCode>,
}

routes! { ReadFrameworks: list_shipped_frameworks }

/// Lists the frameworks that come with the service.
///
/// To use one, ask for it by `code` and send its `form` to `POST /frameworks`.
#[utoipa::path(
    get,
    path = "/shipped-frameworks",
    params(ShippedQuery),
    responses((status = 200, body = ShippedFrameworks)),
)]
async fn list_shipped_frameworks(_can: Can<ReadFrameworks>, query: Query<ShippedQuery>) -> Result<Reply> {
    let frameworks = match query.code {
        Some(code) => vec![ShippedFramework::of(code, true)?],
        None => ShippedCode::ALL.iter().map(|code| ShippedFramework::of(*code, false)).collect::<Result<_>>()?,
    };
    Reply::ok(&ShippedFrameworks { frameworks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;
    use crate::frameworks::framework::Framework;
    use crate::frameworks::rules;

    #[test]
    fn every_file_is_a_complete_framework_with_a_kind_of_its_own() {
        let document = app::document();
        let mut kinds = Vec::new();
        for code in ShippedCode::ALL {
            let value: Value = serde_json::from_str(code.file()).unwrap();
            let form: NewFrameworkTree = document.decode(value).unwrap_or_else(|problem| panic!("{code}: {problem:?}"));
            assert!(Framework::faults(&form.framework).is_empty(), "{code}");
            assert!(!form.sections.is_empty(), "{code}");
            for section in &form.sections {
                assert!(!section.criteria.is_empty(), "{code}: {}", section.title);
                for criterion in &section.criteria {
                    assert!(criterion.levels.len() >= 2, "{code}: {}", criterion.statement);
                    assert!(rules::levels("", &criterion.levels).is_empty(), "{code}: {}", criterion.statement);
                }
            }
            assert!(!kinds.contains(&form.framework.kind), "{code}: two frameworks of one kind");
            kinds.push(form.framework.kind);
        }
        assert_eq!(kinds.len(), FrameworkKind::ALL.len());
    }

    #[test]
    fn a_school_judges_itself_by_seven_features_and_progression_on_four_levels() {
        let form = ShippedCode::SchoolMusicDevelopmentPlan.form().unwrap();
        assert_eq!(form.sections.len(), 8);
        let criteria = form.sections.iter().flat_map(|section| &section.criteria);
        for criterion in criteria {
            assert_eq!(criterion.levels.len(), 4, "{}", criterion.statement);
            assert!(criterion.evidence.is_some(), "{}", criterion.statement);
        }
    }
}
