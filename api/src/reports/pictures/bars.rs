//! The bars of reports: what stands in a line, in parts and in words.

use entity::ratings::parts::RatingColour;

use crate::kernel::base::bars::{BarPart, PictureBar};
use crate::kernel::operations::report::{DrawnReport, Share};
use crate::packages::rules::pounds;
use crate::reports::award_applications::{Applications, AwardApplicationLine};
use crate::reports::consultations::{ConsultationLine, Consultations};
use crate::reports::evaluation_completeness::{Completeness, EvaluationCompleteness};
use crate::reports::evaluation_profile::{EvaluationProfileLine, Profile};
use crate::reports::plan_progress::{PlanProgressLine, PlansProgress};
use crate::reports::practice::{Practice, PracticeLine};
use crate::reports::rating_movement::{Movement, RatingMovement};
use crate::reports::rating_spread::{RatingSpread, Spread};
use crate::reports::reach::{Reach, ReachLine};
use crate::reports::sales::capacity_used::{CapacityUsed, UsedCapacityLine};
use crate::reports::sales::income::{Income, IncomeLine};
use crate::reports::sales::purchases::{PurchaseLine, Purchases};
use crate::reports::visit_coverage::{Coverage, VisitCoverage};
use crate::schools::store::reported::ReportGroup;

const DARK: &str = "#123f5a";
const LIGHT: &str = "#7fa8c2";
const GREY: &str = "#8a95a1";
const RED: &str = "#b3261e";
const AMBER: &str = "#f2b84b";
const GREEN: &str = "#1d6b3a";

/// The schools, or the kind of message, that a bar is about.
fn name(group: &ReportGroup, all: &str) -> String {
    let known = group.label.clone().or_else(|| group.value.clone());
    known.unwrap_or_else(|| all.to_owned())
}

/// A share in words: `36 of 60 (60 %)`.
fn words(share: Share) -> String {
    let Share { numerator, denominator, percentage, .. } = share;
    let percentage = percentage.map(|percentage| format!(" ({percentage} %)")).unwrap_or_default();
    format!("{numerator} of {denominator}{percentage}")
}

#[expect(clippy::cast_precision_loss, reason = "no hub has 2^53 of anything")]
fn amount(count: i64) -> f64 {
    count as f64
}

impl DrawnReport for Coverage {
    const TITLE: &'static str = "Schools visited";
    const PARTS: &'static [BarPart] =
        &[BarPart { name: "visited in the period", fill: DARK }, BarPart { name: "visited before it", fill: LIGHT }];

    fn bar(line: &VisitCoverage) -> PictureBar {
        let before = line.visited_to_date.numerator - line.visited.numerator;
        PictureBar {
            name: name(&line.group, "All schools"),
            parts: vec![amount(line.visited.numerator), amount(before)],
            whole: amount(line.schools),
            words: format!("{} visited in the period; {before} before it; {} due", words(line.visited), line.due),
        }
    }
}

impl DrawnReport for Spread {
    const TITLE: &'static str = "Need of support";
    const PARTS: &'static [BarPart] = &[
        BarPart { name: "red", fill: RED },
        BarPart { name: "amber", fill: AMBER },
        BarPart { name: "green", fill: GREEN },
    ];

    fn bar(line: &RatingSpread) -> PictureBar {
        let [red, amber, green] = [line.red, line.amber, line.green].map(|share| share.numerator);
        let without = line.without_rating.numerator;
        PictureBar {
            name: name(&line.group, "Without a group"),
            parts: vec![amount(red), amount(amber), amount(green)],
            whole: amount(line.schools),
            words: format!("{red} red, {amber} amber, {green} green, {without} without a rating, of {}", line.schools),
        }
    }
}

impl DrawnReport for Movement {
    const TITLE: &'static str = "How ratings moved";
    const PARTS: &'static [BarPart] = &[BarPart { name: "schools in scope", fill: DARK }];

    fn bar(line: &RatingMovement) -> PictureBar {
        let colour = |colour: Option<RatingColour>| colour.map_or("no rating", RatingColour::as_str);
        PictureBar {
            name: format!("From {} to {}", colour(line.from_colour), colour(line.to_colour)),
            parts: vec![amount(line.schools)],
            whole: amount(line.share.denominator),
            words: words(line.share),
        }
    }
}

impl DrawnReport for Reach {
    const TITLE: &'static str = "Schools reached by messages";
    const PARTS: &'static [BarPart] =
        &[BarPart { name: "reached", fill: DARK }, BarPart { name: "addressed and not reached", fill: LIGHT }];

    fn bar(line: &ReachLine) -> PictureBar {
        let missed = line.addressed.numerator - line.reached.numerator;
        PictureBar {
            name: name(&line.group, "Without a group"),
            parts: vec![amount(line.reached.numerator), amount(missed)],
            whole: amount(line.reached.denominator),
            words: format!("{} reached; {} addressed", words(line.reached), line.addressed.numerator),
        }
    }
}

impl DrawnReport for Practice {
    const TITLE: &'static str = "Practice shared with schools";
    const PARTS: &'static [BarPart] =
        &[BarPart { name: "opened it", fill: DARK }, BarPart { name: "had it shared with them", fill: LIGHT }];

    fn bar(line: &PracticeLine) -> PictureBar {
        let unopened = Ord::max(line.shared.numerator - line.opened.numerator, 0);
        PictureBar {
            name: name(&line.group, "Without a group"),
            parts: vec![amount(line.opened.numerator), amount(unopened)],
            whole: amount(line.shared.denominator),
            words: format!("{} opened it; shared with {}", words(line.opened), words(line.shared)),
        }
    }
}

impl DrawnReport for Applications {
    const TITLE: &'static str = "Schools and awards";
    const PARTS: &'static [BarPart] =
        &[BarPart { name: "hold the award", fill: GREEN }, BarPart { name: "applied in the period", fill: LIGHT }];

    fn bar(line: &AwardApplicationLine) -> PictureBar {
        PictureBar {
            name: line.level.map_or_else(|| "All levels".to_owned(), |level| level.to_string()),
            parts: vec![amount(line.holding.numerator), amount(line.applied.numerator - line.awarded.numerator)],
            whole: amount(line.applied.denominator),
            words: format!("{} hold it; {} applied in the period", words(line.holding), line.applied.numerator),
        }
    }
}

impl DrawnReport for PlansProgress {
    const TITLE: &'static str = "Targets of the plans";
    const PARTS: &'static [BarPart] = &[
        BarPart { name: "met", fill: GREEN },
        BarPart { name: "on track", fill: "#9fd0b0" },
        BarPart { name: "at risk", fill: AMBER },
        BarPart { name: "missed", fill: RED },
        BarPart { name: "not started", fill: GREY },
    ];

    fn bar(line: &PlanProgressLine) -> PictureBar {
        let PlanProgressLine { met, on_track, at_risk, missed, not_started, .. } = line;
        let number = line.objective_number.map(|number| format!("{number}. ")).unwrap_or_default();
        PictureBar {
            name: format!("{number}{}", line.objective_title.as_deref().unwrap_or("All targets")),
            parts: [met, on_track, at_risk, missed, not_started].map(|count| amount(*count)).to_vec(),
            whole: amount(line.targets),
            words: format!(
                "{met} met, {on_track} on track, {at_risk} at risk, {missed} missed, {not_started} not started, of {}",
                line.targets
            ),
        }
    }
}

impl DrawnReport for Profile {
    const TITLE: &'static str = "How schools judge themselves";
    const PARTS: &'static [BarPart] = &[
        BarPart { name: "level 1", fill: "#d5dde5" },
        BarPart { name: "level 2", fill: "#a9bfcf" },
        BarPart { name: "level 3", fill: LIGHT },
        BarPart { name: "level 4", fill: "#4f7f9f" },
        BarPart { name: "level 5", fill: "#2c5f82" },
        BarPart { name: "level 6", fill: DARK },
    ];

    fn bar(line: &EvaluationProfileLine) -> PictureBar {
        let levels = [line.level_1, line.level_2, line.level_3, line.level_4, line.level_5, line.level_6];
        let known = levels.iter().flatten();
        let of = name(&line.group, "");
        let dash = if of.is_empty() { "" } else { ", " };
        let words = match (line.schools, line.average_level) {
            (Some(schools), Some(average)) => format!("{average} on average, of {schools} schools"),
            _ => "withheld: fewer than five schools".to_owned(),
        };
        PictureBar {
            name: format!("{}, {}{dash}{of}", line.section_title, line.academic_year),
            whole: known.clone().next().map_or(0.0, |share| amount(share.denominator)),
            parts: known.map(|share| amount(share.numerator)).collect(),
            words,
        }
    }
}

impl DrawnReport for Completeness {
    const TITLE: &'static str = "How far schools are with their evaluation";
    const PARTS: &'static [BarPart] = &[
        BarPart { name: "agreed", fill: GREEN },
        BarPart { name: "sent", fill: DARK },
        BarPart { name: "opened", fill: LIGHT },
    ];

    fn bar(line: &EvaluationCompleteness) -> PictureBar {
        let [opened, sent, agreed] = [line.opened, line.submitted, line.agreed].map(|share| share.numerator);
        PictureBar {
            name: name(&line.group, "Without a group"),
            parts: vec![amount(agreed), amount(sent - agreed), amount(opened - sent)],
            whole: amount(line.schools),
            words: format!(
                "{} sent, {agreed} agreed; {} of the criteria answered",
                words(line.submitted),
                words(line.answered)
            ),
        }
    }
}

impl DrawnReport for Income {
    const TITLE: &'static str = "Income from packages";
    const PARTS: &'static [BarPart] =
        &[BarPart { name: "delivered", fill: DARK }, BarPart { name: "not delivered yet", fill: LIGHT }];
    const COMPARED: bool = true;

    fn bar(line: &IncomeLine) -> PictureBar {
        let IncomeLine { orders, units, income_pence, delivered_pence, handed_over_pence, .. } = *line;
        // Subsidies of orders as a whole are a line below 0, which has no length.
        let [delivered, open] = [delivered_pence, income_pence - delivered_pence].map(|pence| amount(pence.max(0)));
        PictureBar {
            name: name(&line.group, "Without a group"),
            parts: vec![delivered, open],
            whole: delivered + open,
            words: format!(
                "{}: {} delivered, {} handed over; orders: {orders}, units: {units}",
                pounds(income_pence),
                pounds(delivered_pence),
                pounds(handed_over_pence)
            ),
        }
    }
}

impl DrawnReport for Purchases {
    const TITLE: &'static str = "What schools bought";
    const PARTS: &'static [BarPart] = &[BarPart { name: "what the school pays", fill: DARK }];
    const COMPARED: bool = true;

    fn bar(line: &PurchaseLine) -> PictureBar {
        let school = line.school_name.as_deref().unwrap_or("All schools");
        let package = line.package_title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
        let pays = amount(line.amount_pence.max(0));
        PictureBar {
            name: format!("{school}{package}"),
            parts: vec![pays],
            whole: pays,
            words: format!("{}; orders: {}, units: {}", pounds(line.amount_pence), line.orders, line.units),
        }
    }
}

impl DrawnReport for CapacityUsed {
    const TITLE: &'static str = "Capacity of packages";
    const PARTS: &'static [BarPart] = &[BarPart { name: "ordered", fill: DARK }, BarPart { name: "left", fill: LIGHT }];
    const COMPARED: bool = true;

    fn bar(line: &UsedCapacityLine) -> PictureBar {
        let [used, left] = [line.used, line.left.unwrap_or(0)];
        PictureBar {
            name: format!("{}, {} {}", line.package_title, line.academic_year, line.term),
            parts: vec![amount(used), amount(left)],
            whole: amount(used + left),
            words: match line.capacity {
                Some(capacity) => format!("units ordered: {used} of {capacity}, left: {left}"),
                None => format!("units ordered: {used}"),
            },
        }
    }
}

impl DrawnReport for Consultations {
    const TITLE: &'static str = "Answers to consultations";
    const PARTS: &'static [BarPart] = &[
        BarPart { name: "support", fill: GREEN },
        BarPart { name: "undecided", fill: GREY },
        BarPart { name: "no support", fill: RED },
    ];

    fn bar(line: &ConsultationLine) -> PictureBar {
        let ConsultationLine { answered, buy_in, undecided, .. } = *line;
        let [support, against] = [buy_in.numerator, buy_in.denominator - buy_in.numerator];
        PictureBar {
            name: line.kind.map_or_else(|| "schools".to_owned(), |kind| kind.as_str().replace('_', " ")),
            parts: vec![amount(support), amount(undecided), amount(against)],
            whole: amount(support + undecided + against),
            words: format!(
                "{} answered; support: {support}, undecided: {undecided}, no support: {against}",
                words(answered)
            ),
        }
    }
}
