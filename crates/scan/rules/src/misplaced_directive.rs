//! `misplaced-directive`: `'use server'` where it does nothing, or something else than its author meant.

use portcullis_analysis::{Analysis, MisplacedKind};
use portcullis_model::{RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "misplaced-directive",
    summary: "The directive is on a page, layout or route, beside exports that are no functions, or where it has no effect.",
    severity: Severity::Medium,
    owasp: &["A05:2021", "A02:2025"],
    cwe: &["CWE-668"],
    page: include_str!("misplaced_directive.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for misplaced in &analysis.misplaced {
        let draft = match &misplaced.problem {
            MisplacedKind::NotInPrologue => Draft::new(
                &META,
                misplaced.place,
                "a string and nothing else: the directive must be the first statement",
                "`'use server'` has no effect here",
            )
            .severity(Severity::Low)
            .consequence("the function is not the server action that it looks like")
            .help("move the directive to the very top of the function or the module"),
            MisplacedKind::FrameworkFile(role) => Draft::new(
                &META,
                misplaced.place,
                format!("every export of this {role} becomes an endpoint"),
                format!("`'use server'` is on a {role}"),
            )
            .consequence("components and handlers run on the server without it; with it, the framework's own exports can be called by anyone")
            .help("remove the directive; put actions into a module of their own"),
            MisplacedKind::NotAFunction(name) => Draft::new(
                &META,
                misplaced.place,
                "not a function",
                format!("a module of actions exports `{name}`, which is no function"),
            )
            .severity(Severity::Low)
            .consequence("Next.js refuses such a module, or exposes what it exports, depending on the version")
            .help("move it into a module without the directive"),
            MisplacedKind::BothDirectives => Draft::new(
                &META,
                misplaced.place,
                "a module can't be both",
                "`'use client'` and `'use server'` stand in one module",
            )
            .consequence("the build fails, or one of the two is ignored")
            .help("split the module"),
        };
        drafts.push(draft);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}
