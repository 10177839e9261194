//! The scripts that Redis runs, one file each. They decide as the code in `limiter` does; tests compare the two.

use redis::Script;

/// Sets `now` from the first argument, or from the clock of Redis.
const CLOCK: &str = include_str!("clock.lua");

pub(super) struct Scripts {
    pub(super) exact: Script,
    pub(super) sliding: Script,
    pub(super) fixed: Script,
    pub(super) bucket: Script,
    pub(super) gcra: Script,
    pub(super) consume: Script,
    pub(super) begin: Script,
    pub(super) finish: Script,
    pub(super) abandon: Script,
    pub(super) revoke: Script,
    pub(super) revoked: Script,
    pub(super) put: Script,
    pub(super) take: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |body: &str| Script::new(&format!("{CLOCK}{body}"));
        Self {
            exact: script(include_str!("exact.lua")),
            sliding: script(include_str!("sliding.lua")),
            fixed: script(include_str!("fixed.lua")),
            bucket: script(include_str!("bucket.lua")),
            gcra: script(include_str!("gcra.lua")),
            consume: script(include_str!("consume.lua")),
            begin: script(include_str!("begin.lua")),
            finish: script(include_str!("finish.lua")),
            abandon: script(include_str!("abandon.lua")),
            revoke: script(include_str!("revoke.lua")),
            revoked: script(include_str!("revoked.lua")),
            put: script(include_str!("put.lua")),
            take: script(include_str!("take.lua")),
        }
    }
}
