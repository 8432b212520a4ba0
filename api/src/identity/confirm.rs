//! A word of confirmation for what takes away the caller's own access.

use utoipa::ToSchema;

use crate::kernel::prelude::*;

/// `self`: the caller's own access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Confirm {
    /// The caller's own access.
    #[serde(rename = "self")]
    Oneself,
}

/// Confirms what takes away the caller's own access. The rules of this part read it from the request.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConfirmQuery {
    /// Needed where the request takes away the caller's own access; without it the reply is 409
    /// `confirmation-required`.
    #[param(inline)]
    pub confirm: Option<Confirm>,
}

/// The same for a transition, whose reply embeds what `expand` names. The document says so of every transition, and the
/// kernel reads the names from the request.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConfirmTransition {
    /// As in [`ConfirmQuery`].
    #[param(inline)]
    pub confirm: Option<Confirm>,
    /// What to embed.
    #[serde(default)]
    #[param(style = Form, explode = false, required = false)]
    pub expand: Vec<String>,
}
