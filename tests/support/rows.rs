//! Rows as the database has them, for what no test is about.

use entity::identity::grant::Role;
use entity::identity::{client, grant, hub, user};
use entity::instant::Instant;
use entity::people::person;
use entity::schools::school::{self, SchoolKind, SchoolPhase, SchoolStatus};
use serde_json::json;
use time::macros::date;
use uuid::Uuid;

pub fn hub(id: Uuid, slug: &str, now: Instant) -> hub::Model {
    hub::Model {
        hub_id: id,
        id,
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        slug: slug.to_owned(),
        name: format!("Hub {slug}"),
        name_key: format!("hub {slug}"),
        la_codes: Default::default(),
        lead_organisation: None,
        kinds_in_scope: vec![SchoolKind::School].into(),
        settings: json!({}),
        audit_gate: hub::AuditGate::Warn,
        report_answer_days: 14,
        demo: false,
    }
}

pub fn person(hub_id: Uuid, name: &str, now: Instant) -> person::Model {
    person::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        name: name.to_owned(),
        name_key: name.to_lowercase(),
        email: None,
        telephone: None,
        organisation: None,
        dbs_checked_on: None,
        safeguarding_training_until: None,
        external_ids: Default::default(),
        erased_at: None,
        merged_into_id: None,
    }
}

pub fn user(hub_id: Uuid, person_id: Uuid, email: &str, now: Instant) -> user::Model {
    user::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        person_id,
        email: email.to_owned(),
        email_key: email.to_lowercase(),
        password_hash: None,
        must_change_password: false,
        disabled_at: None,
        tokens_valid_from: Instant::from_micros(0),
        one_time_expires_at: None,
        one_time_used_at: None,
        invitation_hash: None,
        invitation_expires_at: None,
        token_generation: 0,
    }
}

pub fn grant(hub_id: Uuid, user_id: Uuid, role: Role, now: Instant) -> grant::Model {
    grant::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        user_id,
        role,
        school_id: None,
        school_group_id: None,
        partner_id: None,
        from_on: date!(2014 - 01 - 01),
        to_on: None,
        delegated_by: None,
        reason: None,
    }
}

pub fn client(hub_id: Uuid, scopes: &str, now: Instant) -> client::Model {
    let id = Uuid::now_v7();
    client::Model {
        hub_id,
        id,
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        name: format!("System {id}"),
        name_key: format!("system {id}"),
        secret_hash: "never compared".into(),
        scopes: scopes.split(' ').map(str::to_owned).collect::<Vec<_>>().into(),
        system: None,
        disabled_at: None,
        tokens_valid_from: Instant::from_micros(0),
        token_generation: 0,
    }
}

/// An open primary school.
pub fn school(hub_id: Uuid, name: &str, now: Instant) -> school::Model {
    school::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        kind: SchoolKind::School,
        urn: None,
        ukprn: None,
        la_code: None,
        establishment_number: None,
        name: name.to_owned(),
        name_key: name.to_lowercase(),
        phase: SchoolPhase::Primary,
        establishment_type_code: None,
        establishment_type: None,
        special: false,
        status: SchoolStatus::Open,
        opened_on: None,
        closed_on: None,
        trust: None,
        trust_uid: None,
        head_title: None,
        head_first_name: None,
        head_last_name: None,
        head_job_title: None,
        street: None,
        locality: None,
        address3: None,
        town: None,
        county: None,
        postcode: None,
        postcode_key: None,
        easting: None,
        northing: None,
        telephone: None,
        website: None,
        lowest_age: None,
        highest_age: None,
        gender: None,
        pupils: None,
        fsm_percentage: None,
        area_id: None,
        in_scope: true,
        scope_reason: None,
        note: None,
        missing_from_source: false,
        search_key: Some(name.to_lowercase()),
        external_ids: Default::default(),
    }
}
