//! The real binary: what it prints where, and how it exits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A project in a directory of its own.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> std::io::Result<Self> {
        let project = Self(tempfile::tempdir()?);
        project.write("package.json", r#"{"dependencies": {"next": "16.0.0"}}"#)?;
        project.write("app/actions.ts", "'use server';\nexport async function save() {}\n")?;
        Ok(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, text)
    }

    fn read(&self, name: &str) -> std::io::Result<String> {
        fs::File::open(self.path(name)).and_then(std::io::read_to_string)
    }

    fn run(&self, arguments: &[&str]) -> std::io::Result<Ran> {
        self.command(arguments).output().map(Ran::from)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CI"] {
            command.env_remove(variable);
        }
        command
    }
}

/// How a run ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    fn fails_with(&self, words: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "errors go to stderr");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {}", self.stderr);
        }
    }

    fn succeeds(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.stderr, "", "only results, and they go to stdout");
    }
}

#[test]
fn help_and_version_are_results() -> Outcome {
    let project = Project::new()?;
    for arguments in [&["--help"][..], &["scan", "--help"], &["--version"]] {
        project.run(arguments)?.succeeds();
    }
    let help = project.run(&["scan", "--help"])?.stdout;
    for option in [
        "--format",
        "--output",
        "--fail-on",
        "--baseline",
        "--config",
        "--rule",
        "--no-rule",
        "--confidence",
        "--no-ignores",
        "--color",
        "--quiet",
        "--exit-zero",
        "Exit codes",
    ] {
        assert!(help.contains(option), "{option}");
    }
    Ok(())
}

#[test]
fn usage_errors_exit_with_2() -> Outcome {
    let project = Project::new()?;
    project.run(&[])?.fails_with(&["Usage"]);
    project.run(&["scna"])?.fails_with(&["unrecognized subcommand", "scan"]);
    project
        .run(&["scan", "--fail-on", "hihg"])?
        .fails_with(&["--fail-on", "high"]);
    Ok(())
}

#[test]
fn an_unknown_rule_is_an_error_with_a_suggestion_everywhere() -> Outcome {
    let project = Project::new()?;
    let words = [
        "unknown rule `missing-autentication`",
        "did you mean `missing-authentication`?",
    ];
    project.run(&["explain", "missing-autentication"])?.fails_with(&words);
    project
        .run(&["scan", "--rule", "missing-autentication"])?
        .fails_with(&words);
    project
        .run(&["scan", "--no-rule", "missing-autentication"])?
        .fails_with(&words);
    project
        .run(&["explain", "banana"])?
        .fails_with(&["unknown rule `banana`", "`portcullis rules`"]);
    Ok(())
}

#[test]
fn rules_are_listed_and_explained() -> Outcome {
    let project = Project::new()?;
    let rules = project.run(&["rules"])?;
    rules.succeeds();
    let row = rules
        .stdout
        .lines()
        .find(|line| line.starts_with("missing-authentication "));
    assert!(row.is_some_and(|row| row.contains("  critical  ")), "{}", rules.stdout);
    let page = project.run(&["explain", "missing-authentication"])?;
    page.succeeds();
    assert!(page.stdout.starts_with("# missing-authentication\n"), "{}", page.stdout);
    Ok(())
}

#[test]
fn json_goes_to_stdout_or_to_the_file_and_is_the_same() -> Outcome {
    let project = Project::new()?;
    let printed = project.run(&["scan", "--format", "json", "--exit-zero"])?;
    printed.succeeds();
    let document: serde_json::Value = serde_json::from_str(&printed.stdout)?;
    assert_eq!(document.get("version"), Some(&serde_json::json!(1)));
    assert_eq!(document.pointer("/project/root"), Some(&serde_json::json!(".")));

    let written = project.run(&["scan", "--format", "json", "--exit-zero", "--output", "report.json"])?;
    written.succeeds();
    assert_eq!(written.stdout, "");
    assert_eq!(project.read("report.json")?, printed.stdout);
    let entries = project.0.path().read_dir()?;
    let names: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    assert_eq!(
        names.len(),
        3,
        "package.json, app, report.json, and no temporary file: {names:?}"
    );
    Ok(())
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() -> Outcome {
    let project = Project::new()?;
    project
        .run(&["scan", "--output", "missing/report.txt"])?
        .fails_with(&["cannot write `missing/report.txt`"]);
    project
        .run(&["scan", "--output", "app"])?
        .fails_with(&["it is a directory"]);
    Ok(())
}

#[test]
fn paths_that_are_no_project_say_what_to_do() -> Outcome {
    let project = Project::new()?;
    project
        .run(&["scan", "nowhere"])?
        .fails_with(&["`nowhere` does not exist", "help: give the directory"]);
    fs::create_dir(project.path("empty"))?;
    project
        .run(&["scan", "empty"])?
        .fails_with(&["no Next.js code", "`empty`", "depends on `next`"]);
    project.run(&["endpoints", "empty"])?.fails_with(&["no Next.js code"]);
    Ok(())
}

#[test]
fn a_name_cannot_drive_the_terminal() -> Outcome {
    let project = Project::new()?;
    let ran = project.run(&["scan", "a\u{1b}[2J"])?;
    ran.fails_with(&["`a\\u{1b}[2J` does not exist"]);
    assert!(!ran.stderr.contains('\u{1b}'));
    Ok(())
}

#[test]
fn configuration_errors_have_their_place() -> Outcome {
    let project = Project::new()?;
    project.write("portcullis.toml", "[scan]\nexclude = []\nexlude = []\n")?;
    project.run(&["scan"])?.fails_with(&[
        "unknown key `exlude` in `[scan]`",
        "portcullis.toml:3:1",
        "did you mean `exclude`?",
    ]);
    project.write("portcullis.toml", "[scan.rules]\nmissing-autentication = \"off\"\n")?;
    project.run(&["endpoints"])?.fails_with(&[
        "unknown rule `missing-autentication`",
        "portcullis.toml:2:1",
        "did you mean `missing-authentication`?",
    ]);
    project
        .run(&["scan", "--config", "other.toml"])?
        .fails_with(&["cannot read `other.toml`"]);
    project.write("other.toml", "[scan]\n")?;
    project
        .run(&["scan", "--config", "other.toml", "--exit-zero"])?
        .succeeds();
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_configuration_that_leads_out_of_the_project_is_not_read() -> Outcome {
    let project = Project::new()?;
    let secret = tempfile::NamedTempFile::new()?;
    fs::write(secret.path(), "password = hunter2\n")?;
    std::os::unix::fs::symlink(secret.path(), project.path("portcullis.toml"))?;
    let ran = project.run(&["scan"])?;
    ran.fails_with(&["`portcullis.toml` is not a file of the project"]);
    assert!(!ran.stderr.contains("hunter2"));
    Ok(())
}

#[test]
fn a_baseline_is_written_and_read_again() -> Outcome {
    let project = Project::new()?;
    let ran = project.run(&["baseline"])?;
    ran.succeeds();
    assert!(ran.stdout.starts_with("recorded "), "{}", ran.stdout);
    let document: serde_json::Value = serde_json::from_str(&project.read("portcullis-baseline.json")?)?;
    assert_eq!(document.get("version"), Some(&serde_json::json!(1)));
    assert_eq!(document.pointer("/tool/name"), Some(&serde_json::json!("portcullis")));
    project.run(&["scan"])?.succeeds();

    project.write("portcullis-baseline.json", "{\"version\": 9}")?;
    project
        .run(&["scan"])?
        .fails_with(&["`portcullis-baseline.json` is not a baseline", "version 9"]);
    project
        .run(&["scan", "--baseline", "nowhere.json"])?
        .fails_with(&["cannot read `nowhere.json`"]);
    Ok(())
}

#[test]
fn colour_is_for_those_who_ask() -> Outcome {
    let project = Project::new()?;
    let colored = |arguments: &[&str], environment: &[(&str, &str)]| -> std::io::Result<bool> {
        let output = project.command(arguments).envs(environment.iter().copied()).output()?;
        Ok(Ran::from(output).stderr.contains('\u{1b}'))
    };
    assert!(!colored(&["explain", "x"], &[])?, "a pipe");
    assert!(colored(&["explain", "x", "--color", "always"], &[])?);
    assert!(
        colored(&["explain", "x", "--color", "always"], &[("NO_COLOR", "1")])?,
        "the option wins"
    );
    assert!(!colored(
        &["explain", "x", "--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    )?);
    assert!(colored(&["explain", "x"], &[("CLICOLOR_FORCE", "1")])?);
    assert!(colored(&["explain", "x"], &[("FORCE_COLOR", "1")])?);
    assert!(!colored(
        &["explain", "x"],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")]
    )?);
    Ok(())
}

#[test]
fn completions_and_manual_pages_are_generated() -> Outcome {
    let project = Project::new()?;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell])?;
        script.succeeds();
        assert!(script.stdout.contains("fail-on"), "{shell}");
    }
    let page = project.run(&["man"])?;
    page.succeeds();
    assert!(page.stdout.contains(".TH portcullis 1"), "{}", page.stdout);
    let page = project.run(&["man", "scan"])?;
    assert!(page.stdout.contains(".TH portcullis-scan 1"), "{}", page.stdout);
    project.run(&["man", "scna"])?.fails_with(&["did you mean `scan`?"]);
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_silent() -> Outcome {
    let project = Project::new()?;
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let output = project
        .command(&["completions", "bash"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()?;
    let ran = Ran::from(output);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    Ok(())
}

#[test]
fn fix_remedies_what_is_mechanical_and_dry_run_shows_it() -> Outcome {
    let project = Project::new()?;
    let careless = "'use server'\nimport { cookies } from 'next/headers'\nexport async function signIn(token: string) {\n  (await cookies()).set('session', token)\n}\n";
    project.write("app/sign-in.ts", careless)?;
    let rule = ["scan", "--rule", "insecure-cookie", "--exit-zero"];
    let shown = project.run(&[&rule[..], &["--fix", "--dry-run"]].concat())?;
    shown.succeeds();
    assert!(
        shown.stdout.contains("--- a/app/sign-in.ts\n+++ b/app/sign-in.ts\n")
            && shown
                .stdout
                .contains("\n-  (await cookies()).set('session', token)\n+  ")
            && shown.stdout.contains("httpOnly: true"),
        "{shown:?}"
    );
    assert_eq!(project.read("app/sign-in.ts")?, careless);

    let fixed = project.run(&[&rule[..], &["--fix", "--format", "concise"]].concat())?;
    assert_eq!(fixed.stderr, "remedied 1 finding in 1 file\n");
    assert!(!fixed.stdout.contains("insecure-cookie"), "{fixed:?}");
    assert!(project.read("app/sign-in.ts")?.contains("httpOnly: true"));
    let again = project.run(&[&rule[..], &["--fix", "--dry-run"]].concat())?;
    assert_eq!(again.stdout, "");
    project.run(&["scan", "--dry-run"])?.fails_with(&["--dry-run", "--fix"]);
    Ok(())
}

#[test]
fn a_secret_is_in_no_report() -> Outcome {
    let project = Project::new()?;
    let secret = "v4Hj7yQz1KmT6wDx9RbS";
    project.write(".env", &format!("MAIL_PASSWORD={secret}\nNOTE=hidden-note\n"))?;
    project.write(
        "lib/token.ts",
        "import jwt from 'jsonwebtoken'\nexport const sign = () => jwt.sign({}, 'word-of-mouth')\n",
    )?;
    for format in ["human", "concise", "json", "sarif", "html", "markdown", "github"] {
        let ran = project.run(&["scan", "--exit-zero", "--format", format])?;
        assert!(
            ran.stdout.contains("hardcoded-secret") && ran.stdout.contains("weak-session-secret"),
            "{format}: {ran:?}"
        );
        for hidden in [secret, "hidden-note", "word-of-mouth"] {
            assert!(!ran.stdout.contains(hidden), "{format} shows `{hidden}`");
        }
    }
    Ok(())
}
