//! Pages with lists: documents, the team, invoices. Each query is scoped to the reader.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use portcullis_actions::{CspNonce, Role as _};
use sqlx::Row as _;

use super::{NoPage, Page, Site};
use crate::actions::billing::Invoice;
use crate::app::Rank;
use crate::html::{Kind, escaped, field, hidden};

const LIFE: Duration = Duration::from_mins(30);

type Shown = Result<Response, NoPage>;

pub(crate) async fn home(State(site): State<Site>, Extension(nonce): Extension<CspNonce>, headers: HeaderMap) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    let reader = page.reader()?;
    let rows = sqlx::query(
        "SELECT documents.id, documents.title, owner.name FROM documents \
         JOIN users AS owner ON owner.id = documents.owner_id JOIN users AS reader ON reader.team_id = documents.team_id \
         WHERE reader.id = $1 ORDER BY documents.title, documents.id",
    )
    .bind(&reader.user_id)
    .fetch_all(page.site.state().database.pool())
    .await?;
    page.add("<ul>");
    for row in rows {
        let (id, title, owner): (String, String, String) =
            (row.try_get("id")?, row.try_get("title")?, row.try_get("name")?);
        page.add(&format!(
            "<li><a href=\"/documents/{}\">{}</a> by {}</li>",
            escaped(&id),
            escaped(&title),
            escaped(&owner)
        ));
    }
    page.add("</ul><p><a href=\"/documents/new\">New document</a></p>");
    page.finish("Documents")
}

pub(crate) async fn team(State(site): State<Site>, Extension(nonce): Extension<CspNonce>, headers: HeaderMap) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    let reader = page.reader()?;
    let rows = sqlx::query(
        "SELECT users.id, users.name, users.role FROM users JOIN users AS reader ON reader.team_id = users.team_id \
         WHERE reader.id = $1 ORDER BY users.name, users.id",
    )
    .bind(&reader.user_id)
    .fetch_all(page.site.state().database.pool())
    .await?;
    let is_admin = reader.roles.iter().any(|role| role == Rank::Admin.name());
    page.add("<ul>");
    for row in rows {
        let (id, name, role): (String, String, String) =
            (row.try_get("id")?, row.try_get("name")?, row.try_get("role")?);
        page.add(&format!("<li>{}, {}", escaped(&name), escaped(&role)));
        if is_admin && id != reader.user_id {
            page.form("changeRole", "Change", |_| hidden("member", &id) + &roles(&role))?;
        }
        page.add("</li>");
    }
    page.add("</ul>");
    if is_admin {
        page.add("<h2>Invite</h2>");
        page.form("inviteMember", "Invite", |state| {
            field(state, "email", "E-mail", Kind::Email, "") + &field(state, "name", "Name", Kind::Text, "")
        })?;
    }
    page.finish("Team")
}

fn roles(current: &str) -> String {
    let option = |role: &Rank| {
        let name = role.name();
        let selected = if name == current { " selected" } else { "" };
        format!("<option value=\"{name}\"{selected}>{name}</option>")
    };
    let options: String = Rank::ORDER.iter().map(option).collect();
    format!("<select name=\"role\" aria-label=\"Role\">{options}</select>")
}

pub(crate) async fn billing(
    State(site): State<Site>,
    Extension(nonce): Extension<CspNonce>,
    headers: HeaderMap,
) -> Shown {
    let mut page = Page::start(site, headers, &nonce).await?;
    let reader = page.reader()?;
    let rows = sqlx::query(
        "SELECT invoices.id, invoices.cents, invoices.status FROM invoices \
         JOIN users AS reader ON reader.team_id = invoices.team_id WHERE reader.id = $1 ORDER BY invoices.id",
    )
    .bind(&reader.user_id)
    .fetch_all(page.site.state().database.pool())
    .await?;
    page.add("<ul>");
    for row in rows {
        let (id, cents, status): (String, i64, String) =
            (row.try_get("id")?, row.try_get("cents")?, row.try_get("status")?);
        page.add(&format!(
            "<li>{}.{:02} EUR, {}",
            cents / 100,
            cents % 100,
            escaped(&status)
        ));
        if status == "open" {
            let invoice = page.site.reference::<Invoice>(&id, &page.principal, LIFE)?;
            let price = page.site.seal(&cents, "payInvoice", &page.principal, LIFE)?;
            page.form("payInvoice", "Pay", |_| {
                hidden("invoice", &invoice) + &hidden("price", price.token())
            })?;
        }
        page.add("</li>");
    }
    page.add("</ul>");
    page.finish("Billing")
}
