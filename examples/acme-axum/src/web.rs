//! The front end, as Vite has built it: read once when the program starts, and served as it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{self, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use portcullis_actions::Dto;
use sqlx::Row as _;

use crate::pages::{NoPage, Site};

/// Files by name, with their types.
type Files = BTreeMap<String, (&'static str, Vec<u8>)>;

/// A document in the list.
#[derive(Debug, Dto)]
struct DocumentItem {
    id: String,
    title: String,
    owner: String,
}

fn media_type(name: &str) -> Option<&'static str> {
    let types = [
        (".html", "text/html; charset=utf-8"),
        (".js", "text/javascript"),
        (".css", "text/css"),
    ];
    types
        .iter()
        .find(|(end, _)| name.ends_with(end))
        .map(|(_, media_type)| *media_type)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the front end is a folder of files, read when the program starts"
)]
fn read(folder: &Path) -> std::io::Result<Files> {
    let mut files = Files::new();
    files.insert(
        "index.html".to_owned(),
        ("text/html; charset=utf-8", std::fs::read(folder.join("index.html"))?),
    );
    for entry in std::fs::read_dir(folder.join("assets"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(media_type) = media_type(&name) {
            files.insert(name, (media_type, std::fs::read(entry.path())?));
        }
    }
    Ok(files)
}

/// The routes of the front end in this folder. Nothing outside of it can be asked for: names are looked up, not opened.
pub(crate) fn routes(folder: &Path, site: Site) -> std::io::Result<Router> {
    let files = Arc::new(read(folder)?);
    let file = |files: &Files, name: &str| match files.get(name) {
        Some((media_type, bytes)) => ([(CONTENT_TYPE, *media_type)], bytes.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, "not found").into_response(),
    };
    let index = Arc::clone(&files);
    Ok(Router::new()
        .route("/app", get(async move || file(&index, "index.html")))
        .route(
            "/app/assets/{name}",
            get(async move |extract::Path(name): extract::Path<String>| file(&files, &name)),
        )
        .route("/app/documents.json", get(documents))
        .with_state(site))
}

/// The documents of the reader's team.
async fn documents(State(site): State<Site>, headers: axum::http::HeaderMap) -> Result<Response, NoPage> {
    let principal = site.identify(&headers).await?;
    let Some(reader) = principal.identity() else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let rows = sqlx::query(
        "SELECT documents.id, documents.title, owner.name FROM documents \
         JOIN users AS owner ON owner.id = documents.owner_id JOIN users AS reader ON reader.team_id = documents.team_id \
         WHERE reader.id = $1 ORDER BY documents.title, documents.id",
    )
    .bind(&reader.user_id)
    .fetch_all(site.state().database.pool())
    .await?;
    let item = |row: &sqlx::any::AnyRow| {
        Ok(DocumentItem {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            owner: row.try_get("name")?,
        })
    };
    let items = rows.iter().map(item).collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Json(items).into_response())
}
