//! The JSON Schema of `portcullis.toml`, for editors.

use super::Files;

/// The schema, as `portcullis-policy` states it.
pub(super) fn generate() -> Files {
    let schema = portcullis_policy::json_schema();
    Files::from([(
        "docs/portcullis.schema.json".to_owned(),
        format!("{}\n", schema.trim_end()),
    )])
}
