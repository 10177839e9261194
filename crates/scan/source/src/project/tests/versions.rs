//! Applications and the versions of Next.js that they use.

use super::super::NextApp;
use super::*;

fn version(files: &[(&str, &str)]) -> Option<String> {
    let mut all = vec![("app/page.tsx", "")];
    all.extend(files);
    project(&all).next_version
}

#[test]
fn the_lock_file_wins_over_the_range() {
    let manifest = ("package.json", r#"{"dependencies": {"next": "^15.0.0"}}"#);
    assert_eq!(version(&[manifest]).as_deref(), Some("^15.0.0"));
    let locks = [
        (
            "package-lock.json",
            "{\n\"packages\": {\n\"\": {\"dependencies\": {\"next\": \"^15.0.0\"}},\n\"node_modules/other\": {\n\"version\": \"1.0.0\"},\n\"node_modules/next\": {\n      \"version\": \"15.0.3\",\n",
        ),
        (
            "package-lock.json",
            "{\"dependencies\": {\n\"next\": {\n\"version\": \"15.0.3\"\n}}}",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      next-auth:\n        specifier: 5\n        version: 5.0.0\n      next:\n        specifier: ^15.0.0\n        version: 15.0.3(react@19.0.0)\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: 5.3\npackages:\n\n  /next/15.0.3_react@19.0.0:\n    resolution: {}\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\npackages:\n\n  next-auth@5.0.0:\n  next@15.0.3:\n    resolution: {}\n",
        ),
        (
            "yarn.lock",
            "# v1\n\nnext-auth@^5:\n  version \"5.0.0\"\n\nnext@^13.0.0:\n  version \"13.1.0\"\n\nnext@15.0.1, next@^15.0.0:\n  version \"15.0.3\"\n",
        ),
        (
            "yarn.lock",
            "\"next@npm:^15.0.0\":\n  version: 15.0.3\n  resolution: \"next@npm:15.0.3\"\n",
        ),
        (
            "bun.lock",
            "{\n\"packages\": {\n\"next\": [\"next@15.0.3\", \"\", {}],\n",
        ),
    ];
    for lock in locks {
        assert_eq!(version(&[manifest, lock]).as_deref(), Some("15.0.3"), "{lock:?}");
    }
    // A lock file that says nothing of it, or nonsense, changes nothing.
    for text in [
        "",
        "next",
        "{\"node_modules/next\": {}, \"x\": {\"version\": \"1.0.0\"}}",
        "next@\u{1b}:",
    ] {
        for name in ["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"] {
            assert_eq!(
                version(&[manifest, (name, text)]).as_deref(),
                Some("^15.0.0"),
                "{name} {text:?}"
            );
        }
    }
}

#[test]
fn members_of_a_workspace_have_their_own_versions() {
    let project = project(&[
        ("package.json", r#"{"workspaces": ["apps/*"]}"#),
        (
            "pnpm-lock.yaml",
            "importers:\n\n  .: {}\n\n  apps/docs:\n    dependencies:\n      next:\n        specifier: 14\n        version: 14.2.1\n\n  apps/web:\n    devDependencies:\n      next:\n        specifier: 15\n        version: 15.1.0(react@19)\n",
        ),
        ("apps/docs/package.json", r#"{"dependencies": {"next": "14"}}"#),
        ("apps/docs/src/pages/index.tsx", ""),
        ("apps/web/package.json", r#"{"devDependencies": {"next": "15"}}"#),
        ("apps/web/next.config.ts", ""),
        ("apps/web/app/page.tsx", ""),
        ("apps/web/src/app/page.tsx", ""),
        ("packages/ui/package.json", r#"{"devDependencies": {"next": "15"}}"#),
        ("packages/ui/index.ts", ""),
        ("packages/peer/package.json", r#"{"peerDependencies": {"next": "15"}}"#),
        ("packages/peer/app/index.ts", ""),
    ]);
    let app = |directory: &str, version: &str| NextApp {
        directory: directory.to_owned(),
        version: Some(version.to_owned()),
        app_directory: None,
        pages_directory: None,
        config: None,
    };
    let docs = NextApp {
        pages_directory: Some("apps/docs/src/pages".to_owned()),
        ..app("apps/docs", "14.2.1")
    };
    let web = NextApp {
        app_directory: Some("apps/web/app".to_owned()),
        config: Some("apps/web/next.config.ts".to_owned()),
        ..app("apps/web", "15.1.0")
    };
    assert_eq!(project.next_apps(), [docs.clone(), web.clone()]);
    assert_eq!(project.next_version.as_deref(), Some("14.2.1"));
    let app_of = |path: &str| project.app_of(project.file_id(path).unwrap());
    assert_eq!(app_of("apps/web/app/page.tsx"), Some(&web));
    assert_eq!(app_of("apps/docs/src/pages/index.tsx"), Some(&docs));
    assert_eq!(app_of("packages/ui/index.ts"), None);
}

#[test]
fn an_application_may_take_its_version_from_above() {
    let project = project(&[
        ("package.json", r#"{"dependencies": {"next": "14.1.0"}}"#),
        ("apps/shop/next.config.js", ""),
        ("apps/shop/app/page.tsx", ""),
        ("lib/x.ts", ""),
    ]);
    let apps: Vec<_> = project
        .next_apps()
        .iter()
        .map(|app| (app.directory.as_str(), app.version.as_deref()))
        .collect();
    assert_eq!(apps, [("apps/shop", Some("14.1.0"))]);
    assert!(project.next_apps()[0].has_routes());
}

#[test]
fn catalogs_say_the_version_where_no_lock_file_does() {
    let yaml = "packages:\n  - apps/*\ncatalog:\n  react: 19\n  next: ^15.2.0\ncatalogs:\n  old:\n    next: '13.5.0'\n";
    for (range, expected) in [
        ("catalog:", "^15.2.0"),
        ("catalog:default", "^15.2.0"),
        ("catalog:old", "13.5.0"),
    ] {
        let manifest = format!(r#"{{"dependencies": {{"next": "{range}"}}}}"#);
        let files = [("package.json", manifest.as_str()), ("pnpm-workspace.yaml", yaml)];
        assert_eq!(version(&files).as_deref(), Some(expected), "{range}");
    }
    assert_eq!(
        version(&[("package.json", r#"{"dependencies": {"next": "catalog:x"}}"#)]),
        None
    );
}

#[test]
fn a_project_without_next_has_none() {
    let project = project(&[
        ("package.json", r#"{"dependencies": {"react": "19"}}"#),
        ("app/page.tsx", ""),
    ]);
    assert_eq!(project.next_version, None);
    assert_eq!(project.next_apps(), []);
}
