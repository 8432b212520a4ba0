//! A receiver of webhooks on this machine, which answers as a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::header::HeaderMap;
use serde_json::Value;
use standardwebhooks::Webhook;

/// How a receiver answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With this status and text.
    Status(u16, &'static str),
    /// With a redirect to this address.
    Redirect(String),
    /// With this status, after so long.
    Late(u16, Duration),
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Got {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub kind: String,
    pub raw: Vec<u8>,
    pub body: Value,
}

impl Got {
    /// Returns true if it is signed with a secret, by the reference implementation.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).unwrap();
        let signed = webhook.sign(&self.id, self.timestamp.parse().unwrap(), &self.raw).unwrap();
        self.signature.split(' ').any(|one| one == signed)
    }

    /// As [`Got::is_signed_with`], with the time of the request checked by the machine's clock.
    pub fn verify(&self, secret: &str) {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", self.id.parse().unwrap());
        headers.insert("webhook-timestamp", self.timestamp.parse().unwrap());
        headers.insert("webhook-signature", self.signature.parse().unwrap());
        Webhook::new(secret).unwrap().verify(&self.raw, &headers).unwrap();
    }
}

#[derive(Default)]
struct Kept {
    got: Mutex<Vec<Got>>,
    answers: Mutex<VecDeque<Answer>>,
}

/// A receiver. It answers 200 where it was not told otherwise.
pub struct Receiver {
    pub url: String,
    kept: Arc<Kept>,
    server: ServerHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Receiver {
    pub fn start() -> Self {
        let kept = Arc::new(Kept::default());
        let shared = kept.clone();
        let app = move || App::new().app_data(Data::from(shared.clone())).default_service(web::to(take));
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, kept, server: handle }
    }

    /// Answers the next requests so, one after the other.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.kept.answers.lock().unwrap().extend(answers);
    }

    /// The requests so far.
    pub fn got(&self) -> Vec<Got> {
        self.kept.got.lock().unwrap().clone()
    }

    /// The requests since it was last asked.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut *self.kept.got.lock().unwrap())
    }
}

async fn take(request: HttpRequest, body: Bytes, kept: Data<Kept>) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let got = Got {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        kind: header("content-type"),
        raw: body.to_vec(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    kept.got.lock().unwrap().push(got);
    let answer = kept.answers.lock().unwrap().pop_front();
    match answer {
        None => HttpResponse::Ok().body("taken"),
        Some(Answer::Status(status, text)) => HttpResponse::build(StatusCode::from_u16(status).unwrap()).body(text),
        Some(Answer::Redirect(to)) => HttpResponse::Found().insert_header(("location", to)).finish(),
        Some(Answer::Late(status, time)) => {
            tokio::time::sleep(time).await;
            HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
        }
    }
}
