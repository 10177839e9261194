//! `portcullis endpoints`: the inventory alone.

use portcullis_model::Confidence;
use portcullis_report::Format;

use crate::arguments::{Arguments, EndpointsArguments};
use crate::failure::Failure;
use crate::pipeline::Settings;
use crate::{configuration, target};

pub(super) fn run(endpoints: &EndpointsArguments, arguments: &Arguments) -> Result<(), Failure> {
    let format = Format::from(endpoints.format);
    if !format.lists_endpoints() {
        let names: Vec<&str> = Format::ALL
            .into_iter()
            .filter(|format| format.lists_endpoints())
            .map(Format::name)
            .collect();
        return Err(
            Failure::new(format!("the format `{}` has no place for an inventory", format.name()))
                .help(format!("take one of {}", names.join(", "))),
        );
    }
    let target = target::find(std::slice::from_ref(&endpoints.path))?;
    let configuration = configuration::read(endpoints.config.as_deref(), &target)?;
    // Findings are not shown, but whether an endpoint has one is.
    let settings = Settings {
        rules: Vec::new(),
        no_rules: Vec::new(),
        confidence: Confidence::Low,
        no_ignores: false,
        baseline: None,
        groups: true,
    };
    let scan = super::analyse(&target, &configuration, &settings, arguments.quiet)?;
    super::deliver(endpoints.output.as_deref(), &target, arguments, |options| {
        portcullis_report::render_endpoints(&scan, format, options)
    })
}
