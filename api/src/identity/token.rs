//! The token endpoint (RFC 6749), revocation (RFC 7009) and the public keys (RFC 7517).

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA};
use actix_web::{HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entity::identity::client;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal::Refusal;
use super::rules;
use super::session::{self, SignIn};
use super::sign_in::{self, Credentials};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::input::JsonOrForm;
use crate::kernel::caller::permission::{Scope, ScopeSet};
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::Secret;
use crate::kernel::edge::auth::keys::Jwks;
use crate::kernel::edge::auth::token::{Bearer, LIFETIME};
use crate::kernel::edge::endpoint::{Endpoint, Public};
use crate::kernel::edge::limits::client_address;
use crate::{endpoints, routes};

/// A request for a token: one of three forms, by `grant_type`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(tag = "grant_type", rename_all = "snake_case")]
#[schema(example = json!({
    "grant_type": "password",
    "username": "bm@demo.example",
    "password": "viola otter quarry lantern",
    "hub": "leicester-shire"
}))]
pub enum TokenRequest {
    /// A person signs in.
    Password(PasswordGrant),
    /// A sign-in continues.
    RefreshToken(RefreshGrant),
    /// A partner system identifies itself.
    ClientCredentials(ClientGrant),
}

/// A person signs in.
#[derive(Clone, Deserialize, ToSchema)]
pub struct PasswordGrant {
    /// The e-mail address.
    #[schema(min_length = 1, max_length = 254, example = "bm@demo.example")]
    pub username: String,
    /// The password.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 1,
        max_length = 1000,
        example = "viola otter quarry lantern",
    )]
    pub password: Secret,
    /// The slug of the hub, needed where one address signs in to several.
    #[schema(max_length = 60, example = "leicester-shire")]
    pub hub: Option<String>,
    /// The grant to use, by id or role. If absent, the first one is used.
    #[schema(max_length = 60, example = "business_manager")]
    pub grant: Option<String>,
    /// What the token is to be used for: scopes with spaces between them. If absent, all that the
    /// grant gives. Scopes that it does not give are left out.
    #[schema(max_length = 2000, example = "schools:read plans:read")]
    pub scope: Option<String>,
}

/// A sign-in continues.
#[derive(Clone, Deserialize, ToSchema)]
pub struct RefreshGrant {
    /// The refresh token of the last reply. Each one opens one new token.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 200,
        example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA",
    )]
    pub refresh_token: Secret,
    /// The grant to use from now on, by id or role. If absent, the one in use stays.
    #[schema(max_length = 60, example = "business_manager")]
    pub grant: Option<String>,
    /// What the token is to be used for: scopes with spaces between them. If absent, all that the
    /// sign-in was made for. Scopes that it does not give are left out.
    #[schema(max_length = 2000, example = "schools:read plans:read")]
    pub scope: Option<String>,
}

/// A partner system identifies itself, here or by HTTP Basic.
#[derive(Clone, Deserialize, ToSchema)]
pub struct ClientGrant {
    /// The client's id, unless it is sent by HTTP Basic.
    #[schema(max_length = 60, example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub client_id: Option<String>,
    /// The client's secret, unless it is sent by HTTP Basic.
    #[schema(
        value_type = Option<String>,
        format = Password,
        max_length = 200,
        example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA",
    )]
    pub client_secret: Option<Secret>,
    /// What the token is to be used for: scopes with spaces between them. If absent, all that the
    /// client has. Scopes that it does not have are left out. The scope `roster-core.readonly` of OneRoster 1.2, by its
    /// whole name, stands for `schools:read`.
    #[schema(max_length = 2000, example = "schools:read plans:read")]
    pub scope: Option<String>,
}

/// A token.
#[derive(Clone, Serialize, ToSchema)]
pub struct TokenReply {
    /// Send it as `Authorization: Bearer <token>`.
    #[schema(max_length = 4096, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2ln")]
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 6, example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until it expires.
    #[schema(minimum = 1, maximum = 3600, example = 600)]
    pub expires_in: i64,
    /// Opens the next token, once. A partner system gets none: it sends its secret again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = String,
        required = false,
        max_length = 200,
        example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA",
    )]
    pub refresh_token: Option<String>,
    /// What the token may be used for: scopes with spaces between them.
    #[schema(max_length = 2000, example = "schools:read plans:read")]
    pub scope: String,
    /// The hub that it belongs to.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub hub: Uuid,
    /// The grant in use; a partner system has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false, example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub grant: Option<Uuid>,
    /// True if the password was set by somebody else: until it is changed at
    /// `POST /api/v1/me/password`, the token reaches nothing but that and `GET /api/v1/me`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false, example = false)]
    pub must_change_password: bool,
}

/// The token to revoke.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RevokeRequest {
    /// A refresh token, or an access token.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 4096,
        example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA",
    )]
    pub token: Secret,
    /// Accepted for RFC 7009, and not needed.
    #[schema(max_length = 60, example = "refresh_token")]
    pub token_type_hint: Option<String>,
    /// Accepted for RFC 7009, and ignored.
    #[schema(max_length = 60, example = json!(null))]
    pub client_id: Option<String>,
}

routes! { Public: create_token, revoke_token }

/// The public keys, which stand outside of the API.
pub const KEYS: &[Endpoint] = endpoints! { Public: get_jwks };

/// Gives a token.
///
/// The body is JSON, or the form of RFC 6749, so that ordinary OAuth 2 clients work. In both,
/// fields that do not belong to the `grant_type` and fields with an empty text are ignored (RFC
/// 6749, 3.2). Errors also carry `error` and `error_description` of RFC 6749. The reply is 429
/// after 10 failures of one account from one address, or 50 failures from one address, within 15
/// minutes. While an account fails from many addresses, an address from which it has never signed
/// in gets fewer tries, but at least one.
#[utoipa::path(
    post,
    path = "/auth/token",
    request_body(content((TokenRequest = "application/json"), (TokenRequest = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = TokenReply), (status = 401)),
)]
async fn create_token(
    request: HttpRequest,
    state: web::Data<State>,
    form: Result<JsonOrForm<TokenRequest>, Problem>,
) -> Result<Reply> {
    let given = async {
        let form = form.map_err(Refusal::from)?.value;
        let basic = basic(&request)?;
        let address = client_address(&request, &state.settings).to_string();
        give(&state, form, basic, &address).await
    };
    let token = given.await?;
    Ok(Reply::ok(&token)?.secret().with(CACHE_CONTROL, "no-store").with(PRAGMA, "no-cache"))
}

/// Ends a sign-in.
///
/// All tokens of the sign-in end with it, access tokens included. An unknown token also gives 200
/// (RFC 7009).
#[utoipa::path(
    post,
    path = "/auth/revoke",
    request_body(content((RevokeRequest = "application/json"), (RevokeRequest = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "It is ended, or was never known.")),
)]
async fn revoke_token(state: web::Data<State>, form: Result<JsonOrForm<RevokeRequest>, Problem>) -> Result<Reply> {
    let RevokeRequest { token, .. } = form.map_err(Refusal::from)?.value;
    if !session::end_by_token(&state, &token).await?
        && let Ok(claims) = state.auth().keys.verify(token.reveal()).await
        && let Some(session_id) = claims.sid
    {
        session::end(&state, claims.hub, session_id).await?;
    }
    Ok(Reply::empty(actix_web::http::StatusCode::OK).with(CACHE_CONTROL, "no-store"))
}

/// Gives the public keys that verify access tokens.
#[utoipa::path(get, path = "/.well-known/jwks.json", responses((status = 200, body = Jwks)))]
async fn get_jwks(state: web::Data<State>) -> Result<Reply> {
    Ok(Reply::ok(&state.auth().keys.jwks())?.with(CACHE_CONTROL, "public, max-age=60"))
}

async fn give(
    state: &State,
    form: TokenRequest,
    basic: Option<(String, Secret)>,
    address: &str,
) -> Result<TokenReply, Refusal> {
    match form {
        TokenRequest::Password(PasswordGrant { username, password, hub, grant, scope }) => {
            let scope = scopes(scope.as_deref())?;
            let credentials = Credentials {
                email: &username,
                password: &password,
                hub: hub.as_deref(),
                grant: grant.as_deref(),
                scope,
            };
            for_user(state, sign_in::by_password(state, credentials, address).await?, scope)
        }
        TokenRequest::RefreshToken(RefreshGrant { refresh_token, grant, scope }) => {
            let scope = scopes(scope.as_deref())?;
            let sign_in = session::refresh(state, &refresh_token, grant.as_deref()).await?;
            for_user(state, sign_in.map_err(Refusal::grant)?, scope)
        }
        TokenRequest::ClientCredentials(ClientGrant { client_id, client_secret, scope }) => {
            let scope = scopes(scope.as_deref())?;
            let (id, secret) = client_credentials(client_id, client_secret, basic)?;
            let client = sign_in::by_client_secret(state, &id, &secret, address).await?;
            for_client(state, &client, scope)
        }
    }
}

/// How the names begin that OneRoster 1.2 has for scopes.
const OF_ONEROSTER: &str = "https://purl.imsglobal.org/spec/or/v1p2/scope/";

/// The scopes asked for. Of OneRoster's the two that read organisations and sessions stand for `schools:read`, and the
/// others for nothing, since clients of OneRoster ask for all at once.
fn scopes(asked: Option<&str>) -> Result<Option<ScopeSet>, Refusal> {
    let Some(asked) = asked.filter(|scope| !scope.trim().is_empty()) else { return Ok(None) };
    let ours = asked.split_whitespace().filter_map(|name| match name.strip_prefix(OF_ONEROSTER) {
        Some("roster-core.readonly" | "roster.readonly") => Some(Scope::ReadSchools.as_str()),
        Some(_) => None,
        None => Some(name),
    });
    let scopes = ScopeSet::parse(&ours.collect::<Vec<_>>().join(" "));
    scopes.map(Some).map_err(|problem| Refusal::scope(problem.detail()))
}

fn for_user(state: &State, sign_in: SignIn, asked: Option<ScopeSet>) -> Result<TokenReply, Refusal> {
    let SignIn { user, grant, session, refresh_token } = sign_in;
    // What was asked for at sign-in holds for every token that comes of it.
    let narrowed = session.scope.as_deref().map(ScopeSet::parse).transpose()?;
    let can = rules::narrow(ScopeSet::of(grant.role), narrowed);
    let scope = can.and_then(|can| rules::narrow(can, asked)).ok_or_else(Refusal::nothing_left)?;
    let bearer = Bearer {
        hub_id: user.hub_id,
        subject: user.id,
        grant_id: Some(grant.id),
        session_id: Some(session.id),
        scope: scope.to_string(),
        generation: user.token_generation,
    };
    let reply = token(state, bearer)?;
    Ok(TokenReply {
        refresh_token: Some(refresh_token.reveal().to_owned()),
        must_change_password: user.must_change_password,
        ..reply
    })
}

fn for_client(state: &State, client: &client::Model, asked: Option<ScopeSet>) -> Result<TokenReply, Refusal> {
    let scope = rules::narrow(rules::client_scopes(client), asked).ok_or_else(Refusal::nothing_left)?;
    token(
        state,
        Bearer {
            hub_id: client.hub_id,
            subject: client.id,
            grant_id: None,
            session_id: None,
            scope: scope.to_string(),
            generation: client.token_generation,
        },
    )
}

fn token(state: &State, bearer: Bearer) -> Result<TokenReply, Refusal> {
    let (access_token, claims) = state.auth().keys.mint(bearer).map_err(Problem::from)?;
    Ok(TokenReply {
        access_token,
        token_type: "Bearer",
        expires_in: LIFETIME,
        refresh_token: None,
        scope: claims.scope,
        hub: claims.hub,
        grant: claims.grant,
        must_change_password: false,
    })
}

/// The client's id and secret, from the body or from HTTP Basic but not from both.
fn client_credentials(
    id: Option<String>,
    secret: Option<Secret>,
    basic: Option<(String, Secret)>,
) -> Result<(String, Secret), Refusal> {
    match (id, secret, basic) {
        (Some(id), Some(secret), None) => Ok((id, secret)),
        (None, None, Some(basic)) => Ok(basic),
        (Some(id), None, Some(basic)) if id == basic.0 => Ok(basic),
        (_, Some(_), Some(_)) | (Some(_), None, Some(_)) => {
            Err(Refusal::request("send the client's secret in the body or by HTTP Basic, not both"))
        }
        _ => Err(Refusal::client("`client_credentials` needs the client's id and secret")),
    }
}

/// The id and secret of HTTP Basic, each written as in a form (RFC 6749, 2.3.1). Empty ones, as
/// Swagger UI sends for people, count as none.
fn basic(request: &HttpRequest) -> Result<Option<(String, Secret)>, Refusal> {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
    let refused = || Refusal::client("the Authorization header is not one of HTTP Basic");
    let (scheme, text) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let text = STANDARD.decode(text.trim()).ok().and_then(|text| String::from_utf8(text).ok());
    let text = text.ok_or_else(refused)?;
    let (id, secret) = text.split_once(':').ok_or_else(refused)?;
    if id.is_empty() && secret.is_empty() {
        return Ok(None);
    }
    // Our ids and secrets have no character that a form would write otherwise but `-` and `_`.
    let plain = |text: &str| text.replace("%2D", "-").replace("%2d", "-").replace("%5F", "_").replace("%5f", "_");
    Ok(Some((plain(id), Secret::from(plain(secret)))))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::kernel::base::problem::Code;

    fn code(result: Result<(String, Secret), Refusal>) -> Option<Code> {
        result.err().map(|refusal| Problem::from(refusal).code())
    }

    #[test]
    fn client_credentials_come_from_one_place() {
        let secret = || Secret::from("s");
        let both = (Some("a".to_owned()), Some(secret()));
        let basic = || Some(("a".to_owned(), secret()));
        assert_eq!(code(client_credentials(both.0.clone(), both.1.clone(), None)), None);
        assert_eq!(code(client_credentials(None, None, basic())), None);
        assert_eq!(code(client_credentials(both.0.clone(), None, basic())), None);
        let twice = client_credentials(both.0.clone(), both.1, basic());
        assert_eq!(code(twice), Some(Code::InvalidTokenRequest));
        assert_eq!(code(client_credentials(None, None, None)), Some(Code::InvalidClient));
        assert_eq!(code(client_credentials(both.0, None, None)), Some(Code::InvalidClient));
    }

    #[test]
    fn basic_is_read_as_a_form_writes_it() {
        let read = |value: &str| {
            let request = TestRequest::default().insert_header(("authorization", value));
            basic(&request.to_http_request())
        };
        let (id, secret) = read("Basic MDE5OCUyREE6YSU1RmI=").unwrap().unwrap();
        assert_eq!((id.as_str(), secret.reveal()), ("0198-A", "a_b"));
        assert!(read("Basic Og==").unwrap().is_none());
        assert!(read("Bearer x").unwrap().is_none());
        assert!(read("Basic ???").is_err());
        assert!(read("Basic").is_err());
    }
}
