//! Why a command could not do its work: one message or several, each with the place and the way out.

use std::ops::Range;
use std::path::Path;

use portcullis_policy::ConfigError;

/// Everything that stood in the way. Its texts quote arguments and files, so they are hostile when printed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The messages, in the order of printing; never empty.
    pub(crate) messages: Vec<Message>,
}

/// One thing that stood in the way.
#[derive(Debug)]
pub(crate) struct Message {
    /// What happened.
    pub(crate) title: String,
    /// Where, if it is about a place in a file.
    pub(crate) excerpt: Option<Excerpt>,
    /// What to do, one entry a suggestion.
    pub(crate) help: Vec<String>,
}

/// A place in a file.
#[derive(Debug)]
pub(crate) struct Excerpt {
    /// The path to show.
    pub(crate) path: String,
    /// The whole text of the file.
    pub(crate) text: String,
    /// The bytes to underline.
    pub(crate) span: Range<usize>,
    /// What stands under them; may be empty.
    pub(crate) label: String,
}

impl Failure {
    /// A failure with one message.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            messages: vec![Message {
                title: title.into(),
                excerpt: None,
                help: Vec::new(),
            }],
        }
    }

    /// The same with one more suggestion on its last message.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(message) = self.messages.last_mut() {
            message.help.push(help.into());
        }
        self
    }

    /// A file could not be read or written.
    pub(crate) fn file(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {what} `{}`: {error}", path.display()))
    }

    /// The mistakes of a configuration file.
    pub(crate) fn configuration(path: &str, text: &str, errors: Vec<ConfigError>) -> Self {
        let message = |error: ConfigError| Message {
            title: error.message,
            excerpt: Some(Excerpt {
                path: path.to_owned(),
                text: text.to_owned(),
                span: error.span,
                label: error.label,
            }),
            help: error.help,
        };
        Self {
            messages: errors.into_iter().map(message).collect(),
        }
    }
}
