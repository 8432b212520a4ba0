//! The certificate of attendance, as a page to print.

use askama::Template;
use entity::identity::hub;
use entity::people::person;
use entity::schools::school;
use entity::training::attendance::{self, AttendanceStatus};
use entity::training::training_event::{self, TrainingStatus};
use sea_orm::QueryFilter;

use crate::kernel::base::clock::day_of;
use crate::kernel::base::sheet::{HtmlPage, Sheet, day_in_words, file_name};
use crate::kernel::prelude::*;

/// The certificate.
#[derive(Template)]
#[template(path = "attendance.html")]
struct Page<'a> {
    hub: &'a str,
    person: &'a str,
    school: Option<&'a str>,
    title: &'a str,
    attended_on: String,
    /// The last day, for an event of several days.
    to: Option<String>,
    qualification: Option<&'a str>,
    valid_until: Option<String>,
    number: String,
    style: &'a str,
}

routes! { ReadTraining: get_attendance_certificate }

/// Shows the certificate of attendance as a page to print, on A4 landscape.
///
/// 409 where the person did not come, and for an event that is cancelled. The caller must also see the person.
#[utoipa::path(
    get,
    path = "/attendances/{id}/certificate",
    responses(
        (status = 200, description = "The certificate.", body = HtmlPage, content_type = "text/html"),
        (status = 409),
    ),
)]
async fn get_attendance_certificate(can: Can<ReadTraining>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let row = can.rows::<attendance::Entity>().filter(attendance::Column::Id.eq(id.0));
    let row = row.one(&db).await?.ok_or_else(Problem::not_found)?;
    let (AttendanceStatus::Attended, Some(attended_on)) = (row.status, row.attended_on) else {
        let detail =
            format!("cannot print a certificate for an attendance that is {}: only of people who came", row.status);
        return Err(Problem::conflict(detail));
    };
    let Some(people) = can.under(Scope::ReadPeople) else {
        return Err(Problem::forbidden(format!(
            "a certificate names a person: this also needs `{}`",
            Scope::ReadPeople
        )));
    };
    let person = people.rows::<person::Entity>().filter(person::Column::Id.eq(row.person_id));
    let person = person.one(&db).await?.ok_or_else(Problem::not_found)?;
    let system = Caller::system(can.state().clone(), can.hub_id);
    let event = system.rows::<training_event::Entity>().filter(training_event::Column::Id.eq(row.event_id));
    let event = event.one(&db).await?.ok_or_else(Problem::not_found)?;
    if event.status == TrainingStatus::Cancelled {
        let detail = "cannot print a certificate for an event that is cancelled: only for one that took place";
        return Err(Problem::conflict(detail));
    }
    let school = match row.school_id {
        Some(id) => can.rows::<school::Entity>().filter(school::Column::Id.eq(id)).one(&db).await?,
        None => None,
    };
    let hub = system.rows::<hub::Entity>().one(&db).await?;
    let hub = hub.map(|hub| hub.lead_organisation.unwrap_or(hub.name)).unwrap_or_default();
    let last = day_of(event.ends_at);
    let sheet = Sheet::new(include_str!("../../../templates/certificate.css"), "", |style| {
        let page = Page {
            hub: &hub,
            person: &person.name,
            school: school.as_ref().map(|school| school.name.as_str()),
            title: &event.title,
            attended_on: day_in_words(attended_on),
            to: (last > attended_on).then(|| day_in_words(last)),
            qualification: event.qualification.as_deref(),
            valid_until: row.valid_until.map(day_in_words),
            number: row.id.simple().to_string(),
            style,
        };
        page.render()
    })?;
    Ok(sheet.reply(&file_name(&format!("{} {}", person.name, event.title), "certificate", "html")))
}
