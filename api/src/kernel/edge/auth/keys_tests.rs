use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::secret::decode;
use super::*;
use crate::kernel::base::signature::keyed;

/// Alters a header and claims.
type Edit<'a> = &'a dyn Fn(&mut Value, &mut Value);

fn issuer() -> Issuer {
    Issuer { iss: "https://smep.example".to_owned(), aud: "smep".to_owned() }
}

fn bearer() -> Bearer {
    Bearer {
        hub_id: Uuid::now_v7(),
        subject: Uuid::now_v7(),
        grant_id: Some(Uuid::now_v7()),
        session_id: None,
        scope: "schools:read".to_owned(),
        generation: 0,
    }
}

fn clock() -> Clock {
    Clock::fixed("2015-03-01T09:00:00.500000Z".parse().unwrap())
}

/// The token with other contents, signed by `keys`' own key.
fn resigned(keys: &Keys, token: &str, edit: impl Fn(&mut Value, &mut Value)) -> String {
    let mut parts = token.split('.').map(|part| decode(part).unwrap_or_default());
    let mut next = || serde_json::from_slice::<Value>(&parts.next().unwrap()).unwrap();
    let (mut header, mut claims) = (next(), next());
    edit(&mut header, &mut claims);
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let ring = keys.ring();
    let signing = &ring.current().unwrap().signing;
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), signing, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

#[tokio::test]
async fn a_token_of_ours_is_accepted_until_it_has_expired_by_every_clock() {
    let clock = clock();
    let keys = Keys::in_memory(clock.clone(), issuer()).unwrap();
    let (token, claims) = keys.mint(bearer()).unwrap();
    assert_eq!(keys.verify(&token).await.unwrap(), claims);
    assert_eq!(claims.exp - claims.iat, 600);
    clock.advance(Duration::from_secs(600 + token::SKEW.unsigned_abs() - 1));
    assert!(keys.verify(&token).await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(keys.verify(&token).await, Err(Rejected::Expired));
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    let clock = clock();
    let keys = Keys::in_memory(clock.clone(), issuer()).unwrap();
    let (token, claims) = keys.mint(bearer()).unwrap();
    assert_eq!(claims.nbf, claims.iat - token::SKEW);
    let skew = token::SKEW;
    for (claim, ahead, accepted) in [("nbf", 0, true), ("nbf", 1, false), ("iat", skew, true), ("iat", skew + 1, false)]
    {
        let forged = resigned(&keys, &token, |_, said| said[claim] = json!(claims.iat + ahead));
        assert_eq!(keys.verify(&forged).await.is_ok(), accepted, "{claim} {ahead}");
    }
}

#[tokio::test]
async fn tokens_of_other_making_are_refused() {
    let keys = Keys::in_memory(clock(), issuer()).unwrap();
    let (token, _) = keys.mint(bearer()).unwrap();
    assert!(keys.verify(&resigned(&keys, &token, |_, _| {})).await.is_ok());

    let edits: &[(&str, Edit)] = &[
        ("other issuer", &|_, claims| claims["iss"] = json!("https://else.example")),
        ("list of issuers", &|_, claims| claims["iss"] = json!(["https://smep.example"])),
        ("other audience", &|_, claims| claims["aud"] = json!("else")),
        ("list of audiences", &|_, claims| claims["aud"] = json!(["smep", "else"])),
        ("no audience", &|_, claims| claims["aud"] = Value::Null),
        ("no exp", &|_, claims| claims["exp"] = Value::Null),
        ("exp as text", &|_, claims| claims["exp"] = json!("9999999999")),
        ("no nbf", &|_, claims| claims["nbf"] = Value::Null),
        ("no iat", &|_, claims| claims["iat"] = Value::Null),
        ("sub is no id", &|_, claims| claims["sub"] = json!("admin")),
        ("alg none", &|header, _| header["alg"] = json!("none")),
        ("alg HS256", &|header, _| header["alg"] = json!("HS256")),
        ("alg RS256", &|header, _| header["alg"] = json!("RS256")),
        ("alg ES256", &|header, _| header["alg"] = json!("ES256")),
        ("an id token", &|header, _| header["typ"] = json!("id+jwt")),
        ("no typ", &|header, _| header["typ"] = Value::Null),
        ("critical extension", &|header, _| header["crit"] = json!(["b64"])),
        ("no kid", &|header, _| header["kid"] = Value::Null),
        ("unknown kid", &|header, _| header["kid"] = json!("../../etc/passwd")),
    ];
    for (what, edit) in edits {
        let forged = resigned(&keys, &token, edit);
        assert!(keys.verify(&forged).await.is_err(), "{what}");
    }
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_shared_secret_is_refused() {
    let keys = Keys::in_memory(clock(), issuer()).unwrap();
    let (_, claims) = keys.mint(bearer()).unwrap();
    let public = decode(&keys.jwks().keys[0].x).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(keys.ring().current().unwrap().kid.clone());
    let part = |value: Value| encode(value.to_string());
    let message = format!("{}.{}", part(json!(header)), part(json!(claims)));
    let code = keyed(public.as_slice().try_into().unwrap(), &[message.as_bytes()]);
    let forged = format!("{message}.{}", encode(code));
    assert_eq!(keys.verify(&forged).await, Err(Rejected::Invalid));
}

#[tokio::test]
async fn an_altered_or_foreign_signature_is_refused() {
    let (clock, issuer) = (clock(), issuer());
    let keys = Keys::in_memory(clock.clone(), issuer.clone()).unwrap();
    let (token, _) = keys.mint(bearer()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = decode(signature).unwrap();
    bytes[5] ^= 1;
    let stranger = Keys::in_memory(clock, issuer).unwrap();
    let (other, _) = stranger.mint(bearer()).unwrap();
    let other_kid = keys.ring().current().unwrap().kid.clone();
    let borrowed = resigned(&stranger, &other, |header, _| header["kid"] = json!(other_kid));
    let mut forged = vec![
        format!("{message}.{}", encode(bytes)),
        format!("{message}."),
        message.to_owned(),
        format!("{token}.x"),
        format!("{token}x"),
        other,
        borrowed,
        String::new(),
        "..".to_owned(),
        "a".repeat(10_000),
    ];
    forged.push(format!("{message}.{}", encode([0_u8; 64])));
    for token in forged {
        assert!(keys.verify(&token).await.is_err(), "{token}");
    }
}

#[tokio::test]
async fn the_published_key_is_the_one_that_signs() {
    let keys = Keys::in_memory(clock(), issuer()).unwrap();
    let (token, _) = keys.mint(bearer()).unwrap();
    let published = keys.jwks().keys;
    assert_eq!(published.len(), 1);
    assert_eq!(token::kid(&token).unwrap(), published[0].kid);
    assert_eq!((published[0].kty, published[0].crv, published[0].alg), ("OKP", "Ed25519", "EdDSA"));
    assert!(!format!("{keys:?}").contains(&published[0].x));
}

#[test]
fn a_key_with_another_public_half_or_name_is_not_trusted() {
    for seal in [Seal::new(None), Seal::new(Some(&[1; 32]))] {
        let now = clock().now();
        let (row, other) = (new_key(&seal, now), new_key(&seal, now));
        assert!(Key::open(&row, &seal).is_ok());
        let exchanged = Model { public_key: other.public_key.clone(), ..row.clone() };
        assert!(matches!(Key::open(&exchanged, &seal), Err(KeyError::Altered(_))));
        let renamed = Model { kid: other.kid, ..row };
        assert_eq!(Key::open(&renamed, &seal).is_err(), seal.seals());
    }
}

#[test]
fn a_row_that_cannot_be_trusted_hides_no_revocation() {
    let seal = Seal::new(Some(&[1; 32]));
    let now = clock().now();
    let (good, stolen) = (new_key(&seal, now), new_key(&seal, now));
    let ring = Ring::new(&[good.clone(), stolen.clone()], &seal).unwrap();
    let strange = new_key(&Seal::new(None), now);
    let exchanged = Model { public_key: strange.public_key.clone(), ..good.clone() };
    let later = ring.after(&[strange.clone(), exchanged], &seal);
    assert!(later.named(&stolen.kid).is_none(), "revoked");
    assert!(later.named(&strange.kid).is_none(), "not sealed");
    // The key as it was read before, not as its row is now.
    assert_eq!(later.current().unwrap().public, good.public_key);
}
