//! Compares a policy with the endpoints that scan found: names, places in arguments, and who has no entry.

use portcullis_model::{Endpoint, Json};
use portcullis_policy::{ActionPolicy, ArgumentPath, Config, ConfigError, RateKey, closest};

/// What the policy says about endpoints that do not exist, or about arguments that they do not have.
pub(crate) fn mistakes(config: &Config, endpoints: &[Endpoint]) -> Vec<ConfigError> {
    let mut mistakes = Vec::new();
    for (name, action) in &config.actions {
        match endpoints.iter().find(|endpoint| endpoint.name == *name) {
            Some(endpoint) => arguments(action, endpoint, &mut mistakes),
            None => mistakes.push(ConfigError {
                span: action.name_span.clone(),
                message: format!("unknown endpoint `{name}`"),
                label: "scan finds no such endpoint".to_owned(),
                help: vec![meant(name, endpoints)],
            }),
        }
    }
    mistakes.sort_by_key(|mistake| mistake.span.start);
    mistakes
}

/// The endpoints without an entry, in their order.
pub(crate) fn without_entry<'scan>(config: &Config, endpoints: &'scan [Endpoint]) -> Vec<&'scan Endpoint> {
    endpoints
        .iter()
        .filter(|endpoint| !config.actions.contains_key(&endpoint.name))
        .collect()
}

/// A moved action keeps its export, a renamed one its file.
fn meant(name: &str, endpoints: &[Endpoint]) -> String {
    let (file, export) = name.rsplit_once('#').unwrap_or(("", name));
    let parts = |endpoint: &Endpoint| {
        let (file, export) = endpoint.name.rsplit_once('#').unwrap_or(("", &endpoint.name));
        (file.to_owned(), export.to_owned())
    };
    let mut moved = endpoints.iter().filter(|endpoint| parts(endpoint).1 == export);
    if let (Some(endpoint), None) = (moved.next(), moved.next()) {
        return format!("did you mean `{}`?", endpoint.name);
    }
    let beside: Vec<String> = endpoints
        .iter()
        .map(parts)
        .filter(|(own, _)| own == file)
        .map(|(_, export)| export)
        .collect();
    if let Some(export) = closest(export, beside.iter().map(String::as_str)) {
        return format!("did you mean `{file}#{export}`?");
    }
    match closest(name, endpoints.iter().map(|endpoint| endpoint.name.as_str())) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`portcullis endpoints` lists them all".to_owned(),
    }
}

fn arguments(action: &ActionPolicy, endpoint: &Endpoint, mistakes: &mut Vec<ConfigError>) {
    let rates = action.rate.iter().flat_map(|rate| {
        let paths = rate.value.per.iter().filter_map(|key| match key {
            RateKey::Argument(path) => Some(path),
            _ => None,
        });
        paths.map(|path| (path, rate.span.clone()))
    });
    let owner = action
        .owns
        .iter()
        .map(|owns| (&owns.argument.value, owns.argument.span.clone()));
    for (path, span) in rates.chain(owner) {
        if let Some((message, help)) = missing(path, endpoint) {
            mistakes.push(ConfigError {
                span,
                message,
                label: String::new(),
                help: vec![help],
            });
        }
    }
}

/// Why an endpoint has no such argument; nothing if it has, or may have.
fn missing(path: &ArgumentPath, endpoint: &Endpoint) -> Option<(String, String)> {
    let names: Vec<&str> = endpoint
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let Some(parameter) = endpoint.parameters.get(path.argument) else {
        // What a call of the project wraps may hand on more than the handler names.
        let may_have_more = endpoint.wrapper.is_some() || names.is_empty();
        return (!may_have_more).then(|| {
            (
                format!("`{}` has no argument {}", endpoint.name, path.argument),
                format!("arguments are counted from 0: {}", names.join(", ")),
            )
        });
    };
    let mut schema = parameter.schema.as_ref()?;
    for field in &path.fields {
        let Some(Json::Object(properties)) = schema.field("properties") else {
            return None;
        };
        if let Some((_, inner)) = properties.iter().find(|(name, _)| name == field) {
            schema = inner;
            continue;
        }
        let known: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        let help = closest(field, known.iter().copied()).map_or_else(
            || format!("its schema has {}", known.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        return Some((format!("`{}` takes no `{field}`", endpoint.name), help));
    }
    None
}
