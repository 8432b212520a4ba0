//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// Puts `patch` on top of `target` as RFC 7396 has it: `null` removes, objects merge, anything
/// else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// As [`merge`], but a `null` for a field of the form stays in the result: the check that follows
/// takes it where the field may be null, and finds a misspelt name instead of dropping it.
pub fn merge_fields(target: &mut Value, patch: &Value) {
    merge(target, patch);
    let nulls = patch.as_object().into_iter().flatten().filter(|(_, value)| value.is_null());
    if let Value::Object(target) = target {
        target.extend(nulls.map(|(key, _)| (key.clone(), Value::Null)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{merge, merge_fields};

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
    fn a_null_for_a_field_is_kept_to_be_checked() {
        let mut target = json!({"name": "a", "note": "b", "settings": {"x": 1}});
        merge_fields(&mut target, &json!({"note": null, "naem": null, "settings": {"x": null}}));
        assert_eq!(target, json!({"name": "a", "note": null, "naem": null, "settings": {}}));
    }
}
