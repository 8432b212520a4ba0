//! Stakeholder groups that answered, and whether they support what is proposed.

use entity::engagement::consultation_response::{self, Column};
use entity::engagement::stakeholder_group::{self, GroupPlace, StakeholderKind};
use entity::owned::{Fence, Owned};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query, SelectStatement};
use sea_orm::{ExprTrait, IdenStatic};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, any_of};

/// A name under which answers are read within another statement.
const LATER: &str = "later";

/// Which stakeholder groups a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct GroupsCounted {
    /// Only groups of any of these kinds count.
    #[serde(default)]
    #[schema(max_items = 10)]
    kind: Vec<StakeholderKind>,
    /// Only groups of any of these parts of the hub's area count.
    #[serde(default)]
    #[schema(max_items = 3)]
    place: Vec<GroupPlace>,
    /// Answers count from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Answers count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

impl GroupsCounted {
    /// The answers of groups in the days counted, joined with their groups: a statement without a column.
    fn answers(&self, reading: &ReportReading<'_>, [first, last]: [Date; 2]) -> SelectStatement {
        use stakeholder_group::Column as Of;

        let of = |column: Of| Expr::col((stakeholder_group::Entity, column));
        let same = of(Of::HubId)
            .equals((consultation_response::Entity, Column::HubId))
            .and(of(Of::Id).equals((consultation_response::Entity, Column::StakeholderGroupId)));
        let mut answers = reading.caller.statement::<consultation_response::Entity>(false);
        answers.join(JoinType::InnerJoin, stakeholder_group::Entity, same).cond_where(
            Condition::all()
                .add(Column::AnsweredOn.gte(first))
                .add(Column::AnsweredOn.lte(last))
                .add_option(any_of(Of::Kind, &self.kind))
                .add_option(any_of(Of::Place, &self.place)),
        );
        answers
    }
}

/// The groups of answers, each from the day of its first one.
fn groups(mut answers: SelectStatement) -> SelectStatement {
    let of = |column| Expr::col((stakeholder_group::Entity, column));
    let (id, name) = (of(stakeholder_group::Column::Id), of(stakeholder_group::Column::Name));
    answers
        .expr_as(id.clone(), Alias::new("id"))
        .expr_as(Column::AnsweredOn.min(), Alias::new("on_date"))
        .expr_as(name.clone(), Alias::new("label"))
        .add_group_by([id, name]);
    answers
}

/// The group of an answer gave another one later in the days counted.
fn answered_again(reading: &ReportReading<'_>, last: Date) -> Expr {
    let later = |column: Column| Expr::col((Alias::new(LATER), Alias::new(column.as_str())));
    let own = |column: Column| Expr::col((consultation_response::Entity, column));
    let fence = Fence { table: LATER, ..consultation_response::Entity::fence() };
    let mut rows = Query::select();
    rows.expr(Expr::val(1))
        .from_as(consultation_response::Entity, Alias::new(LATER))
        .cond_where(reading.caller.sees(&fence))
        .and_where(later(Column::ArchivedAt).is_null())
        .and_where(later(Column::StakeholderGroupId).eq(own(Column::StakeholderGroupId)))
        .and_where(later(Column::AnsweredOn).lte(last))
        .and_where(
            Expr::tuple([later(Column::AnsweredOn), later(Column::Id)])
                .gt(Expr::tuple([own(Column::AnsweredOn), own(Column::Id)])),
        );
    Expr::exists(rows)
}

/// Groups that answered.
pub struct GroupsConsulted;

impl Metric for GroupsConsulted {
    type Filter = GroupsCounted;

    const CODE: &'static str = "groups_consulted";
    const MEANING: &'static str = "Stakeholder groups that answered a consultation in the days counted.";
    const PART: &'static str = "engagement";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "stakeholder groups";
    const READ: Scope = Scope::ReadEngagement;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: GroupsCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        Ok(Counted::things(groups(filter.answers(reading, days)), &["label"]))
    }
}

/// Groups that support what is proposed.
pub struct GroupsBuyIn;

impl Metric for GroupsBuyIn {
    type Filter = GroupsCounted;

    const CODE: &'static str = "groups_buy_in";
    const MEANING: &'static str = "Stakeholder groups whose last answer in the days counted supports what is \
                                   proposed, of the groups that answered.";
    const PART: &'static str = "engagement";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "stakeholder groups";
    const SCOPE: &'static str = "stakeholder groups that answered";
    const READ: Scope = Scope::ReadEngagement;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: GroupsCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let mut supporting = filter.answers(reading, days);
        supporting.and_where(Column::BuyIn.eq(true)).and_where(answered_again(reading, days[1]).not());
        let group = Expr::col((consultation_response::Entity, Column::StakeholderGroupId));
        let mut all = filter.answers(reading, days);
        all.expr_as(group, Alias::new("id")).distinct();
        Ok(Counted { things: groups(supporting), columns: &["label"], population: Some(all) })
    }
}
