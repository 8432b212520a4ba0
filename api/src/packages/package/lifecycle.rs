//! A package's way from its making to the end of its sale. Each step is logged with its reason.

use entity::packages::package::{self, PackageStatus};
use sea_orm::ActiveEnum;

use super::transition::{LAUNCH, START_PILOT, WITHDRAW};
use super::{PACKAGES, Package};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WritePackages: pilot_package, launch_package, withdraw_package }

/// Lets some schools try a package out.
#[utoipa::path(
    post,
    path = "/packages/{id}/pilot",
    request_body = Option<Reason>,
    responses((status = 200, body = Package)),
)]
async fn pilot_package(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Package>(&can, id.0, &START_PILOT, body.value.reason).await
}

/// Puts a package on sale, also one that was withdrawn.
#[utoipa::path(
    post,
    path = "/packages/{id}/launch",
    request_body = Option<Reason>,
    responses((status = 200, body = Package)),
)]
async fn launch_package(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Package>(&can, id.0, &LAUNCH, body.value.reason).await
}

/// Takes a package off sale.
#[utoipa::path(post, path = "/packages/{id}/withdraw", responses((status = 200, body = Package)))]
async fn withdraw_package(can: Can<WritePackages>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Package>(&can, id.0, &WITHDRAW, Some(body.into_inner().reason)).await
}

impl Lifecycle for Package {
    async fn admit(write: &Write, _row: &package::Model, _verb: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(PACKAGES)
    }

    async fn enter(write: &mut Write, row: &mut package::Model, verb: &Verb) -> Result<()> {
        row.status = PackageStatus::try_from_value(&verb.to.to_owned())?;
        if row.status == PackageStatus::Live && row.price_pence.is_none() && row.price_bands.is_empty() {
            let detail = "cannot launch a package without a price: set `price_pence` or `price_bands` first";
            return Err(Problem::conflict(detail));
        }
        row.status_reason = write.reason().map(str::to_owned);
        Ok(())
    }
}
