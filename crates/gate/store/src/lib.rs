//! What the gates remember between calls: rate limits, spent nonces, idempotent results, revocations, messages for the
//! next page. In the memory of one process, in a file, or in Redis for several instances.

mod embedded;
mod ephemeral_block;
mod expiring;
mod limiter;
mod memory;
mod records;
mod shared;
mod system;

pub use embedded::{EmbeddedStore, OpenError};
pub use ephemeral_block::EphemeralBlock;
pub use memory::MemoryStore;
pub use shared::{BrokenAddress, SharedStore};
pub use system::{SystemClock, SystemEntropy};
