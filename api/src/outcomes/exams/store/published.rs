//! Series of results at the schools under which they count, each once.

use std::collections::BTreeMap;

use entity::outcomes::exam_parts::{ExamBasis, ExamQualification, ExamSubject};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, BinOper, Expr, Func, Query, SelectStatement};

use crate::outcomes::exams::rules;
use crate::schools::store::successors::{WithFormer, counts};

/// What the series of a statement have in common.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The kind of qualification.
    pub qualification: ExamQualification,
    /// The subject.
    pub subject: ExamSubject,
    /// What the figures count.
    pub basis: ExamBasis,
}

impl Published {
    /// The lines of a statement over series, each at the school under which it counts, as `school_id`. A line has the
    /// series' school as `source_id`, its `year` and its `series`, and further `columns`. `more` is a column of the
    /// schools, with its new name.
    ///
    /// What was published once and stands at a closed school and at one that came from it counts once, as it stands at
    /// the latter.
    #[must_use]
    pub fn once(
        self,
        series: SelectStatement,
        columns: &[&'static str],
        counted: WithFormer,
        more: Option<(&'static str, &'static str)>,
    ) -> SelectStatement {
        let of = |name: &'static str| Expr::col((Alias::new("series"), Alias::new(name)));
        let mut rows = Query::select();
        rows.expr_as(counts("id"), Alias::new("school_id")).exprs(columns.iter().map(|name| of(name)));
        if let Some((name, alias)) = more {
            rows.expr_as(counts(name), Alias::new(alias));
        }
        rows.from_subquery(series, Alias::new("series"));
        counted.figures(rows, of("source_id"), |former| vec![of("year"), self.name(of("series"), former)])
    }

    /// The series with the URN under which it was published. A closed school's own series does not name it.
    fn name(self, series: Expr, former_urn: Expr) -> Expr {
        let own = rules::own_series(self.qualification, self.subject, self.basis);
        let length = i32::try_from(own.len()).unwrap_or(i32::MAX);
        let then = |one: Expr, other: Expr| one.binary(BinOper::Custom("||"), other);
        let begins = Func::cust("substr").arg(series.clone()).arg(1).arg(length);
        let ends = Func::cust("substr").arg(series.clone()).arg(length);
        let head = own.strip_suffix('/').unwrap_or(&own);
        let named = then(then(Expr::val(head), former_urn.clone().cast_as("text")), ends.into());
        let is_own = former_urn.is_not_null().and(Expr::expr(begins).eq(own.as_str()));
        Expr::case(is_own, named).finally(series).into()
    }

    /// The same name outside of a statement.
    #[must_use]
    pub fn named(self, series: &str, former_urn: Option<i32>) -> String {
        let own = rules::own_series(self.qualification, self.subject, self.basis);
        match (former_urn, series.strip_prefix(&own), own.strip_suffix('/')) {
            (Some(urn), Some(title), Some(head)) => format!("{head}{urn}/{title}"),
            _ => series.to_owned(),
        }
    }
}

/// Of parts with names the ones that count: of each name the one with the lowest number.
pub fn once<T>(parts: BTreeMap<(String, usize), T>) -> impl Iterator<Item = T> {
    let mut last = None;
    parts.into_iter().filter_map(move |((name, _), part)| {
        let counts = last.as_ref() != Some(&name);
        last = Some(name);
        counts.then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_counts_once_as_it_stands_at_the_first_school() {
        let published = Published {
            qualification: ExamQualification::Gcse,
            subject: ExamSubject::Music,
            basis: ExamBasis::Entries,
        };
        let own = "gcse/music/entries//";
        assert_eq!(published.named(own, None), own);
        assert_eq!(published.named(own, Some(100_001)), "gcse/music/entries/100001/");
        assert_eq!(published.named("gcse/music/entries//short", Some(7)), "gcse/music/entries/7/short");
        let taken = "gcse/music/entries/100001/";
        assert_eq!(published.named(taken, Some(7)), taken, "it was published under another one before");
        let part = |name: &str, number: usize| ((name.to_owned(), number), (name.to_owned(), number));
        let parts = BTreeMap::from([part("b", 2), part("a", 1), part("a", 0), part("b", 1)]);
        let kept: Vec<_> = once(parts).collect();
        assert_eq!(kept, [("a".to_owned(), 0), ("b".to_owned(), 1)]);
    }
}
