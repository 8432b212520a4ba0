//! What the check of a token costs, and of the right to an operation.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::test::TestRequest;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage};
use api::kernel::base::problem::Problem;
use api::kernel::base::request::RequestMeta;
use api::kernel::caller::permission::ReadSchools;
use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Can;
use api::kernel::edge::auth::token::Bearer;

use super::Bench;
use crate::table::{Table, count, figure, spread};
use crate::{Outcome, national};

const ROUNDS: usize = 5;
const CHECKS: u64 = 100_000;
/// New tokens in each round, which have to be signed before.
const NEW: u64 = 2_000;

pub async fn measure(bench: &Bench<'_>) -> Outcome {
    let url = bench.database.url();
    let account = bench.program.add_user(url, &bench.hubs[0].slug, "bench@hub.example", "administrator")?;
    // Signed in at the service as everybody is; then the service is gone and the check runs here.
    let token = account.sign_in(&bench.serve()?).await?;
    let state = national::state(url).await?;

    let mut table = Table::new(
        format!("Check of a token: in one thread of this process, without HTTP; {ROUNDS} rounds"),
        1,
        &["check", "times", "µs: median (least–most)"],
    );
    let mut row = |what: &str, times: u64, rounds: Vec<f64>| {
        table.row([what.to_owned(), figure(count(times), 0), spread(&rounds, 2)]);
    };
    row("known token", CHECKS, known(&state, &token).await?);
    row("new token: signature verified", NEW, new(&state, &token).await?);
    row("known token, user read from the database", NEW, read(&state, &token).await?);
    row("Can<P> after the check", CHECKS, can(&state, &token).await?);
    table.note("A known token's user is read again every four seconds, which the first row has in it.");
    table.print();
    state.db.close().await;
    Ok(())
}

/// Repeats rounds of something and gives the microseconds of each time.
async fn rounds(times: u64, mut work: impl AsyncFnMut() -> Outcome) -> Outcome<Vec<f64>> {
    let mut each = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        work().await?;
        each.push(began.elapsed().as_secs_f64() * 1e6 / count(times));
    }
    Ok(each)
}

fn headers(token: &str) -> Outcome<HeaderMap> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| error.to_string())?;
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

async fn known(state: &State, token: &str) -> Outcome<Vec<f64>> {
    let headers = headers(token)?;
    rounds(CHECKS, async || {
        for _ in 0..CHECKS {
            black_box(state.auth().authenticator.authenticate(&headers).await.map_err(told)?);
        }
        Ok(())
    })
    .await
}

async fn new(state: &State, token: &str) -> Outcome<Vec<f64>> {
    let claims = state.auth().authenticator.authenticate(&headers(token)?).await.map_err(told)?.claims;
    let bearer = Bearer {
        hub_id: claims.hub,
        subject: claims.sub,
        grant_id: claims.grant,
        session_id: claims.sid,
        scope: claims.scope.clone(),
        generation: claims.generation,
    };
    let mut each = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut tokens = Vec::new();
        for _ in 0..NEW {
            let (token, _) = state.auth().keys.mint(bearer.clone()).map_err(|error| error.to_string())?;
            tokens.push(headers(&token)?);
        }
        let began = Instant::now();
        for headers in &tokens {
            black_box(state.auth().authenticator.authenticate(headers).await.map_err(told)?);
        }
        each.push(began.elapsed().as_secs_f64() * 1e6 / count(NEW));
    }
    Ok(each)
}

async fn read(state: &State, token: &str) -> Outcome<Vec<f64>> {
    let headers = headers(token)?;
    rounds(NEW, async || {
        for _ in 0..NEW {
            state.auth().authenticator.invalidate();
            black_box(state.auth().authenticator.authenticate(&headers).await.map_err(told)?);
        }
        Ok(())
    })
    .await
}

async fn can(state: &State, token: &str) -> Outcome<Vec<f64>> {
    let caller = state.auth().authenticator.authenticate(&headers(token)?).await.map_err(told)?;
    let request = TestRequest::get().uri("/api/v1/schools").app_data(Data::new(state.clone())).to_http_request();
    request.extensions_mut().insert(caller.identity);
    rounds(CHECKS, async || {
        for _ in 0..CHECKS {
            // Each request has its own.
            request.extensions_mut().remove::<Arc<RequestMeta>>();
            black_box(Can::<ReadSchools>::from_request(&request, &mut Payload::None).await.map_err(told)?);
        }
        Ok(())
    })
    .await
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(problem: Problem) -> String {
    problem.to_string()
}
