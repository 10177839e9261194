//! The command line as data: every command and option, with the words of `--help`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use portcullis_model::{Confidence, Severity};

const EXIT_CODES: &str =
    "Exit codes: 0 fine; 1 findings at or above --fail-on; 2 usage, configuration or internal error.";

const INSPECT_EXIT_CODES: &str = "Exit codes: 0 accepted, or not an action; 1 refused; 2 usage or internal error.";
const POLICY_EXIT_CODES: &str =
    "Exit codes: 0 fine; 1 endpoints without an entry, or actions of the build that the code lacks; 2 a broken policy.";
const AUDIT_EXIT_CODES: &str = "Exit codes: 0 the chain is whole; 1 it is broken; 2 usage or input error.";

const GUARD_HELP: &str = "\
Without a policy, guard checks payloads, origins, framing, headers and sizes of every request, and logs the rest. A policy
says more for each action: `portcullis policy init` writes one. SIGHUP, or a changed file, reads the policy again; one with
a mistake changes nothing. SIGTERM ends guard once the requests under way have ended.

Exit codes: 0 ended by a signal; 1 a failed diagnosis; 2 usage, configuration or internal error.";

/// Finds every Server Action of a Next.js project, and what protects it.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, after_help = EXIT_CODES, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Whether to colour the output.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Print results and errors, nothing else.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse a project: findings, inventory, and a verdict.
    #[command(after_help = EXIT_CODES)]
    Scan(ScanArguments),
    /// List every endpoint and which protections it has.
    Endpoints(EndpointsArguments),
    /// Print the page of a rule: what it finds, why it matters, what to do.
    Explain(ExplainArguments),
    /// List the rules.
    Rules,
    /// Record today's findings, so that later scans report new ones only.
    Baseline(BaselineArguments),
    /// Decode one captured request as the gate in front of an application does.
    #[command(after_help = INSPECT_EXIT_CODES)]
    Inspect(InspectArguments),
    /// Write or check the policy, `portcullis.toml`.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Stand in front of a running application, and let through what the policy allows.
    #[command(after_help = GUARD_HELP)]
    Guard(GuardArguments),
    /// Check the log of decisions.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print a completion script for a shell.
    Completions(CompletionsArguments),
    /// Print a manual page in roff: the whole program's, or one command's.
    Man(ManArguments),
    /// Print every help text as Markdown.
    #[command(hide = true)]
    Reference,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub struct ScanArguments {
    /// The project's directory; or files and directories inside one project, to report on these alone.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// The form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FormatName,
    /// Write the report to a file instead of stdout.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with 1 if a finding has this severity or a worse one.
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
    /// Exit with 0 whatever is found.
    #[arg(long)]
    pub exit_zero: bool,
    /// Remedy what can be remedied mechanically and safely, then report what is left.
    #[arg(long)]
    pub fix: bool,
    /// With --fix: print the changes as a diff, and make none.
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// Hold back the findings that are recorded in this file [default: portcullis-baseline.json at the root, if there].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// What to look for.
    #[command(flatten)]
    pub selection: Selection,
}

/// Arguments of `endpoints`.
#[derive(Debug, Args)]
pub struct EndpointsArguments {
    /// The project's directory, or one file of a project.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// The form of the list.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FormatName,
    /// Write the list to a file instead of stdout.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The configuration [default: portcullis.toml at the root, if there].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// Arguments of `baseline`.
#[derive(Debug, Args)]
pub struct BaselineArguments {
    /// The project's directory.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// The file to write [default: portcullis-baseline.json at the root].
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// What to look for.
    #[command(flatten)]
    pub selection: Selection,
}

/// What to do with the log of decisions.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check the chain of hashes: whether a line was changed, removed, or put in.
    #[command(after_help = AUDIT_EXIT_CODES)]
    Verify(AuditVerifyArguments),
}

/// Arguments of `audit verify`.
#[derive(Debug, Args)]
pub struct AuditVerifyArguments {
    /// The log.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Its last hash, kept elsewhere: without it, lines that were cut off at the end do not show.
    #[arg(long, value_name = "HASH")]
    pub end: Option<String>,
}

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Write a policy from what scan proved and what is missing.
    #[command(after_help = EXIT_CODES)]
    Init(PolicyInitArguments),
    /// Compare a policy with the endpoints in the code, and with the build if there is one.
    #[command(after_help = POLICY_EXIT_CODES)]
    Check(PolicyCheckArguments),
}

/// Arguments of `policy init`.
#[derive(Debug, Args)]
pub struct PolicyInitArguments {
    /// The project's directory.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// The file to write, with its schemas beside it; `-` prints the policy alone [default: portcullis.toml at the root].
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Replace the policy that is there; its `[scan]` section stays.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub struct PolicyCheckArguments {
    /// The policy; its directory is the project's.
    #[arg(value_name = "FILE", default_value = "portcullis.toml", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Which findings a scan is about.
#[derive(Debug, Args)]
pub struct Selection {
    /// The configuration [default: portcullis.toml at the root, if there].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Run this rule and no others; may be repeated.
    #[arg(long = "rule", value_name = "NAME", value_delimiter = ',')]
    pub rules: Vec<String>,
    /// Do not run this rule; may be repeated.
    #[arg(long = "no-rule", value_name = "NAME", value_delimiter = ',')]
    pub no_rules: Vec<String>,
    /// Hold back findings that are less sure than this.
    #[arg(long, value_name = "CONFIDENCE", default_value = "low")]
    pub confidence: ConfidenceName,
    /// Report findings that a comment in the code allows.
    #[arg(long)]
    pub no_ignores: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The rule, as reports name it.
    #[arg(value_name = "RULE")]
    pub rule: String,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// The request, head and body as they were sent over HTTP/1.1; `-` for stdin.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The build's `server-reference-manifest.json`: ids that are not in it are refused. Without it, every well-formed
    /// id exists.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub manifest: Option<PathBuf>,
    /// Read kinds of values that are refused by default.
    #[arg(long, value_name = "KINDS")]
    pub allow: Option<Allowed>,
    /// Refuse what the application's React does not write [default: what any version writes, but not two in one body].
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<DialectName>,
}

/// Kinds of values to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Allowed {
    /// Everything that React can send.
    All,
}

/// Lines of React versions that write alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// Next.js 14.0 to 14.2.33.
    R18a,
    /// Next.js 14.2.34 and 14.2.35.
    R18,
    /// React 19.0.0 to 19.0.1 and 19.2.0 to 19.2.1.
    R19a,
    /// React 19.2.3 to 19.2.5.
    R19b,
    /// React 19.0.9, 19.1.10, 19.2.9 and later; Next.js 15.5.29, 16.4.
    R19c,
}

/// Arguments of `guard`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct GuardArguments {
    /// What to do instead of standing in front of an application.
    #[command(subcommand)]
    pub task: Option<GuardTask>,
    /// How guard is set up.
    #[command(flatten)]
    pub setup: GuardSetup,
    /// The form of log lines, which go to stderr.
    #[arg(long, value_name = "FORM", default_value = "human")]
    pub log: LogName,
    /// Log a line for every request, not only for refusals.
    #[arg(long)]
    pub log_requests: bool,
}

/// What guard can do besides.
#[derive(Debug, Subcommand)]
pub enum GuardTask {
    /// Look for the classic mistakes of a setup: names, proxies, manifest, application, store.
    Doctor(GuardSetup),
}

/// How guard is set up.
#[derive(Debug, Clone, Args)]
pub struct GuardSetup {
    /// The policy [default: portcullis.toml here, if there].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Where the application is [default: the policy's, or <http://127.0.0.1:3000>].
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub upstream: Option<String>,
    /// The address to listen on [default: the policy's, or 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// An origin under which browsers know the application; may be repeated, and replaces those of the policy.
    #[arg(long = "public-origin", value_name = "URL", value_hint = ValueHint::Url)]
    pub public_origins: Vec<String>,
    /// The address for operators; their token is in `PORTCULLIS_ADMIN_TOKEN`, unless the policy names another variable.
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<std::net::SocketAddr>,
    /// Decide and log, and let through.
    #[arg(long)]
    pub observe: bool,
}

/// Forms of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogName {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command; without it, the page of the program.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere if `CLICOLOR_FORCE` or `FORCE_COLOR` is.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Findings with excerpts, then the inventory.
    Human,
    /// One line a finding.
    Concise,
    /// Everything, for programs.
    Json,
    /// For code scanning services.
    Sarif,
    /// One self-contained page.
    Html,
    /// For pull requests and wikis.
    Markdown,
    /// Annotations in a GitHub workflow.
    Github,
}

/// When findings fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Critical alone.
    Critical,
    /// High and critical.
    High,
    /// Medium and worse.
    Medium,
    /// Any finding.
    Low,
    /// Not at all.
    Never,
}

impl FailOn {
    /// The mildest severity that fails the run.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Never => None,
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfidenceName {
    /// Shown.
    High,
    /// Likely.
    Medium,
    /// A hint.
    Low,
}

impl From<ConfidenceName> for Confidence {
    fn from(name: ConfidenceName) -> Self {
        match name {
            ConfidenceName::High => Self::High,
            ConfidenceName::Medium => Self::Medium,
            ConfidenceName::Low => Self::Low,
        }
    }
}

/// The whole command line, for completions, manual pages and documentation.
pub fn command() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn rules_may_be_repeated_or_listed() {
        let arguments = Arguments::try_parse_from(["portcullis", "scan", "--rule", "a,b", "--rule", "c", "x", "y"]);
        let Command::Scan(scan) = arguments.unwrap().command else {
            panic!("another command")
        };
        assert_eq!(scan.selection.rules, ["a", "b", "c"]);
        assert_eq!(scan.paths, [PathBuf::from("x"), PathBuf::from("y")]);
        assert_eq!(scan.fail_on.severity(), Some(Severity::High));
    }
}
