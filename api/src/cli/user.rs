//! `smep user`.

use std::io::Read;

use api::identity::transition::DISABLE_USER;
use api::identity::user_forms::{FirstGrant, NewUser, OneTimePassword};
use api::identity::{store, user, user_forms};
use api::kernel::base::problem::Problem;
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::caller::tenancy::Caller;
use api::kernel::edge::auth::Secret;
use api::kernel::resource::lifecycle;
use api::kernel::resource::write::Write;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use entity::identity::grant::Role;
use serde_json::json;

use super::{Outcome, print, state, system, told};

/// The users of a hub.
#[derive(Subcommand)]
pub enum User {
    /// Make a user with a role
    Add(Add),
    /// Keep a user from signing in
    Disable(Whom),
    /// Give a user a new password
    Reset(Reset),
}

/// Makes a user, and prints the id as a line of JSON; without --password-stdin also a one-time
/// password, which signs in once, within 72 hours.
#[derive(Args)]
pub struct Add {
    /// The hub's slug (platform for administrators of the platform)
    #[arg(long)]
    hub: String,
    /// The e-mail address to sign in with
    #[arg(long)]
    email: String,
    /// The person's name
    #[arg(long)]
    name: String,
    /// What the user does
    #[arg(long, value_parser = role())]
    role: Role,
    /// The URN of the school, for school_head and school_staff
    #[arg(long, value_name = "URN")]
    school: Option<i32>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Keeps a user from signing in, and prints the id as a line of JSON. Running servers follow
/// within five seconds.
#[derive(Args)]
pub struct Whom {
    /// The hub's slug
    #[arg(long)]
    hub: String,
    /// The e-mail address
    #[arg(long)]
    email: String,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Gives a user a new password, and prints the id as a line of JSON; without --password-stdin also
/// a one-time password, which signs in once, within 72 hours. All sign-ins of the user end.
#[derive(Args)]
pub struct Reset {
    #[command(flatten)]
    whom: Whom,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        match self {
            Self::Add(add) => add.run().await,
            Self::Disable(whom) => whom.disable().await,
            Self::Reset(reset) => reset.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Outcome {
        let Self { hub, email, name, role, school, password_stdin, database } = self;
        let state = state(database).await?;
        let caller = system(&state, &hub).await?;
        let school_id = match school {
            Some(urn) => Some(store::school_of_urn(&caller, urn).await.map_err(told)?),
            None => None,
        };
        let mut hints = store::hub_hints(&caller).await.map_err(told)?;
        hints.extend([email.clone(), name.clone()]);
        let password = password(&caller, password_stdin, hints).await?;
        let grant = Some(FirstGrant::of(role, school_id));
        let new = NewUser { email, person_id: None, name: Some(name), grant, invitation: false };
        let done = Write::run(&caller, async |write| {
            let made = user_forms::make(write, new.clone(), Some(&password.hash)).await?;
            if password.one_time {
                let made = user::set_password(write, made, &password.hash, true).await?;
                return Reply::ok(&OneTimePassword::new(&made, &password.secret));
            }
            Reply::ok(&json!({ "id": made.id, "email": made.email }))
        });
        print(done.await.map_err(told)?)
    }
}

impl Whom {
    async fn disable(self) -> Outcome {
        let state = state(self.database).await?;
        let caller = system(&state, &self.hub).await?;
        let done = Write::run(&caller, async |write| {
            let before = user_forms::of_email(&caller, write.tx(), &self.email).await?;
            let made = lifecycle::enter::<user::User>(write, before, &DISABLE_USER).await?;
            Reply::ok(&json!({ "id": made.id, "email": made.email }))
        });
        print(done.await.map_err(told)?)
    }
}

impl Reset {
    async fn run(self) -> Outcome {
        let Self { whom, password_stdin } = self;
        let state = state(whom.database).await?;
        let caller = system(&state, &whom.hub).await?;
        let user = user_forms::of_email(&caller, caller.db().read(), &whom.email).await.map_err(told)?;
        let hints = store::password_hints(&caller, &user).await.map_err(told)?;
        let password = password(&caller, password_stdin, hints).await?;
        let done = Write::run(&caller, async |write| {
            let before = user_forms::of_email(&caller, write.tx(), &whom.email).await?;
            let made = user::set_password(write, before, &password.hash, password.one_time).await?;
            if password.one_time {
                return Reply::ok(&OneTimePassword::new(&made, &password.secret));
            }
            Reply::ok(&json!({ "id": made.id, "email": made.email }))
        });
        print(done.await.map_err(told)?)
    }
}

struct Password {
    secret: Secret,
    hash: String,
    one_time: bool,
}

/// The password from standard input, or a random one for a single use.
async fn password(caller: &Caller, stdin: bool, hints: Vec<String>) -> Result<Password, String> {
    let passwords = &caller.state().auth().passwords;
    let secret = if stdin {
        let mut text = String::new();
        let read = std::io::stdin().take(10_000).read_to_string(&mut text);
        read.map_err(|error| format!("cannot read the password: {error}"))?;
        let secret = Secret::from(text.trim_end_matches(['\r', '\n']));
        passwords
            .check(&secret, hints, "/password")
            .await
            .map_err(|problem: Problem| format!("the password does not do: {}", problem.detail()))?;
        secret
    } else {
        Secret::random()
    };
    let hash = passwords.hash(&secret).await.map_err(told)?;
    Ok(Password { secret, hash, one_time: !stdin })
}

/// Reads a role by its name; the help lists the names.
fn role() -> impl TypedValueParser<Value = Role> {
    let named = |name: String| Role::ALL.iter().copied().find(|role| role.as_str() == name).ok_or("not a role");
    PossibleValuesParser::new(Role::ALL.iter().map(|role| role.as_str())).try_map(named)
}
