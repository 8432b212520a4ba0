//! Each step of the pass, on a real App.

use super::sample;
use super::*;

pub(super) const ABOUT: About<'static> = About {
    version: "0.1.0",
    token_url: "/api/v1/auth/token",
    tags: &[("auth", "Signing in."), ("schools", "The register.")],
    scopes: &[("schools:read", "Read the register."), ("schools:write", "Change the register.")],
    guarded: &["schools"],
};

pub(super) fn document() -> Document {
    Document::build(&sample::openapi(), &ABOUT)
}

#[test]
fn dump() {
    let document = document();
    println!("{}", document.text());
    eprintln!("{:#?}", document.gaps());
}
