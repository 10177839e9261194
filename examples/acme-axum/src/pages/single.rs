//! Pages about one thing: a document, the profile, and the forms for everybody.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use portcullis_actions::CspNonce;
use sqlx::Row as _;

use super::{NoPage, Page, Site};
use crate::html::{Kind, escaped, field, hidden};

type Shown = Result<Response, NoPage>;

pub(crate) async fn document(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    let reader = page.reader()?;
    let pool = page.site.state().database.pool().clone();
    let row = sqlx::query(
        "SELECT documents.id, documents.owner_id, documents.title, documents.body FROM documents \
         JOIN users AS reader ON reader.team_id = documents.team_id WHERE documents.id = $1 AND reader.id = $2",
    )
    .bind(&id)
    .bind(&reader.user_id)
    .fetch_optional(&pool)
    .await?
    .ok_or(NoPage::Missing)?;
    let (owner, title, body): (String, String, String) =
        (row.try_get("owner_id")?, row.try_get("title")?, row.try_get("body")?);
    page.add(&format!("<p>{}</p>", escaped(&body)));
    if owner == reader.user_id {
        page.form("updateDocument", "Save", |state| {
            hidden("document", &id)
                + &field(state, "title", "Title", Kind::Text, &title)
                + &field(state, "body", "Text", Kind::Area, &body)
        })?;
        page.form("deleteDocument", "Delete", |_| hidden("document", &id))?;
    }
    let comments = sqlx::query(
        "SELECT comments.body, users.name FROM comments JOIN users ON users.id = comments.author_id \
         WHERE comments.document_id = $1 ORDER BY comments.id",
    )
    .bind(&id)
    .fetch_all(&pool)
    .await?;
    page.add("<h2>Comments</h2><ul>");
    for row in comments {
        let (body, name): (String, String) = (row.try_get("body")?, row.try_get("name")?);
        page.add(&format!("<li>{}: {}</li>", escaped(&name), escaped(&body)));
    }
    page.add("</ul>");
    page.form("addComment", "Comment", |state| {
        hidden("document", &id) + &field(state, "body", "Your comment", Kind::Area, "")
    })?;
    page.finish(&title)
}

pub(crate) async fn new_document(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    page.reader()?;
    page.form("createDocument", "Create", |state| {
        field(state, "title", "Title", Kind::Text, "") + &field(state, "body", "Text", Kind::Area, "")
    })?;
    page.finish("New document")
}

pub(crate) async fn profile(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    let reader = page.reader()?;
    let row = sqlx::query("SELECT name, bio FROM users WHERE id = $1")
        .bind(&reader.user_id)
        .fetch_optional(page.site.state().database.pool())
        .await?
        .ok_or(NoPage::Missing)?;
    let (name, bio): (String, String) = (row.try_get("name")?, row.try_get("bio")?);
    page.form("updateProfile", "Save", |state| {
        field(state, "name", "Name", Kind::Text, &name) + &field(state, "bio", "About you", Kind::Area, &bio)
    })?;
    page.finish("Profile")
}

pub(crate) async fn sign_in(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    page.form("signIn", "Send a code", |state| {
        field(state, "email", "E-mail", Kind::Email, "")
    })?;
    page.add(
        "<p>Seeded users: ada@acme.test, bob@acme.test, eve@acme.test, mallory@umbrella.test. \
              The code stands in the terminal of the server.</p>",
    );
    page.finish("Sign in")
}

pub(crate) async fn code(State(site): State<Site>, Extension(nonce): Extension<CspNonce>, headers: HeaderMap) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    page.form("verifyCode", "Sign in", |state| {
        field(state, "email", "E-mail", Kind::Email, "") + &field(state, "code", "Code", Kind::Code, "")
    })?;
    page.finish("Enter the code")
}

pub(crate) async fn contact(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    page.form("contact", "Send", |state| {
        field(state, "email", "E-mail", Kind::Email, "") + &field(state, "message", "Message", Kind::Area, "")
    })?;
    page.finish("Contact")
}
