//! What the tables of states say of the operations that they describe.

use super::walk::{self, Object};

/// Adds to the description of each transition the states from which and to which it leads, and what it checks.
pub(super) fn describe(document: &mut Object, transitions: &[(String, String)]) {
    for (address, description) in transitions {
        let mut operations = walk::operations(document);
        let Some(operation) = operations.find(|it| it.method == "post" && it.path == *address) else { continue };
        let own = walk::text(operation.value, "description");
        let text = [own, description].join("\n\n").trim_start().to_owned();
        operation.value.insert("description".to_owned(), text.into());
    }
}
