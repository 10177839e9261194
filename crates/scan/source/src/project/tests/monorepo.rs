//! Packages of the project: which one a name means, and which file of it.

use super::*;

/// A workspace with one package `@repo/ui`, and a file `apps/web/a.ts` that imports from it.
fn workspace(manifest: &str, files: &[(&str, &str)]) -> Project {
    let mut all = vec![
        ("package.json", r#"{"workspaces": ["apps/*", "packages/*"]}"#),
        (
            "apps/web/package.json",
            r#"{"name": "web", "dependencies": {"@repo/ui": "*"}}"#,
        ),
        ("apps/web/a.ts", ""),
        ("packages/ui/package.json", manifest),
    ];
    all.extend(files);
    project(&all)
}

#[test]
fn entries_are_found_and_built_ones_lead_to_their_source() {
    let cases = [
        (r#""main": "./src/main.ts""#, "src/main.ts"),
        (r#""main": "./dist/index.js""#, "src/index.ts"),
        (
            r#""main": "dist/cjs/index.cjs", "module": "dist/esm/index.mjs""#,
            "src/index.tsx",
        ),
        (r#""main": "./lib/index.js""#, "index.ts"),
        (r#""main": "build""#, "src/index.ts"),
        (r#""types": "./dist/entry.d.ts""#, "src/entry.ts"),
        (
            r#""main": "./dist/index.js", "source": "./code/start.ts""#,
            "code/start.ts",
        ),
        (r#""main": "./main.js""#, "main.ts"),
        (r#""type": "module""#, "index.ts"),
        (r#""type": "module""#, "src/index.js"),
        (r#""exports": "./src/only.ts""#, "src/only.ts"),
        (r#""exports": ["./dist/gone.js", "./src/list.ts"]"#, "src/list.ts"),
        (
            r#""exports": {".": "./dist/index.js"}, "main": "./wrong.js""#,
            "src/index.ts",
        ),
        (
            r#""exports": {"import": "./dist/index.mjs", "require": "./dist/index.cjs"}"#,
            "src/index.ts",
        ),
        (
            r#""exports": {".": {"types": "./src/index.ts", "default": "./dist/index.js"}}"#,
            "src/index.ts",
        ),
    ];
    for (fields, file) in cases {
        let manifest = format!(r#"{{"name": "@repo/ui", {fields}}}"#);
        let path = format!("packages/ui/{file}");
        let project = workspace(&manifest, &[(&path, "")]);
        assert_eq!(resolved(&project, "apps/web/a.ts", "@repo/ui"), path, "{fields}");
    }
}

#[test]
fn conditions_prefer_source_then_the_server() {
    let exports = r#"{"name": "@repo/ui", "exports": {
        ".": {"types": "./src/types.ts", "browser": "./src/browser.ts", "import": {"react-server": "./src/server.ts", "default": "./src/client.ts"}},
        "./b": {"default": "./src/client.ts", "react-server": "./src/server.ts"},
        "./c": {"react-server": "./src/server.ts", "@repo/source": "./src/source.ts"},
        "./d": {"browser": "./src/browser.ts", "node": "./src/server.ts"}
    }}"#;
    let files = ["types", "browser", "server", "client", "source"].map(|name| format!("packages/ui/src/{name}.ts"));
    let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), "")).collect();
    check(
        &workspace(exports, &files),
        "apps/web/a.ts",
        &[
            ("@repo/ui", "packages/ui/src/server.ts"),
            ("@repo/ui/b", "packages/ui/src/server.ts"),
            ("@repo/ui/c", "packages/ui/src/source.ts"),
            ("@repo/ui/d", "packages/ui/src/server.ts"),
        ],
    );
}

#[test]
fn subpaths_go_by_patterns_and_exclusions() {
    let exports = r#"{"name": "@repo/ui", "exports": {
        "./*": "./src/*.tsx",
        "./icons/*": ["./dist/icons/*.js", "./src/symbols/*.ts"],
        "./internal/*": null,
        "./hooks/use-*": "./src/hooks/*.ts",
        "./old/": "./src/",
        "./styles.css": "./dist/styles.css"
    }}"#;
    let project = workspace(
        exports,
        &[
            ("packages/ui/src/button.tsx", ""),
            ("packages/ui/src/symbols/arrow.ts", ""),
            ("packages/ui/src/internal/x.tsx", ""),
            ("packages/ui/src/hooks/toast.ts", ""),
            ("packages/ui/src/unlisted/y.ts", ""),
        ],
    );
    check(
        &project,
        "apps/web/a.ts",
        &[
            ("@repo/ui/button", "packages/ui/src/button.tsx"),
            ("@repo/ui/icons/arrow", "packages/ui/src/symbols/arrow.ts"),
            ("@repo/ui/internal/x", "missing"),
            ("@repo/ui/hooks/use-toast", "packages/ui/src/hooks/toast.ts"),
            ("@repo/ui/old/button.tsx", "packages/ui/src/button.tsx"),
            ("@repo/ui/styles.css", "asset"),
            // Node would refuse this one; a bundler with other settings may not.
            ("@repo/ui/unlisted/y", "packages/ui/src/unlisted/y.ts"),
            ("@repo/ui/nothing", "missing"),
        ],
    );
}

#[test]
fn without_exports_subpaths_are_files() {
    let project = workspace(
        r#"{"name": "@repo/ui"}"#,
        &[
            ("packages/ui/lib/x.ts", ""),
            ("packages/ui/src/card.tsx", ""),
            ("packages/ui/src/deep/z.ts", ""),
        ],
    );
    check(
        &project,
        "apps/web/a.ts",
        &[
            ("@repo/ui/lib/x", "packages/ui/lib/x.ts"),
            ("@repo/ui/card", "packages/ui/src/card.tsx"),
            ("@repo/ui/src/card.js", "packages/ui/src/card.tsx"),
            ("@repo/ui/dist/deep/z.js", "packages/ui/src/deep/z.ts"),
            ("@repo/ui", "missing"),
        ],
    );
}

#[test]
fn relative_paths_into_built_files_lead_to_source() {
    let project = workspace(
        r#"{"name": "@repo/ui"}"#,
        &[
            ("packages/ui/bin.js", ""),
            ("packages/ui/src/cli.ts", ""),
            ("packages/ui/src/x.ts", ""),
        ],
    );
    check(
        &project,
        "packages/ui/bin.js",
        &[("./dist/cli.js", "packages/ui/src/cli.ts"), ("./lib/x", "missing")],
    );
}

#[test]
fn imports_of_the_own_package() {
    let manifest = r##"{"name": "web", "imports": {
        "#db": {"types": "./src/db.ts", "default": "./dist/db.js"},
        "#lib/*": "./src/lib/*.ts",
        "#dep": "lodash",
        "#fs": "node:fs",
        "#loop": "#loop",
        "#off": null
    }}"##;
    let project = project(&[
        ("package.json", manifest),
        ("src/db.ts", ""),
        ("src/lib/a.ts", ""),
        ("lodash.ts", ""),
    ]);
    check(
        &project,
        "src/lib/a.ts",
        &[
            ("#db", "src/db.ts"),
            ("#lib/a", "src/lib/a.ts"),
            ("#dep", "package lodash"),
            ("#fs", "builtin fs"),
            ("#loop", "missing"),
            ("#off", "missing"),
            ("#unknown", "missing"),
        ],
    );
}

#[test]
fn workspaces_of_every_package_manager() {
    let cases: [&[(&str, &str)]; 4] = [
        &[("package.json", r#"{"workspaces": ["./packages/*/", "!packages/out"]}"#)],
        &[(
            "package.json",
            r#"{"workspaces": {"packages": ["packages/**", "!packages/out"]}}"#,
        )],
        &[(
            "pnpm-workspace.yaml",
            "# list\npackages:\n  - 'packages/*' # all\n  - \"!packages/out\"\n\ncatalog:\n  react: 1\n",
        )],
        &[("pnpm-workspace.yaml", "packages: ['packages/*', \"!packages/out\"]\n")],
    ];
    for case in cases {
        let mut files = vec![
            (
                "packages/a/package.json",
                r#"{"name": "a", "dependencies": {"b": "^1.0.0", "out": "^1.0.0"}}"#,
            ),
            ("packages/a/x.ts", ""),
            ("packages/b/package.json", r#"{"name": "b"}"#),
            ("packages/b/index.ts", ""),
            ("packages/out/package.json", r#"{"name": "out"}"#),
            ("packages/out/index.ts", ""),
        ];
        files.extend(case);
        let project = project(&files);
        assert_eq!(project.diagnostics, []);
        // Both ask for a range; only a member of the workspace is linked for it.
        check(
            &project,
            "packages/a/x.ts",
            &[("b", "packages/b/index.ts"), ("out", "package out")],
        );
    }
}

#[test]
fn packages_outside_of_a_workspace_are_found_by_name_unless_a_registry_is_asked() {
    let project = project(&[
        (
            "app/package.json",
            r#"{"name": "stripe", "dependencies": {"stripe": "^14", "zod": "^3", "linked": "file:../libs/here", "local": "workspace:*"}}"#,
        ),
        ("app/a.ts", ""),
        ("app/index.ts", ""),
        ("libs/zod/package.json", r#"{"name": "zod"}"#),
        ("libs/zod/index.ts", ""),
        ("libs/helper/package.json", r#"{"name": "helper"}"#),
        ("libs/helper/index.ts", ""),
        ("libs/here/package.json", r#"{"name": "other-name"}"#),
        ("libs/here/index.ts", ""),
        ("libs/local/package.json", r#"{"name": "local"}"#),
        ("libs/local/index.ts", ""),
        (
            "plain/package.json",
            r#"{"name": "plain", "exports": {"./x": "./x.ts"}}"#,
        ),
        ("plain/x.ts", ""),
    ]);
    check(
        &project,
        "app/a.ts",
        &[
            ("stripe", "package stripe"),
            ("zod", "package zod"),
            ("helper", "libs/helper/index.ts"),
            ("helper/unknown", "package helper unknown"),
            ("linked", "libs/here/index.ts"),
            ("local", "libs/local/index.ts"),
            ("local/unknown", "missing"),
        ],
    );
    check(&project, "plain/x.ts", &[("plain/x", "plain/x.ts")]);
}

#[test]
fn a_package_that_depends_on_its_own_name_does_not_import_itself() {
    let project = project(&[
        (
            "package.json",
            r#"{"name": "stripe", "workspaces": ["x"], "dependencies": {"stripe": "^14"}}"#,
        ),
        ("index.ts", ""),
        ("x/package.json", r#"{"name": "x"}"#),
        ("x/a.ts", ""),
    ]);
    check(
        &project,
        "index.ts",
        &[("stripe", "package stripe"), ("stripe/index", "package stripe index")],
    );
    check(&project, "x/a.ts", &[("stripe", "index.ts")]);
}

#[test]
fn of_two_packages_with_one_name_the_closer_one_is_meant() {
    let project = project(&[
        ("one/package.json", r#"{"workspaces": ["*"]}"#),
        (
            "one/app/package.json",
            r#"{"name": "app", "dependencies": {"db": "*"}}"#,
        ),
        ("one/app/a.ts", ""),
        ("one/db/package.json", r#"{"name": "db"}"#),
        ("one/db/index.ts", ""),
        ("two/package.json", r#"{"workspaces": ["*"]}"#),
        (
            "two/app/package.json",
            r#"{"name": "app", "dependencies": {"db": "*"}}"#,
        ),
        ("two/app/a.ts", ""),
        ("two/db/package.json", r#"{"name": "db"}"#),
        ("two/db/index.ts", ""),
    ]);
    check(&project, "one/app/a.ts", &[("db", "one/db/index.ts")]);
    check(&project, "two/app/a.ts", &[("db", "two/db/index.ts")]);
}

#[test]
fn a_member_without_source_is_a_package_and_one_with_source_can_miss() {
    let project = workspace(
        r#"{"name": "@repo/ui", "main": "./dist/index.js"}"#,
        &[("packages/ui/readme.md", "")],
    );
    check(
        &project,
        "apps/web/a.ts",
        &[("@repo/ui", "package @repo/ui"), ("@repo/ui/x", "package @repo/ui x")],
    );
    let project = workspace(r#"{"name": "@repo/ui"}"#, &[("packages/ui/other.ts", "")]);
    check(&project, "apps/web/a.ts", &[("@repo/ui", "missing")]);
}
