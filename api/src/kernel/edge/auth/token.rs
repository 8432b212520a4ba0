//! Access tokens: signed, short-lived, of one algorithm.

use std::fmt;

use entity::instant::Instant;
use jsonwebtoken::{Algorithm, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Seconds an access token lives.
pub const LIFETIME: i64 = 600;

/// Seconds by which the clocks of two instances may differ, either way: every instance accepts a
/// token from so long before it is issued until so long after it expires.
///
/// A stolen token that nobody misses therefore works for 25 minutes, not for ten. A user who signs
/// out, is disabled, loses the grant or changes the password ends a token within five seconds all
/// the same, since no clock decides about that.
pub const SKEW: i64 = 15 * 60;

/// Ours have about 600 characters.
const LONGEST: usize = 4096;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The user or the client.
    pub sub: Uuid,
    /// The hub it belongs to.
    pub hub: Uuid,
    /// The grant chosen at sign-in; a client has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Uuid>,
    /// The sign-in it came from; a client has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    /// Scopes, with spaces between them.
    pub scope: String,
    /// When it was issued, seconds since 1970.
    pub iat: i64,
    /// When it begins to be valid, [`SKEW`] before `iat`.
    pub nbf: i64,
    /// When it expires. Instances accept it for [`SKEW`] longer.
    pub exp: i64,
    /// Its own number.
    pub jti: Uuid,
    /// Which generation of the subject's tokens it belongs to. The subject's row has the one that
    /// is accepted, so that no instance's clock decides.
    #[serde(rename = "gen", default)]
    pub generation: i64,
}

/// Whom a token is to speak for.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The hub it belongs to.
    pub hub_id: Uuid,
    /// The user or the client.
    pub subject: Uuid,
    /// The grant chosen, for a user.
    pub grant_id: Option<Uuid>,
    /// The sign-in, for a user.
    pub session_id: Option<Uuid>,
    /// Scopes, with spaces between them.
    pub scope: String,
    /// The generation of the subject's tokens.
    pub generation: i64,
}

/// Who issues tokens and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The claim `iss`.
    pub iss: String,
    /// The claim `aud`.
    pub aud: String,
}

impl Issuer {
    /// The claims of a new token.
    #[must_use]
    pub fn claims(&self, bearer: Bearer, now: Instant) -> Claims {
        let now = seconds(now);
        Claims {
            iss: self.iss.clone(),
            aud: self.aud.clone(),
            sub: bearer.subject,
            hub: bearer.hub_id,
            grant: bearer.grant_id,
            sid: bearer.session_id,
            scope: bearer.scope,
            iat: now,
            nbf: now - SKEW,
            exp: now + LIFETIME,
            jti: Uuid::now_v7(),
            generation: bearer.generation,
        }
    }
}

/// Whole seconds since 1970, as in a token.
pub fn seconds(at: Instant) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Not a token of ours at all: its form, algorithm, signature, issuer or audience.
    Invalid,
    /// Signed with a key that is not known here (yet).
    UnknownKey,
    /// Too late.
    Expired,
    /// Too early.
    NotYet,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid | Self::UnknownKey => "the token is not one of this service",
            Self::Expired => "the token has expired",
            Self::NotYet => "the token is not valid yet",
        })
    }
}

/// Signs `claims` with the key `kid`.
///
/// # Errors
/// When the key is not one for Ed25519.
pub fn sign(claims: &Claims, kid: &str, key: &EncodingKey) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(kid.to_owned());
    jsonwebtoken::encode(&header, claims, key)
}

/// The `kid` of a token that might be ours by its header.
///
/// # Errors
/// When the header is of another kind of token.
pub fn kid(token: &str) -> Result<String, Rejected> {
    if token.len() > LONGEST {
        return Err(Rejected::Invalid);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Rejected::Invalid)?;
    let typ = header.typ.as_deref().unwrap_or_default();
    let ours = header.alg == Algorithm::EdDSA
        && (typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("JWT"))
        && header.crit.is_none();
    if !ours {
        return Err(Rejected::Invalid);
    }
    header.kid.ok_or(Rejected::Invalid)
}

/// The claims of `token` when `key` signed it for `issuer`; its times are [`check_times`]'.
///
/// # Errors
/// When the signature, the issuer or the audience is another.
pub fn verify(token: &str, key: &jsonwebtoken::DecodingKey, issuer: &Issuer) -> Result<Claims, Rejected> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    // The library asks the system's clock; ours can be set.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[&issuer.iss]);
    validation.set_audience(&[&issuer.aud]);
    let data = jsonwebtoken::decode::<Claims>(token, key, &validation);
    data.map(|data| data.claims).map_err(|_| Rejected::Invalid)
}

/// Checks that a token is valid now, by whichever clock it was issued.
///
/// # Errors
/// When it is too early or too late.
pub fn check_times(claims: &Claims, now: Instant) -> Result<(), Rejected> {
    let now = seconds(now);
    if claims.exp.saturating_add(SKEW) <= now {
        return Err(Rejected::Expired);
    }
    if claims.nbf.max(claims.iat.saturating_sub(SKEW)) > now {
        return Err(Rejected::NotYet);
    }
    Ok(())
}
