//! The certificate of an award, as a page to print.

use askama::Template;
use entity::frameworks::award_application::{self, ApplicationStatus};
use entity::frameworks::award_scheme;
use entity::frameworks::award_scheme::AwardLevel;
use entity::identity::hub;
use entity::schools::school;
use sea_orm::QueryFilter;

use crate::kernel::base::sheet::{HtmlPage, Sheet, day_in_words, file_name};
use crate::kernel::prelude::*;

/// The certificate.
#[derive(Template)]
#[template(path = "certificate.html")]
struct Page<'a> {
    hub: &'a str,
    school: &'a str,
    scheme: &'a str,
    level: &'a str,
    class: &'a str,
    awarded_on: String,
    valid_until: String,
    number: String,
    style: &'a str,
}

routes! { ReadFrameworks: get_award_certificate }

/// Shows the certificate of an award as a page to print, on A4 landscape.
///
/// 409 where the application is not awarded.
#[utoipa::path(
    get,
    path = "/award-applications/{id}/certificate",
    responses(
        (status = 200, description = "The certificate.", body = HtmlPage, content_type = "text/html"),
        (status = 409),
    ),
)]
async fn get_award_certificate(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let row = can.rows::<award_application::Entity>().filter(award_application::Column::Id.eq(id.0));
    let row = row.one(&db).await?.ok_or_else(Problem::not_found)?;
    let (ApplicationStatus::Awarded, Some(awarded_on), Some(valid_until)) =
        (row.status, row.awarded_on, row.valid_until)
    else {
        let detail = format!("cannot print a certificate for an application that is {}: it is not awarded", row.status);
        return Err(Problem::conflict(detail));
    };
    let scheme = can.rows::<award_scheme::Entity>().filter(award_scheme::Column::Id.eq(row.scheme_id));
    let scheme = scheme.one(&db).await?.ok_or_else(Problem::not_found)?;
    let school = can.rows::<school::Entity>().filter(school::Column::Id.eq(row.school_id));
    let school = school.one(&db).await?.ok_or_else(Problem::not_found)?;
    let hub = Caller::system(can.state().clone(), can.hub_id).rows::<hub::Entity>().one(&db).await?;
    let hub = hub.map(|hub| hub.lead_organisation.unwrap_or(hub.name)).unwrap_or_default();
    let level = words(row.level);
    let sheet = Sheet::new(include_str!("../../../templates/certificate.css"), "", |style| {
        let page = Page {
            hub: &hub,
            school: &school.name,
            scheme: &scheme.title,
            level,
            class: row.level.as_str(),
            awarded_on: day_in_words(awarded_on),
            valid_until: day_in_words(valid_until),
            number: row.id.simple().to_string(),
            style,
        };
        page.render()
    })?;
    Ok(sheet.reply(&file_name(&format!("{} {} {level}", school.name, scheme.title), "certificate", "html")))
}

const fn words(level: AwardLevel) -> &'static str {
    match level {
        AwardLevel::Bronze => "Bronze",
        AwardLevel::Silver => "Silver",
        AwardLevel::Gold => "Gold",
        AwardLevel::Platinum => "Platinum",
    }
}
