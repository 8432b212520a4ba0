//! `docs/guide/school-year.md`.

use super::Guide;
use crate::support::Database;

#[actix_web::test]
async fn a_hub_goes_through_its_year_by_the_commands() {
    let guide = Guide::over(Database::empty().await, &[]);
    let told = guide.follows("school-year");
    for words in [
        "\"status\":\"accepted\"",
        "\"status\":\"published\"",
        "\"status\":\"agreed\"",
        "\"status\":\"confirmed\"",
        "\"colour\":\"amber\"",
        "\"status\":\"approved\"",
        "active\n{\"from\":",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
}
