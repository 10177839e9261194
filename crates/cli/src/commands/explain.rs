//! `portcullis explain`: a rule's page, offline.

use crate::arguments::ExplainArguments;
use crate::failure::Failure;
use crate::{output, pipeline};

pub(super) fn run(explain: &ExplainArguments) -> Result<(), Failure> {
    if let Some(failure) = super::unknown_rule(&explain.rule) {
        return Err(failure);
    }
    let rule = pipeline::rules().iter().find(|rule| rule.id == explain.rule);
    let page = rule.map_or("", |rule| rule.page.trim_end());
    output::print(&format!("{page}\n"), false)
}
