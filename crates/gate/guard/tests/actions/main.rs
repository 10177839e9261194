//! Actions judged as the edge would have them judged: with a policy, a database, a store, and requests of real clients.

mod answers;
mod captures;
mod gates;
mod records;
mod replay;
mod world;
