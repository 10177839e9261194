//! Files that are not what their names say: too large, not text, not a file, or named to harm who reads the report.

use crate::WRITE;
use crate::{HEAD, Outcome, Project, action, state};

const FORMATS: [&str; 7] = ["human", "concise", "json", "sarif", "html", "markdown", "github"];

/// `data`, and what the diagnostic of `app/deep.ts` must be called; none where the file must be analysed.
fn check(data: impl AsRef<[u8]>, expected: Option<&str>) -> Outcome {
    let project = Project::with("app/deep.ts", data)?;
    let report = project.report()?;
    let diagnostics = project.diagnostics("app/deep.ts")?;
    let Some(name) = expected else {
        assert_eq!(diagnostics, Vec::<String>::new());
        assert!(matches!(state(&report, "app/deep.ts#deep"), Some("absent" | "unknown")));
        return Ok(());
    };
    assert_eq!(diagnostics, [name]);
    Ok(())
}

#[test]
fn too_large() -> Outcome {
    check(
        format!("{HEAD}{}{}", "// x\n".repeat(10_000_000), action("")),
        Some("too-large"),
    )
}

#[test]
fn one_long_line() -> Outcome {
    let line = |body: &str| action(body).replace('\n', " ");
    check(line(&format!("const s = '{}';", "x".repeat(4_900_000))), None)?;
    check(line(&"a.x();".repeat(690_000)), None)?;
    let project = Project::with("app/deep.ts", line(&format!("const s = '{}';", "x".repeat(4_900_000))))?;
    for format in FORMATS {
        let ran = project.scan(format)?;
        ran.went_well()?;
        assert!(
            ran.stdout.len() < 1_000_000,
            "{format} repeats the line: {} bytes",
            ran.stdout.len()
        );
    }
    Ok(())
}

#[test]
fn a_large_table_that_an_action_reads() -> Outcome {
    let project = Project::with(
        "app/table.ts",
        format!("export const table = [{}];", "{a:1},".repeat(500_000)),
    )?;
    let text = format!(
        "{HEAD}import {{ table }} from './table';\nexport async function deep(a) {{ if (table[a]) {WRITE} }}\n"
    );
    project.write("app/deep.ts", text)?;
    let report = project.report()?;
    assert!(matches!(state(&report, "app/deep.ts#deep"), Some("absent" | "unknown")));
    Ok(())
}

#[test]
fn not_text() -> Outcome {
    check(
        b"'use server';\n\xff\xfe\x80 export async function deep() {}",
        Some("not-utf8"),
    )?;
    let utf16: Vec<u8> = action("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    check([&[0xff, 0xfe][..], &utf16].concat(), Some("not-utf8"))?;
    check(action("").replace("deep", "de\0ep"), Some("syntax"))?;
    check(format!("\u{feff}{}", action("")), None)
}

#[test]
fn empty_files() -> Outcome {
    for text in [
        "",
        "\n",
        "\u{feff}",
        "'use server'",
        "// use server",
        "#!/usr/bin/env node",
    ] {
        let report = Project::with("app/deep.ts", text)?.report()?;
        assert_eq!(report["endpoints"].as_array().map(Vec::len), Some(1), "{text:?}");
    }
    Ok(())
}

/// Names of files, exports, callees and strings that would drive a terminal, a workflow or a browser.
#[cfg(unix)]
#[test]
fn names_that_want_to_be_commands() -> Outcome {
    let evil = "e\u{1b}[31mvil\u{1b}]8;;https://x.test\u{7}\u{202e}";
    let project = Project::with(
        &format!("app/{evil}.ts"),
        action("a['\u{1b}[2J\u{9b}1m']('\u{1b}]0;x\u{7}');"),
    )?;
    project.write(
        "app/new\n::error file=x::y.ts",
        action("") + "export { deep as \"x\\u001b[2Jy\\n::error::z\" };\n",
    )?;
    project.write("app/<img src=x onerror=alert(1)>.tsx", action("const \u{202e}x = 1;"))?;
    project.write("app/broken\u{1b}[5m.ts", "'use server'; export const = '\u{1b}[2J'")?;
    project.write(&format!("app/{evil}\u{1b}[5m.ts"), "'use server'; \u{202e}\u{1b}[2J")?;
    let report = project.report()?;
    assert!(
        report["endpoints"]
            .as_array()
            .is_some_and(|endpoints| endpoints.len() >= 4),
        "{report:#}"
    );
    for format in FORMATS {
        let ran = project.scan(format)?;
        ran.went_well()?;
        let control = |text: &str| {
            text.chars()
                .find(|&character| character.is_control() && character != '\n')
        };
        assert_eq!(control(&ran.stdout), None, "{format}");
        assert_eq!(control(&ran.stderr), None, "{format}, stderr");
        if matches!(format, "human" | "concise" | "github" | "html") {
            assert!(
                !ran.stdout.contains('\u{202e}'),
                "{format} passes a change of direction through"
            );
        }
        if format == "github" {
            assert!(
                !ran.stdout
                    .lines()
                    .any(|line| line.starts_with("::error::z") || line.starts_with("::error file=x::"))
            );
        }
        if format == "html" {
            assert!(!ran.stdout.contains("<img"), "{format}");
        }
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::with("app/deep.ts", action(""))?;
    let path = project.path("app/deep.ts");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0))?;
    // Who may read everything can't test this.
    if std::fs::File::open(&path).is_err() {
        project.report()?;
        assert_eq!(project.diagnostics("app/deep.ts")?, ["unreadable"]);
    }
    Ok(())
}

#[test]
fn a_directory_with_the_name_of_a_file() -> Outcome {
    let project = Project::with("app/actions.ts/index.ts", action(""))?;
    project.write("app/page.tsx/route.ts/layout.tsx", "export default () => null")?;
    let text = "import { deep as other } from './actions.ts'; import './actions'; import './page.tsx';\n";
    project.write(
        "app/deep.ts",
        action("other(a);").replacen("import", &format!("{text}import"), 1),
    )?;
    let report = project.report()?;
    assert_eq!(state(&report, "app/actions.ts/index.ts#deep"), Some("absent"));
    assert_eq!(state(&report, "app/deep.ts#deep"), Some("absent"));
    Ok(())
}

#[test]
fn directories_300_deep() -> Outcome {
    let name = format!("app/{}deep.ts", "d/".repeat(300));
    let report = Project::with(&name, action(""))?.report()?;
    assert_eq!(state(&report, &format!("{name}#deep")), Some("absent"));
    Ok(())
}
