//! Paying an invoice: what it costs is sealed into the page, so that nobody pays another price than the one they saw.

use std::time::Duration;

use portcullis_actions::funnel::{Answer, Authorized, Principal, SealedError, Unavailable};
use portcullis_actions::{
    ActionClient, ActionError, Authed, Ctx, Dto, Input, Mount, Outcome, Ref, Resource, Sealed, Validated,
};
use sqlx::Row as _;

use crate::app::{Acme, Rank, Right, State};
use crate::database::{down, is_busy};

/// An invoice of the caller's team.
#[derive(Debug)]
pub(crate) struct Invoice {
    id: String,
    cents: i64,
}

impl Resource<Acme> for Invoice {
    const KIND: &'static str = "invoice";
    /// Pages hand out tokens, and not the numbers of invoices.
    const BY_TOKEN: bool = true;

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
                "SELECT invoices.id, invoices.cents FROM invoices JOIN users ON users.team_id = invoices.team_id \
                 WHERE invoices.id = $1 AND users.id = $2",
            )
            .bind(id)
            .bind(&identity.user_id)
            .fetch_optional(state.database.pool())
            .await
            .map_err(down)?;
            let read = |row: sqlx::any::AnyRow| {
                Ok(Self {
                    id: row.try_get("id")?,
                    cents: row.try_get("cents")?,
                })
            };
            row.map(read).transpose().map_err(down)
        })
    }
}

/// Which invoice, and what the page said that it costs.
#[derive(Debug, Input)]
pub(crate) struct PayInvoice {
    invoice: Ref<Invoice>,
    price: Sealed<i64>,
}

/// A payment.
#[derive(Debug, Dto)]
pub(crate) struct PaymentDto {
    cents: i64,
}

#[derive(Debug, ActionError)]
pub(crate) enum PayFailure {
    #[public(409, "paid_already")]
    PaidAlready,
    #[public(409, "price_changed")]
    PriceChanged,
    #[unavailable(when = is_busy)]
    Database(#[from] sqlx::Error),
    #[internal]
    Sealed(#[from] SealedError),
}

pub(crate) fn pay(client: &ActionClient<Acme>) -> impl Mount<Acme> {
    client
        .action("payInvoice")
        .authenticated()
        .min_role(Rank::Admin)
        .permission(Right::BillingPay)
        .rate_limit("5/1m per user")
        .step_up(Duration::from_mins(30))
        .refuse_impersonation()
        .idempotent()
        .input::<PayInvoice>()
        .owns(|refs| refs.invoice)
        .handler(pay_invoice)
        .form_page("/billing")
        .redirect_to(|_| "/billing".to_owned())
}

async fn pay_invoice(
    ctx: Ctx<Acme, Authed>,
    input: Validated<PayInvoice>,
    invoice: Authorized<Invoice>,
) -> Outcome<PaymentDto, PayFailure> {
    let price = ctx.unseal(&input.price)?;
    if price != invoice.cents {
        return Err(PayFailure::PriceChanged);
    }
    let paid = sqlx::query("UPDATE invoices SET status = 'paid' WHERE id = $1 AND status = 'open' AND cents = $2")
        .bind(&invoice.id)
        .bind(price)
        .execute(ctx.state().database.pool())
        .await?;
    if paid.rows_affected() == 0 {
        return Err(PayFailure::PaidAlready);
    }
    Ok(PaymentDto { cents: price })
}
