//! The vocabulary that scan, guard and the library share: plain data without IO and without serialization.
//!
//! Nothing here decides anything. Every output format owns its own frozen copy of these types.

mod endpoint;
mod finding;
mod json;
mod place;
mod scan;

pub use endpoint::{Capture, Coverage, Endpoint, EndpointId, EndpointKind, Evidence, Parameter, Protection};
pub use finding::{Confidence, Edit, Finding, Fix, Label, Role, RuleMeta, Severity};
pub use json::Json;
pub use place::{FileId, LineColumn, Place, SourceFile, Span};
pub use scan::{Diagnostic, DiagnosticKind, OpaqueCall, Scan, Standing, Suppression, Undecided};
