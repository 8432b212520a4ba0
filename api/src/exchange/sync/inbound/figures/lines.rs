//! At which school of a line of predecessors and successors a year's figure stands. Pure.

use time::Date;
use uuid::Uuid;

use crate::kernel::base::academic_year;

/// When a school was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The school.
    pub id: Uuid,
    /// Whether it is open today.
    pub open: bool,
    /// Its first day; none where the register does not say, which is long ago.
    pub opened_on: Option<Date>,
    /// Its last day.
    pub closed_on: Option<Date>,
}

impl Span {
    /// Returns true if the school was open on a day. On its last day it is open.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.opened_on.is_none_or(|first| first <= day) && self.closed_on.map_or(self.open, |last| day <= last)
    }
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At a school of the line, which can be the school itself.
    At(Uuid),
    /// At the school itself, since several others of its line were open on the day and none is meant more than another.
    Several(Uuid),
}

impl Standing {
    /// The school.
    #[must_use]
    pub const fn school(self) -> Uuid {
        match self {
            Self::At(id) | Self::Several(id) => id,
        }
    }
}

/// The school at which a figure of a year stands: the one of the line that was open on the year's last day, or that is
/// open today while the year runs.
///
/// The school itself where it was open on that day, or where no school of the line was.
#[must_use]
pub fn standing(school: Uuid, line: &[Span], year: &str, today: Date) -> Standing {
    let Some((_, last)) = academic_year::days(year) else { return Standing::At(school) };
    let day = last.min(today);
    let mut open = line.iter().filter(|span| span.holds(day)).map(|span| span.id);
    match (open.next(), open.next()) {
        (None, _) => Standing::At(school),
        (Some(one), None) => Standing::At(one),
        (Some(one), Some(two)) if one == school || two == school || open.any(|id| id == school) => Standing::At(school),
        _ => Standing::Several(school),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const OLD: Uuid = Uuid::from_u128(1);
    const NEW: Uuid = Uuid::from_u128(2);
    const THIRD: Uuid = Uuid::from_u128(3);

    fn closed(id: Uuid, closed_on: Date) -> Span {
        Span { id, open: false, opened_on: None, closed_on: Some(closed_on) }
    }

    fn opened(id: Uuid, opened_on: Date) -> Span {
        Span { id, open: true, opened_on: Some(opened_on), closed_on: None }
    }

    #[test]
    fn a_school_that_converts_in_march_gives_this_year_s_figure_to_the_academy() {
        let line = [closed(OLD, date!(2025 - 03 - 31)), opened(NEW, date!(2025 - 04 - 01))];
        let stands = |school, year, today| standing(school, &line, year, today);
        let may = date!(2025 - 05 - 01);
        assert_eq!(stands(OLD, "2024/25", may), Standing::At(NEW));
        assert_eq!(stands(NEW, "2024/25", may), Standing::At(NEW));
        assert_eq!(stands(OLD, "2023/24", may), Standing::At(OLD), "last year's stays");
        assert_eq!(stands(NEW, "2023/24", may), Standing::At(OLD), "by whichever contact it comes");
        assert_eq!(stands(OLD, "2024/25", date!(2026 - 01 - 01)), Standing::At(NEW));
    }

    #[test]
    fn a_school_is_open_on_its_last_day() {
        let line = [closed(OLD, date!(2024 - 08 - 31)), opened(NEW, date!(2024 - 09 - 01))];
        assert_eq!(standing(NEW, &line, "2023/24", date!(2025 - 01 - 27)), Standing::At(OLD));
        assert_eq!(standing(OLD, &line, "2024/25", date!(2025 - 01 - 27)), Standing::At(NEW));
    }

    #[test]
    fn a_closure_that_is_still_to_come_moves_nothing() {
        let closing = Span { open: true, ..closed(OLD, date!(2025 - 03 - 31)) };
        let line = [closing, opened(NEW, date!(2025 - 04 - 01))];
        assert_eq!(standing(OLD, &line, "2024/25", date!(2025 - 01 - 27)), Standing::At(OLD));
    }

    #[test]
    fn a_closed_school_without_an_open_one_in_its_line_keeps_its_figures() {
        let line = [closed(OLD, date!(2025 - 01 - 31))];
        assert_eq!(standing(OLD, &line, "2024/25", date!(2025 - 05 - 01)), Standing::At(OLD));
        assert_eq!(standing(OLD, &[], "2024/25", date!(2025 - 05 - 01)), Standing::At(OLD));
        let undated = Span { id: OLD, open: false, opened_on: None, closed_on: None };
        assert!(!undated.holds(date!(2020 - 01 - 01)), "a closed school without a day of closing");
    }

    #[test]
    fn a_figure_of_a_split_school_stands_at_no_part_of_it() {
        let parts = [
            closed(OLD, date!(2025 - 01 - 31)),
            opened(NEW, date!(2025 - 02 - 01)),
            opened(THIRD, date!(2025 - 02 - 01)),
        ];
        let today = date!(2025 - 05 - 01);
        assert_eq!(standing(OLD, &parts, "2024/25", today), Standing::Several(OLD));
        assert_eq!(standing(NEW, &parts, "2024/25", today), Standing::At(NEW));
        assert_eq!(standing(THIRD, &parts, "2024/25", today), Standing::At(THIRD));
    }
}
