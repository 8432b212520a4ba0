//! What an error of a temporary file means to the caller.

use std::io::{Error, ErrorKind};

use super::Problem;

/// ENFILE and EMFILE: the system, or the program, has as many files open as it may.
const TOO_MANY_FILES: [i32; 2] = [23, 24];

/// Seconds after which another try makes sense.
const RETRY_AFTER: u64 = 2;

impl Problem {
    /// Returns 507 when a temporary file has no space, 503 when the system fails it in another way,
    /// and 500 for an error that is not the system's.
    #[must_use]
    pub fn of_file(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                tracing::error!(%error, "no space left for a temporary file; TMPDIR names the folder");
                Self::storage_full()
            }
            _ if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
                tracing::error!(%error, "no file can be opened");
                Self::unavailable("too many files and connections are open at the moment", RETRY_AFTER)
            }
            _ if error.raw_os_error().is_none() => Self::internal(error),
            _ => {
                tracing::error!(%error, "a temporary file fails; TMPDIR names the folder");
                Self::unavailable("the service cannot write or read its temporary files at the moment", RETRY_AFTER)
            }
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of_file(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::base::problem::Code;

    #[test]
    fn a_temporary_file_without_space_is_507_and_a_broken_one_503() {
        // ENOSPC, EDQUOT, EFBIG.
        for code in [28, 122, 27] {
            assert_eq!(Problem::from(Error::from_raw_os_error(code)).code(), Code::StorageFull, "{code}");
        }
        // EIO, ENOENT, EROFS.
        for code in [5, 2, 30] {
            assert_eq!(Problem::from(Error::from_raw_os_error(code)).code(), Code::Unavailable, "{code}");
        }
    }

    #[test]
    fn a_fault_of_the_program_is_500() {
        for kind in [ErrorKind::InvalidInput, ErrorKind::InvalidData, ErrorKind::UnexpectedEof] {
            assert_eq!(Problem::from(Error::from(kind)).code(), Code::Internal, "{kind}");
        }
    }

    #[test]
    fn too_many_open_files_are_503() {
        for code in TOO_MANY_FILES {
            let problem = Problem::from(Error::from_raw_os_error(code));
            assert_eq!(problem.code(), Code::Unavailable);
            assert!(problem.detail().contains("too many files"), "{problem}");
        }
    }
}
