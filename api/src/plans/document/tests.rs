//! What the document promises, on the demo's plan.

use time::macros::date;

use super::build::{Audience, build};
use super::view::PlanDocument;
use super::{csv, html, sample};

fn demo(audience: Audience) -> PlanDocument {
    build(&sample::tree(date!(2015 - 02 - 01)), &sample::names(), audience)
}

/// Set `SMEP_PLAN_PAGE` to a folder to look at the page.
#[test]
fn a_page_to_look_at() {
    let Ok(folder) = std::env::var("SMEP_PLAN_PAGE") else { return };
    for (name, audience) in [("hub", Audience::Hub), ("school", Audience::School)] {
        let page = html::html(&demo(audience)).unwrap().page;
        std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
        let csv = csv::csv(&demo(audience)).unwrap();
        std::fs::write(format!("{folder}/{name}.csv"), csv).unwrap();
    }
}
