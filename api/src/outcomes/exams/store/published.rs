//! Series of results at the schools under which they count, each once.

use entity::outcomes::exam_parts::{ExamBasis, ExamQualification, ExamSubject};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, BinOper, Expr, Func, Query, SelectStatement};

use crate::outcomes::exams::rules;
use crate::schools::store::successors::{COUNTED, WithFormer};

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
        let of = |name: &'static str| column("series", name);
        let mut rows = Query::select();
        rows.expr_as(column(COUNTED, "id"), Alias::new("school_id")).exprs(columns.iter().map(|name| of(name)));
        if let Some((name, alias)) = more {
            rows.expr_as(column(COUNTED, name), Alias::new(alias));
        }
        rows.from_subquery(series, Alias::new("series"));
        counted.figures(rows, of("source_id"), |former| vec![of("year"), self.named(of("series"), former)])
    }

    /// The series with the URN under which it was published. A closed school's own series does not name it.
    fn named(self, series: Expr, former_urn: Expr) -> Expr {
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
}

fn column(table: &'static str, name: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}
