//! What the caller chooses: the format, and how it looks. The command line decides these; nothing here reads the
//! terminal or the environment.

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Annotated source, inventory and verdict, for a terminal.
    Human,
    /// One line a finding, for editors and `grep`.
    Concise,
    /// The frozen, versioned document for other programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// One page without script and without external resources.
    Html,
    /// For a pull-request comment.
    Markdown,
    /// Workflow commands, which annotate a pull request.
    Github,
}

impl Format {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 7] = [
        Self::Human,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Html,
        Self::Markdown,
        Self::Github,
    ];

    /// The stable name, as on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Github => "github",
        }
    }

    /// Whether the format can hold the inventory alone.
    pub const fn lists_endpoints(self) -> bool {
        !matches!(self, Self::Sarif | Self::Github)
    }
}

/// How a report looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Colour, in the human format. It repeats what the words say.
    pub color: bool,
    /// Columns of the terminal, in the human format.
    pub width: usize,
    /// Only findings and verdict, in the human format.
    pub quiet: bool,
    /// The scanned root as the user gave it, for display. Hostile when printed.
    pub root: String,
    /// The version of this tool.
    pub tool_version: &'static str,
    /// A line that tells what was scanned and when (a commit, a date), for the HTML page. Absent by default, so that the
    /// same input gives the same bytes.
    pub stamp: Option<String>,
}

impl Options {
    /// Plain text for `root`, 100 columns wide.
    pub fn new(root: impl Into<String>, tool_version: &'static str) -> Self {
        Self {
            color: false,
            width: 100,
            quiet: false,
            root: root.into(),
            tool_version,
            stamp: None,
        }
    }
}
