//! What a run supposes of the caller, and what was asked about it: a result holds under every hypothesis that gives the
//! same answers to the questions that were asked on the way to it.
//!
//! INVARIANT: whoever lets a result depend on the hypothesis asks here, which notes the question. Code asks as late as it
//! can, once nothing but the hypothesis decides, so that as much as possible is shared.

use super::{Hypothesis, Run, Shared};

/// Questions about a hypothesis, or those of them whose answer is yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Questions(u8);

impl Questions {
    const OUTSIDER: Self = Self(1);
    const LIMITED: Self = Self(1 << 1);
    const NOBODY: Self = Self(1 << 2);
    const FORGER: Self = Self(1 << 3);
    const FAILURES: Self = Self(1 << 4);
    const ROLELESS: Self = Self(1 << 5);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, question: Self) -> bool {
        self.0 & question.0 != 0
    }
}

/// What a run supposes of the caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supposition {
    hypothesis: Hypothesis,
    answers: Questions,
}

impl Supposition {
    /// With `anonymous` there is no session, whatever else is supposed.
    pub(super) fn new(hypothesis: Hypothesis, anonymous: bool) -> Self {
        let mut answers = match hypothesis {
            Hypothesis::Stranger => Questions::NOBODY,
            Hypothesis::Forger => Questions::NOBODY.and(Questions::FORGER),
            Hypothesis::Caller => Questions::FAILURES,
            Hypothesis::Outsider => Questions::OUTSIDER.and(Questions::ROLELESS),
            Hypothesis::Colleague => Questions::ROLELESS,
            Hypothesis::Limited => Questions::LIMITED,
        };
        if anonymous {
            answers = Questions(answers.and(Questions::NOBODY).0 & !Questions::FORGER.0);
        }
        Self { hypothesis, answers }
    }
}

impl Shared<'_> {
    /// What is supposed, for who looks at a whole run.
    pub(crate) const fn runs_under(&self) -> Hypothesis {
        self.supposition.hypothesis
    }

    /// Whether what was found there after asking this holds here.
    pub(super) const fn agrees(&self, there: &Self, asked: Questions) -> bool {
        (self.supposition.answers.0 ^ there.supposition.answers.0) & asked.0 == 0
    }
}

impl Run<'_> {
    fn ask_hypothesis(&self, question: Questions) -> bool {
        self.depends_on(question);
        self.shared.supposition.answers.has(question)
    }

    /// Notes that what comes of this depends on the answers to these questions.
    pub(super) fn depends_on(&self, questions: Questions) {
        self.asked_of_hypothesis
            .set(self.asked_of_hypothesis.get().and(questions));
    }

    /// Whether nobody is signed in.
    pub(crate) fn stranger(&self) -> bool {
        self.ask_hypothesis(Questions::NOBODY)
    }

    /// Whether somebody is signed in who names what belongs to others.
    pub(super) fn outsider(&self) -> bool {
        self.ask_hypothesis(Questions::OUTSIDER)
    }

    /// Whether somebody is signed in who has no role or permission.
    pub(super) fn has_no_role(&self) -> bool {
        self.ask_hypothesis(Questions::ROLELESS)
    }

    /// Whether it was called too often.
    pub(super) fn limited(&self) -> bool {
        self.ask_hypothesis(Questions::LIMITED)
    }

    /// Whether a source gives what it gives to strangers: an unverified one gives a forger what it gives to callers.
    pub(super) fn gets_nothing(&self, unverified: bool) -> bool {
        self.stranger() && !(unverified && self.ask_hypothesis(Questions::FORGER))
    }

    /// Whether what effects throw is looked at.
    pub(super) fn sees_failures(&self) -> bool {
        self.ask_hypothesis(Questions::FAILURES)
    }

    /// Whether the first effect within a handler fails too. Where it does, only what then fails depends on that.
    pub(super) fn tries_failures(&self) -> bool {
        let is_tried = self.shared.supposition.answers.has(Questions::FAILURES);
        if !is_tried {
            self.depends_on(Questions::FAILURES);
        }
        is_tried
    }

    /// Notes that an effect failed.
    pub(super) fn failed_here(&self) {
        self.depends_on(Questions::FAILURES);
    }

    /// Whether the name of a rank is kept for a comparison. Asking is not depending: the comparison depends.
    pub(super) fn keeps_ranks(&self) -> bool {
        self.shared.supposition.answers.has(Questions::ROLELESS)
    }
}
