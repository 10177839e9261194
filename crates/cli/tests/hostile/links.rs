//! Modules, manifests and symbolic links that lead in circles or out of the project.

use crate::each;
use crate::{HEAD, Outcome, Project, WRITE, action, state};

/// The deep action imports the others, and its effect is found all the same.
fn check(files: &[(&str, String)]) -> Outcome {
    let project = Project::new()?;
    for (name, text) in files {
        project.write(name, text)?;
    }
    let report = project.report()?;
    assert!(
        matches!(state(&report, "app/deep.ts#deep"), Some("absent" | "unknown")),
        "{report:#}"
    );
    Ok(())
}

fn deep(imports: &str, body: &str) -> (&'static str, String) {
    (
        "app/deep.ts",
        format!("{HEAD}{imports}\nexport async function deep(a) {{ {body} {WRITE} }}\n"),
    )
}

#[test]
fn imports_in_circles() -> Outcome {
    check(&[
        deep(
            "import { a as q } from './a'; import { deep as self } from './deep';",
            "if (a) { q(); self(); }",
        ),
        (
            "app/a.ts",
            "export * from './b'; export * from './a'; export { x } from './b'; import { a } from './b'; export { a };"
                .to_owned(),
        ),
        (
            "app/b.ts",
            "export * from './a'; export { a, x } from './a'; import * as me from './b'; export default me;".to_owned(),
        ),
    ])
}

#[test]
fn a_class_that_extends_itself_through_imports() -> Outcome {
    check(&[
        deep(
            "import { C } from './c'; import { E } from './e';",
            "if (a) { new C().m(); new E().m(); }",
        ),
        (
            "app/c.ts",
            "import { D } from './d'; export class C extends D {}".to_owned(),
        ),
        (
            "app/d.ts",
            "import { C } from './c'; export class D extends C {}".to_owned(),
        ),
        (
            "app/e.ts",
            "import { E as F } from './e'; export class E extends F {}".to_owned(),
        ),
    ])
}

/// Every module re-exports every other: the ways through them are too many to try.
#[test]
fn a_mesh_of_stars() -> Outcome {
    let mesh = each(30, |n| format!("export * from './s{n}';\n"));
    let mut files: Vec<(String, String)> = (0..30).map(|n| (format!("app/s{n}.ts"), mesh.clone())).collect();
    let (name, text) = deep("import { nope } from './s0';", "if (a) nope();");
    files.push((name.to_owned(), text));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    check(&files)
}

#[test]
fn a_ladder_of_stars() -> Outcome {
    let mut files: Vec<(String, String)> = (0..60)
        .map(|n| {
            (
                format!("app/s{n}.ts"),
                format!("export * from './s{0}'; export * from './t{0}';", n + 1),
            )
        })
        .collect();
    files.extend((0..60).map(|n| {
        (
            format!("app/t{n}.ts"),
            format!("export * from './s{0}'; export * from './t{0}';", n + 1),
        )
    }));
    // Both ways end in a module that is there: a missing one would end the search.
    files.extend(["s", "t"].map(|side| (format!("app/{side}60.ts"), "export const other = 1;".to_owned())));
    let (name, text) = deep("import { nope } from './s0';", "if (a) nope();");
    files.push((name.to_owned(), text));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    check(&files)
}

#[test]
fn manifests_in_circles_or_of_the_wrong_shape() -> Outcome {
    let nested = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for (name, text) in [
        ("tsconfig.json", r#"{"extends": "./a.json", "compilerOptions": {"paths": {"@/*": ["./*"]}}}"#.to_owned()),
        ("tsconfig.json", r#"{"extends": ["./tsconfig.json", "./a.json"]}"#.to_owned()),
        ("tsconfig.json", r#"{"compilerOptions": {"baseUrl": "../../..", "paths": {"*": ["*", "./*/*", "**"], "@*": ["../../../../etc/*"], "a": 1}}}"#.to_owned()),
        ("tsconfig.json", "[".repeat(100_000)),
        ("tsconfig.json", nested.clone()),
        ("package.json", "[1, 2]".to_owned()),
        ("package.json", r#"{"dependencies": "next", "name": 1, "exports": null, "workspaces": 5}"#.to_owned()),
        ("package.json", format!(r#"{{"dependencies": {{"next": "16.0.0"}}, "exports": {nested}}}"#)),
        ("package.json", format!(r#"{{"dependencies": {{"next": "16.0.0"}}, "x": "{}"}}"#, "y".repeat(20_000_000))),
        ("package.json", r##"{"name": "q", "dependencies": {"next": "16.0.0"}, "imports": {"#a": "#b", "#b": "#a", "#c/*": "./*/*"}, "exports": {"./x": "q/x"}}"##.to_owned()),
        ("package.json", format!(r#"{{"dependencies": {{"next": "16.0.0"}}, "workspaces": ["**", "../*", "/*", "{}"]}}"#, "{a,b}".repeat(30))),
        ("package-lock.json", format!("{{\"packages\": {}", "[".repeat(100_000))),
        ("pnpm-lock.yaml", "a: ".repeat(100_000)),
        ("pnpm-workspace.yaml", format!("packages:\n{}", " - '**'\n".repeat(1_000))),
        ("yarn.lock", "\"".repeat(100_000)),
    ] {
        let start: String = text.chars().take(60).collect();
        check(&[
            deep("import '#a'; import '#c/x'; import 'q/x'; import '@passwd'; import '../../../../etc/passwd';", ""),
            ("a.json", r#"{"extends": "./tsconfig.json"}"#.to_owned()),
            (name, text),
        ])
        .map_err(|error| format!("{name} {start}: {error}"))?;
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn symbolic_links() -> Outcome {
    use std::os::unix::fs::symlink;
    let project = Project::with("app/deep.ts", action(""))?;
    let outside = tempfile::tempdir()?;
    std::fs::write(outside.path().join("secret.ts"), action("").replace("deep", "outside"))?;
    symlink("/", project.path("app/root"))?;
    symlink("..", project.path("app/up"))?;
    symlink(".", project.path("app/here"))?;
    symlink("loop-b", project.path("app/loop-a"))?;
    symlink("loop-a", project.path("app/loop-b"))?;
    symlink("nowhere.ts", project.path("app/dangling.ts"))?;
    symlink(outside.path(), project.path("app/outside"))?;
    symlink(outside.path().join("secret.ts"), project.path("app/secret.ts"))?;
    let report = project.report()?;
    assert_eq!(state(&report, "app/deep.ts#deep"), Some("absent"));
    assert_eq!(report["endpoints"].as_array().map(Vec::len), Some(2), "{report:#}");
    assert!(
        !report.to_string().contains("#outside"),
        "code outside of the project was read"
    );
    Ok(())
}
