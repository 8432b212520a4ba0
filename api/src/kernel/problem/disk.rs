//! What an error of a file of the service's own means to the caller.

use std::io::{Error, ErrorKind};

use super::Problem;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                tracing::error!(%error, "no space left for a temporary file");
                Self::storage_full()
            }
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::problem::Code;

    #[test]
    fn a_temporary_file_without_space_is_507() {
        assert_eq!(Problem::from(Error::from(ErrorKind::StorageFull)).code(), Code::StorageFull);
        assert_eq!(Problem::from(Error::from(ErrorKind::BrokenPipe)).code(), Code::Internal);
    }
}
