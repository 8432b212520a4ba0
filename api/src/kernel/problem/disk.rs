//! What an error of a file of the service's own means to the caller.

use std::io::{Error, ErrorKind};

use super::Problem;

/// ENFILE and EMFILE: the system, or the program, has as many files open as it may.
const TOO_MANY_FILES: [i32; 2] = [23, 24];

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                tracing::error!(%error, "no space left for a temporary file");
                Self::storage_full()
            }
            _ if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
                tracing::error!(%error, "no file can be opened");
                Self::unavailable("too many files and connections are open at the moment", 2)
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

    #[test]
    fn too_many_open_files_are_503() {
        for code in TOO_MANY_FILES {
            assert_eq!(Problem::from(Error::from_raw_os_error(code)).code(), Code::Unavailable);
        }
    }
}
