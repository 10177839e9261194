//! Files in inputs. A multipart form brings them as they are; a script can also send them in JSON, as base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::{InputField, PlainField};

/// A file that a caller sent. Its name and its type are what the caller says; neither is to be believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    name: String,
    mime: String,
    bytes: Vec<u8>,
}

/// A file as it travels.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Upload", title = "Upload")]
pub struct UploadWire {
    #[schemars(length(max = 255))]
    name: String,
    #[serde(rename = "type")]
    #[schemars(length(max = 128))]
    mime: String,
    #[serde(deserialize_with = "decoded")]
    #[schemars(with = "String")]
    data: Vec<u8>,
}

impl fmt::Debug for UploadWire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UploadWire(..)")
    }
}

fn decoded<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD
        .decode(text)
        .map_err(|_| serde::de::Error::custom("not base64"))
}

impl UploadWire {
    /// A rule for `#[garde(custom(UploadWire::at_most::<1_000_000>))]`: the file has at most so many bytes.
    pub fn at_most<const N: usize>(&self, _context: &()) -> garde::Result {
        if self.data.len() > N {
            return Err(garde::Error::new(format!("too_long:{N}")));
        }
        Ok(())
    }
}

impl InputField for Upload {
    type Wire = UploadWire;

    /// The name loses everything that is a path.
    fn from_wire(wire: UploadWire) -> Self {
        let name = wire.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept = name
            .chars()
            .filter(|letter| !letter.is_control())
            .take(255)
            .collect::<String>();
        Self {
            name: if kept.trim_matches('.').is_empty() {
                "file".to_owned()
            } else {
                kept
            },
            mime: wire.mime,
            bytes: wire.data,
        }
    }
}

impl PlainField for Upload {}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// The name that the caller gives it, without folders and control characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type that the caller gives it.
    pub fn mime(&self) -> &str {
        &self.mime
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Upload, UploadWire};
    use crate::InputField as _;

    fn named(name: &str) -> String {
        let text = serde_json::json!({"name": name, "type": "text/plain", "data": "aGk="});
        let wire: UploadWire = serde_json::from_value(text).unwrap();
        let upload = Upload::from_wire(wire);
        assert_eq!(upload.bytes(), b"hi");
        upload.name().to_owned()
    }

    #[test]
    fn a_name_is_no_path() {
        for (sent, kept) in [
            ("a.txt", "a.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\windows\\x.exe", "x.exe"),
            ("..", "file"),
            ("", "file"),
            ("a\r\nb", "ab"),
        ] {
            assert_eq!(named(sent), kept);
        }
    }

    #[test]
    fn sizes_are_limited_and_other_texts_are_refused() {
        let wire = |data: &str| {
            let text = serde_json::json!({"name": "a", "type": "b", "data": data});
            serde_json::from_value::<UploadWire>(text)
        };
        let two = wire("aGk=").unwrap();
        assert!(two.at_most::<2>(&()).is_ok() && two.at_most::<1>(&()).is_err());
        for broken in ["aGk", "%%%%", "aGk=\n"] {
            assert!(wire(broken).is_err(), "{broken}");
        }
    }
}
