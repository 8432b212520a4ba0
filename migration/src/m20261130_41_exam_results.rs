//! Results of exams in music by school, the same figures of whole areas, and imports of both.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::choice::Choice;
use crate::table::Table;

/// Makes the tables, and lets imports have the sources of exam results.
pub struct ExamResults;

/// The sources of imports before this step.
const SOURCES: Choice =
    Choice { table: "import", column: "source", values: &["gias-register", "gias-links", "gias-group-links"] };

/// The sources that this step adds.
const MORE: [&str; 4] = ["exam-entries", "exam-sheet", "exam-ks5", "exam-statistics"];

impl MigrationName for ExamResults {
    fn name(&self) -> &'static str {
        "m20261130_41_exam_results"
    }
}

#[async_trait]
impl MigrationTrait for ExamResults {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        SOURCES.widen(manager, &MORE).await?;
        for column in of_imports(backend) {
            manager.alter_table(sea_query::Table::alter().table("import").add_column(column).take()).await?;
        }
        for table in [exam_result(), exam_statistic()] {
            let statements = table.statements(backend);
            manager.create_table(statements.table).await?;
            for index in statements.indexes {
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Columns of an import. A program of the version before leaves them as they are.
fn of_imports(backend: DbBackend) -> [ColumnDef; 2] {
    let mut passed = ColumnDef::new("out_of_scope");
    passed.big_integer().not_null().default(0);
    let mut year = ColumnDef::new("academic_year");
    year.text();
    if backend == DbBackend::Postgres {
        year.extra("COLLATE \"C\"");
    }
    [passed, year]
}

fn exam_result() -> Table {
    let table = Table::owned("exam_result").reference("school_id", "school");
    figure(table)
        .int("published_urn?")
        .boolean("suppressed")
        .sort("academic_year")
        .unique("grade", &["school_id", "academic_year", "series", "cell"])
        // What trends are counted from: every column that they read.
        .index("trend", &[with_figures(&["school_id", "series"]), vec!["suppressed"]].concat())
}

fn exam_statistic() -> Table {
    let levels = ["local_authority", "region", "country"];
    let table = Table::owned("exam_statistic").choice("area_level", &levels).text("area_code").text("area_name?");
    figure(table)
        .sort("academic_year")
        .unique("grade", &["area_level", "area_code", "academic_year", "series", "cell"])
        .index("trend", &with_figures(&["area_level", "area_code", "series"]))
}

/// The columns of an index by which figures of a subject are added up.
fn with_figures(whose: &[&'static str]) -> Vec<&'static str> {
    let first = ["hub_id", "subject", "qualification", "academic_year"];
    [&first, whose, &["basis", "kind", "grade", "pupils", "archived_at"]].concat()
}

/// The columns of a figure, of a school or of an area.
fn figure(table: Table) -> Table {
    let qualifications = [
        "gcse",
        "btec",
        "technical_award",
        "as_level",
        "a_level",
        "applied_general",
        "tech_level",
        "graded_exam",
        "other_level_2",
        "other_level_3",
        "all_level_3",
    ];
    let subjects = ["music", "music_technology", "performing_arts", "musical_theatre", "all_subjects"];
    let null = |column: &'static str| Expr::col(column).is_null();
    let is_total = Expr::col("kind").eq("total");
    table
        .text("academic_year")
        .choice("qualification", &qualifications)
        .choice("subject", &subjects)
        .text("title?")
        .choice("basis", &["entries", "pupils"])
        .choice("kind", &["total", "grade"])
        .text("grade?")
        .int("pupils?")
        .choice("missing_reason?", &["suppressed", "not_collected", "not_applicable"])
        .choice("source", &["reported", "estimated", "computed", "imported"])
        .text("series")
        .text("cell")
        .check(null("pupils").and(null("missing_reason").not()).or(null("pupils").not().and(null("missing_reason"))))
        .check(is_total.clone().and(null("grade")).or(is_total.not().and(null("grade").not())))
}
