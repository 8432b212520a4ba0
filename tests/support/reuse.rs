//! Databases of a server that serve one test after another, emptied in between. To make one and to drop it takes
//! seconds, in which the server writes every file that is new.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::database::{connect, name, named};

/// Databases that are as the template is, and that nobody has.
static EMPTIED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What a database of this run is made from.
static TEMPLATE: OnceLock<Template> = OnceLock::new();

/// More is not worth emptying, in bytes of tables. What was deleted counts: nobody clears it away.
const LARGE: i64 = 12 << 20;

/// So many wait for a test at most.
const MOST: usize = 8;

/// How long its sessions may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a database has but rows, as one number. What the planner knows of its tables is not in it.
const SHAPE: &str = "
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT concat_ws(' ', oid, relname, relfilenode, relkind, relacl, reloptions) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, atthasdef) FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL SELECT concat_ws(' ', adrelid, adnum, adbin) FROM pg_attrdef
        UNION ALL SELECT concat_ws(' ', oid, conname) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE tgenabled = 'O')) FROM pg_trigger
        UNION ALL
        SELECT concat_ws(' ', oid, proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', seqrelid, pg_sequence_last_value(seqrelid)) FROM pg_sequence
        UNION ALL SELECT concat_ws(' ', oid, nspname) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
        UNION ALL SELECT concat_ws(' ', oid, extname) FROM pg_extension
        UNION ALL SELECT concat_ws(' ', setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS parts(part)";

/// The tables in which something was written.
const WRITTEN: &str = "
    SELECT relname::text, pg_table_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0";

struct Template {
    shape: String,
    /// The rows of its tables that are not empty.
    rows: Vec<(String, Value)>,
}

/// Remembers what a database has that nobody has used yet. Only a superuser may empty tables without the checks of
/// references: for anybody else each database is dropped.
pub async fn remember(template: &mut PgConnection) -> Result<(), sqlx::Error> {
    let superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
    if !sqlx::query_scalar::<_, bool>(superuser).fetch_one(&mut *template).await? {
        return Ok(());
    }
    let mut rows = Vec::new();
    for (table, _) in written(template).await? {
        let all = AssertSqlSafe(format!("SELECT jsonb_agg(t) FROM \"{table}\" t"));
        if let Some(all) = sqlx::query_scalar::<_, Option<Value>>(all).fetch_one(&mut *template).await? {
            rows.push((table, all));
        }
    }
    let shape = sqlx::query_scalar(SHAPE).fetch_one(template).await?;
    TEMPLATE.get_or_init(|| Template { shape, rows });
    Ok(())
}

async fn written(session: &mut PgConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(WRITTEN).fetch_all(session).await
}

/// One that another test has had, if there is one.
pub fn take() -> Option<String> {
    emptied().pop()
}

fn emptied() -> MutexGuard<'static, Vec<String>> {
    EMPTIED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a database for another test, or drops it.
pub async fn give_back(admin: &str, database: &str) -> Result<(), sqlx::Error> {
    let mut server = connect(admin).await;
    let mut database = database.to_owned();
    if let Some(template) = TEMPLATE.get().filter(|_| emptied().len() < MOST) {
        match make_reusable(&mut server, admin, &mut database, template).await {
            Ok(true) => {
                emptied().push(database);
                return Ok(());
            }
            Ok(false) => {}
            Err(error) => eprintln!("a test database could not be emptied: {error}"),
        }
    }
    let statement = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    server.execute(AssertSqlSafe(statement)).await.map(|_| ())
}

/// Makes a database ready for another test, under a new name, which it leaves in `database`. Returns false where it
/// has to be dropped.
async fn make_reusable(
    server: &mut PgConnection,
    admin: &str,
    database: &mut String,
    template: &Template,
) -> Result<bool, sqlx::Error> {
    *database = seize(server, database).await?;
    empty(&named(admin, database), template).await
}

/// Takes a database from all who have it open, and gives its new name, by which none of them finds it again.
async fn seize(server: &mut PgConnection, database: &str) -> Result<String, sqlx::Error> {
    server.execute(AssertSqlSafe(format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false"))).await?;
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    let began = std::time::Instant::now();
    while !sqlx::query(others).bind(database).fetch_all(&mut *server).await?.is_empty() {
        if began.elapsed() > PATIENCE {
            return Err(sqlx::Error::Protocol("its sessions do not end".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let name = name();
    for change in [format!("{database} RENAME TO {name}"), format!("{name} ALLOW_CONNECTIONS true")] {
        server.execute(AssertSqlSafe(format!("ALTER DATABASE {change}"))).await?;
    }
    Ok(name)
}

/// Makes a database as the template is; false where a test has changed more than rows, or left many.
async fn empty(url: &str, template: &Template) -> Result<bool, sqlx::Error> {
    let mut session = PgConnection::connect(url).await?;
    let written = written(&mut session).await?;
    let shape: String = sqlx::query_scalar(SHAPE).fetch_one(&mut session).await?;
    if shape != template.shape || written.iter().map(|(_, bytes)| bytes).sum::<i64>() > LARGE {
        session.close().await?;
        return Ok(false);
    }
    // Without the checks of references, so that tables may come in any order.
    session.execute("SET session_replication_role = replica; BEGIN").await?;
    let deletes: Vec<_> = written.iter().map(|(table, _)| format!("DELETE FROM \"{table}\"")).collect();
    session.execute(AssertSqlSafe(deletes.join("; "))).await?;
    for (table, rows) in &template.rows {
        let insert = format!("INSERT INTO \"{table}\" SELECT * FROM jsonb_populate_recordset(NULL::\"{table}\", $1)");
        sqlx::query(AssertSqlSafe(insert)).bind(rows).execute(&mut session).await?;
    }
    // A test counts the deadlocks of its database.
    session.execute("COMMIT; SELECT pg_stat_reset()").await?;
    session.close().await?;
    Ok(true)
}
