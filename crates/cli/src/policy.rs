//! From a scan to a policy, and from a policy back to what the scan sees: the work behind `portcullis policy`.

pub(crate) mod draft;
pub(crate) mod inventory;
pub(crate) mod schema_file;
