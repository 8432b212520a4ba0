//! A scheme's way from draft to retired, and its next edition.

use entity::frameworks::award_scheme::{self, AwardSchemeStatus};
use entity::frameworks::criterion;
use entity::frameworks::framework::{self, FrameworkKind, FrameworkStatus};
use entity::row::Row;
use sea_orm::{ActiveEnum, QueryFilter};

use super::transition::{RETIRE, USE};
use super::{AwardScheme, SCHEMES};
use crate::kernel::prelude::*;
use crate::kernel::resource::edition::{self, Editions};
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

routes! { WriteFrameworks: use_award_scheme, retire_award_scheme, next_award_scheme_edition }

/// Opens an award scheme for applications. It never changes again.
#[utoipa::path(
    post,
    path = "/award-schemes/{id}/use",
    request_body = Option<Reason>,
    responses((status = 200, body = AwardScheme)),
)]
async fn use_award_scheme(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<AwardScheme>(&can, id.0, &USE, body.value.reason).await
}

/// Closes an award scheme for new applications. Applications under way continue, and awards hold.
#[utoipa::path(
    post,
    path = "/award-schemes/{id}/retire",
    request_body = Option<Reason>,
    responses((status = 200, body = AwardScheme)),
)]
async fn retire_award_scheme(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<AwardScheme>(&can, id.0, &RETIRE, body.value.reason).await
}

/// Makes the next edition of an award scheme, as a draft.
///
/// Refused (409) for a draft, and while there is a draft of any edition.
#[utoipa::path(post, path = "/award-schemes/{id}/next-edition", responses((status = 201, body = AwardScheme)))]
async fn next_award_scheme_edition(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        write.lock_above::<AwardScheme>(Some(id.0)).await?;
        let old = write.row::<award_scheme::Entity>(id.0).await?;
        if old.status == AwardSchemeStatus::Draft {
            return Err(Problem::conflict("cannot make the next edition of a draft: change the draft"));
        }
        edition::expect_no_draft::<AwardScheme>(write, &old).await?;
        let mut next = award_scheme::Model {
            status: AwardSchemeStatus::Draft,
            edition: edition::last_edition::<AwardScheme>(write, &old).await? + 1,
            previous_id: Some(old.id),
            in_use_at: None,
            retired_at: None,
            ..old
        };
        next.set_meta(write.meta_of::<award_scheme::Entity>());
        let next = write.store::<AwardScheme>(None, next, Operation::Create).await?;
        crud::answer::<AwardScheme>(&can, &next, true)
    })
    .await
}

impl Lifecycle for AwardScheme {
    async fn admit(write: &Write, _row: &award_scheme::Model, _verb: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(SCHEMES)
    }

    async fn enter(write: &mut Write, row: &mut award_scheme::Model, verb: &Verb) -> Result<()> {
        row.status = AwardSchemeStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            AwardSchemeStatus::InUse => {
                expect_usable(write, row).await?;
                edition::retire_before::<Self>(write, row, verb, &RETIRE).await?;
                row.in_use_at = Some(write.now());
            }
            AwardSchemeStatus::Retired => row.retired_at = Some(write.now()),
            AwardSchemeStatus::Draft => {}
        }
        Ok(())
    }
}

/// Refuses a scheme whose framework cannot show what the scheme asks for.
async fn expect_usable(write: &Write, scheme: &award_scheme::Model) -> Result<()> {
    let of = write.caller().rows::<framework::Entity>().filter(framework::Column::Id.eq(scheme.framework_id));
    let of = of.one(write.tx()).await?.ok_or_else(|| Problem::conflict("cannot use a scheme without a framework"))?;
    if !matches!(of.kind, FrameworkKind::Award | FrameworkKind::SelfEvaluation) {
        let detail = format!("cannot use a scheme on a framework of the kind {}: name another framework", of.kind);
        return Err(Problem::conflict(detail));
    }
    if of.status != FrameworkStatus::Published {
        let detail = format!("cannot use a scheme on a {} framework: publish the framework first", of.status);
        return Err(Problem::conflict(detail));
    }
    let criteria = write.caller().rows::<criterion::Entity>();
    let criteria = criteria.filter(criterion::Column::FrameworkId.eq(of.id)).all(write.tx()).await?;
    let most = criteria.iter().map(|criterion| criterion.levels.len()).max().unwrap_or_default();
    match scheme.levels.iter().find(|asked| usize::try_from(asked.criterion_level).is_ok_and(|level| level > most)) {
        Some(asked) => Err(Problem::conflict(format!(
            "cannot use the scheme: {} asks for level {} of a criterion, and the framework has at most {most}",
            asked.level, asked.criterion_level
        ))),
        None => Ok(()),
    }
}

impl Editions for AwardScheme {
    const LINEAGE: award_scheme::Column = award_scheme::Column::LineageId;
    const EDITION: award_scheme::Column = award_scheme::Column::Edition;
    const STATUS: award_scheme::Column = award_scheme::Column::Status;
    const DRAFT: &'static str = AwardSchemeStatus::Draft.as_str();

    fn edition(row: &award_scheme::Model) -> (Uuid, i32) {
        (row.lineage_id, row.edition)
    }
}
