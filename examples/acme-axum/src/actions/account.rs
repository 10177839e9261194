//! Signing in by a one-time password, signing out, the profile, and a form for everybody.

use std::time::Duration;

use portcullis_actions::funnel::{Revocation, Timestamp};
use portcullis_actions::session::OwnSession;
use portcullis_actions::store::SystemEntropy;
use portcullis_actions::{ActionClient, ActionError, Authed, Ctx, Dto, Input, Mount, Outcome, Public, Validated};
use sqlx::Row as _;

use crate::app::{Acme, Done, Failure};
use crate::database::is_busy;

const CODE_LIFE: Duration = Duration::from_mins(10);
const SESSION_LIFE: Duration = Duration::from_hours(8);
const PURPOSE: &str = "one-time password";

/// Whom to send a code.
#[derive(Debug, Input)]
pub(crate) struct SignIn {
    #[garde(length(chars, min = 3, max = 200), contains("@"))]
    email: String,
}

pub(crate) fn sign_in(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("signIn")
        .public("nobody has a session before")
        .rate_limit("10/1m per ip")
        .rate_limit("5/1h per arg:/email")
        .input::<SignIn>()
        .handler(send_code)
        .form_page("/sign-in")
        .redirect_to(|_| "/sign-in/code".to_owned())
}

/// The answer does not tell whether there is such a user.
async fn send_code(ctx: Ctx<Acme, Public>, input: Validated<SignIn>) -> Outcome<Done, Failure> {
    let state = ctx.state();
    let user = sqlx::query("SELECT id FROM users WHERE email = $1")
        .bind(&input.email)
        .fetch_optional(state.database.pool())
        .await?;
    if let Some(user) = user {
        let user: String = user.try_get("id")?;
        let code = six_digits()?;
        let ends_at = ctx.now().plus(CODE_LIFE).millis();
        let signature =
            state
                .keys
                .sign(PURPOSE, &[&user, &code])
                .ok_or(portcullis_actions::funnel::Unavailable::new(
                    "codes",
                    "no key is configured",
                ))?;
        sqlx::query(
            "INSERT INTO codes (user_id, signature, ends_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET signature = excluded.signature, ends_at = excluded.ends_at",
        )
        .bind(&user)
        .bind(signature)
        .bind(ends_at)
        .execute(state.database.pool())
        .await?;
        state.send(format!("one-time password for {}: {code}", input.email));
    }
    Ok(Done { id: String::new() })
}

fn six_digits() -> Result<String, portcullis_actions::funnel::Unavailable> {
    use portcullis_actions::funnel::Entropy as _;
    let mut bytes = [0; 8];
    SystemEntropy::default().fill(&mut bytes)?;
    Ok(format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000))
}

/// The code that was sent.
#[derive(Debug, Input)]
pub(crate) struct VerifyCode {
    #[garde(length(chars, min = 3, max = 200))]
    email: String,
    #[input(secret)]
    #[garde(length(min = 6, max = 6))]
    code: String,
}

#[derive(Debug, ActionError)]
pub(crate) enum SignInFailure {
    #[public(422, "wrong_code", field = "code")]
    WrongCode,
    #[unavailable(when = is_busy)]
    Database(#[from] sqlx::Error),
    #[unavailable]
    Backend(#[from] portcullis_actions::funnel::Unavailable),
}

pub(crate) fn verify_code(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("verifyCode")
        .public("nobody has a session before")
        .rate_limit("10/1m per ip")
        // However many addresses guess: five tries an hour for one user.
        .rate_limit("5/1h per arg:/email")
        .input::<VerifyCode>()
        .handler(start_session)
        .form_page("/sign-in/code")
        .redirect_to(|_| "/".to_owned())
}

async fn start_session(ctx: Ctx<Acme, Public>, input: Validated<VerifyCode>) -> Outcome<Done, SignInFailure> {
    let state = ctx.state();
    // The code is taken by deleting it, so that of two calls at once one gets it.
    let row = sqlx::query(
        "SELECT users.id, users.role, users.team_id, codes.signature FROM codes JOIN users ON users.id = codes.user_id \
         WHERE users.email = $1 AND codes.ends_at > $2",
    )
    .bind(&input.email)
    .bind(ctx.now().millis())
    .fetch_optional(state.database.pool())
    .await?
    .ok_or(SignInFailure::WrongCode)?;
    let user: String = row.try_get("id")?;
    let signature: String = row.try_get("signature")?;
    if !state.keys.is_signed(PURPOSE, &[&user, &input.code], &signature) {
        return Err(SignInFailure::WrongCode);
    }
    let taken = sqlx::query("DELETE FROM codes WHERE user_id = $1 AND signature = $2")
        .bind(&user)
        .bind(&signature)
        .execute(state.database.pool())
        .await?;
    if taken.rows_affected() != 1 {
        return Err(SignInFailure::WrongCode);
    }
    let session = OwnSession {
        user_id: user.clone(),
        session_id: ctx.random_id()?,
        roles: vec![row.try_get("role")?],
        permissions: Vec::new(),
        organization: Some(row.try_get("team_id")?),
        authenticated_at: ctx.now().millis(),
        expires_at: ctx.now().plus(SESSION_LIFE).millis(),
    };
    let cookie = state
        .sessions
        .set_cookie(&session, ctx.now(), &SystemEntropy::default())?;
    ctx.set_cookie(cookie);
    Ok(Done { id: user })
}

pub(crate) fn sign_out(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("signOut")
        .authenticated()
        .handler(end_session)
        .redirect_to(|_| "/sign-in".to_owned())
}

async fn end_session(ctx: Ctx<Acme, Authed>) -> Outcome<Done, Failure> {
    let user = ctx.user();
    let revocation = Revocation::Session {
        provider: user.provider.to_owned(),
        key: user.revocation_key.clone(),
    };
    let until = user.expires_at.unwrap_or(Timestamp::NEVER);
    ctx.revoke(&revocation, until).await?;
    ctx.set_cookie(ctx.state().sessions.clear_cookie());
    Ok(Done { id: String::new() })
}

/// What a user may change about themselves. Whose profile it is comes from the session.
#[derive(Debug, Input)]
pub(crate) struct UpdateProfile {
    #[garde(length(chars, min = 1, max = 80))]
    name: String,
    #[garde(length(chars, max = 500))]
    bio: String,
}

/// A profile as its user sees it.
#[derive(Debug, Dto)]
pub(crate) struct ProfileDto {
    name: String,
    bio: String,
}

pub(crate) fn update_profile(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("updateProfile")
        .authenticated()
        .rate_limit("20/1m per user")
        .input::<UpdateProfile>()
        .handler(write_profile)
        .form_page("/profile")
        .redirect_to(|_| "/profile".to_owned())
}

async fn write_profile(ctx: Ctx<Acme, Authed>, input: Validated<UpdateProfile>) -> Outcome<ProfileDto, Failure> {
    let UpdateProfile { name, bio } = input.into_inner();
    sqlx::query("UPDATE users SET name = $1, bio = $2 WHERE id = $3")
        .bind(&name)
        .bind(&bio)
        .bind(&ctx.user().user_id)
        .execute(ctx.state().database.pool())
        .await?;
    Ok(ProfileDto { name, bio })
}

/// A message from anybody.
#[derive(Debug, Input)]
pub(crate) struct Contact {
    #[garde(length(chars, min = 3, max = 200), contains("@"))]
    email: String,
    #[garde(length(chars, min = 1, max = 2000))]
    message: String,
}

pub(crate) fn contact(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("contact")
        .public("visitors ask questions")
        .rate_limit("3/1m per ip")
        .nonce()
        .input::<Contact>()
        .handler(keep_message)
        .form_page("/contact")
        .redirect_to(|_| "/".to_owned())
}

async fn keep_message(ctx: Ctx<Acme, Public>, input: Validated<Contact>) -> Outcome<Done, Failure> {
    let id = ctx.random_id()?;
    sqlx::query("INSERT INTO messages (id, email, body) VALUES ($1, $2, $3)")
        .bind(&id)
        .bind(&input.email)
        .bind(&input.message)
        .execute(ctx.state().database.pool())
        .await?;
    Ok(Done { id })
}
