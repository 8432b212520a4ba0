//! The file of a batch for finance: made once, kept, and the same bytes for ever.

use std::collections::HashMap;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING};
use entity::packages::{hand_over, hand_over_file, package_order};
use entity::schools::school;
use sea_orm::QueryFilter;
use sea_orm::sea_query::{Expr, Query as Sql};

use crate::kernel::operations::export::{Column, Table};
use crate::kernel::prelude::*;
use crate::packages::rules;

entity::choice! {
    /// A form of the file for finance.
    pub enum HandOverFormat {
        /// For most programs (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
    }
}

/// Which form of the file is fetched.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HandOverFileQuery {
    /// The form; CSV if absent.
    #[param(inline, example = "csv")]
    pub format: Option<HandOverFormat>,
}

/// The columns of the file, each with how long its texts are at most; 0 for a day.
const COLUMNS: [(&str, u32); 18] = [
    ("batch", 10),
    ("handed_over_on", 0),
    ("order_id", 36),
    ("urn", 10),
    ("school", 200),
    ("academic_year", 7),
    ("term", 10),
    ("purchase_order_number", 60),
    ("ordered_on", 0),
    ("delivered_on", 0),
    ("place", 10),
    ("code", 40),
    ("text", 200),
    ("unit", 10),
    ("quantity", 10),
    ("price_pence", 12),
    ("amount_pence", 12),
    ("vat_code", 40),
];

/// The file for a batch: a row for each line and each subsidy of its orders.
pub(super) fn table(
    batch: &hand_over::Model,
    orders: &[package_order::Model],
    schools: &HashMap<Uuid, school::Model>,
) -> Table {
    let column = |(name, length): (&str, u32)| {
        let schema = if length == 0 { json!({ "format": "date" }) } else { json!({ "maxLength": length }) };
        Column::of(name, &schema)
    };
    let day = |day: Option<time::Date>| day.map_or(Value::Null, |day| day.to_string().into());
    let mut rows = Vec::new();
    for order in orders {
        let school = schools.get(&order.school_id);
        let head = [
            json!(batch.number),
            day(Some(batch.made_on)),
            json!(order.id),
            json!(school.and_then(|school| school.urn)),
            json!(school.map(|school| &school.name)),
            json!(order.academic_year),
            json!(order.term),
            json!(order.purchase_order_number),
            day(order.ordered_on),
            day(order.delivered_on),
        ];
        let lines = order.lines.iter().map(|line| {
            let (quantity, price) = (json!(line.quantity), json!(line.price_pence));
            let about = [json!(line.code), json!(line.title), json!(line.unit)];
            (about, [quantity, price, json!(rules::amount(line)), json!(line.vat_code)])
        });
        let subsidies = order.subsidies.iter().map(|subsidy| {
            let of = order.lines.iter().find(|line| Some(line.package_id) == subsidy.package_id);
            let about = [json!(of.map(|line| &line.code)), json!(subsidy.text), Value::Null];
            let vat = json!(of.and_then(|line| line.vat_code.as_ref()));
            (about, [Value::Null, Value::Null, json!(subsidy.subsidy_pence), vat])
        });
        for (place, (about, money)) in (1..).zip(lines.chain(subsidies)) {
            rows.push(head.iter().cloned().chain([json!(place)]).chain(about).chain(money).collect());
        }
    }
    Table { name: format!("batch-{}", batch.number), columns: COLUMNS.into_iter().map(column).collect(), rows }
}

/// Makes the file in both forms and keeps it.
///
/// # Errors
/// 503 when a workbook cannot be written, 507 when the disk is full.
pub async fn keep(write: &Write, batch: &hand_over::Model, table: Table) -> Result<()> {
    use hand_over_file::{Column, Entity};

    let csv = table.csv()?;
    let xlsx = table.sheet(write.now()).await?;
    let mut insert = Sql::insert();
    insert.into_table(Entity).columns([Column::HubId, Column::HandOverId, Column::Format, Column::Content]);
    for (format, content) in [(HandOverFormat::Csv, csv), (HandOverFormat::Xlsx, xlsx)] {
        let values = [batch.hub_id.into(), batch.id.into(), format.as_str().into(), Expr::val(content)];
        insert.values(values).map_err(Problem::internal)?;
    }
    write.tx().execute(&insert).await?;
    Ok(())
}

routes! { ReadPackages: get_hand_over_file }

/// Fetches the file of a batch for finance.
///
/// It was made with the batch, and is the same byte for byte each time. A row is a line or a subsidy of an order;
/// amounts are net and in pence.
#[utoipa::path(
    get,
    path = "/hand-overs/{id}/file",
    params(HandOverFileQuery),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the number of the batch.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn get_hand_over_file(can: Can<ReadPackages>, id: Id, how: Query<HandOverFileQuery>) -> Result<Reply> {
    use hand_over_file::{Column, Entity};

    let batch = can.rows::<hand_over::Entity>().filter(hand_over::Column::Id.eq(id.0));
    let batch = batch.one(can.db().read()).await?.ok_or_else(Problem::not_found)?;
    let format = how.format.unwrap_or(HandOverFormat::Csv);
    let mut file = Sql::select();
    file.column(Column::Content)
        .from(Entity)
        .and_where(Column::HubId.eq(can.hub_id))
        .and_where(Column::HandOverId.eq(batch.id))
        .and_where(Column::Format.eq(format.as_str()));
    let content = can.db().read().query_one(&file).await?.ok_or_else(Problem::not_found)?;
    let content: Vec<u8> = content.try_get_by_index(0)?;
    let kind = match format {
        HandOverFormat::Csv => "text/csv; charset=utf-8; header=present",
        HandOverFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let reply = Reply { body: Some((kind, content)), ..Reply::empty(actix_web::http::StatusCode::OK) }
        .with(CONTENT_DISPOSITION, format!("attachment; filename=\"hand-over-{}.{format}\"", batch.number));
    // A workbook is packed already, and this says so to the layer that compresses.
    Ok(if format == HandOverFormat::Xlsx { reply.with(CONTENT_ENCODING, "identity") } else { reply })
}
