//! The application of the cases.

use portcullis_actions::funnel::{Answer, Principal, Unavailable};
use portcullis_actions::{ActionClient, App, Dto, Input, NoPermissions, Ref, Resource, Role};

pub struct Shop;

impl App for Shop {
    type State = ();
    type Role = Rank;
    type Permission = NoPermissions;
}

#[derive(Clone, Copy)]
pub enum Rank {
    Admin,
}

impl Role for Rank {
    const ORDER: &'static [Self] = &[Self::Admin];

    fn name(self) -> &'static str {
        "admin"
    }
}

pub type Client = ActionClient<Shop>;

pub struct Document;

impl Resource<Shop> for Document {
    const KIND: &'static str = "document";

    fn load<'a>(_: &'a (), _: &'a str, _: &'a Principal) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

#[derive(Input)]
pub struct Change {
    pub document: Ref<Document>,
    pub target: Ref<Document>,
}

#[derive(Dto)]
pub struct Done {
    pub text: String,
}

/// A row of a table.
pub struct Row {
    pub password_hash: String,
}
