//! The register of schools, their groups and their people.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![area(), school(), school_group(), school_group_member(), contact(), assignment()]
}

fn area() -> Table {
    Table::owned("area")
        .text("name")
        .text("name_key")
        .text("code?")
        .reference("lead_person_id?", "person")
        .text("note?")
        .sort("name_key")
        .unique("name", &["name_key"])
}

fn school() -> Table {
    let kinds = ["school", "college", "early_years", "alternative_provision", "hospital", "other"];
    let phases = [
        "nursery",
        "primary",
        "middle_deemed_primary",
        "middle_deemed_secondary",
        "secondary",
        "sixteen_plus",
        "all_through",
        "not_applicable",
    ];
    Table::owned("school")
        .choice("kind", &kinds)
        .int("urn?")
        .int("ukprn?")
        .text("la_code?")
        .text("establishment_number?")
        .text("name")
        .text("name_key")
        .choice("phase", &phases)
        .text("establishment_type_code?")
        .text("establishment_type?")
        .boolean("special")
        .choice("status", &["open", "proposed_to_open", "proposed_to_close", "closed"])
        .date("opened_on?")
        .date("closed_on?")
        .text("trust?")
        .text("trust_uid?")
        .text("head_title?")
        .text("head_first_name?")
        .text("head_last_name?")
        .text("head_job_title?")
        .text("street?")
        .text("locality?")
        .text("address3?")
        .text("town?")
        .text("county?")
        .text("postcode?")
        .text("postcode_key?")
        .int("easting?")
        .int("northing?")
        .text("telephone?")
        .text("website?")
        .int("lowest_age?")
        .int("highest_age?")
        .choice("gender?", &["mixed", "boys", "girls"])
        .int("pupils?")
        .double("fsm_percentage?")
        .reference("area_id?", "area")
        .boolean("in_scope")
        .text("scope_reason?")
        .text("note?")
        .boolean("missing_from_source")
        .json("external_ids")
        .sort("name_key")
        .sort("urn")
        .sort("pupils")
        .sort("postcode_key")
        .sort("la_code")
        .sort("opened_on")
        .unique("urn", &["urn"])
}

fn school_group() -> Table {
    let kinds = ["cluster", "trust", "teaching_school_alliance", "federation", "network"];
    Table::owned("school_group")
        .text("name")
        .text("name_key")
        .choice("kind", &kinds)
        .text("uid?")
        .reference("lead_school_id?", "school")
        .text("note?")
        .sort("name_key")
}

fn school_group_member() -> Table {
    Table::owned("school_group_member")
        .reference("school_group_id", "school_group")
        .reference("school_id", "school")
        .date("from_on?")
        .date("to_on?")
}

fn contact() -> Table {
    Table::owned("contact")
        .reference("person_id", "person")
        .reference("school_id", "school")
        .text("job_role")
        .boolean("is_primary")
        .date("from_on?")
        .date("to_on?")
        .date("checked_on?")
        .sort("from_on")
}

fn assignment() -> Table {
    Table::owned("assignment")
        .reference("person_id", "person")
        .reference("school_id", "school")
        .choice("role", &["lead", "support"])
        .date("from_on")
        .date("to_on?")
        .text("reason?")
        .sort("from_on")
}
