//! What the library is told about this application: its state, roles and permissions.

use std::sync::Mutex;

use portcullis_actions::funnel::{KeyRing, Unavailable};
use portcullis_actions::session::OwnSessions;
use portcullis_actions::{ActionError, App, Dto, Input, Permission, Role};

use crate::database::{Database, is_busy};

/// The application.
#[derive(Debug)]
pub struct Acme;

/// What its handlers work with.
#[derive(Debug)]
pub struct State {
    pub(crate) database: Database,
    pub(crate) sessions: OwnSessions,
    pub(crate) keys: KeyRing,
    /// Messages that a real application would send.
    pub(crate) outbox: Mutex<Vec<String>>,
    pub(crate) prints_messages: bool,
}

impl State {
    /// The connections to the database.
    pub fn pool(&self) -> &sqlx::AnyPool {
        self.database.pool()
    }

    /// Sends a message: to the terminal, since there is no mail here.
    #[expect(clippy::print_stdout, reason = "the terminal stands in for a mailbox")]
    pub(crate) fn send(&self, message: String) {
        if self.prints_messages {
            println!("{message}");
        }
        let mut outbox = self.outbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        outbox.push(message);
    }
}

impl App for Acme {
    type State = State;
    type Role = Rank;
    type Permission = Right;

    fn grants() -> Vec<(Rank, Right)> {
        vec![(Rank::Admin, Right::TeamManage), (Rank::Admin, Right::BillingPay)]
    }
}

/// The roles of members, the lowest first. Also what an administrator may choose for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Input)]
pub enum Rank {
    /// Reads.
    Viewer,
    /// Writes documents.
    Editor,
    /// Manages the team and pays.
    Admin,
}

impl Role for Rank {
    const ORDER: &'static [Self] = &[Self::Viewer, Self::Editor, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

/// What actions ask for beside a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Inviting members and changing their roles.
    TeamManage,
    /// Paying invoices.
    BillingPay,
}

impl Permission for Right {
    fn name(self) -> &'static str {
        match self {
            Self::TeamManage => "team:manage",
            Self::BillingPay => "billing:pay",
        }
    }
}

/// The answer of actions that give nothing back but that they worked.
#[derive(Debug, Dto)]
pub(crate) struct Done {
    /// What was done to, or nothing.
    pub(crate) id: String,
}

/// What goes wrong in any action.
#[derive(Debug, ActionError)]
pub(crate) enum Failure {
    /// A query failed.
    #[unavailable(when = is_busy)]
    Database(#[from] sqlx::Error),
    /// A store or the system's random numbers failed.
    #[unavailable]
    Backend(#[from] Unavailable),
    /// A sealed value did not open although its gate was passed.
    #[internal]
    Sealed(#[from] portcullis_actions::funnel::SealedError),
}
