//! Who may give which rights, and how people come by a password.

mod administrators;
mod clients;
mod invitations;
mod my_tasks;
mod passwords;
mod rights;

use api::kernel::caller::permission::PLATFORM_HUB;
use serde_json::{Value, json};

use crate::support::{App, Caller, Reply};

/// A password that nothing is wrong with.
const GOOD: &str = "viola otter quarry lantern";

/// Makes a user by the API, and gives the id and a one-time password.
async fn user_with_one_time(by: &Caller, email: &str, grant: Value) -> (String, String) {
    let form = json!({ "email": email, "name": "Henrietta Featherstone", "grant": grant });
    let made = by.post("/users", &form).await.expect(201);
    let reset = by.act(&format!("/users/{}/reset-password", made.id()), None).await.expect(200);
    (made.id().to_string(), reset.json()["one_time_password"].as_str().unwrap().to_owned())
}

/// A sign-in with a password.
async fn sign_in(app: &App, email: &str, password: &str) -> Reply {
    let form = json!({ "grant_type": "password", "username": email, "password": password });
    app.nobody().post("/auth/token", &form).await
}

/// Somebody signed in with a password.
async fn signed_in(app: &App, email: &str, password: &str) -> Caller {
    let reply = sign_in(app, email, password).await.expect(200);
    app.nobody().with_token(reply.json()["access_token"].as_str().unwrap())
}

/// The platform's own hub, which only the service itself makes.
async fn platform(app: &App) {
    app.make_hub(PLATFORM_HUB, "platform").await;
}
