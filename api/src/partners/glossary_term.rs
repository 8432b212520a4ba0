//! The short forms that a hub's plans use.

use entity::partners::glossary_term;

use crate::kernel::prelude::*;

record! {
    /// A short form that the hub uses, and what it means.
    GlossaryTerm from NewGlossaryTerm in glossary_term {
        /// The short form; unique in the hub, regardless of case.
        #[schema(min_length = 1, max_length = 40, pattern = r"^\S(.*\S)?$", example = "PRU")]
        code: String,
        /// What it stands for.
        #[schema(min_length = 1, max_length = 500, example = "Pupil Referral Unit")]
        meaning: String,
    }
    initial { code_key: String::new(), search_key: None }
}

impl Resource for GlossaryTerm {
    type Entity = glossary_term::Entity;
    type Form = NewGlossaryTerm;
    type Filter = GlossaryTermFilter;

    const PATH: &'static str = "/glossary-terms";
    const READ: Scope = Scope::ReadPartners;
    const SORTS: &'static [(&'static str, glossary_term::Column)] =
        &[("code", glossary_term::Column::CodeKey), ("updated_at", glossary_term::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["meaning"];
    const KEY: Option<NaturalKey<glossary_term::Column>> =
        Some(NaturalKey::folded(glossary_term::Column::Code, glossary_term::Column::CodeKey));

    fn complete(row: &mut glossary_term::Model) {
        row.code_key = search_key(&row.code);
        row.search_key = Some(search_key(&format!("{} {}", row.code, row.meaning)));
    }
}

/// Narrows the glossary.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GlossaryTermFilter {
    /// Words of the short form and its meaning, each whole or in part, in any order and without
    /// regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "pupil")]
    pub q: Option<String>,
    /// Any of these short forms, without regard to case.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 40, example = json!(["HoS"]))]
    pub code: Vec<String>,
}

impl Filter<glossary_term::Entity> for GlossaryTermFilter {
    fn condition(&self, _: &Caller) -> Condition {
        let q = contains(glossary_term::Column::SearchKey, self.q.as_deref());
        let codes: Vec<String> = self.code.iter().map(|code| search_key(code)).collect();
        Condition::all().add_option(q).add_option(any_of(glossary_term::Column::CodeKey, &codes))
    }
}

routes! {
    ReadPartners: list_glossary_terms, get_glossary_term, get_glossary_term_by_key;
    WritePartners:
        create_glossary_term, update_glossary_term, archive_glossary_term, put_glossary_term_by_key,
        restore_glossary_term;
    ReadPartners: list_glossary_term_history;
}

/// Lists the glossary.
#[utoipa::path(
    get,
    path = "/glossary-terms",
    params(List<GlossaryTerm>),
    responses((status = 200, body = Page<GlossaryTerm>)),
)]
async fn list_glossary_terms(can: Can<ReadPartners>, list: List<GlossaryTerm>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Creates a glossary term.
#[utoipa::path(post, path = "/glossary-terms", responses((status = 201, body = GlossaryTerm)))]
async fn create_glossary_term(can: Can<WritePartners>, form: Json<NewGlossaryTerm>) -> Result<Reply> {
    crud::create::<GlossaryTerm>(&can, form).await
}

/// Gets a glossary term.
#[utoipa::path(
    get,
    path = "/glossary-terms/{id}",
    params(Show<GlossaryTerm>),
    responses((status = 200, body = GlossaryTerm)),
)]
async fn get_glossary_term(can: Can<ReadPartners>, id: Id, show: Show<GlossaryTerm>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets a term of the glossary by a key.
#[utoipa::path(
    get,
    path = "/glossary-terms/by-key/{system}/{id}",
    params(("system" = String, Path, example = "code"), ("id" = String, Path, example = "PRU"), Show<GlossaryTerm>),
    responses((status = 200, body = GlossaryTerm)),
)]
async fn get_glossary_term_by_key(can: Can<ReadPartners>, key: ByKey, show: Show<GlossaryTerm>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a glossary term.
#[utoipa::path(patch, path = "/glossary-terms/{id}", responses((status = 200, body = GlossaryTerm)))]
async fn update_glossary_term(can: Can<WritePartners>, id: Id, patch: Patch<NewGlossaryTerm>) -> Result<Reply> {
    crud::update::<GlossaryTerm>(&can, id.0, patch).await
}

/// Creates a glossary term, or changes it, by its code.
///
/// `system` is `code`; case and accents do not matter. A missing field keeps its value, and an
/// archived term is restored.
#[utoipa::path(
    put,
    path = "/glossary-terms/by-key/{system}/{id}",
    params(("system" = String, Path, example = "code"), ("id" = String, Path, example = "PRU")),
    responses((status = 200, body = GlossaryTerm), (status = 201, body = GlossaryTerm)),
)]
async fn put_glossary_term_by_key(can: Can<WritePartners>, key: ByKey, form: Patch<NewGlossaryTerm>) -> Result<Reply> {
    crud::put_by_key::<GlossaryTerm>(&can, &key, &form).await
}

/// Archives a glossary term.
#[utoipa::path(delete, path = "/glossary-terms/{id}", responses((status = 204)))]
async fn archive_glossary_term(can: Can<WritePartners>, id: Id) -> Result<Reply> {
    crud::archive::<GlossaryTerm>(&can, id.0).await
}

/// Restores an archived glossary term.
#[utoipa::path(post, path = "/glossary-terms/{id}/restore", responses((status = 200, body = GlossaryTerm)))]
async fn restore_glossary_term(can: Can<WritePartners>, id: Id) -> Result<Reply> {
    crud::restore::<GlossaryTerm>(&can, id.0).await
}

/// Shows a glossary term's history.
#[utoipa::path(
    get,
    path = "/glossary-terms/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_glossary_term_history(can: Can<ReadPartners>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<GlossaryTerm>(&can, id.0, &part).await
}
