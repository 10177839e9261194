//! Formatted text at the end of a `String`, without an allocation in between and without a result to look at.

use std::fmt::{Arguments, Write as _};

/// Appends formatted text.
pub(crate) trait PushFmt {
    /// Appends; `String` takes everything.
    fn push_fmt(&mut self, arguments: Arguments<'_>);
}

impl PushFmt for String {
    fn push_fmt(&mut self, arguments: Arguments<'_>) {
        #[expect(
            clippy::expect_used,
            reason = "writing to a string fails only if a Display implementation does"
        )]
        self.write_fmt(arguments)
            .expect("internal error: a Display implementation failed");
    }
}
