//! A disk that fails when a test wants it to.

use std::path::PathBuf;
use std::process::Command;

use super::database::folder;

/// A library that is loaded into the program, and the folder in which it looks for what should fail.
pub struct Faults {
    folder: tempfile::TempDir,
}

impl Faults {
    /// Compiles the library.
    pub fn new() -> Self {
        let faults = Self { folder: folder() };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/faults.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(faults.library()).args([source, "-ldl"]);
        let output = compiler.output().expect("a C compiler, which SQLite needs as well");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        faults
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("faults.so")
    }

    /// The variables under which a program feels them.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.library()), ("FAULTS", self.folder.path().to_owned())]
    }

    /// Lets a fault of `faults.c` happen from now on.
    pub fn begin(&self, fault: &str) {
        std::fs::write(self.folder.path().join(fault), "").unwrap();
    }

    /// It no longer happens.
    pub fn end(&self, fault: &str) {
        std::fs::remove_file(self.folder.path().join(fault)).unwrap();
    }
}
