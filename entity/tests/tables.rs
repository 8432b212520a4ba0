//! The models held against the tables that `migration` makes.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

#[path = "../../migration/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use entity::external::ExternalId;
use entity::instant::Instant;
use entity::row::{Meta, Row};
use entity::schools::school::{self, SchoolKind, SchoolPhase, SchoolStatus};
use entity::{
    engagement, exchange, frameworks, identity, kernel, outcomes, packages, partners, people, plans, ratings, reports,
    schools, training, visits,
};
use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel, Iterable, Statement};
use support::{migrate, on_both_empty};
use time::macros::date;
use uuid::Uuid;

/// Every entity, handed to the macro named.
macro_rules! each_entity {
    ($check:ident!($($argument:expr),*)) => {
        each_entity!(@ $check ($($argument),*)
            kernel: attachment attachment_part change change_counter external_id idempotency
                import_row installation job secret signing_key;
            identity: client grant hub refresh_token session sign_in_address sign_in_failure user;
            people: designation erasure person post post_holding retention_rule working_group;
            schools: area assignment contact school school_group school_group_member
                school_link;
            partners: glossary_term partner;
            training: attendance training_event;
            plans: approval budget_line budget_spending cohort cohort_member milestone objective plan plan_year
                progress_update resource_line review review_reflection review_target strand target;
            frameworks: award_application award_scheme criterion evaluation evaluation_invitation
                evaluation_judgement evaluation_response evaluation_submission framework observation section;
            visits: action calendar_link visit visit_report;
            packages: delivery hand_over hand_over_file order_line package package_audience package_order
                package_resource pilot;
            engagement: communication communication_recipient consultation_response hub_link hub_share meeting
                practice_opening shared_practice shared_practice_audience stakeholder_group;
            outcomes: collection exam_result exam_statistic measure_definition measure_value school_plan_record
                school_return;
            ratings: rag_rating rag_recomputation rag_scheme;
            reports: metric_comparison tabled_report tabled_report_text;
            exchange: import sync_link sync_match sync_row sync_run sync_source webhook webhook_delivery
                webhook_progress;
        )
    };
    (@ $check:ident $arguments:tt $($part:ident: $($table:ident)+;)+) => {
        $($( each_entity!(% $check $arguments $part::$table); )+)+
    };
    (% $check:ident ($($argument:expr),*) $part:ident::$table:ident) => {
        $check::<$part::$table::Entity>($($argument),*)
    };
}

#[tokio::test]
async fn every_column_is_in_its_table_with_its_type() {
    on_both_empty("columns", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            let (backend, mut tables) = (db.get_database_backend(), read_tables(&db).await);
            each_entity!(holds!(backend, &mut tables));
            // What no resource reads: the steps taken, and what the pools know of the file itself.
            for own in ["seaql_migrations", "schema_step", "feed_epoch", "write_probe"] {
                assert!(tables.remove(own).is_some(), "{own}");
            }
            assert!(tables.is_empty(), "without an entity: {:?}", tables.keys());
        })
    })
    .await;
}

/// Column → (type, may be empty), by table.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

fn holds<E: EntityTrait>(backend: DbBackend, tables: &mut Tables) {
    let table = E::default().table_name();
    let found = tables.remove(table).unwrap_or_else(|| panic!("no table {table}"));
    let expected = E::Column::iter()
        .map(|column| {
            let definition = column.def();
            let kind = type_name(definition.get_column_type(), backend).to_owned();
            (column.as_str().to_owned(), (kind, definition.is_null()))
        })
        .collect();
    assert_eq!(found, expected, "{table}");
}

fn type_name(kind: &ColumnType, backend: DbBackend) -> &'static str {
    let postgres = backend == DbBackend::Postgres;
    match kind {
        ColumnType::String(_) | ColumnType::Text => "text",
        ColumnType::BigInteger if postgres => "bigint",
        ColumnType::Integer | ColumnType::BigInteger => "integer",
        ColumnType::Double if postgres => "double precision",
        ColumnType::Double => "double",
        ColumnType::Boolean => "boolean",
        ColumnType::Date if postgres => "date",
        ColumnType::Date => "date_text",
        ColumnType::Uuid if postgres => "uuid",
        ColumnType::Uuid => "uuid_text",
        ColumnType::Blob if postgres => "bytea",
        ColumnType::Blob => "blob",
        ColumnType::Json | ColumnType::JsonBinary if postgres => "jsonb",
        ColumnType::Json | ColumnType::JsonBinary => "jsonb_text",
        other => panic!("a type that no table has: {other:?}"),
    }
}

async fn read_tables(db: &DatabaseConnection) -> Tables {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name AS t, column_name AS c, data_type AS k, \
             is_nullable = 'YES' AS n FROM information_schema.columns \
             WHERE table_schema = 'public'"
        }
        _ => {
            "SELECT m.name AS t, p.name AS c, lower(p.type) AS k, p.\"notnull\" = 0 AS n \
             FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
        }
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let mut tables = Tables::new();
    for row in db.query_all_raw(statement).await.unwrap() {
        let text = |name: &str| row.try_get::<String>("", name).unwrap();
        let column = (text("k"), row.try_get("", "n").unwrap());
        tables.entry(text("t")).or_default().insert(text("c"), column);
    }
    tables
}

macro_rules! choices {
    ($($table:literal.$column:literal = $choice:path;)+) => {
        /// A table, a column, and what its choice may be, as it is stored and as JSON has it.
        const CHOICES: &[(&str, &str, fn() -> Vec<&'static str>)] = &[$(($table, $column, || {
            for value in <$choice>::ALL {
                assert_eq!(serde_json::to_value(value).unwrap(), value.as_str());
                assert_eq!(value.to_value(), value.as_str());
            }
            <$choice>::ALL.iter().map(|value| value.as_str()).collect()
        })),+];
    };
}

choices! {
    "action"."audience" = visits::action::ActionAudience;
    "action"."source_kind" = visits::action::ActionSource;
    "action"."status" = visits::action::ActionStatus;
    "assignment"."role" = schools::assignment::AssignmentRole;
    "attachment"."actor_kind" = kernel::change::ActorKind;
    "attachment"."media_type" = kernel::attachment::MediaType;
    "attachment"."stored_in" = kernel::attachment::AttachmentStore;
    "attendance"."result" = training::attendance::AttendanceResult;
    "attendance"."status" = training::attendance::AttendanceStatus;
    "award_application"."level" = frameworks::award_scheme::AwardLevel;
    "award_application"."status" = frameworks::award_application::ApplicationStatus;
    "award_scheme"."status" = frameworks::award_scheme::AwardSchemeStatus;
    "budget_line"."kind" = plans::budget_line::BudgetKind;
    "change"."actor_kind" = kernel::change::ActorKind;
    "designation"."basis" = people::designation::DesignationBasis;
    "designation"."territory" = people::designation::Territory;
    "evaluation"."kind" = frameworks::framework::FrameworkKind;
    "evaluation"."status" = frameworks::evaluation::EvaluationStatus;
    "evaluation_invitation"."part" = frameworks::evaluation_invitation::JudgePart;
    "evaluation_invitation"."status" = frameworks::evaluation_invitation::InvitationStatus;
    "evaluation_submission"."decision" = frameworks::evaluation_submission::SubmissionDecision;
    "grant"."role" = identity::grant::Role;
    "import"."mode" = exchange::import::ImportMode;
    "import"."source" = exchange::import::ImportSource;
    "import"."state" = exchange::import::ImportState;
    "import_row"."outcome" = kernel::import_row::ImportOutcome;
    "job"."actor_kind" = kernel::change::ActorKind;
    "job"."state" = kernel::job::JobState;
    "observation"."key_stage" = frameworks::observation::KeyStage;
    "order_line"."term" = packages::package_order::SchoolTerm;
    "package"."kind" = packages::package::PackageKind;
    "package"."status" = packages::package::PackageStatus;
    "package"."unit" = packages::package::PackageUnit;
    "package_order"."status" = packages::package_order::OrderStatus;
    "package_order"."term" = packages::package_order::SchoolTerm;
    "package_resource"."phase" = frameworks::framework::FrameworkPhase;
    "package_resource"."published_to" = packages::package_resource::PublishedTo;
    "partner"."kind" = partners::partner::PartnerKind;
    "pilot"."status" = packages::pilot::PilotStatus;
    "plan"."kind" = plans::plan::PlanKind;
    "plan"."status" = plans::plan::PlanStatus;
    "post"."funding" = people::post::PostFunding;
    "post"."territory" = people::designation::Territory;
    "progress_update"."decision" = plans::progress_update::Decision;
    "progress_update"."opinion" = plans::progress_update::Opinion;
    "rag_rating"."colour" = ratings::parts::RatingColour;
    "rag_rating"."source" = ratings::rag_rating::RatingSource;
    "rag_rating"."status" = ratings::rag_rating::RatingStatus;
    "rag_rating"."support_code" = ratings::rag_rating::SupportCode;
    "rag_scheme"."status" = ratings::rag_scheme::SchemeStatus;
    "rag_scheme"."targeted_from" = ratings::parts::RatingColour;
    "review"."status" = plans::review::ReviewStatus;
    "review_target"."comparator" = plans::target::Comparator;
    "review_target"."kind" = plans::target::TargetKind;
    "review_target"."opinion" = plans::progress_update::Opinion;
    "review_target"."status" = plans::target_status::Status;
    "review_target"."unit" = plans::target::TargetUnit;
    "school"."gender" = school::SchoolGender;
    "school"."kind" = school::SchoolKind;
    "school"."phase" = school::SchoolPhase;
    "school"."status" = school::SchoolStatus;
    "school_group"."kind" = schools::school_group::SchoolGroupKind;
    "school_link"."relation" = schools::school_link::SchoolRelation;
    "sync_link"."section" = exchange::sync_row::SyncSection;
    "sync_match"."reason" = exchange::sync_match::SyncReason;
    "sync_match"."state" = exchange::sync_match::SyncMatchState;
    "sync_row"."direction" = exchange::sync_row::SyncDirection;
    "sync_row"."outcome" = exchange::sync_row::SyncOutcome;
    "sync_row"."section" = exchange::sync_row::SyncSection;
    "sync_run"."started_by" = exchange::sync_run::SyncStart;
    "sync_run"."state" = exchange::sync_run::SyncState;
    "sync_run"."step" = exchange::sync_run::SyncStep;
    "sync_source"."kind" = exchange::sync_source::SyncKind;
    "sync_source"."schedule_every" = exchange::sync_source::SyncEvery;
    "sync_source"."schedule_weekday" = exchange::sync_source::Weekday;
    "tabled_report"."format" = reports::tabled_report::TabledFormat;
    "target"."comparator" = plans::target::Comparator;
    "target"."kind" = plans::target::TargetKind;
    "target"."unit" = plans::target::TargetUnit;
    "training_event"."audience" = training::training_event::TrainingAudience;
    "training_event"."kind" = training::training_event::TrainingKind;
    "training_event"."status" = training::training_event::TrainingStatus;
    "visit"."kind" = visits::visit::VisitKind;
    "visit"."mode" = visits::visit::VisitMode;
    "visit"."status" = visits::visit::VisitStatus;
    "visit_report"."rag" = visits::visit_report::ReportRag;
    "visit_report"."status" = visits::visit_report::ReportStatus;
    "working_group"."kind" = people::working_group::WorkingGroupKind;
}

#[tokio::test]
async fn every_choice_is_the_check_of_its_column() {
    on_both_empty("choices", |db| {
        Box::pin(async move {
            if db.get_database_backend() == DbBackend::Sqlite {
                migrate(&db).await.unwrap();
                for (table, column, values) in CHOICES {
                    assert_eq!(checked(&db, table, column).await, values().join(", "), "{table}.{column}");
                }
            }
        })
    })
    .await;
}

/// The values that the column's CHECK names, as the CREATE TABLE lists them.
async fn checked(db: &DatabaseConnection, table: &str, column: &str) -> String {
    let sql = format!("SELECT sql FROM sqlite_master WHERE name = '{table}'");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let sql: String = row.unwrap().try_get("", "sql").unwrap();
    let (_, rest) = sql.split_once(&format!("CHECK (\"{column}\" IN (")).unwrap();
    let (values, _) = rest.split_once(')').unwrap();
    values.replace('\'', "")
}

#[tokio::test]
async fn a_whole_row_is_written_and_a_field_set_to_none_is_cleared() {
    on_both_empty("whole", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            let hub_id = Uuid::now_v7();
            let hub = hub(hub_id);
            let mut school = school(hub_id);
            insert(&db, hub.clone()).await;
            insert(&db, school.clone()).await;
            let read = identity::hub::Entity::find().one(&db).await.unwrap();
            assert_eq!(read, Some(hub));
            let key = (hub_id, school.id);
            assert_eq!(school::Entity::find_by_id(key).one(&db).await.unwrap(), Some(school.clone()));

            // `into_active_model` alone leaves every column out of an update;
            // `reset_all` sets them all, those that are None too.
            school.pupils = None;
            school.opened_on = None;
            school.set_meta(Meta { version: 2, ..school.meta() });
            let active = school.clone().into_active_model().reset_all();
            for column in school::Column::iter() {
                assert!(active.get(column).is_set(), "{column:?}");
            }
            assert_eq!(active.update(&db).await.unwrap(), school);
            let read = school::Entity::find_by_id(key).one(&db).await.unwrap().unwrap();
            assert_eq!((read.pupils, read.opened_on, read.version), (None, None, 2));
        })
    })
    .await;
}

async fn insert<M>(db: &DatabaseConnection, model: M)
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: Send,
    <M::Entity as EntityTrait>::Model: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    model.into_active_model().reset_all().insert(db).await.unwrap();
}

fn hub(hub_id: Uuid) -> identity::hub::Model {
    let now = Instant::from_micros(1_409_560_200_000_100);
    identity::hub::Model {
        hub_id,
        id: hub_id,
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        slug: "northshire".to_owned(),
        name: "Northshire Music".to_owned(),
        name_key: "northshire music".to_owned(),
        la_codes: vec!["919".to_owned()].into(),
        lead_organisation: None,
        kinds_in_scope: vec![SchoolKind::School, SchoolKind::EarlyYears].into(),
        settings: serde_json::json!({"colour": "plum"}),
        audit_gate: identity::hub::AuditGate::Required,
        report_answer_days: 10,
        demo: false,
    }
}

fn school(hub_id: Uuid) -> school::Model {
    let now = Instant::from_micros(1_409_560_200_000_100);
    school::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        kind: SchoolKind::School,
        urn: Some(123_456),
        ukprn: Some(10_012_345),
        la_code: Some("919".to_owned()),
        establishment_number: Some("0042".to_owned()),
        name: "St Cecilia's School".to_owned(),
        name_key: "st cecilias school".to_owned(),
        phase: SchoolPhase::SixteenPlus,
        establishment_type_code: Some("02".to_owned()),
        establishment_type: None,
        special: false,
        status: SchoolStatus::ProposedToClose,
        opened_on: Some(date!(1965 - 09 - 01)),
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
        easting: Some(514_000),
        northing: Some(214_000),
        telephone: None,
        website: None,
        lowest_age: Some(4),
        highest_age: Some(11),
        gender: None,
        pupils: Some(210),
        fsm_percentage: Some(12.5),
        area_id: None,
        in_scope: true,
        scope_reason: None,
        note: None,
        missing_from_source: false,
        search_key: None,
        external_ids: vec![ExternalId { system: "paritor".to_owned(), id: "SCH-1".to_owned() }].into(),
    }
}
