use std::path::Path;

use time::macros::{date, time};

use super::*;

/// A mapping of a folder of CSV files that says no more than it must.
const SMALL: &str = r#"
hub = "leicestershire"
name = "music-service"

[source]
kind = "csv"
address = "export"

[schools]
table = "school"
key = "id"
name = "name"
urn = "urn"
"#;

fn environment(name: &str) -> Option<String> {
    match name {
        "PASSWORD" => Some("p@ss/wo:rd".to_owned()),
        "WHOLE" => Some("postgresql://smep:s%40fe@db.example/music".to_owned()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Mapping, Faults> {
    Mapping::parse(Path::new("maps/music.toml"), text, &environment)
}

#[test]
fn the_documented_mapping_can_be_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/mapping.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mapping = Mapping::parse(&file, &text, &|_| Some("secret".to_owned())).unwrap();
    assert_eq!((mapping.hub(), mapping.name()), ("leicestershire", "music-service"));
    assert!(Table::ALL.into_iter().all(|table| mapping.takes(table)));
    assert_eq!(mapping.schedule(), Some(Schedule { every: Every::Day, at: time!(02:30) }));
    assert_eq!(mapping.leads(Table::Schools, "name"), Leads::Here);
    assert_eq!(mapping.leads(Table::Persons, "email"), Leads::Neither);
    assert_eq!(mapping.measure(MeasureKey::FirstAccess), Some("first_access_pupils"));
    assert_eq!(mapping.kinds(MeasureKey::FirstAccess), [] as [&str; 0]);
    assert_eq!(mapping.kinds(MeasureKey::Lessons), ["Instrumental Tuition", "Vocal Tuition"]);
    let fields: Vec<_> = mapping.fields().iter().map(|field| (field.what, field.code.as_str())).collect();
    assert_eq!(
        fields,
        [(Outbound::Rating, "SMEP_RAG"), (Outbound::Specialist, "SMEP_SLE"), (Outbound::LastVisit, "SMEP_LAST_VISIT")]
    );
}

#[test]
fn the_documented_mapping_shows_every_key() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/mapping.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .map(|(key, _)| key.trim_matches('"'))
        .collect();
    for table in Table::ALL {
        for field in logical::fields(table) {
            assert!(keys.contains(&field.name), "[{table}] {}", field.name);
        }
    }
    for what in Outbound::ALL {
        assert!(text.contains(&format!("[write.fields.{}]", what.as_str())), "{what:?}");
    }
}

#[test]
fn the_formats_of_the_documented_mapping_are_the_usual_ones() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/mapping.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mapping = Mapping::parse(&file, &text, &|_| Some("secret".to_owned())).unwrap();
    assert_eq!(format!("{:?}", mapping.formats()), format!("{:?}", Formats::default()));
}

#[test]
fn a_password_never_stands_in_the_file_and_never_in_a_message() {
    let of = |kind: &str, address: &str| {
        parse(&SMALL.replace("kind = \"csv\"", kind).replace("address = \"export\"", address))
    };
    let fault = |address: &str| of("kind = \"mysql\"", address).unwrap_err().to_string();
    let literal = fault("address = \"mysql://smep:secret@db.example/music\"");
    assert!(literal.starts_with("maps/music.toml:7: a password stands in this file"), "{literal}");
    let unset = fault("address = \"mysql://smep:${NOBODY}@db.example/music\"");
    assert!(unset.contains("the environment variable `NOBODY` is not set"), "{unset}");
    let other = fault("address = \"${WHOLE}\"");
    assert!(other.contains("`address` begins with `postgresql://`") && !other.contains("s%40fe"), "{other}");
    let mapping = of("kind = \"postgresql\"", "address = \"postgresql://smep:${PASSWORD}@db.example/music\"").unwrap();
    assert_eq!(mapping.source().address.as_str(), "postgresql://smep:p%40ss%2Fwo%3Ard@db.example/music");
    assert_eq!(mapping.source().address.scrub("no p@ss/wo:rd and no p%40ss%2Fwo%3Ard"), "no … and no …");
    assert!(!format!("{mapping:?}").contains("p@ss"));
    let whole = of("kind = \"postgresql\"", "address = \"${WHOLE}\"").unwrap();
    assert_eq!(whole.source().address.scrub("s%40fe"), "…");
}

#[test]
fn a_folder_is_found_from_the_file() {
    let mapping = parse(SMALL).unwrap();
    assert_eq!(mapping.source().address.as_str(), "maps/export");
    assert!(!mapping.writes() && mapping.schedule().is_none() && mapping.fields().is_empty());
    assert!(!mapping.takes(Table::Persons));
}

#[test]
fn two_files_cannot_name_one_source() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), SMALL).unwrap();
    std::fs::write(folder.path().join("b.toml"), SMALL).unwrap();
    std::fs::write(folder.path().join("c.toml"), SMALL.replace("music-service", "other")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no mapping").unwrap();
    let faults = Mapping::read_all(folder.path()).unwrap_err();
    assert_eq!((faults.0.len(), faults.0[0].line), (1, 3));
    assert!(faults.0[0].file.ends_with("b.toml"), "{faults}");
    std::fs::remove_file(folder.path().join("b.toml")).unwrap();
    let mappings = Mapping::read_all(folder.path()).unwrap();
    assert_eq!(mappings.iter().map(Mapping::name).collect::<Vec<_>>(), ["music-service", "other"]);
    assert_eq!(Mapping::read_all(&folder.path().join("c.toml")).unwrap().len(), 1);
    assert!(Mapping::read_all(&folder.path().join("none")).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn the_fingerprint_changes_with_the_file() {
    let (one, other) = (parse(SMALL).unwrap(), parse(&SMALL.replace("urn = \"urn\"", "urn = \"URN\"")).unwrap());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_eq!(one.fingerprint(), parse(SMALL).unwrap().fingerprint());
    assert_eq!(one.fingerprint().len(), 64);
}

#[test]
fn words_and_days_go_out_and_come_back() {
    let text = format!(
        "{SMALL}\n[user_values]\ntable = \"values\"\nschool = \"id\"\nfield = \"code\"\nvalue = \"value\"\n[write]\n\
         [write.fields.rating]\ncode = \"RAG\"\nvalues = {{ red = \"Red\" }}\nleads = \"here\"\n\
         [write.fields.next_visit]\ncode = \"NEXT\"\nformat = \"DD-Mon-YYYY\"\n"
    );
    let mapping = parse(&text).unwrap();
    let [rating, next] = mapping.fields() else { panic!("{:?}", mapping.fields()) };
    assert_eq!((rating.word("red"), rating.word("blue")), ("Red".to_owned(), "blue".to_owned()));
    assert_eq!((rating.read(" RED "), rating.read("Purple?")), (Some("red".to_owned()), None));
    assert_eq!(rating.leads, Leads::Here);
    assert_eq!(next.date(date!(2024 - 03 - 07)), "07-Mar-2024");
    assert_eq!(next.read(" 07-Mar-2024"), Some("07-Mar-2024".to_owned()));
}

#[test]
fn a_table_that_is_written_has_no_conditions_and_one_column_for_each_field() {
    let text = format!(
        "{SMALL}\n[user_values]\ntable = \"values\"\nschool = \"id\"\nfield = [\"kind\", \"code\"]\n\
         value = [\"one\", \"two\"]\nwhere = {{ kind = \"x\" }}\nexcept = {{ kind = \"y\" }}\n\
         [write.fields.rating]\ncode = \"RAG\"\n"
    );
    let found = parse(&text).unwrap_err().to_string();
    for fault in [
        "`field` of [user_values] is one column, not 2",
        "`value` of [user_values] is one column, not 2",
        "[user_values] takes no `where`",
        "[user_values] takes no `except`",
    ] {
        assert!(found.contains(fault), "{fault} in\n{found}");
    }
}
