//! Frameworks themselves: their own fields and their states. Their trees are in `tree`.

pub mod lifecycle;
pub mod transition;

use entity::frameworks::framework::{self, FrameworkKind, FrameworkPhase, FrameworkStatus, Phases};
use entity::identity::hub;
use entity::instant::Instant;
use entity::packages::{package, pilot};
use sea_orm::ExprTrait;

use super::tree::form::{FrameworkFile, NewFrameworkTree};
use super::tree::{self, FrameworkTree};
use super::{rules, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::edition;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// A framework: what a school, a lesson or an application is judged by.
    ///
    /// A published framework is never changed. Its next edition is a framework of its own, of the same lineage.
    Framework from NewFramework in framework {
        /// What it is for.
        #[schema(example = "self_evaluation")]
        kind: FrameworkKind,
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Music in our school: a self-evaluation")]
        title: String,
        /// The phases that it fits, each once. Empty: all.
        #[serde(default)]
        #[schema(value_type = Vec<FrameworkPhase>, max_items = 6, example = json!(["ks1", "ks2"]))]
        phases: Phases,
        /// What it covers and how it is used.
        #[schema(min_length = 1, max_length = 4000, example = "For a head and a music lead to fill in together")]
        description: Option<String>,
        /// Who wrote it, where it comes from elsewhere.
        #[schema(min_length = 1, max_length = 500, example = "Written by the hub's development group")]
        source: Option<String>,
    }
    initial {
        title_key: String::new(),
        status: FrameworkStatus::Draft,
        edition: 1,
        lineage_id: Uuid::nil(),
        previous_id: None,
        piloted_at: None,
        published_at: None,
        retired_at: None,
    }
    computed {
        /// How far it has come; changed by `pilot`, `withdraw`, `publish` and `retire`.
        #[schema(example = "draft")]
        status: FrameworkStatus,
        /// Which edition it is, from 1.
        #[schema(minimum = 1, example = 1)]
        edition: i32,
        /// The same for all editions of a framework: the id of the first.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
        /// The edition that it was made from.
        #[schema(example = json!(null))]
        previous_id: Option<Uuid>,
        /// When it was last put to pilot schools.
        piloted_at: Option<Instant>,
        /// When it was published.
        published_at: Option<Instant>,
        /// When it was retired.
        retired_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Framework {
    type Entity = framework::Entity;
    type Form = NewFramework;
    type Filter = FrameworkFilter;

    const PATH: &'static str = "/frameworks";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, framework::Column)] = &[
        ("title", framework::Column::TitleKey),
        ("status", framework::Column::Status),
        ("published_at", framework::Column::PublishedAt),
        ("updated_at", framework::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "description", "source"];
    const COUNTS: &'static [&'static str] = &["kind", "status"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[framework::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }

    fn faults(form: &NewFramework) -> Vec<Fault> {
        rules::phases(&form.phases)
    }

    fn complete(row: &mut framework::Model) {
        row.title_key = search_key(&row.title);
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    fn keys(row: &framework::Model) -> Value {
        json!({ "title": row.title, "edition": row.edition })
    }

    fn referenced_by(row: &framework::Model, caller: &Caller) -> ReferencedBy {
        let named = json_has(caller.db().backend(), package::Column::FrameworkIds, row.id);
        ReferencedBy::default()
            .by::<package::Entity>(named)
            .by::<pilot::Entity>(pilot::under_way().add(pilot::Column::FrameworkId.eq(row.id)))
    }

    /// The hub comes first, so that of two who bring editions of one framework into a state the second meets the
    /// first. A school, which changes no framework, keeps nobody waiting.
    async fn lock_first(write: &Write) -> Result<()> {
        match write.caller().expect_writes_hub(FRAMEWORKS) {
            Ok(()) => write.hold::<hub::Entity>(write.caller().hub_id).await,
            Err(_) => Ok(()),
        }
    }

    async fn decide(write: &mut Write, step: Mutation<'_, framework::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Update, Some(before)) if before.kind != step.after.kind && before.edition > 1 => {
                let message = "all editions of a framework are of one kind: create another framework";
                Err(Problem::faults(vec![Fault::new("/kind", "fixed", message)]))
            }
            (Operation::Update, _) => rules::editable(step.after.status),
            (Operation::Archive, _) => rules::archivable(step.after.status),
            (Operation::Restore, _) if step.after.status == FrameworkStatus::Draft => {
                edition::expect_no_draft::<Self>(write, step.after).await
            }
            _ => Ok(()),
        }
    }
}

/// What a refusal calls what schools see and do not change.
pub const FRAMEWORKS: &str = "the hub's frameworks";

/// Narrows the list of frameworks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FrameworkFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<FrameworkKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<FrameworkStatus>,
    /// Only frameworks that fit this phase.
    pub phase: Option<FrameworkPhase>,
    /// Only editions with this `lineage_id`, which all editions of a framework share.
    pub lineage_id: Option<Uuid>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "self evaluation")]
    pub q: Option<String>,
}

impl Filter<framework::Entity> for FrameworkFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let backend = caller.db().backend();
        let phase = self.phase.map(|phase| {
            let named = json_has(backend, framework::Column::Phases, phase.as_str());
            named.or(json_is_empty(backend, framework::Column::Phases))
        });
        Condition::all()
            .add_option(any_of(framework::Column::Kind, &self.kind))
            .add_option(any_of(framework::Column::Status, &self.status))
            .add_option(phase)
            .add_option(is(framework::Column::LineageId, self.lineage_id))
            .add_option(contains(framework::Column::TitleKey, self.q.as_deref()))
    }
}

/// What to show of a framework.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FrameworkQuery {
    /// `tree`: the framework with its sections and their criteria. `actions`: the transitions that the caller may
    /// make now.
    #[serde(default)]
    #[param(inline, style = Form, explode = false, max_items = 2, example = json!(["tree"]))]
    pub expand: Vec<FrameworkExpand>,
}

entity::choice! {
    /// What can be embedded in a framework.
    pub enum FrameworkExpand {
        /// The whole tree of its sections and criteria.
        Tree = "tree",
        /// The transitions that the caller may make now.
        Actions = "actions",
    }
}

routes! {
    ReadFrameworks: list_frameworks, count_frameworks, get_framework;
    WriteFrameworks: create_framework, update_framework, archive_framework, restore_framework;
    ReadFrameworks: list_framework_history, export_framework;
}

/// Lists the frameworks.
///
/// A school sees those that are published or retired.
#[utoipa::path(get, path = "/frameworks", params(List<Framework>), responses((status = 200, body = Page<Framework>)))]
async fn list_frameworks(can: Can<ReadFrameworks>, list: List<Framework>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the frameworks by one or two of their fields.
#[utoipa::path(
    get,
    path = "/frameworks/counts",
    params(CountBy<Framework>),
    responses((status = 200, body = Counts)),
)]
async fn count_frameworks(can: Can<ReadFrameworks>, by: CountBy<Framework>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a framework in draft, with all its sections and criteria if they are given.
///
/// The body is also the form in which `GET /frameworks/{id}/export` and `GET /shipped-frameworks` give a framework,
/// so that hubs exchange them. Everything is created, or nothing; every fault is reported at once. The body is at most
/// 1 MiB.
#[utoipa::path(post, path = "/frameworks", responses((status = 201, body = Framework)))]
async fn create_framework(can: Can<WriteFrameworks>, form: Json<NewFrameworkTree>) -> Result<Reply> {
    tree::create::framework(&can, form.into_inner()).await
}

/// Gets a framework, with its sections and criteria if asked for.
#[utoipa::path(
    get,
    path = "/frameworks/{id}",
    params(FrameworkQuery),
    responses((status = 200, body = FrameworkTree)),
)]
async fn get_framework(can: Can<ReadFrameworks>, id: Id, query: Query<FrameworkQuery>) -> Result<Reply> {
    let [tree, actions] = [FrameworkExpand::Tree, FrameworkExpand::Actions].map(|it| query.expand.contains(&it));
    store::show(&can, id.0, tree, actions).await
}

/// Changes a framework's own fields.
///
/// Only a draft can change.
#[utoipa::path(patch, path = "/frameworks/{id}", responses((status = 200, body = Framework)))]
async fn update_framework(can: Can<WriteFrameworks>, id: Id, patch: Patch<NewFramework>) -> Result<Reply> {
    crud::update::<Framework>(&can, id.0, patch).await
}

/// Archives a framework.
///
/// Only a draft or a retired framework can be archived, and none that a package or a pilot under way names.
#[utoipa::path(delete, path = "/frameworks/{id}", responses((status = 204)))]
async fn archive_framework(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<Framework>(&can, id.0).await
}

/// Restores an archived framework.
#[utoipa::path(post, path = "/frameworks/{id}/restore", responses((status = 200, body = Framework)))]
async fn restore_framework(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<Framework>(&can, id.0).await
}

/// Shows the history of a framework.
#[utoipa::path(
    get,
    path = "/frameworks/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_framework_history(can: Can<ReadFrameworks>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Framework>(&can, id.0, &part).await
}

/// Exports a framework as one JSON file.
///
/// The file is a body for `POST /frameworks`, in this hub or another.
#[utoipa::path(get, path = "/frameworks/{id}/export", responses((status = 200, body = FrameworkFile)))]
async fn export_framework(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    store::export(&can, id.0).await
}
