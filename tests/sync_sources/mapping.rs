//! Mapping files with mistakes: all are found at once, each with its line and a fix.

use std::path::Path;

use api::exchange::sync::mapping::Mapping;

fn faults(text: &str) -> String {
    Mapping::parse(Path::new("maps/music.toml"), text, &|_| None).unwrap_err().to_string()
}

/// A mistake in nearly every line.
const MISTAKEN: &str = r#"hub = "Leicester shire"
naem = "music-service"
[source]
kind = "postgres"
address = "postgresql://smep:secret@db.example/music"
timeout = 0
[formats]
dates = ["YYYY-MM-DD", "DD/MM/YYY", "MM/DD/YYYY", "DD/MM/YYYY"]
yes = ["Y", "n"]
[schools]
tabel = "school"
key = "contact_id"
name = "contct.organisation_name"
closed_on = ["closed", "on"]
where = "is_active = 1"
leads = { nam = "source", urn = "sauce" }
[schools.join.contact]
table = "contact"
on = ["contact_id", "kind"]
key = "contact_id"
colour = "blue"
[head_counts]
table = 7
key = "headcount_id"
activity = "activity_id"
academic_year = "term.label"
pupils = ""
[head_counts.codes.pupils]
none = ["-"]
[contracts]
table = "school_contract"
key = "contract_id"
school = "school_id"
academic_year = "year"
status = "status"
[contracts.codes.status]
signed = ["S"]
cancelled = ["C", true]
sent = ["s"]
[contracts.codes.signed_on]
x = "y"
[write]
by = "a name that is much longer than the column for it could ever be"
[write.fields.raiting]
code = "SMEP_RAG"
[write.fields.award]
values = { gold = "Gold", silver = "gold" }
format = "DD/MM/YYYY"
[measures]
first_acces = "first_access_pupils"
ensembles = "Ensemble Pupils"
lessons = "lesson_pupils"
[schedule]
every = "day"
at = "2:30"
on = "sunday"
"#;

#[test]
fn every_mistake_is_found_at_once_with_its_line_and_a_fix() {
    let found = faults(MISTAKEN);
    let expected = [
        (1, "`hub` has small letters, digits and hyphens"),
        (1, "the file needs `name`"),
        (2, "the file has no key `naem`: did you mean `name`?"),
        (4, "`kind` is not \"postgres\": did you mean \"postgresql\"?"),
        (6, "`timeout` is a whole number from 1 to 3600"),
        (8, "\"DD/MM/YYY\" is no format that is known: did you mean \"DD/MM/YYYY\"?"),
        (8, "`dates` has DD/MM/YYYY and MM/DD/YYYY"),
        (9, "\"n\" is both yes and no: keep one"),
        (10, "[schools] needs `table`"),
        (10, "[schools] needs `urn`, `dfe_number` or `postcode`"),
        (11, "[schools] has no key `tabel`: did you mean `table`?"),
        (13, "there is no lookup `contct`: did you mean `contact.organisation_name`?"),
        (14, "`closed_on` of [schools] is one column, not 2"),
        (15, "`where` of [schools] is a table of columns and values"),
        (16, "`leads` of [schools] has no key `nam`: did you mean `name`?"),
        (16, "`urn` is one of `source`, `here`, not \"sauce\""),
        (17, "`on` and `key` of [schools.join.contact] have 2 and 1 columns"),
        (21, "[schools.join.contact] has no key `colour`: it takes"),
        (22, "[head_counts] needs `activities` as well"),
        (22, "[head_counts] needs `term`"),
        (23, "`table` is a text in quotation marks, not a number"),
        (26, "there is no lookup `term` before this"),
        (27, "`pupils` is empty"),
        (28, "`codes.pupils` of [head_counts] is about a field without a column"),
        (37, "\"S\" stands for `sent` and for `signed`: keep one"),
        (38, "`codes.status` of [contracts] has no key `cancelled`"),
        (38, "a code is a text or a number"),
        (40, "`codes.signed_on` of [contracts] is about a field without a column"),
        (42, "[write] needs [user_values]"),
        (43, "`by` has at most 40 characters"),
        (44, "[write.fields] has no key `raiting`: did you mean `rating`?"),
        (46, "[write.fields.award] needs `code`"),
        (47, "\"gold\" stands for `gold` and for `silver`: keep one"),
        (48, "[write.fields.award] has no key `format`"),
        (50, "[measures] has no key `first_acces`: did you mean `first_access`?"),
        (51, "\"Ensemble Pupils\" is no code of a measure"),
        (52, "[measures.lessons] needs `kinds`"),
        (55, "`at` is a time such as \"02:30\", not \"2:30\""),
        (56, "`on` is for `every = \"week\"`"),
    ];
    let missing = |(line, part): &&(usize, &str)| {
        let begins = format!("maps/music.toml:{line}: ");
        !found.lines().any(|fault| fault.starts_with(&begins) && fault.contains(part))
    };
    let missing: Vec<_> = expected.iter().filter(missing).collect();
    assert!(missing.is_empty(), "{missing:#?} in\n{found}");
}

#[test]
fn what_is_no_toml_is_reported_by_line() {
    let found = faults("hub = \"a\"\nname = music\n[source\n");
    for line in [2, 3] {
        assert!(found.contains(&format!("maps/music.toml:{line}: this is no TOML: ")), "{found}");
    }
}
