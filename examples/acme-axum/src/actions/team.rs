//! The team: inviting members, and changing their roles.

use std::time::Duration;

use portcullis_actions::funnel::{Answer, Authorized, Principal, Revocation, Timestamp, Unavailable};
use portcullis_actions::{
    ActionClient, ActionError, Authed, Ctx, Input, Mount, Outcome, Ref, Resource, Role as _, Validated,
};
use sqlx::Row as _;

use crate::app::{Acme, Done, Failure, Rank, Right, State};
use crate::database::{down, is_busy};

/// Another member of the caller's team.
#[derive(Debug)]
pub(crate) struct Member {
    id: String,
}

impl Resource<Acme> for Member {
    const KIND: &'static str = "member";

    fn load<'a>(
        state: &'a State,
        id: &'a str,
        principal: &'a Principal,
    ) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        Box::pin(async move {
            let Some(identity) = principal.identity() else {
                return Ok(None);
            };
            let row = sqlx::query(
                "SELECT users.id FROM users JOIN users AS caller ON caller.team_id = users.team_id \
                 WHERE users.id = $1 AND caller.id = $2 AND users.id <> caller.id",
            )
            .bind(id)
            .bind(&identity.user_id)
            .fetch_optional(state.database.pool())
            .await
            .map_err(down)?;
            row.map(|row| row.try_get("id").map(|id| Self { id }))
                .transpose()
                .map_err(down)
        })
    }
}

/// Whom to invite. Roles above viewer are given later, by `changeRole`.
#[derive(Debug, Input)]
pub(crate) struct InviteMember {
    #[garde(length(chars, min = 3, max = 200), contains("@"))]
    email: String,
    #[garde(length(chars, min = 1, max = 80))]
    name: String,
}

#[derive(Debug, ActionError)]
pub(crate) enum InviteFailure {
    #[public(409, "team_full")]
    TeamFull { seats: u32 },
    #[public(422, "taken", field = "email")]
    Taken,
    #[unavailable(when = is_busy)]
    Database(#[from] sqlx::Error),
    #[internal]
    Backend(#[from] Unavailable),
}

const SEATS: u32 = 5;

pub(crate) fn invite(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("inviteMember")
        .authenticated()
        .permission(Right::TeamManage)
        .rate_limit("5/1h per user")
        .nonce()
        .input::<InviteMember>()
        .handler(invite_member)
        .form_page("/team")
        .redirect_to(|_| "/team".to_owned())
}

async fn invite_member(ctx: Ctx<Acme, Authed>, input: Validated<InviteMember>) -> Outcome<Done, InviteFailure> {
    let InviteMember { email, name } = input.into_inner();
    let pool = ctx.state().database.pool();
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(
        "SELECT COUNT(*) AS members FROM users JOIN users AS caller ON caller.team_id = users.team_id WHERE caller.id = $1",
    )
    .bind(&ctx.user().user_id)
    .fetch_one(&mut *transaction)
    .await?;
    if row.try_get::<i64, _>("members")? >= i64::from(SEATS) {
        return Err(InviteFailure::TeamFull { seats: SEATS });
    }
    let id = ctx.random_id()?;
    let added = sqlx::query(
        "INSERT INTO users (id, team_id, email, name, bio, role) SELECT $1, team_id, $2, $3, '', 'viewer' FROM users \
         WHERE id = $4 ON CONFLICT (email) DO NOTHING",
    )
    .bind(&id)
    .bind(&email)
    .bind(&name)
    .bind(&ctx.user().user_id)
    .execute(&mut *transaction)
    .await?;
    if added.rows_affected() == 0 {
        return Err(InviteFailure::Taken);
    }
    transaction.commit().await?;
    ctx.state().send(format!("invitation for {email}"));
    Ok(Done { id })
}

/// A role for a member.
#[derive(Debug, Input)]
pub(crate) struct ChangeRole {
    member: Ref<Member>,
    #[garde(skip)]
    role: Rank,
}

pub(crate) fn change_role(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("changeRole")
        .authenticated()
        .min_role(Rank::Admin)
        .permission(Right::TeamManage)
        .step_up(Duration::from_mins(30))
        .refuse_impersonation()
        .input::<ChangeRole>()
        .owns(|refs| refs.member)
        .handler(write_role)
        .form_page("/team")
        .redirect_to(|_| "/team".to_owned())
}

async fn write_role(
    ctx: Ctx<Acme, Authed>,
    input: Validated<ChangeRole>,
    member: Authorized<Member>,
) -> Outcome<Done, Failure> {
    sqlx::query("UPDATE users SET role = $1 WHERE id = $2 AND team_id = (SELECT team_id FROM users WHERE id = $3)")
        .bind(input.role.name())
        .bind(&member.id)
        .bind(&ctx.user().user_id)
        .execute(ctx.state().database.pool())
        .await?;
    // Sessions carry the role that the member had: they end, and the next one has the new role.
    let revocation = Revocation::User {
        provider: ctx.user().provider.to_owned(),
        user_id: member.id.clone(),
        not_before: Timestamp::from_millis(ctx.now().millis().saturating_add(1)),
    };
    ctx.revoke(&revocation, ctx.now().plus(Duration::from_hours(8))).await?;
    Ok(Done {
        id: member.into_inner().id,
    })
}
