//! Documents and their comments. Owners change documents; members of the team comment on them.

use portcullis_actions::funnel::{Answer, Authorized, Principal, Unavailable};
use portcullis_actions::{
    ActionClient, Authed, Ctx, Dto, Input, Lookup, Mount, Outcome, Policy, Ref, Resource, Validated,
};
use sqlx::Row as _;

use crate::app::{Acme, Done, Failure, Rank, State};
use crate::database::down;

/// A document that the caller owns.
#[derive(Debug, Resource)]
#[resource(app = Acme, pool = State::pool, table = "documents", owner = "owner_id")]
pub(crate) struct OwnDocument {
    id: String,
}

/// Any document, for a policy to decide about.
#[derive(Debug)]
pub(crate) struct Document {
    id: String,
    team: String,
}

impl Lookup<Acme> for Document {
    const KIND: &'static str = "document";

    fn find<'a>(state: &'a State, id: &'a str) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT id, team_id FROM documents WHERE id = $1")
                .bind(id)
                .fetch_optional(state.database.pool())
                .await
                .map_err(down)?;
            let read = |row: sqlx::any::AnyRow| {
                Ok(Self {
                    id: row.try_get("id")?,
                    team: row.try_get("team_id")?,
                })
            };
            row.map(read).transpose().map_err(down)
        })
    }
}

/// Members of the document's team. The membership is read anew: a session may be older than it.
struct Members;

impl Policy<Acme, Document> for Members {
    fn may<'a>(
        &'a self,
        state: &'a State,
        principal: &'a Principal,
        document: &'a Document,
    ) -> Answer<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let Some(identity) = principal.identity() else {
                return Ok(false);
            };
            let member = sqlx::query("SELECT id FROM users WHERE id = $1 AND team_id = $2")
                .bind(&identity.user_id)
                .bind(&document.team)
                .fetch_optional(state.database.pool())
                .await
                .map_err(down)?;
            Ok(member.is_some())
        })
    }
}

/// A document as its readers see it.
#[derive(Debug, Dto)]
pub(crate) struct DocumentDto {
    id: String,
    title: String,
    body: String,
}

/// A new document.
#[derive(Debug, Input)]
pub(crate) struct CreateDocument {
    #[garde(length(chars, min = 1, max = 120))]
    title: String,
    #[garde(length(chars, max = 20_000))]
    body: String,
}

pub(crate) fn create(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("createDocument")
        .authenticated()
        .min_role(Rank::Editor)
        .rate_limit("10/1m per user")
        .input::<CreateDocument>()
        .handler(create_document)
        .form_page("/documents/new")
        .redirect_to(|document: &DocumentDto| format!("/documents/{}", document.id))
}

async fn create_document(ctx: Ctx<Acme, Authed>, input: Validated<CreateDocument>) -> Outcome<DocumentDto, Failure> {
    let CreateDocument { title, body } = input.into_inner();
    let id = ctx.random_id()?;
    // The team is that of the user's row, not one that anybody sends.
    sqlx::query("INSERT INTO documents (id, team_id, owner_id, title, body) SELECT $1, team_id, id, $2, $3 FROM users WHERE id = $4")
        .bind(&id)
        .bind(&title)
        .bind(&body)
        .bind(&ctx.user().user_id)
        .execute(ctx.state().database.pool())
        .await?;
    Ok(DocumentDto { id, title, body })
}

/// New texts for a document.
#[derive(Debug, Input)]
pub(crate) struct UpdateDocument {
    document: Ref<OwnDocument>,
    #[garde(length(chars, min = 1, max = 120))]
    title: String,
    #[garde(length(chars, max = 20_000))]
    body: String,
}

pub(crate) fn update(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("updateDocument")
        .authenticated()
        .min_role(Rank::Editor)
        .rate_limit("30/1m per user")
        .input::<UpdateDocument>()
        .owns(|refs| refs.document)
        .handler(update_document)
        .form_page("/documents/{document}")
        .redirect_to(|document: &DocumentDto| format!("/documents/{}", document.id))
}

async fn update_document(
    ctx: Ctx<Acme, Authed>,
    input: Validated<UpdateDocument>,
    document: Authorized<OwnDocument>,
) -> Outcome<DocumentDto, Failure> {
    let UpdateDocument { title, body, .. } = input.into_inner();
    // The owner stands in the condition too: it may have changed since the gate.
    sqlx::query("UPDATE documents SET title = $1, body = $2 WHERE id = $3 AND owner_id = $4")
        .bind(&title)
        .bind(&body)
        .bind(&document.id)
        .bind(&ctx.user().user_id)
        .execute(ctx.state().database.pool())
        .await?;
    let id = document.into_inner().id;
    Ok(DocumentDto { id, title, body })
}

/// A document to delete.
#[derive(Debug, Input)]
pub(crate) struct DeleteDocument {
    document: Ref<OwnDocument>,
}

pub(crate) fn delete(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("deleteDocument")
        .authenticated()
        .min_role(Rank::Editor)
        .rate_limit("10/1m per user")
        .nonce()
        .input::<DeleteDocument>()
        .owns(|refs| refs.document)
        .handler(delete_document)
        .form_page("/documents/{document}")
        .redirect_to(|_| "/".to_owned())
}

async fn delete_document(
    ctx: Ctx<Acme, Authed>,
    _input: Validated<DeleteDocument>,
    document: Authorized<OwnDocument>,
) -> Outcome<Done, Failure> {
    let pool = ctx.state().database.pool();
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM comments WHERE document_id = $1")
        .bind(&document.id)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM documents WHERE id = $1 AND owner_id = $2")
        .bind(&document.id)
        .bind(&ctx.user().user_id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Done {
        id: document.into_inner().id,
    })
}

/// A comment on a document of the team.
#[derive(Debug, Input)]
pub(crate) struct AddComment {
    document: Ref<Document>,
    #[garde(length(chars, min = 1, max = 1000))]
    body: String,
}

/// A comment as readers see it.
#[derive(Debug, Dto)]
pub(crate) struct CommentDto {
    id: String,
    document: String,
    body: String,
}

pub(crate) fn comment(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("addComment")
        .authenticated()
        .rate_limit("5/1m per user+arg:/document")
        .input::<AddComment>()
        .authorize(|refs| refs.document, Members)
        .handler(add_comment)
        .form_page("/documents/{document}")
        .redirect_to(|comment: &CommentDto| format!("/documents/{}", comment.document))
}

async fn add_comment(
    ctx: Ctx<Acme, Authed>,
    input: Validated<AddComment>,
    document: Authorized<Document>,
) -> Outcome<CommentDto, Failure> {
    let id = ctx.random_id()?;
    let body = input.into_inner().body;
    sqlx::query("INSERT INTO comments (id, document_id, author_id, body) VALUES ($1, $2, $3, $4)")
        .bind(&id)
        .bind(&document.id)
        .bind(&ctx.user().user_id)
        .bind(&body)
        .execute(ctx.state().database.pool())
        .await?;
    Ok(CommentDto {
        id,
        document: document.into_inner().id,
        body,
    })
}
