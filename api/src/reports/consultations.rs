//! What stakeholder groups and schools answered in consultations.

use std::collections::{BTreeMap, BTreeSet};

use entity::engagement::communication::{self, CommunicationKind, CommunicationStatus};
use entity::engagement::meeting::{self, Attendance, MeetingKind, MeetingStatus};
use entity::engagement::stakeholder_group::{self, StakeholderKind};
use entity::engagement::{communication_recipient, consultation_response};
use entity::list::Ids;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Expr, SelectStatement};
use serde::Serialize;
use utoipa::ToSchema;

use super::counted::flag;
use crate::kernel::base::clock::day_begins;
use crate::kernel::prelude::*;

/// How many consultations a report counts at most: more than a hub makes in a year.
const MOST: u64 = 1000;

/// What the shares of those asked count of.
const ASKED: &str = "asked in the period";

/// What the shares of answers count of.
const ANSWERED: &str = "answers that are not undecided";

/// The report.
pub struct Consultations;

/// Which consultations count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsultationQuery {
    /// Only these messages count; all consultations of the period if neither messages nor meetings are named.
    #[serde(default)]
    #[param(max_items = 50)]
    pub communication_id: Vec<Uuid>,
    /// Only these meetings count.
    #[serde(default)]
    #[param(max_items = 50)]
    pub meeting_id: Vec<Uuid>,
}

/// What the stakeholder groups of a kind, or schools, answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsultationLine {
    /// The kind of stakeholder group; null for schools that answered for themselves.
    pub kind: Option<StakeholderKind>,
    /// How many groups or schools were asked, each once.
    #[schema(minimum = 0, example = 5)]
    pub asked: i64,
    /// Groups or schools that answered a consultation by the day.
    pub answered: Share,
    /// Answers by the day that support what is proposed.
    pub buy_in: Share,
    /// Answers by the day that are undecided.
    #[schema(minimum = 0, example = 1)]
    pub undecided: i64,
}

/// What was asked and answered.
#[derive(Clone, Copy, Default)]
struct Tally {
    asked: i64,
    answered: i64,
    yes: i64,
    no: i64,
    undecided: i64,
}

impl Tally {
    fn line(self, kind: Option<StakeholderKind>) -> ConsultationLine {
        ConsultationLine {
            kind,
            asked: self.asked,
            answered: Share::of(self.answered, self.asked, ASKED),
            buy_in: Share::of(self.yes, self.yes + self.no, ANSWERED),
            undecided: self.undecided,
        }
    }
}

/// The consultations of a period, and the groups and schools that they ask.
#[derive(Default)]
struct Questions {
    messages: Vec<Uuid>,
    meetings: Vec<Uuid>,
    groups: BTreeSet<Uuid>,
    schools: BTreeSet<Uuid>,
}

impl ReportSource for Consultations {
    const NAME: &'static str = "consultations";
    type Query = And<ConsultationQuery, PeriodQuery>;
    type Line = ConsultationLine;

    async fn read(reading: &ReportReading<'_>, And(query, period): &Self::Query) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let mut asked = asked(reading, query, &period).await?;
        let addressed = addressed(reading, &asked).await?;
        asked.schools.extend(addressed);
        let kinds = kinds(reading, &asked.groups).await?;
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        let place = |kind: StakeholderKind| StakeholderKind::ALL.iter().position(|known| *known == kind);
        for kind in kinds.values() {
            tallies.entry(place(*kind).unwrap_or_default()).or_default().asked += 1;
        }
        let count = i64::try_from(asked.schools.len()).unwrap_or_default();
        let mut schools = Tally { asked: count, ..Tally::default() };
        for row in reading.all(&answers(reading, &asked)).await? {
            let group: Option<Uuid> = row.try_get_by_index(0)?;
            let (yes, no, undecided): (i64, i64, i64) =
                (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let tally = match group {
                None => Some(&mut schools),
                Some(group) => {
                    let kind = kinds.get(&group).and_then(|kind| place(*kind));
                    kind.map(|kind| tallies.entry(kind).or_default())
                }
            };
            let Some(tally) = tally else { continue };
            tally.answered += if group.is_some() { 1 } else { row.try_get_by_index(4)? };
            tally.yes += yes;
            tally.no += no;
            tally.undecided += undecided;
        }
        let of_kind = |(place, tally): (usize, Tally)| tally.line(StakeholderKind::ALL.get(place).copied());
        let mut lines: Vec<_> = tallies.into_iter().map(of_kind).collect();
        if schools.asked > 0 {
            lines.push(schools.line(None));
        }
        let found = lines.len() as u64;
        Ok(Figures { period: Some(period), scope: "stakeholder groups and schools asked", lines, total: None, found })
    }
}

/// The consultations of the period up to the day: messages that were sent, and meetings that were held.
async fn asked(reading: &ReportReading<'_>, query: &ConsultationQuery, period: &Period) -> Result<Questions> {
    let named = !query.communication_id.is_empty() || !query.meeting_id.is_empty();
    let last = Ord::min(period.to_on, reading.as_at);
    let mut asked = Questions::default();
    if !named || !query.communication_id.is_empty() {
        use communication::{Column, Entity};

        let mut rows = reading.caller.statement::<Entity>(false);
        rows.columns([(Entity, Column::Id), (Entity, Column::StakeholderGroupIds)])
            .and_where(Column::Kind.eq(CommunicationKind::Consultation))
            .and_where(Column::Status.is_in([CommunicationStatus::Sent, CommunicationStatus::Closed]))
            .cond_where(between(Column::SentOn, Some(period.from_on), Some(last)))
            .cond_where(Condition::all().add_option(any_of(Column::Id, &query.communication_id)))
            .limit(MOST);
        for row in reading.all(&rows).await? {
            asked.messages.push(row.try_get_by_index(0)?);
            asked.groups.extend(row.try_get_by_index::<Option<Ids>>(1)?.unwrap_or_default());
        }
    }
    if !named || !query.meeting_id.is_empty() {
        use meeting::{Column, Entity};

        let after = last.next_day().map(day_begins);
        let mut rows = reading.caller.statement::<Entity>(false);
        rows.columns([Column::Id, Column::StakeholderGroupIds, Column::Attendance].map(|column| (Entity, column)))
            .and_where(Column::Kind.eq(MeetingKind::Consultation))
            .and_where(Column::Status.is_in([MeetingStatus::Held, MeetingStatus::Minuted]))
            .and_where(Column::StartsAt.gte(day_begins(period.from_on)))
            .cond_where(Condition::all().add_option(after.map(|after| Column::StartsAt.lt(after))))
            .cond_where(Condition::all().add_option(any_of(Column::Id, &query.meeting_id)))
            .limit(MOST);
        for row in reading.all(&rows).await? {
            asked.meetings.push(row.try_get_by_index(0)?);
            asked.groups.extend(row.try_get_by_index::<Ids>(1)?);
            let expected: Attendance = row.try_get_by_index(2)?;
            asked.schools.extend(expected.into_iter().filter_map(|one| one.school_id));
        }
    }
    Ok(asked)
}

/// The kinds of the groups that were asked, also of groups that are archived.
async fn kinds(reading: &ReportReading<'_>, groups: &BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, StakeholderKind>> {
    use stakeholder_group::{Column, Entity};

    if groups.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut rows = reading.caller.statement::<Entity>(true);
    rows.columns([(Entity, Column::Id), (Entity, Column::Kind)]).and_where(Column::Id.is_in(groups.iter().copied()));
    let rows = reading.all(&rows).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The schools that the messages went to.
async fn addressed(reading: &ReportReading<'_>, asked: &Questions) -> Result<BTreeSet<Uuid>> {
    use communication_recipient::{Column, Entity};

    let mut rows = reading.caller.statement::<Entity>(false);
    rows.distinct()
        .column((Entity, Column::SchoolId))
        .and_where(Column::CommunicationId.is_in(asked.messages.iter().copied()));
    let rows = reading.all(&rows).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

/// The answers by group: that support it, that do not, that are undecided, and the schools that gave them. Answers of
/// schools stand in one row, without a group.
fn answers(reading: &ReportReading<'_>, asked: &Questions) -> SelectStatement {
    use consultation_response::{Column, Entity};

    let sum = |condition: Expr| flag(condition).sum().cast_as("bigint");
    let group = || Expr::col((Entity, Column::StakeholderGroupId));
    let to_messages = Column::CommunicationId.is_in(asked.messages.iter().copied());
    let to_meetings = Column::MeetingId.is_in(asked.meetings.iter().copied());
    let mut rows = reading.caller.statement::<Entity>(false);
    rows.column((Entity, Column::StakeholderGroupId))
        .expr(sum(Column::BuyIn.eq(true)))
        .expr(sum(Column::BuyIn.eq(false)))
        .expr(sum(Column::BuyIn.is_null()))
        .expr(Expr::col((Entity, Column::SchoolId)).count_distinct())
        .and_where(to_messages.or(to_meetings))
        .and_where(Column::AnsweredOn.lte(reading.as_at))
        .add_group_by([group()]);
    rows
}

routes! { ReadReports: report_consultations }

/// Reports how many stakeholder groups of each kind, and how many schools, answered the consultations of a period.
///
/// A consultation counts on the day on which the message was sent, or the meeting took place. A share of buy-in counts
/// answers, of which a group may give several.
#[utoipa::path(
    get,
    path = "/reports/consultations",
    params(Asked<Consultations>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<ConsultationLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_consultations(can: Can<ReadReports>, asked: Asked<Consultations>) -> Result<Reply> {
    report::run(&can, asked).await
}
