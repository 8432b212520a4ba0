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
        "A query parameter or a part of the path is unknown, repeated where one value is taken, or of the wrong kind. \
         The service guesses and ignores nothing, so that a misspelt filter cannot show too much.",
        "Each entry of `errors` names the parameter and what is allowed, with the nearest spelling where there is one.";
    BadCursor, "bad-cursor", BAD_REQUEST, "The cursor does not fit",
        "A cursor belongs to the list, filter, sort and hub that it was made for. This cursor was altered or used \
         with others.",
        "Start again without `cursor`. Keep every other parameter as it is while you follow `next_cursor`.";
    BadJson, "bad-json", BAD_REQUEST, "The body is not acceptable JSON",
        "The body is not UTF-8, not JSON, repeats a key in one object, holds a NUL or a lone surrogate, or is nested \
         deeper than 128 levels.",
        "Send one JSON value in UTF-8. `detail` says where reading stopped.";
    InvalidGrant, "invalid-grant", BAD_REQUEST, "Signing in failed",
        "The e-mail address and password do not match, the account cannot sign in, or the refresh token is unknown, \
         used or out of date. The reply does not say which.",
        "Sign in again. After several failures wait as long as `Retry-After` says. An administrator of the hub can \
         reset the password.";
    InvalidInvitation, "invalid-invitation", BAD_REQUEST, "The invitation does not work",
        "The token of the invitation is unknown, used, revoked or out of date, or the user cannot sign in. The reply \
         does not say which.",
        "Ask an administrator of the hub for a new invitation. It works once, within 72 hours.";
    InvalidTokenRequest, "invalid-token-request", BAD_REQUEST, "The token request is incomplete",
        "The token endpoint takes `grant_type` password, refresh_token or client_credentials, each with its own \
         fields (RFC 6749).",
        "Send the fields that `detail` names, as JSON or as a form.";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "A valid token is needed",
        "There is no bearer token, or it is malformed, expired, revoked or issued by another service.",
        "Get one at `POST /api/v1/auth/token` and send it as `Authorization: Bearer <token>`.";
    InvalidClient, "invalid-client", UNAUTHORIZED, "The client is not recognised",
        "The client's id and secret do not match, or the client is disabled.",
        "Send the id and the secret that were shown when the client was created, in the body or by HTTP Basic. An \
         administrator of the hub can create a new secret.";
    Forbidden, "forbidden", FORBIDDEN, "Permission denied",
        "The caller is known and can see the item, but its role does not include the scope, or does not reach the \
         item.",
        "`detail` names the missing scope or reach. An administrator of the hub can grant it.";
    PasswordChangeRequired, "password-change-required", FORBIDDEN, "The password must be changed first",
        "The caller signed in with a password that somebody else set. Until the caller chooses another, the token \
         opens only `GET /api/v1/me` and `POST /api/v1/me/password`.",
        "Send the one-time password and a new one to `POST /api/v1/me/password`. The token then opens what the role \
         allows.";
    NotFound, "not-found", NOT_FOUND, "Not found",
        "The address is unknown, or the caller cannot see what it names. The reply does not say which, on purpose.",
        "Check the address and the id. Ask the hub whether your role reaches the item.";
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not take this method",
        "The path is known, but only with other methods.",
        "Use one of the methods in the `Allow` header.";
    NotAcceptable, "not-acceptable", NOT_ACCEPTABLE, "No acceptable representation",
        "The `Accept` header names none of the types that this address can send.",
        "Accept `application/json` (or one of the types in `detail`).";
    Conflict, "conflict", CONFLICT, "The state does not allow it",
        "The request is valid, but not in the item's current state.",
        "`detail` says which states allow it. Read the item again and decide.";
    ConfirmationRequired, "confirmation-required", CONFLICT, "This removes your own access",
        "The request disables, archives or resets the caller, or changes or ends the grant that the caller uses. \
         Nothing was changed.",
        "Send the same request with `?confirm=self` if you mean it.";
    Duplicate, "duplicate", CONFLICT, "The item exists already",
        "Another item of the hub has the same natural key. Archived items keep theirs.",
        "Change the item that `errors` points to, restore it if it is archived, or use another key.";
    KeyInFlight, "key-in-flight", CONFLICT, "A request with this key is still running",
        "Another request with this Idempotency-Key has not finished.",
        "Wait as long as `Retry-After` says, then send the same request again.";
    StaleVersion, "stale-version", PRECONDITION_FAILED, "The item has changed",
        "The version in `If-Match` is not the current one. The `ETag` of this reply has the current version.",
        "Read the item again, apply your change to it, and send the new ETag.";
    AlreadyThere, "already-there", PRECONDITION_FAILED, "There is an item with this key",
        "`If-None-Match` asks for a new item, but an item has this key. It may be archived.",
        "Leave out `If-None-Match` to change that item. Its version is in the `ETag` of this reply.";
    FeedRestarted, "feed-restarted", GONE, "The change feed has restarted",
        "The database was restored to an earlier state, and numbers of changes are used a second time. The follower \
         may have changes that the database has lost.",
        "Copy everything that you follow. Then continue with the `epoch` and from the number `after` in the problem.";
    TooLarge, "too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body is larger than this address allows.",
        "Send less in one request.";
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type",
        "The address does not read the `Content-Type` of the body.",
        "Send `application/json` (for PATCH also `application/merge-patch+json`).";
    Invalid, "invalid", UNPROCESSABLE_ENTITY, "The body breaks a rule",
        "The body was understood, but fields are unknown, missing, out of bounds, in contradiction, or refer to items \
         that do not exist for the caller. Nothing was written.",
        "`errors` lists every fault at once, each with a JSON pointer and how to fix it.";
    KeyReused, "key-reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request",
        "A key stands for one request. This key was recorded with another body, or with an `If-Match` that is missing \
         here, or without the one that is here.",
        "Create a new key for a new request.";
    PreconditionRequired, "precondition-required", PRECONDITION_REQUIRED, "If-Match is required",
        "Several people edit such items, so that a change must say which version it is based on.",
        "Read the item, and send its ETag in `If-Match`.";
    HeadersTooLarge, "headers-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large",
        "The request line and the headers together are longer than the service reads, or there are more than 100 \
         headers.",
        "Send fewer and shorter headers and query parameters. The service needs no cookies.";
    TooManyRequests, "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "The caller exceeded its rate, or an account or address exceeded its failed sign-ins.",
        "Wait as long as `Retry-After` says.";
    Timeout, "timeout", REQUEST_TIMEOUT, "The body took too long",
        "The whole body must arrive within the time that the service allows.",
        "Send it again over a faster connection, or in smaller parts.";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error",
        "The service failed. Its log has the error under the `request_id`.",
        "Try again later. If the error persists, give the `request_id` to the operators of the service.";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "The service is unavailable",
        "The database is unreachable or overloaded, or the service is shutting down.",
        "Send the same request again after `Retry-After`. With an Idempotency-Key a POST is safe to repeat.";
    StorageFull, "storage-full", INSUFFICIENT_STORAGE, "The disk is full",
        "The disk of the service is full. Nothing of the request was written. Acknowledged changes are safe and \
         readable.",
        "Ask the operators of the service to free space. Then send the same request again. With an Idempotency-Key a \
         POST is safe to repeat.";
}
