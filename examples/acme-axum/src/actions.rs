//! The actions, one file a subject. The list below is all that is mounted.

pub(crate) mod account;
pub(crate) mod billing;
pub(crate) mod documents;
pub(crate) mod team;

use portcullis_actions::{ActionClient, Mounted, actions};

use crate::app::Acme;

pub(crate) fn all(client: &ActionClient<Acme>) -> Vec<Mounted<Acme>> {
    actions![
        account::sign_in(client),
        account::verify_code(client),
        account::sign_out(client),
        account::update_profile(client),
        account::contact(client),
        documents::create(client),
        documents::update(client),
        documents::delete(client),
        documents::comment(client),
        team::invite(client),
        team::change_role(client),
        billing::pay(client),
    ]
}
