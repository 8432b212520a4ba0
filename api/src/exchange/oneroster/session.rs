//! Academic sessions: the academic years of the hub, and the terms by which orders are counted.

use actix_web::HttpRequest;
use entity::choice;
use entity::identity::hub;
use entity::instant::Instant;
use entity::outcomes::{collection, exam_result, measure_value, school_plan_record};
use entity::owned::Owned;
use sea_orm::{QueryOrder, QuerySelect};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime};
use utoipa::ToSchema;

use super::filter::{self, Comparison, Filter, Predicate};
use super::org::{RosterReference, RosterReferenceType, RosterStatus};
use super::paging::{self, FieldsQuery, Named, Paging};
use crate::kernel::base::academic_year;
use crate::kernel::base::prescribed::ROSTERING;
use crate::kernel::prelude::*;

/// How many years a list goes back at most.
const MOST_YEARS: i32 = 100;

choice! {
    /// What an academic session of OneRoster is.
    #[example = "schoolYear"]
    pub enum RosterSessionType {
        /// An academic year, from September to August.
        SchoolYear = "schoolYear",
        /// A term.
        Term = "term",
    }
}

/// An academic session as OneRoster has it: an academic year or a term.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterSession {
    /// The id, which is the same for as long as the hub is.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub sourced_id: Uuid,
    /// Always `active`.
    #[schema(example = "active")]
    pub status: RosterStatus,
    /// When it came to be known: a year before it begins, and not before the hub was made.
    #[schema(example = "2014-09-01T00:00:00.000000Z")]
    pub date_last_modified: Instant,
    /// The name.
    #[schema(max_length = 60, example = "2014/15")]
    pub title: String,
    /// The first day.
    #[serde(with = "entity::date")]
    #[schema(example = "2014-09-01")]
    pub start_date: Date,
    /// The day after the last one, as OneRoster has it.
    #[serde(with = "entity::date")]
    #[schema(example = "2015-09-01")]
    pub end_date: Date,
    /// What it is.
    #[schema(example = "schoolYear")]
    pub r#type: RosterSessionType,
    /// The year of a term; absent for a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RosterReference, required = false)]
    pub parent: Option<RosterReference>,
    /// The terms of a year; absent for a term.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RosterReference>, required = false, max_items = 3)]
    pub children: Option<Vec<RosterReference>>,
    /// The year in which the academic year ends.
    #[schema(max_length = 4, example = "2015")]
    pub school_year: String,
}

/// Some academic sessions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterSessions {
    /// The sessions.
    #[schema(max_items = 5000)]
    pub academic_sessions: Vec<RosterSession>,
}

/// One academic session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterSessionItem {
    /// The session.
    pub academic_session: RosterSession,
}

/// The fields of a session, for `fields`.
const FIELDS: &[&str] = &[
    "sourcedId",
    "status",
    "dateLastModified",
    "title",
    "startDate",
    "endDate",
    "type",
    "parent",
    "children",
    "schoolYear",
];

/// The fields by which sessions are found and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionField {
    SourcedId,
    Status,
    DateLastModified,
    Title,
    StartDate,
    EndDate,
    Type,
    Parent,
    SchoolYear,
}

impl Named for SessionField {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("sourcedId", Self::SourcedId),
        ("status", Self::Status),
        ("dateLastModified", Self::DateLastModified),
        ("title", Self::Title),
        ("startDate", Self::StartDate),
        ("endDate", Self::EndDate),
        ("type", Self::Type),
        ("parent.sourcedId", Self::Parent),
        ("schoolYear", Self::SchoolYear),
    ];
}

routes! {
    ReadSchools: list_roster_sessions, get_roster_session, list_roster_terms, get_roster_term,
        list_roster_grading_periods
}

/// Lists academic years and terms.
///
/// The years go from the first of which the hub has a record to the one after this. A year has three terms, which begin
/// in September, January and May: by these terms the hub counts orders. The holidays of a school are not known.
#[utoipa::path(get, path = "/academicSessions", params(Paging), responses((status = 200, body = RosterSessions)))]
async fn list_roster_sessions(can: Can<ReadSchools>, request: HttpRequest, paging: Query<Paging>) -> Result<Reply> {
    list(&can, &request, &paging, |_| true).await
}

/// Gives an academic year or a term.
#[utoipa::path(
    get,
    path = "/academicSessions/{id}",
    params(("id" = Uuid, Path, example = "cbb6852d-a3e9-830e-a936-f0d94f3d6e11"), FieldsQuery),
    responses((status = 200, body = RosterSessionItem)),
)]
async fn get_roster_session(can: Can<ReadSchools>, id: Id, fields: Query<FieldsQuery>) -> Result<Reply> {
    item(&can, id.0, &fields, |_| true).await
}

/// Lists the terms.
#[utoipa::path(get, path = "/terms", params(Paging), responses((status = 200, body = RosterSessions)))]
async fn list_roster_terms(can: Can<ReadSchools>, request: HttpRequest, paging: Query<Paging>) -> Result<Reply> {
    list(&can, &request, &paging, is_term).await
}

/// Gives a term.
#[utoipa::path(
    get,
    path = "/terms/{id}",
    params(("id" = Uuid, Path, example = "9a604c33-7ad0-80e0-a026-ee10a7a9713b"), FieldsQuery),
    responses((status = 200, body = RosterSessionItem)),
)]
async fn get_roster_term(can: Can<ReadSchools>, id: Id, fields: Query<FieldsQuery>) -> Result<Reply> {
    item(&can, id.0, &fields, is_term).await
}

/// Lists the grading periods, of which there are none.
#[utoipa::path(get, path = "/gradingPeriods", params(Paging), responses((status = 200, body = RosterSessions)))]
async fn list_roster_grading_periods(
    can: Can<ReadSchools>,
    request: HttpRequest,
    paging: Query<Paging>,
) -> Result<Reply> {
    list(&can, &request, &paging, |_| false).await
}

fn is_term(session: &RosterSession) -> bool {
    session.r#type == RosterSessionType::Term
}

async fn list(
    can: &Caller,
    request: &HttpRequest,
    paging: &Paging,
    listed: impl Fn(&RosterSession) -> bool,
) -> Result<Reply> {
    let filter = paging.filter::<SessionField>()?;
    let sort = paging.sort::<SessionField>()?;
    let mut found = Vec::new();
    for session in sessions(can).await?.into_iter().filter(listed) {
        if filter.as_ref().map_or(Ok(true), |filter| holds(&session, filter))? {
            found.push(session);
        }
    }
    let sort = sort.unwrap_or(SessionField::SourcedId);
    found.sort_by_cached_key(|session| (text(session, sort), session.sourced_id));
    if paging.descends() {
        found.reverse();
    }
    let total = found.len() as u64;
    let (offset, limit) = (usize::try_from(paging.offset()), usize::try_from(paging.limit()));
    let part: Vec<_> = found.into_iter().skip(offset.unwrap_or(usize::MAX)).take(limit.unwrap_or(usize::MAX)).collect();
    paging.reply(can, request, "academicSessions", &part, total, FIELDS)
}

async fn item(can: &Caller, id: Uuid, fields: &FieldsQuery, listed: impl Fn(&RosterSession) -> bool) -> Result<Reply> {
    let session = sessions(can).await?.into_iter().filter(listed).find(|session| session.sourced_id == id);
    paging::item("academicSession", &session.ok_or_else(Problem::not_found)?, fields, FIELDS, 1)
}

/// The years of the caller's hub with their terms, in their order.
pub(super) async fn sessions(caller: &Caller) -> Result<Vec<RosterSession>> {
    // Which years there are is no secret of a part, and the same for everybody in the hub.
    let service = Caller::system(caller.state().clone(), caller.hub_id);
    let made = service.rows::<hub::Entity>().one(service.db().read()).await?.map(|hub| hub.created_at);
    let made = made.ok_or_else(Problem::not_found)?;
    let firsts = [
        first::<collection::Entity>(&service, collection::Column::AcademicYear).await?,
        first::<exam_result::Entity>(&service, exam_result::Column::AcademicYear).await?,
        first::<measure_value::Entity>(&service, measure_value::Column::AcademicYear).await?,
        first::<school_plan_record::Entity>(&service, school_plan_record::Column::AcademicYear).await?,
    ];
    let of_hub = first_day(OffsetDateTime::from(made).date()).year();
    let first = firsts.into_iter().flatten().chain([of_hub]).min().unwrap_or(of_hub);
    let last = first_day(caller.today()).year() + 1;
    let base = caller.state().settings.public_base();
    let years = first.max(last - MOST_YEARS)..=last;
    Ok(years.flat_map(|year| of_year(base, caller.hub_id, made, year)).collect())
}

/// The calendar year in which the first academic year of a table begins.
async fn first<E: Owned>(service: &Caller, column: E::Column) -> Result<Option<i32>> {
    let first = service.rows::<E>().select_only().column(column).order_by_asc(column).limit(1);
    let first: Option<String> = first.into_tuple().one(service.db().read()).await?;
    Ok(first.and_then(|year| academic_year::days(&year)).map(|(day, _)| day.year()))
}

/// The first day of the academic year of a day.
fn first_day(day: Date) -> Date {
    let year = day.year() - i32::from(day.month() < Month::September);
    first_of(year, Month::September)
}

fn first_of(year: i32, month: Month) -> Date {
    Date::from_calendar_date(year, month, 1).unwrap_or(Date::MAX)
}

/// The id of a session of a hub, by the name of the year or the term: `2014/15` or `autumn 2014/15`.
fn session_id(hub_id: Uuid, name: &str) -> Uuid {
    let hash = Sha256::new().chain_update(hub_id.as_bytes()).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A year that begins in a calendar year, and its terms.
fn of_year(base: &str, hub_id: Uuid, made: Instant, year: i32) -> Vec<RosterSession> {
    let name = academic_year::academic_year(first_of(year, Month::September));
    let reference = |name: &str| {
        let id = session_id(hub_id, name);
        let href = format!("{}{ROSTERING}/academicSessions/{id}", base.trim_end_matches('/'));
        RosterReference { href, sourced_id: id, r#type: RosterReferenceType::AcademicSession }
    };
    let terms = [
        ("autumn", first_of(year, Month::September), first_of(year + 1, Month::January)),
        ("spring", first_of(year + 1, Month::January), first_of(year + 1, Month::May)),
        ("summer", first_of(year + 1, Month::May), first_of(year + 1, Month::September)),
    ];
    let known = Instant::from(first_of(year - 1, Month::September).midnight().assume_utc()).max(made);
    let whole = RosterSession {
        sourced_id: session_id(hub_id, &name),
        status: RosterStatus::Active,
        date_last_modified: known,
        title: name.clone(),
        start_date: first_of(year, Month::September),
        end_date: first_of(year + 1, Month::September),
        r#type: RosterSessionType::SchoolYear,
        parent: None,
        children: Some(terms.iter().map(|(term, ..)| reference(&format!("{term} {name}"))).collect()),
        school_year: (year + 1).to_string(),
    };
    let parts = terms.map(|(term, start_date, end_date)| {
        let title = format!("{term} {name}");
        RosterSession {
            sourced_id: session_id(hub_id, &title),
            title,
            start_date,
            end_date,
            r#type: RosterSessionType::Term,
            parent: Some(reference(&name)),
            children: None,
            ..whole.clone()
        }
    });
    std::iter::once(whole).chain(parts).collect()
}

/// A moment in a filter: an instant, or a day, which begins at midnight.
pub(super) fn moment(text: &str) -> Result<Instant, String> {
    let day = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let midnight = || day().map(|day| Instant::from(day.midnight().assume_utc()));
    let moment = text.parse().ok().or_else(midnight);
    moment.ok_or_else(|| format!("`{text}` is no moment such as 2014-09-01T08:30:00Z, and no day"))
}

/// Returns true if a filter holds for a session.
fn holds(session: &RosterSession, filter: &Filter<SessionField>) -> Result<bool> {
    for comparisons in &filter.0 {
        let mut all = true;
        for comparison in comparisons {
            all &= compares(session, comparison)?;
        }
        if all {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compares(session: &RosterSession, comparison: &Comparison<SessionField>) -> Result<bool> {
    let Comparison { field, predicate, value } = comparison;
    if *field == SessionField::DateLastModified {
        let moment = moment(value).map_err(filter::refused)?;
        return Ok(predicate.holds(&session.date_last_modified, &moment));
    }
    let own = text(session, *field);
    let value = if *field == SessionField::Title { search_key(value) } else { value.clone() };
    Ok(if *predicate == Predicate::Contains { own.contains(&value) } else { predicate.holds(&own, &value) })
}

/// A field as a text by which sessions are compared and ordered.
fn text(session: &RosterSession, field: SessionField) -> String {
    match field {
        SessionField::SourcedId => session.sourced_id.to_string(),
        SessionField::Status => session.status.to_string(),
        SessionField::DateLastModified => session.date_last_modified.to_string(),
        SessionField::Title => search_key(&session.title),
        SessionField::StartDate => session.start_date.to_string(),
        SessionField::EndDate => session.end_date.to_string(),
        SessionField::Type => session.r#type.to_string(),
        SessionField::Parent => session.parent.as_ref().map(|it| it.sourced_id.to_string()).unwrap_or_default(),
        SessionField::SchoolYear => session.school_year.clone(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_year_is_the_sum_of_its_terms() {
        let made = Instant::from(date!(2010 - 01 - 01).midnight().assume_utc());
        let sessions = of_year("", Uuid::nil(), made, 2014);
        let days: Vec<_> = sessions.iter().map(|it| (&*it.title, it.start_date, it.end_date)).collect();
        assert_eq!(
            days,
            [
                ("2014/15", date!(2014 - 09 - 01), date!(2015 - 09 - 01)),
                ("autumn 2014/15", date!(2014 - 09 - 01), date!(2015 - 01 - 01)),
                ("spring 2014/15", date!(2015 - 01 - 01), date!(2015 - 05 - 01)),
                ("summer 2014/15", date!(2015 - 05 - 01), date!(2015 - 09 - 01)),
            ]
        );
        assert!(sessions.iter().all(|it| it.school_year == "2015"));
        let [year, terms @ ..] = &sessions[..] else { panic!("a year and its terms") };
        let children: Vec<_> = year.children.iter().flatten().map(|it| it.sourced_id).collect();
        assert_eq!(children, terms.iter().map(|it| it.sourced_id).collect::<Vec<_>>());
        assert!(terms.iter().all(|it| it.parent.as_ref().map(|it| it.sourced_id) == Some(year.sourced_id)));
        assert_eq!(year.date_last_modified.to_string(), "2013-09-01T00:00:00.000000Z");
    }

    #[test]
    fn a_moment_is_an_instant_or_a_day() {
        assert_eq!(moment("2014-09-01").unwrap(), moment("2014-09-01T01:00:00+01:00").unwrap());
        assert!(moment("yesterday").is_err());
    }
}
