//! JSON Merge Patch (RFC 7396).

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{JSON, body, strict};
use crate::kernel::problem::Problem;

const MERGE_PATCH: &str = "application/merge-patch+json";

/// A merge patch of the form `T`, as `application/merge-patch+json` or `application/json`.
///
/// It is not decoded yet: only together with the item that it changes is it whole, and
/// [`Document::patched`](crate::kernel::openapi::Document::patched) puts the two together.
#[derive(Debug, Clone)]
pub struct Patch<T> {
    /// The patch: a JSON object.
    pub value: Value,
    form: PhantomData<fn() -> T>,
}

impl<T: ToSchema + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let body = body::read::<T>(&request, payload, &[MERGE_PATCH, JSON]).await?;
            let value = strict(&body.bytes)?;
            if !value.is_object() {
                return Err(Problem::invalid("", "type", "a merge patch is a JSON object"));
            }
            Ok(Self { value, form: PhantomData })
        })
    }
}

/// Puts `patch` on top of `target` as RFC 7396 has it: `null` removes, objects merge, anything
/// else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    merge_keeping(target, patch, &|_, _| false);
}

/// As [`merge`], but a `null` for a key that the target has not stays in the result, so that a
/// misspelt name is found by the check that follows and not dropped in silence.
pub(crate) fn merge_keeping_unknown(target: &mut Value, patch: &Value) {
    merge_keeping(target, patch, &|target, key| !target.contains_key(key));
}

fn merge_keeping(target: &mut Value, patch: &Value, keep: &dyn Fn(&Map<String, Value>, &str) -> bool) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if !value.is_null() {
            merge_keeping(target.entry(key).or_insert(Value::Null), value, keep);
        } else if keep(target, key) {
            target.insert(key.clone(), Value::Null);
        } else {
            target.shift_remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{merge, merge_keeping_unknown};

    #[test]
    fn the_table_of_rfc_7396_holds() {
        let rows = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), Value::Null, Value::Null),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in rows {
            merge(&mut target, &patch);
            assert_eq!(target, expected, "patch {patch}");
        }
    }

    #[test]
    fn a_null_for_an_unknown_name_is_kept_to_be_found() {
        let mut target = json!({"name": "a", "note": "b"});
        merge_keeping_unknown(&mut target, &json!({"note": null, "naem": null}));
        assert_eq!(target, json!({"name": "a", "naem": null}));
    }
}
