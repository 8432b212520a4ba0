//! Every kind of error the API gives, with the text of its page.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($variant:ident, $slug:literal, $status:ident, $title:literal, $means:literal, $fix:literal;)+) => {
        /// A kind of error: stable, since clients branch on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All kinds, in the order of their statuses.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name in `code` and in the address of the error's page.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// The HTTP status it is sent with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The same short sentence each time the kind occurs.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What has happened, for its page.
            #[must_use]
            pub const fn means(self) -> &'static str {
                match self { $(Self::$variant => $means,)+ }
            }

            /// How the caller fixes it, for its page.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)+ }
            }
        }
    };
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let slugs = Self::ALL.iter().map(|code| code.slug());
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(slugs))
            .description(Some("A kind of error. Each has a page under `/problems/`; later versions may add kinds."));
        RefOr::T(schema.into())
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

codes! {
    BadRequest, "bad-request", BAD_REQUEST, "The request is malformed",
        "The request could not be read as HTTP, as a path or as a header of the kind expected.",
        "Check the part that `detail` names against the API document.";
    BadParameter, "bad-parameter", BAD_REQUEST, "A parameter is wrong",
        "A parameter of the query or a part of the path is unknown, given twice where one value is taken, or has a \
         value of the wrong kind. Nothing is guessed or ignored, so that a misspelt filter cannot show too much.",
        "Each entry of `errors` names the parameter and what is allowed, with the nearest spelling where there is one.";
    BadCursor, "bad-cursor", BAD_REQUEST, "The cursor does not fit",
        "A cursor belongs to the list, the filter, the sort and the hub it was made for. This one was altered or used \
         with others.",
        "Start again without `cursor`, and keep every other parameter as it is while you follow `next_cursor`.";
    BadJson, "bad-json", BAD_REQUEST, "The body is not acceptable JSON",
        "The body is not UTF-8, not JSON, repeats a key in one object, holds a NUL or a lone surrogate, or is nested \
         deeper than 128 levels.",
        "Send one JSON value in UTF-8. `detail` says where reading stopped.";
    InvalidGrant, "invalid-grant", BAD_REQUEST, "Signing in failed",
        "The e-mail address and password do not belong together, the account cannot sign in, or the refresh token is \
         unknown, used or out of date. The reply does not say which.",
        "Sign in again. After several failures wait as long as `Retry-After` says; an administrator of the hub can \
         reset the password.";
    InvalidInvitation, "invalid-invitation", BAD_REQUEST, "The invitation does not work",
        "The token of the invitation is unknown, used, revoked or out of date, or the user cannot sign in. The reply \
         does not say which.",
        "Ask an administrator of the hub for a new invitation: it works for 72 hours and once.";
    InvalidTokenRequest, "invalid-token-request", BAD_REQUEST, "The token request is incomplete",
        "The token endpoint takes `grant_type` password, refresh_token or client_credentials, each with its own \
         fields (RFC 6749).",
        "Send the fields that `detail` names, as JSON or as a form.";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "A valid token is needed",
        "There is no bearer token, or it is malformed, expired, revoked or not of this service.",
        "Get one at `POST /api/v1/auth/token` and send it as `Authorization: Bearer <token>`.";
    InvalidClient, "invalid-client", UNAUTHORIZED, "The client is not recognised",
        "The id and the secret of a partner system do not belong together, or the client is disabled.",
        "Send the id and the secret that were shown when the client was made, in the body or by HTTP Basic; an \
         administrator of the hub can make a new secret.";
    Forbidden, "forbidden", FORBIDDEN, "This is not yours to do",
        "The caller is known, and may see the thing, but its role does not include the scope, or does not reach that \
         far.",
        "`detail` names the scope or the reach that is missing; an administrator of the hub can grant it.";
    PasswordChangeRequired, "password-change-required", FORBIDDEN, "The password has to be changed first",
        "The caller signed in with a password that somebody else set. Until the caller sets another, the token \
         reaches `GET /api/v1/me` and `POST /api/v1/me/password` only.",
        "Send the one-time password and a new one to `POST /api/v1/me/password`; the token then reaches what the role \
         allows.";
    NotFound, "not-found", NOT_FOUND, "There is nothing here",
        "The address is unknown, or what it names is not visible to this caller. The reply does not say which, on \
         purpose.",
        "Check the address and the id; ask the hub whether your role reaches it.";
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not take this method",
        "The path is known, with other methods.",
        "Use one of the methods in the `Allow` header.";
    NotAcceptable, "not-acceptable", NOT_ACCEPTABLE, "No representation that you accept",
        "The `Accept` header names none of the types this address can give.",
        "Accept `application/json` (or one of the types in `detail`).";
    Conflict, "conflict", CONFLICT, "The state does not allow it",
        "The request is right in itself, but not in the state that the thing is in.",
        "`detail` says which states allow it. Read the item again and decide.";
    ConfirmationRequired, "confirmation-required", CONFLICT, "This takes away your own access",
        "The request disables, archives or resets the caller itself, or changes or ends the grant that the caller \
         acts by. Nothing was changed.",
        "Send the same request with `?confirm=self` if you mean it.";
    Duplicate, "duplicate", CONFLICT, "It exists already",
        "Another item of the hub has the same natural key. Archived items keep theirs.",
        "Change the item that `errors` points to, restore it if it is archived, or use another key.";
    KeyInFlight, "key-in-flight", CONFLICT, "The same key is being worked on",
        "Another request with this Idempotency-Key has not finished.",
        "Wait as long as `Retry-After` says and send the same request again.";
    StaleVersion, "stale-version", PRECONDITION_FAILED, "Somebody changed it meanwhile",
        "The version in `If-Match` is not the current one, which is in the `ETag` of this reply.",
        "Read the item again, put your change on top of it, and send the new ETag.";
    AlreadyThere, "already-there", PRECONDITION_FAILED, "There is one already",
        "`If-None-Match` asks for a new item, and the key names one that is there, perhaps archived.",
        "Leave `If-None-Match` out to change that item; its version is in the `ETag` of this reply.";
    FeedRestarted, "feed-restarted", GONE, "The change feed has begun again",
        "The database was restored to an earlier state, so that numbers of changes are given out a second time. What \
         the follower has copied may be ahead of it.",
        "Copy everything that you follow. Then go on with the `epoch` and from the number `after` that the problem \
         names.";
    TooLarge, "too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body is over the limit of this address.",
        "Send less at once.";
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type",
        "The `Content-Type` is not one this address reads.",
        "Send `application/json` (for PATCH also `application/merge-patch+json`).";
    Invalid, "invalid", UNPROCESSABLE_ENTITY, "The body breaks a rule",
        "The body was understood, but fields are unknown, missing, out of bounds, at odds with one another, or refer \
         to what does not exist for the caller. Nothing was written.",
        "`errors` lists every fault at once, each with a JSON pointer and what to do about it.";
    KeyReused, "key-reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another body",
        "A key stands for one request. This one was recorded with another body.",
        "Make a new key for a new request.";
    PreconditionRequired, "precondition-required", PRECONDITION_REQUIRED, "If-Match is needed",
        "More than one person edits such items, so that a change must say which version it was made from.",
        "Read the item, and send its ETag in `If-Match`.";
    HeadersTooLarge, "headers-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large",
        "The request line and the headers together are longer than the service reads, or there are more than 100 \
         headers.",
        "Send fewer and shorter headers and query parameters; cookies are not needed.";
    TooManyRequests, "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "The caller went over its rate, or an account or address over its failed sign-ins.",
        "Wait as long as `Retry-After` says.";
    Timeout, "timeout", REQUEST_TIMEOUT, "The body took too long",
        "The whole body has to arrive within the time that the service allows.",
        "Send it again over a better line, or in smaller parts.";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Something went wrong here",
        "A fault of the service. It is in the service's log under the `request_id`.",
        "Try again later; if it stays, tell the operators of the service the `request_id`.";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "The service cannot answer now",
        "The database is away or overloaded, or the service is shutting down.",
        "Send the same request again after `Retry-After`; with an Idempotency-Key a POST is safe to repeat.";
    StorageFull, "storage-full", INSUFFICIENT_STORAGE, "There is no space left",
        "The disk behind the service is full. Nothing of the request was written. What was acknowledged before is \
         safe, and can be read.",
        "Tell the people who run the service to make space. Then send the same request again; with an Idempotency-Key \
         a POST is safe to repeat.";
}
