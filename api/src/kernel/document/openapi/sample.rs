//! A small register with every shape that the parts use, for the tests of the document.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::kernel::caller::input::Json;
use crate::kernel::caller::permission::{ReadSchools, WriteSchools};
use crate::kernel::edge::endpoint::Public;
use crate::kernel::edge::routes::{Routes, described};

/// Which years a school teaches.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Years 1 to 6.
    Primary,
    /// Years 7 to 11.
    Secondary,
}

/// Who leads or monitors.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Party {
    /// A person of the hub.
    Person {
        /// Its id.
        person_id: Uuid,
    },
    /// Anything else, in words.
    Text {
        /// The words.
        #[schema(max_length = 80, example = "Headteachers")]
        text: String,
    },
}

/// When something is due: one of two ways.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Due {
    /// A day.
    Day(Day),
    /// Words.
    Words(Address),
}

/// A day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// The day.
    pub on: time::Date,
}

/// What a change was.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// It got an address.
    Moved(Address),
    /// It was closed.
    Closed,
}

/// Keys of partner systems.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewLink {
    /// When.
    #[schema(max_items = 9)]
    pub dues: Vec<Due>,
    /// What happened.
    pub step: Step,
    /// What it was filed under.
    pub common: Option<Common>,
    /// System to key.
    pub external_ids: std::collections::BTreeMap<String, i64>,
    /// Anything.
    pub settings: serde_json::Value,
    #[serde(flatten)]
    pub rest: Common,
}

/// What several forms share.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// A note.
    #[serde(default)]
    #[schema(max_length = 90, example = "x")]
    pub note: String,
}

/// Many at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Batch<T: ToSchema> {
    /// The items.
    #[schema(max_items = 1000)]
    pub items: Vec<T>,
}

/// Links a school.
#[utoipa::path(
    put,
    path = "/schools/by-key/{system}/{id}",
    responses((status = 200, body = Area), (status = 201, body = Area)),
)]
async fn put_link(body: Json<NewLink>) -> HttpResponse {
    HttpResponse::Ok().json(&body.value)
}

/// Many schools.
///
/// A school with a known `urn`, or with a known key in `external_ids`, is changed as by a merge
/// patch, and restored if it is archived; any other school is created. At most 1,000 items and 4
/// MiB.
#[utoipa::path(post, path = "/schools/batch", responses((status = 200, body = Area)))]
async fn batch_schools(body: Json<Batch<NewSchool>>) -> HttpResponse {
    HttpResponse::Ok().json(&body.value)
}

/// An address of a school.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Address {
    /// The town.
    #[schema(max_length = 60, example = "Luton")]
    pub town: Option<String>,
}

/// A school as it is sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchool {
    /// The name.
    #[schema(min_length = 1, max_length = 200, example = "Abbey Road Primary")]
    pub name: String,
    /// The number in the national register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 109_876)]
    pub urn: Option<i32>,
    /// How many pupils there are.
    #[serde(default)]
    #[schema(example = 210)]
    pub pupils: Option<i64>,
    /// The share of free school meals.
    #[schema(minimum = 0, maximum = 100, example = 12.5)]
    pub fsm_percentage: Option<f64>,
    /// The phase it is in.
    pub phase: Phase,
    /// The phase it was in.
    pub former_phase: Option<Phase>,
    /// The day it opened.
    #[schema(value_type = Option<String>, format = Date)]
    pub opened_on: Option<String>,
    /// The address.
    pub address: Option<Address>,
    /// Who leads.
    #[serde(default)]
    #[schema(max_items = 3)]
    pub leads: Vec<Party>,
    /// Web page.
    #[schema(format = "uri", max_length = 200, example = "https://school.example")]
    pub website: Option<String>,
    /// Mail.
    #[schema(format = Email, max_length = 200, example = "head@school.example")]
    pub email: Option<String>,
    /// The area, by id.
    pub area_id: Option<Uuid>,
    /// Anything.
    #[schema(value_type = Option<Object>)]
    pub settings: Option<serde_json::Value>,
}

/// What every stored item carries.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Stored {
    /// The id.
    pub id: Uuid,
    /// Counts the changes.
    #[schema(minimum = 1, example = 3)]
    pub version: i64,
}

/// A school as it is stored.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = School)]
pub struct SchoolView {
    #[serde(flatten)]
    pub stored: Stored,
    #[serde(flatten)]
    pub form: NewSchool,
    /// The area, on demand.
    pub area: Option<Area>,
}

/// A part of the hub.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Area {
    /// The name.
    #[schema(max_length = 60, example = "North")]
    pub name: String,
    /// Missing everything on purpose.
    pub note: Option<String>,
    pub tags: Vec<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The items.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// The cursor of the next page.
    #[schema(max_length = 500, example = "eyJ2IjoxfQ")]
    pub next_cursor: Option<String>,
}

/// What narrows a list of schools.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolFilter {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u16>,
    /// Phases, any of them.
    #[serde(default)]
    #[param(max_items = 10)]
    pub phase: Vec<Phase>,
    /// One phase.
    pub former_phase: Option<Phase>,
    /// Words in the name.
    #[param(max_length = 20, example = "abbey")]
    pub q: Option<String>,
    /// True if it counts.
    pub in_scope: Option<bool>,
    /// The area.
    pub area_id: Option<Uuid>,
    /// With the count of all.
    #[serde(default)]
    pub total: bool,
}

/// Lists the schools.
///
/// A school's own people see only their school.
#[utoipa::path(get, path = "/schools", params(SchoolFilter), responses((status = 200, body = Page<SchoolView>)))]
async fn list_schools() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Reads one school.
#[utoipa::path(get, path = "/schools/{id}", responses((status = 200, body = SchoolView)))]
async fn get_school() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Adds a school.
#[utoipa::path(post, path = "/schools", responses((status = 201, body = SchoolView)))]
async fn create_school(body: Json<NewSchool>) -> HttpResponse {
    HttpResponse::Created().json(&body.value)
}

/// Changes a school.
#[utoipa::path(patch, path = "/schools/{id}", responses((status = 200, body = SchoolView)))]
async fn update_school() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Archives a school.
///
/// Only for entries made by mistake: a school that closes gets the status `closed` instead.
#[utoipa::path(delete, path = "/schools/{id}", responses((status = 204)))]
async fn archive_school() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Takes a school out of the archive.
#[utoipa::path(post, path = "/schools/{id}/restore", responses((status = 200, body = SchoolView)))]
async fn restore_school() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Reads a key.
#[utoipa::path(get, path = "/auth/keys/{kid}", responses((status = 200, body = Area)))]
async fn get_key(path: web::Path<String>) -> HttpResponse {
    HttpResponse::Ok().body(path.into_inner())
}

crate::routes! {
    ReadSchools: list_schools, get_school;
    WriteSchools: create_school, update_school, archive_school, restore_school, put_link, batch_schools;
}

pub fn openapi() -> OpenApi {
    let parts = |all: &mut Routes<'_>| {
        routes(&mut all.tagged("schools"));
        all.tagged("auth").add(crate::endpoints! { Public: get_key });
    };
    described(|all| all.scope("/api/v1", parts, |scope| scope))
}
