//! `docs/guide/school-year.md`.

use super::Guide;
use crate::support::Database;

#[actix_web::test]
async fn a_hub_goes_through_its_year_by_the_commands() {
    let guide = Guide::over(Database::empty().await, &[]);
    let told = guide.follows("school-year");
    for words in [
        "\"decision\":",
        "\"status\":\"closed\"",
        "\"status\":\"agreed\"",
        "\"status\":\"confirmed\"",
        "\"colour\":\"amber\"",
        "\nactive\n",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
}
