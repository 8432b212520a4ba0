//! What the lists of OneRoster have in common: a part by its place, the order, and the fields asked for.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, LINK};
use entity::choice;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::filter::Filter;
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;

/// How many are given at once, if nothing else is asked for.
const USUAL: u64 = 100;

const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

choice! {
    /// The direction of an order.
    #[example = "asc"]
    pub enum OrderBy {
        /// Smallest first.
        Ascending = "asc",
        /// Largest first.
        Descending = "desc",
    }
}

/// What is asked for of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct Paging {
    /// How many to give at most. 100 if absent.
    #[param(minimum = 1, maximum = 5000, example = 100)]
    pub limit: Option<u64>,
    /// How many to leave out before.
    #[param(minimum = 0, maximum = 1_000_000, example = 0)]
    pub offset: Option<u64>,
    /// The field by which they are ordered: a text or a day of the item. `sourcedId` if absent.
    #[param(max_length = 60, example = "name")]
    pub sort: Option<String>,
    /// The direction of the order. `asc` if absent.
    #[param(inline)]
    pub order_by: Option<OrderBy>,
    /// Which to give: comparisons `field='value'` joined by `AND` and `OR`, at most ten. The others are `!=`,
    /// `>`, `>=`, `<`, `<=`, and `~` for "contains". Names are compared without regard to case and accents.
    #[param(max_length = 2000, example = "type='school' AND name~'academy'")]
    pub filter: Option<String>,
    /// The fields to give, with commas between them. All if absent.
    #[param(max_length = 500, example = "sourcedId,name")]
    pub fields: Option<String>,
}

/// The fields asked for of an item.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FieldsQuery {
    /// The fields to give, with commas between them. All if absent.
    #[param(max_length = 500, example = "sourcedId,name")]
    pub fields: Option<String>,
}

/// A field by which items are found and ordered.
pub trait Named: Copy + Sized + 'static {
    /// The fields with their names.
    const NAMES: &'static [(&'static str, Self)];

    /// The field of that name.
    ///
    /// # Errors
    /// What is wrong with the name.
    fn named(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, field)| *field).ok_or_else(|| unknown(name, Self::NAMES.iter().map(|(known, _)| *known)))
    }
}

fn unknown(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let named = known.clone().collect::<Vec<_>>().join(", ");
    match nearest(name, known) {
        Some(meant) => format!("there is no field `{name}`; did you mean `{meant}`? There are {named}"),
        None => format!("there is no field `{name}`; there are {named}"),
    }
}

impl Paging {
    /// How many to give at most.
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(USUAL)
    }

    /// How many to leave out before.
    pub fn offset(&self) -> u64 {
        self.offset.unwrap_or_default()
    }

    /// Returns true if the largest come first.
    pub fn descends(&self) -> bool {
        self.order_by == Some(OrderBy::Descending)
    }

    /// The field of the order; none where the items stand in the order of their ids.
    pub fn sort<F: Named>(&self) -> Result<Option<F>> {
        let sort = self.sort.as_deref().map(F::named).transpose();
        sort.map_err(|message| refused("?sort", message))
    }

    /// What narrows the list.
    pub fn filter<F: Named>(&self) -> Result<Option<Filter<F>>> {
        self.filter.as_deref().map(|text| Filter::read(text, F::named)).transpose()
    }

    /// The reply with some items of a list, of which there are `total`.
    pub fn reply<T: Serialize>(
        &self,
        caller: &Caller,
        request: &HttpRequest,
        name: &str,
        items: &[T],
        total: u64,
        known: &'static [&'static str],
    ) -> Result<Reply> {
        let fields = fields(self.fields.as_deref(), known)?;
        let items: Result<Vec<Value>> = items.iter().map(|item| shown(item, fields.as_deref())).collect();
        let mut body = Map::new();
        body.insert(name.to_owned(), Value::Array(items?));
        let reply = Reply::ok(&body)?.with(X_TOTAL_COUNT, total.to_string());
        let base = caller.state().settings.public_base();
        let address = format!("{}{}", base.trim_end_matches('/'), request.path());
        let links = links(&address, request.query_string(), self.limit(), self.offset(), total);
        Ok(if links.is_empty() { reply } else { reply.with(LINK, links) })
    }
}

/// The reply with one item, at that version.
pub fn item<T: Serialize>(
    name: &str,
    item: &T,
    query: &FieldsQuery,
    known: &'static [&'static str],
    version: i64,
) -> Result<Reply> {
    let fields = fields(query.fields.as_deref(), known)?;
    let mut body = Map::new();
    body.insert(name.to_owned(), shown(item, fields.as_deref())?);
    Ok(Reply::ok(&body)?.version_and_hash(version))
}

/// The names in a list of fields; none for all.
fn fields<'q>(asked: Option<&'q str>, known: &'static [&'static str]) -> Result<Option<Vec<&'q str>>> {
    let Some(asked) = asked else { return Ok(None) };
    let names: Vec<&str> = asked.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(refused("?fields", unknown(name, known.iter().copied()))),
        None => Ok((!names.is_empty()).then_some(names)),
    }
}

fn shown<T: Serialize>(item: &T, fields: Option<&[&str]>) -> Result<Value> {
    let mut value = serde_json::to_value(item).map_err(Problem::internal)?;
    if let (Some(fields), Value::Object(map)) = (fields, &mut value) {
        map.retain(|name, _| fields.contains(&name.as_str()));
    }
    Ok(value)
}

fn refused(place: &str, message: String) -> Problem {
    Problem::new(Code::BadParameter, message.clone()).with(Fault::new(place, "unknown_field", message))
}

/// The value of `Link`: the addresses of the first, the previous, the next and the last part.
fn links(address: &str, query: &str, limit: u64, offset: u64, total: u64) -> String {
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !["limit", "offset"].contains(&name)
    });
    let kept: String = kept.flat_map(|pair| [pair, "&"]).collect();
    let last = total.saturating_sub(1) / limit * limit;
    let places = [
        ("next", Some(offset.saturating_add(limit)).filter(|next| *next < total)),
        ("prev", (offset > 0).then(|| offset.saturating_sub(limit))),
        ("first", (total > limit || offset > 0).then_some(0)),
        ("last", (total > limit || offset > 0).then_some(last)),
    ];
    let links = places.into_iter().filter_map(|(name, place)| {
        place.map(|place| format!("<{address}?{kept}limit={limit}&offset={place}>; rel=\"{name}\""))
    });
    links.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_keep_the_query_and_name_the_parts_around() {
        assert_eq!(links("/orgs", "", 100, 0, 100), "");
        assert_eq!(
            links("/orgs", "limit=2&filter=name~'a'&offset=2", 2, 2, 5),
            "</orgs?filter=name~'a'&limit=2&offset=4>; rel=\"next\", \
             </orgs?filter=name~'a'&limit=2&offset=0>; rel=\"prev\", \
             </orgs?filter=name~'a'&limit=2&offset=0>; rel=\"first\", \
             </orgs?filter=name~'a'&limit=2&offset=4>; rel=\"last\""
        );
        assert!(!links("/orgs", "", 2, 4, 5).contains("next"));
        assert!(links("/orgs", "", 2, 90, 0).contains("</orgs?limit=2&offset=0>; rel=\"last\""));
    }
}
