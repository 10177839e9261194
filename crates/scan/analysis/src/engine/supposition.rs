//! What a run supposes of the caller, and whether anybody asked: what never asked is the same under every hypothesis.
//!
//! INVARIANT: whoever lets a result depend on the hypothesis asks [`Run`] for it, which notes that. Code asks as late as it
//! can, once nothing but the hypothesis decides, so that as much as possible is shared.

use super::{Hypothesis, Run, Shared};

/// What a run supposes of the caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supposition {
    hypothesis: Hypothesis,
    /// There is no session, whatever else is supposed.
    anonymous: bool,
}

impl Supposition {
    pub(super) const fn new(hypothesis: Hypothesis, anonymous: bool) -> Self {
        Self { hypothesis, anonymous }
    }
}

impl Shared<'_> {
    /// What is supposed, for who looks at a whole run.
    pub(crate) const fn runs_under(&self) -> Hypothesis {
        self.supposition.hypothesis
    }
}

impl Run<'_> {
    /// Who calls: what comes of it depends on the hypothesis.
    pub(super) fn hypothesis(&self) -> Hypothesis {
        self.depends.set(true);
        self.shared.supposition.hypothesis
    }

    /// There is no session, whatever else is supposed.
    pub(super) fn is_anonymous(&self) -> bool {
        self.depends.set(true);
        self.shared.supposition.anonymous
    }

    pub(crate) fn stranger(&self) -> bool {
        self.is_anonymous() || matches!(self.hypothesis(), Hypothesis::Stranger | Hypothesis::Forger)
    }

    pub(super) fn outsider(&self) -> bool {
        self.hypothesis() == Hypothesis::Outsider
    }

    /// Whether the first effect within a handler fails too. Asking is not depending: what fails depends.
    pub(super) fn may_see_failures(&self) -> bool {
        self.shared.supposition.hypothesis == Hypothesis::Caller
    }

    /// Whether the name of a rank is kept for a comparison. Asking is not depending: the comparison depends.
    pub(super) fn keeps_ranks(&self) -> bool {
        self.shared.supposition.hypothesis == Hypothesis::Outsider
    }
}
