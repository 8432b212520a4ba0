//! Packages that schools buy: what goes with them, pilots, orders with their lines, deliveries, and what finance gets.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        package(),
        package_resource(),
        pilot(),
        package_audience(),
        hand_over(),
        hand_over_file(),
        package_order(),
        order_line(),
        delivery(),
    ]
}

fn package() -> Table {
    let kinds = [
        "assessment_framework",
        "leadership_support",
        "observation_moderation",
        "self_evaluation",
        "self_evaluation_peer_review",
        "other",
    ];
    Table::owned("package")
        .text("code")
        .text("code_key")
        .text("title")
        .text("title_key")
        .choice("kind", &kinds)
        .json("phases")
        .text("description?")
        .bigint("price_pence?")
        .json("price_bands")
        .text("vat_code")
        .choice("unit", &["visit", "day", "half_day", "hour", "place", "school", "licence"])
        .int("capacity_per_term?")
        .reference("working_group_id?", "working_group")
        .json("lead_ids")
        .json("framework_ids")
        .json("resource_ids")
        .choice("status", &["development", "pilot", "live", "withdrawn"])
        .text("status_reason?")
        .text("search_key")
        .sort("title_key")
        .sort_within(&["status"], "title_key")
        .unique("code", &["code_key"])
}

fn package_resource() -> Table {
    Table::owned("package_resource")
        .text("title")
        .text("title_key")
        .choice("phase?", &["eyfs", "ks1", "ks2", "ks3", "ks4", "dsen"])
        .text("release?")
        .text("description?")
        .text("link?")
        .choice("published_to", &["nobody", "all_schools", "chosen_schools"])
        .json("school_ids?")
        .text("search_key")
        .sort("title_key")
}

fn pilot() -> Table {
    Table::owned("pilot")
        .text("title")
        .reference("package_id?", "package")
        .reference("framework_id?", "framework")
        .reference("resource_id?", "package_resource")
        .json("school_ids")
        .json("school_group_ids")
        .date("from_on")
        .date("to_on?")
        .json("respondents")
        .text("outcome?")
        .text("next_steps?")
        .choice("status", &["planned", "running", "completed", "cancelled"])
        .text("status_reason?")
        .text("search_key")
        .sort("from_on")
        .sort_within(&["status"], "from_on")
}

fn package_audience() -> Table {
    Table::plain("package_audience", &["hub_id", "named_by_id", "place"])
        .hub()
        .uuid("named_by_id")
        .int("place")
        .uuid("item_id")
        .reference("school_id?", "school")
        .reference("school_group_id?", "school_group")
        .index("school_id", &["hub_id", "school_id", "item_id"])
        .index("school_group_id", &["hub_id", "school_group_id", "item_id"])
}

fn hand_over() -> Table {
    Table::owned("hand_over")
        .int("number")
        .date("made_on")
        .reference("made_by_id?", "person")
        .int("orders")
        .bigint("total_pence")
        .text("finance_reference?")
        .text("note?")
        .sort("made_on")
        .unique("number", &["number"])
}

fn hand_over_file() -> Table {
    Table::plain("hand_over_file", &["hub_id", "hand_over_id", "format"])
        .hub()
        .reference("hand_over_id", "hand_over")
        .text("format")
        .blob("content")
}

fn package_order() -> Table {
    Table::owned("package_order")
        .reference("school_id", "school")
        .text("academic_year")
        .choice("term", &["autumn", "spring", "summer"])
        .int("term_number")
        .json("lines")
        .json("subsidies")
        .date("expires_on?")
        .text("purchase_order_number?")
        .text("note?")
        .json("external_ids")
        .choice("status", &["quote", "ordered", "confirmed", "delivered", "handed_over", "cancelled"])
        .text("status_reason?")
        .date("quoted_on")
        .date("ordered_on?")
        .date("confirmed_on?")
        .date("delivered_on?")
        .date("handed_over_on?")
        .date("cancelled_on?")
        .reference("requested_by_id?", "person")
        .reference("ordered_by_id?", "person")
        .bigint("lines_pence")
        .bigint("subsidy_pence")
        .bigint("total_pence")
        .int("evaluation_score?")
        .text("evaluation_comment?")
        .date("evaluated_on?")
        .reference("hand_over_id?", "hand_over")
        .text("search_key")
        .sort("quoted_on")
        .sort("ordered_on")
        .sort("term_number")
        .sort("total_pence")
        .sort_within(&["school_id"], "quoted_on")
        .sort_within(&["status"], "quoted_on")
}

fn order_line() -> Table {
    Table::owned("order_line")
        .reference("order_id", "package_order")
        .reference("school_id", "school")
        .int("place")
        .reference("package_id?", "package")
        .text("title")
        .reference("provider_id?", "partner")
        .text("academic_year")
        .choice("term", &["autumn", "spring", "summer"])
        .int("term_number")
        .int("quantity")
        .bigint("amount_pence")
        .sort("term_number")
        // What a package's capacity is compared with: the units of a term, order by order.
        .index("capacity", &["hub_id", "package_id", "term_number", "archived_at", "order_id", "quantity"])
        .index("figures", &["hub_id", "order_id", "archived_at", "package_id", "quantity", "amount_pence"])
}

fn delivery() -> Table {
    Table::owned("delivery")
        .reference("order_line_id", "order_line")
        .reference("order_id", "package_order")
        .reference("school_id", "school")
        .reference("package_id?", "package")
        .date("delivered_on")
        .reference("person_id?", "person")
        .reference("provider_id?", "partner")
        .double("hours?")
        .int("units")
        .text("note?")
        .text("search_key")
        .sort("delivered_on")
        .sort_within(&["school_id"], "delivered_on")
        .sort_within(&["provider_id"], "delivered_on")
}
