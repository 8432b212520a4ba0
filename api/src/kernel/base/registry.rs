//! What the roof of the service registers for floors below it: one value of each type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

/// Values by their types.
#[derive(Default)]
pub struct Registry(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Registry {
    /// Adds a value, in place of one of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.put(value);
        self
    }

    /// Puts a value in, in place of one of the same type.
    pub fn put<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value of a type, if there is one.
    #[must_use]
    pub fn find<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("values", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_type() {
        let registry = Registry::default().with(3_u8).with("text").with(4_u8);
        assert_eq!(registry.find::<u8>(), Some(&4));
        assert_eq!(registry.find::<&str>(), Some(&"text"));
        assert_eq!(registry.find::<u16>(), None);
    }
}
