//! What the database itself refuses, and by what it reads.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::rows::{column, hub, id, insert_area, insert_hub, insert_person, names, owned};
use crate::support::{migrate, on_both_empty};

#[tokio::test]
async fn a_reference_to_another_hub_is_refused() {
    on_both_empty("across", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            let (ours, theirs, person) = (id(1), id(2), id(3));
            insert_hub(&db, ours, "ours").await.unwrap();
            insert_hub(&db, theirs, "theirs").await.unwrap();
            insert_person(&db, ours, person).await.unwrap();
            insert_area(&db, theirs, id(4), person).await.unwrap_err();
            insert_area(&db, ours, id(4), person).await.unwrap();
            insert_person(&db, id(9), person).await.unwrap_err();

            // What is referred to stays.
            let mut delete = Query::delete();
            delete.from_table("person").and_where(Expr::col("id").eq(person));
            db.execute(&delete).await.unwrap_err();
        })
    })
    .await;
}

#[tokio::test]
async fn a_value_outside_its_choice_is_refused() {
    on_both_empty("choice", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            insert_hub(&db, id(1), "ours").await.unwrap();
            let group = |kind: &'static str| {
                owned(
                    "school_group",
                    id(1),
                    id(2),
                    &[("name", "Harpenden".into()), ("name_key", "harpenden".into()), ("kind", kind.into())],
                )
            };
            db.execute(&group("club")).await.unwrap_err();
            db.execute(&group("cluster")).await.unwrap();

            // A hub's id is its own.
            db.execute(&hub(id(1), id(5), "other")).await.unwrap_err();
        })
    })
    .await;
}

#[tokio::test]
async fn unique_indexes_are_named_by_table_and_field() {
    on_both_empty("unique", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            let sql = match db.get_database_backend() {
                DbBackend::Postgres => {
                    "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' \
                     AND indexdef LIKE 'CREATE UNIQUE%' AND indexname NOT LIKE '%\\_pkey' ORDER BY 1"
                }
                _ => {
                    "SELECT name FROM sqlite_master WHERE type = 'index' \
                     AND sql LIKE 'CREATE UNIQUE%' ORDER BY 1"
                }
            };
            let promised = [
                "area_name",
                "award_scheme_edition",
                "calendar_link_user",
                "client_id",
                "cohort_member_school",
                "communication_recipient_school_id",
                "consultation_response_meeting_school_id",
                "consultation_response_meeting_stakeholder_group_id",
                "consultation_response_school_id",
                "consultation_response_stakeholder_group_id",
                "evaluation_academic_year",
                "evaluation_judgement_criterion_id",
                "evaluation_response_criterion_id",
                "evaluation_submission_round",
                "exam_result_grade",
                "exam_statistic_grade",
                "framework_edition",
                "glossary_term_code",
                "hand_over_number",
                "hub_id",
                "hub_link_partner_slug",
                "hub_slug",
                "measure_definition_code",
                "measure_definition_edition",
                "measure_value_row_key",
                "metric_comparison_metric",
                "package_code",
                "plan_year_label",
                "practice_opening_opened_on",
                "rag_scheme_edition",
                "retention_rule_kind",
                "review_target_target",
                "school_link_link_urn",
                "school_plan_record_academic_year",
                "school_return_school",
                "school_urn",
                "stakeholder_group_name",
                "sync_link_source_key",
                "sync_match_contact_key",
                "sync_source_name",
                "user_email",
                "user_id",
                "visit_report_number",
                "webhook_delivery_message_id",
                "webhook_progress_webhook_id",
            ];
            assert_eq!(names(&db, sql).await, promised);

            insert_hub(&db, id(1), "ours").await.unwrap();
            insert_hub(&db, id(2), "ours").await.unwrap_err();
        })
    })
    .await;
}

#[tokio::test]
async fn text_on_postgresql_is_compared_byte_by_byte() {
    on_both_empty("bytes", |db| {
        Box::pin(async move {
            if db.get_database_backend() == DbBackend::Postgres {
                migrate(&db).await.unwrap();
                let sql = "SELECT table_name || '.' || column_name AS name \
                           FROM information_schema.columns WHERE table_schema = 'public' \
                           AND table_name <> 'seaql_migrations' \
                           AND (data_type LIKE '%char%' OR data_type = 'text' \
                           AND collation_name IS DISTINCT FROM 'C')";
                assert_eq!(names(&db, sql).await, Vec::<String>::new());
            }
        })
    })
    .await;
}

#[tokio::test]
async fn a_page_of_schools_is_read_from_the_index_of_its_sort_key() {
    on_both_empty("page", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            if db.get_database_backend() == DbBackend::Sqlite {
                let sql = "EXPLAIN QUERY PLAN SELECT * FROM school WHERE hub_id = x'00' \
                           AND (name_key, id) > ('m', x'00') ORDER BY name_key, id LIMIT 50";
                let plan = column(&db, sql, "detail").await.join("; ");
                assert!(plan.contains("school_by_name_key (hub_id=? AND (name_key,id)>"), "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            }
        })
    })
    .await;
}

#[tokio::test]
async fn schools_are_searched_in_an_index_that_holds_the_words() {
    on_both_empty("search", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            let search = "SELECT id FROM school WHERE hub_id = {hub} AND search_key LIKE '%bosworth%' \
                          AND search_key LIKE '%academy%'";
            let plan = match db.get_database_backend() {
                DbBackend::Postgres => {
                    // An empty table is read as a whole unless that is forbidden.
                    db.execute_unprepared("SET enable_seqscan = off; SET enable_bitmapscan = off").await.unwrap();
                    let search = search.replace("{hub}", "'00000000-0000-0000-0000-000000000000'");
                    column(&db, &format!("EXPLAIN {search}"), "QUERY PLAN").await.join("; ")
                }
                _ => {
                    let search = search.replace("{hub}", "x'00'");
                    column(&db, &format!("EXPLAIN QUERY PLAN {search}"), "detail").await.join("; ")
                }
            };
            let index = match db.get_database_backend() {
                DbBackend::Postgres => "Index Only Scan using school_by_search_key",
                _ => "SEARCH school USING COVERING INDEX school_by_search_key (hub_id=?)",
            };
            assert!(plan.contains(index), "{plan}");
        })
    })
    .await;
}
