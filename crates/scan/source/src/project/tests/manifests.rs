//! `tsconfig.json` in all its forms.

use super::*;

#[test]
fn paths_take_the_exact_pattern_then_the_longest_prefix_then_the_targets_in_order() {
    let project = project(&[
        (
            "tsconfig.json",
            r##"{
                // a comment
                "compilerOptions": {
                    "paths": {
                        "@/*": ["./src/*", "./fallback/*"],
                        "@/ui/*": ["./design/*"], /* longer */
                        "@/ui/button": ["./special.ts"],
                        "config": ["./src/config"],
                        "#internal/*": ["./src/*"],
                        "*/suffixed": ["./src/suffix/*"],
                        "react": ["./node_modules/@types/react"],
                        "gone": ["./src/gone"],
                    },
                },
            }"##,
        ),
        ("src/a.ts", ""),
        ("src/ui/card.ts", ""),
        ("src/config/index.ts", ""),
        ("src/suffix/x.ts", ""),
        ("fallback/only.ts", ""),
        ("fallback/a.ts", ""),
        ("design/card.tsx", ""),
        ("special.ts", ""),
    ]);
    check(
        &project,
        "src/a.ts",
        &[
            ("@/a", "src/a.ts"),
            ("@/a.js", "src/a.ts"),
            ("@/only", "fallback/only.ts"),
            ("@/ui/card", "design/card.tsx"),
            ("@/ui/button", "special.ts"),
            ("@/../special", "special.ts"),
            ("@/", "missing"),
            ("@/nothing", "missing"),
            ("config", "src/config/index.ts"),
            ("config/x", "package config x"),
            ("#internal/a", "src/a.ts"),
            ("x/suffixed", "src/suffix/x.ts"),
            ("react", "package react"),
            ("gone", "missing"),
        ],
    );
}

#[test]
fn a_base_url_is_looked_into_before_packages() {
    let project = project(&[
        ("package.json", r#"{"dependencies": {"lib": "1"}}"#),
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"baseUrl": "src", "paths": {"~/*": ["app/*"]}}}"#,
        ),
        ("src/app/page.tsx", ""),
        ("src/components/button.tsx", ""),
        ("src/lib/x.ts", ""),
        ("src/util/index.ts", ""),
    ]);
    check(
        &project,
        "src/app/page.tsx",
        &[
            ("components/button", "src/components/button.tsx"),
            ("~/page", "src/app/page.tsx"),
            // Below the base there is such a directory, and no dependency has the name.
            ("components/generated", "missing"),
            ("lib/other", "package lib other"),
            ("react", "package react"),
            ("util", "builtin util"),
        ],
    );
}

#[test]
fn the_nearest_configuration_holds_and_the_package_around_it_helps_out() {
    let project = project(&[
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["./*"], "root/*": ["./*"]}}}"#,
        ),
        ("package.json", "{}"),
        ("x.ts", ""),
        (
            "e2e/tsconfig.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["./own/*"]}}}"#,
        ),
        ("e2e/own/x.ts", ""),
        ("e2e/test.ts", ""),
        ("pkg/package.json", "{}"),
        ("pkg/tsconfig.json", "{}"),
        ("pkg/a.ts", ""),
    ]);
    check(&project, "e2e/test.ts", &[("@/x", "e2e/own/x.ts"), ("root/x", "x.ts")]);
    check(
        &project,
        "pkg/a.ts",
        &[("@/x", "missing"), ("root/x", "package root x")],
    );
}

#[test]
fn a_jsconfig_counts_where_there_is_no_tsconfig() {
    let jsconfig = r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}"#;
    let files = [("jsconfig.json", jsconfig), ("src/a.js", ""), ("src/b.js", "")];
    check(&project(&files), "src/a.js", &[("@/b", "src/b.js")]);
    let both = [
        files[0],
        files[1],
        files[2],
        ("tsconfig.json", r#"{"compilerOptions": {"paths": {"@/*": ["no/*"]}}}"#),
    ];
    check(&project(&both), "src/a.js", &[("@/b", "missing")]);
}

#[test]
fn extends_takes_files_lists_and_packages_of_the_workspace() {
    let project = project(&[
        ("package.json", r#"{"workspaces": ["packages/*", "apps/*"]}"#),
        ("packages/config/package.json", r#"{"name": "@repo/typescript-config"}"#),
        ("packages/config/nextjs.json", r#"{"extends": "./base.json"}"#),
        (
            "packages/config/base.json",
            r#"{"compilerOptions": {"paths": {"@shared/*": ["../shared/src/*"]}}}"#,
        ),
        ("packages/shared/src/x.ts", ""),
        ("apps/web/package.json", "{}"),
        (
            "apps/web/tsconfig.json",
            r#"{"extends": "@repo/typescript-config/nextjs.json"}"#,
        ),
        ("apps/web/a.ts", ""),
        ("apps/docs/package.json", "{}"),
        (
            "apps/docs/tsconfig.json",
            r#"{"extends": ["./one", "./two.json", "@external/tsconfig/next.json"]}"#,
        ),
        (
            "apps/docs/one.json",
            r#"{"compilerOptions": {"baseUrl": "lib", "paths": {"a": ["./wrong"]}}}"#,
        ),
        (
            "apps/docs/two.json",
            r#"{"compilerOptions": {"paths": {"a": ["./right"]}}}"#,
        ),
        ("apps/docs/lib/right.ts", ""),
        ("apps/docs/lib/wrong.ts", ""),
        ("apps/docs/right.ts", ""),
        ("apps/docs/page.ts", ""),
    ]);
    assert_eq!(project.diagnostics, []);
    check(&project, "apps/web/a.ts", &[("@shared/x", "packages/shared/src/x.ts")]);
    check(
        &project,
        "apps/docs/page.ts",
        &[("a", "apps/docs/lib/right.ts"), ("right", "apps/docs/lib/right.ts")],
    );
}

#[test]
fn the_directory_of_the_configuration_in_use_can_be_named() {
    let project = project(&[
        (
            "base.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["${configDir}/src/*"]}}}"#,
        ),
        ("app/tsconfig.json", r#"{"extends": "../base.json"}"#),
        ("app/src/a.ts", ""),
        ("src/a.ts", ""),
    ]);
    check(&project, "app/src/a.ts", &[("@/a", "app/src/a.ts")]);
}

#[test]
fn a_solution_has_the_aliases_of_what_it_references_beside_it() {
    let project = project(&[
        (
            "tsconfig.json",
            r#"{"files": [], "references": [{"path": "./tsconfig.node.json"}, {"path": "tsconfig.app.json"}, {"path": "./other"}, {"path": "./other/tsconfig.json"}, 5]}"#,
        ),
        ("tsconfig.node.json", "{}"),
        (
            "tsconfig.app.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#,
        ),
        (
            "other/tsconfig.json",
            r#"{"compilerOptions": {"paths": {"other/*": ["./*"]}}}"#,
        ),
        ("other/x.ts", ""),
        ("src/a.ts", ""),
    ]);
    check(
        &project,
        "src/a.ts",
        &[("@/a", "src/a.ts"), ("other/x", "package other x")],
    );
}

#[test]
fn cycles_and_fans_of_extends_end() {
    let mut files = vec![
        ("a.ts".to_owned(), String::new()),
        (
            "tsconfig.json".to_owned(),
            r#"{"extends": ["./b.json", "./f0.json"]}"#.to_owned(),
        ),
        (
            "b.json".to_owned(),
            r#"{"extends": "./tsconfig.json", "compilerOptions": {"paths": {"x": ["./a"]}}}"#.to_owned(),
        ),
        (
            "self/tsconfig.json".to_owned(),
            r#"{"extends": "./tsconfig.json"}"#.to_owned(),
        ),
        ("self/b.ts".to_owned(), String::new()),
    ];
    for index in 0..28 {
        let next = format!(
            r#"{{"extends": ["./f{0}.json", "./f{0}.json", "./f{0}.json"]}}"#,
            index + 1
        );
        files.push((format!("f{index}.json"), next));
    }
    files.push(("f28.json".to_owned(), "{}".to_owned()));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let project = project(&files);
    check(&project, "a.ts", &[("x", "a.ts")]);
    check(&project, "self/b.ts", &[("y", "package y")]);
    assert_eq!(project.diagnostics, []);
}

#[test]
fn a_chain_of_extends_that_is_too_long_is_cut_and_reported() {
    let mut files = vec![
        ("a.ts".to_owned(), String::new()),
        ("tsconfig.json".to_owned(), r#"{"extends": "./c0"}"#.to_owned()),
    ];
    for index in 0..200 {
        files.push((
            format!("c{index}.json"),
            format!(r#"{{"extends": "./c{}"}}"#, index + 1),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert_eq!(kinds(&project(&files)), [("c31.json", DiagnosticKind::Manifest)]);
}

#[test]
fn broken_manifests_are_reported_and_the_rest_goes_on() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let project = project(&[
        (
            "package.json",
            r#"{"workspaces": ["packages/[a"], "name": 5, "dependencies": []}"#,
        ),
        ("tsconfig.json", r#"{"compilerOptions": {"paths": {"@/*": ["./*"]}}}"#),
        ("a.ts", ""),
        ("one/package.json", "{ nonsense"),
        ("one/tsconfig.json", "{ /* open"),
        ("one/b.ts", ""),
        ("two/tsconfig.json", r#"{"extends": "./not-there.json"}"#),
        ("three/tsconfig.json", r#"{"extends": "../../outside.json"}"#),
        ("four/package.json", "[]"),
        ("five/tsconfig.json", &nested),
        (
            "six/tsconfig.json",
            r#"{"compilerOptions": {"paths": 3, "baseUrl": []}, "extends": {}, "references": "x"}"#,
        ),
    ]);
    let broken = [
        "five/tsconfig.json",
        "four/package.json",
        "one/package.json",
        "one/tsconfig.json",
        "package.json",
        "three/tsconfig.json",
        "two/tsconfig.json",
    ];
    assert_eq!(kinds(&project), broken.map(|path| (path, DiagnosticKind::Manifest)));
    check(&project, "a.ts", &[("@/one/b", "one/b.ts")]);
    // A package without a usable manifest is a package all the same: the alias around it is not its own.
    check(&project, "one/b.ts", &[("@/a", "missing")]);
}
