//! Which files are loaded, and what is said of those that are not.

use std::sync::Mutex;

use portcullis_model::{DiagnosticKind, FileId};

use super::super::{LoadError, OtherKind};
use super::*;

#[test]
fn source_of_every_extension_is_loaded_in_order_and_nothing_else() {
    let project = project(&[
        ("b.tsx", ""),
        ("a.ts", ""),
        ("c.jsx", ""),
        ("d.js", ""),
        ("e.mts", ""),
        ("f.cts", ""),
        ("g.mjs", ""),
        ("h.cjs", ""),
        ("types.d.ts", ""),
        ("types.d.mts", ""),
        ("types.d.cts", ""),
        ("style.d.css.ts", ""),
        ("jquery.min.js", ""),
        ("readme.md", ""),
        (".hidden/x.ts", ""),
        ("node_modules/react/index.js", ""),
        ("app/node_modules/x/index.ts", ""),
    ]);
    assert_eq!(
        paths(&project),
        ["a.ts", "b.tsx", "c.jsx", "d.js", "e.mts", "f.cts", "g.mjs", "h.cjs"]
    );
    assert_eq!(project.file_id("c.jsx"), Some(FileId(2)));
    assert_eq!(project.file_id("types.d.ts"), None);
    assert_eq!(project.diagnostics, []);
}

#[test]
fn gitignore_holds_without_a_repository_and_below_the_root() {
    let project = project(&[
        (".gitignore", "generated/\n/secret.ts\n"),
        ("generated/a.ts", ""),
        ("secret.ts", ""),
        ("sub/.gitignore", "*.gen.ts\n"),
        ("sub/a.gen.ts", ""),
        ("sub/secret.ts", ""),
        ("a.gen.ts", ""),
    ]);
    assert_eq!(paths(&project), ["a.gen.ts", "sub/secret.ts"]);
}

#[test]
fn a_gitignore_above_the_root_has_no_say() {
    let fixture = Fixture::new(&[(".gitignore", "*\n"), ("project/a.ts", "")]);
    let project = load(&fixture.path("project"), &[], &LoadOptions::default(), &|_| {}).unwrap();
    assert_eq!(paths(&project), ["a.ts"]);
}

#[test]
fn build_outputs_are_left_out_and_source_in_directories_of_those_names_is_not() {
    let project = project(&[
        ("package.json", "{}"),
        ("dist/index.js", ""),
        ("dist/index.d.ts", ""),
        ("coverage/lcov/sorter.js", ""),
        ("app/build/page.js", ""),
        ("build/plugin.ts", ""),
        ("build/plugin.js", ""),
        ("out/package.json", "{}"),
        ("out/index.js", ""),
        ("packages/a/package.json", "{}"),
        ("packages/a/build/nested/index.js", ""),
    ]);
    assert_eq!(
        paths(&project),
        [
            "app/build/page.js",
            "build/plugin.js",
            "build/plugin.ts",
            "out/index.js"
        ]
    );
}

#[test]
fn excluded_files_are_not_loaded_but_their_manifests_are() {
    let fixture = Fixture::new(&[
        ("a.ts", ""),
        ("a.test.ts", ""),
        ("deep/er/b.test.ts", ""),
        ("vendor/c.ts", ""),
        ("vendor/package.json", r#"{"name": "vendored"}"#),
        ("lib/vendor/d.ts", ""),
        ("src/gen/e.ts", ""),
        ("src/gen2/f.ts", ""),
    ]);
    let exclude = vec!["*.test.ts".to_owned(), "./vendor/".to_owned(), "src/gen".to_owned()];
    let project = fixture.load_with(&LoadOptions {
        exclude,
        ..LoadOptions::default()
    });
    assert_eq!(paths(&project), ["a.ts", "lib/vendor/d.ts", "src/gen2/f.ts"]);
    assert!(project.other_files().contains_key("vendor/package.json"));
    check(&project, "a.ts", &[("./src/gen/e", "missing"), ("./a.test", "missing")]);
}

#[test]
fn a_name_without_a_slash_excludes_at_every_depth() {
    let fixture = Fixture::new(&[("a.ts", ""), ("x/stories/b.ts", ""), ("stories/c.ts", "")]);
    let project = fixture.load_with(&LoadOptions {
        exclude: vec!["stories".to_owned()],
        ..LoadOptions::default()
    });
    assert_eq!(paths(&project), ["a.ts"]);
}

#[test]
fn a_star_ends_at_a_slash() {
    let fixture = Fixture::new(&[("src/a.ts", ""), ("src/deep/b.ts", ""), ("lib/c.ts", "")]);
    let exclude = vec!["src/*.ts".to_owned(), "**/c.ts".to_owned()];
    let project = fixture.load_with(&LoadOptions {
        exclude,
        ..LoadOptions::default()
    });
    assert_eq!(paths(&project), ["src/deep/b.ts"]);
}

#[test]
fn a_broken_glob_is_an_error_that_names_it() {
    let fixture = Fixture::new(&[]);
    let options = LoadOptions {
        exclude: vec!["a/{b".to_owned()],
        ..LoadOptions::default()
    };
    let error = load(fixture.directory.path(), &[], &options, &|_| {}).unwrap_err();
    assert!(error.to_string().starts_with("`a/{b` is not a valid glob: "), "{error}");
}

#[test]
fn files_that_cannot_be_read_are_reported_and_the_rest_goes_on() {
    let fixture = Fixture::new(&[
        ("a.ts", "let a"),
        ("exact.ts", "1234567890"),
        ("large.ts", "12345678901"),
    ]);
    fixture.write("latin.ts", b"// caf\xe9");
    fixture.write("utf16.ts", b"\xff\xfel\0e\0t\0");
    let project = fixture.load_with(&LoadOptions {
        max_file_bytes: 10,
        ..LoadOptions::default()
    });
    assert_eq!(paths(&project), ["a.ts", "exact.ts"]);
    assert_eq!(
        kinds(&project),
        [
            ("large.ts", DiagnosticKind::TooLarge),
            ("latin.ts", DiagnosticKind::NotUtf8),
            ("utf16.ts", DiagnosticKind::NotUtf8)
        ]
    );
    check(&project, "a.ts", &[("./large", "missing"), ("./exact", "exact.ts")]);
}

#[test]
fn what_was_not_read_does_not_make_room_for_another_file() {
    let fixture = Fixture::new(&[
        ("a.ts", ""),
        ("auth.ts", "12345678901"),
        ("auth/index.ts", ""),
        ("auth.js", ""),
    ]);
    fixture.write("tsconfig.json", br#"{"compilerOptions": {"baseUrl": "."}}"#);
    let project = fixture.load_with(&LoadOptions {
        max_file_bytes: 10,
        ..LoadOptions::default()
    });
    check(
        &project,
        "a.ts",
        &[("./auth", "missing"), ("auth", "missing"), ("./auth.js", "auth.js")],
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let fixture = Fixture::new(&[]);
    fixture.write("a.ts", b"\xef\xbb\xbf'use server'");
    fixture.write("package.json", b"\xef\xbb\xbf{\"name\": \"x\"}");
    let project = fixture.load();
    assert_eq!(&*project.files[0].text, "'use server'");
    assert_eq!(&*project.other_files()["package.json"].text, r#"{"name": "x"}"#);
    assert_eq!(project.diagnostics, []);
}

#[test]
fn paths_select_what_is_reported_not_what_is_loaded() {
    let fixture = Fixture::new(&[("app/a.ts", ""), ("app/b.ts", ""), ("apple.ts", ""), ("lib/c.ts", "")]);
    let only = [fixture.path("app"), PathBuf::from("lib/c.ts")];
    let project = load(fixture.directory.path(), &only, &LoadOptions::default(), &|_| {}).unwrap();
    let selected: Vec<bool> = (0..4).map(|id| project.is_selected(FileId(id))).collect();
    assert_eq!(paths(&project), ["app/a.ts", "app/b.ts", "apple.ts", "lib/c.ts"]);
    assert_eq!(selected, [true, true, false, true]);
    assert!(fixture.load().is_selected(FileId(2)));
    assert!(!project.is_selected(FileId(99)));
}

#[test]
fn paths_outside_or_not_there_are_errors() {
    let fixture = Fixture::new(&[("project/a.ts", ""), ("other.ts", "")]);
    let root = fixture.path("project");
    let error = |only: &str| load(&root, &[PathBuf::from(only)], &LoadOptions::default(), &|_| {}).unwrap_err();
    assert!(matches!(error("../other.ts"), LoadError::OutsideRoot { .. }));
    assert!(matches!(error("nothing.ts"), LoadError::Open { .. }));
    let error = |root: &str| load(&fixture.path(root), &[], &LoadOptions::default(), &|_| {}).unwrap_err();
    assert!(matches!(error("nothing"), LoadError::Open { .. }));
    assert!(matches!(error("other.ts"), LoadError::NotADirectory { .. }));
}

#[test]
fn progress_ends_with_the_number_of_files() {
    let fixture = Fixture::new(&[]);
    for index in 0..130 {
        fixture.write(&format!("{index}.ts"), b"");
    }
    let seen = Mutex::new(Vec::new());
    load(fixture.directory.path(), &[], &LoadOptions::default(), &|count| {
        seen.lock().unwrap().push(count);
    })
    .unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [64, 128, 130]);
}

#[test]
fn other_files_are_kept_by_kind() {
    let project = project(&[
        ("package.json", "{}"),
        ("tsconfig.json", "{}"),
        ("tsconfig.build.json", "{}"),
        ("jsconfig.json", "{}"),
        ("data.json", "{}"),
        ("db/schema.sql", "create table t ()"),
        ("prisma/schema.prisma", "model User {}"),
        ("pnpm-workspace.yaml", ""),
        ("pnpm-lock.yaml", ""),
    ]);
    let others: Vec<_> = project
        .other_files()
        .iter()
        .map(|(path, file)| (path.as_str(), file.kind))
        .collect();
    assert_eq!(
        others,
        [
            ("db/schema.sql", OtherKind::Sql),
            ("jsconfig.json", OtherKind::Config),
            ("package.json", OtherKind::Package),
            ("pnpm-workspace.yaml", OtherKind::Workspace),
            ("prisma/schema.prisma", OtherKind::Prisma),
            ("tsconfig.build.json", OtherKind::Config),
            ("tsconfig.json", OtherKind::Config),
        ]
    );
    assert_eq!(&*project.other_files()["db/schema.sql"].text, "create table t ()");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_out_of_the_project_are_reported_and_not_followed() {
        let fixture = Fixture::new(&[("project/a.ts", ""), ("outside/secret.ts", "")]);
        symlink(fixture.path("outside"), fixture.path("project/linked")).unwrap();
        symlink("../outside/secret.ts", fixture.path("project/linked.ts")).unwrap();
        symlink("../nowhere.ts", fixture.path("project/dangling.ts")).unwrap();
        let project = load(&fixture.path("project"), &[], &LoadOptions::default(), &|_| {}).unwrap();
        assert_eq!(paths(&project), ["a.ts"]);
        let expected = ["dangling.ts", "linked", "linked.ts"].map(|path| (path, DiagnosticKind::Symlink));
        assert_eq!(kinds(&project), expected);
        check(
            &project,
            "a.ts",
            &[("./linked/secret", "missing"), ("./linked", "missing")],
        );
    }

    #[test]
    fn links_inside_are_other_names_of_their_targets() {
        let fixture = Fixture::new(&[("a.ts", ""), ("packages/db/src/client.ts", ""), ("dir/b.ts", "")]);
        symlink("../packages/db/src", fixture.path("dir/db")).unwrap();
        symlink("client.ts", fixture.path("packages/db/src/alias.ts")).unwrap();
        symlink("..", fixture.path("dir/loop")).unwrap();
        symlink("self", fixture.path("self")).unwrap();
        let project = fixture.load();
        assert_eq!(paths(&project), ["a.ts", "dir/b.ts", "packages/db/src/client.ts"]);
        assert_eq!(project.diagnostics, []);
        let client = "packages/db/src/client.ts";
        check(
            &project,
            "dir/b.ts",
            &[
                ("./db/client", client),
                ("./db/alias.ts", client),
                ("./loop/dir/loop/dir/db/client.js", client),
                ("./loop/a", "a.ts"),
                ("../self/a", "missing"),
            ],
        );
    }

    #[test]
    fn a_root_that_is_a_link_is_the_directory_that_it_names() {
        let fixture = Fixture::new(&[("project/a.ts", "")]);
        symlink("project", fixture.path("link")).unwrap();
        let project = load(
            &fixture.path("link"),
            &[PathBuf::from("a.ts")],
            &LoadOptions::default(),
            &|_| {},
        )
        .unwrap();
        assert_eq!(paths(&project), ["a.ts"]);
        assert!(project.is_selected(FileId(0)));
    }

    #[test]
    fn names_with_control_characters_stay_and_others_than_utf8_are_reported() {
        let fixture = Fixture::new(&[("\u{1b}[31m\nred.ts", "")]);
        std::fs::write(fixture.directory.path().join(OsStr::from_bytes(b"bad\xff.ts")), "").unwrap();
        let project = fixture.load();
        assert_eq!(paths(&project), ["\u{1b}[31m\nred.ts"]);
        assert_eq!(kinds(&project), [("bad\u{fffd}.ts", DiagnosticKind::NotUtf8)]);
    }

    #[test]
    fn special_files_named_like_source_are_not_opened() {
        let fixture = Fixture::new(&[("a.ts", "")]);
        let _socket = std::os::unix::net::UnixListener::bind(fixture.path("socket.ts")).unwrap();
        let project = fixture.load();
        assert_eq!(paths(&project), ["a.ts"]);
        assert_eq!(project.diagnostics, []);
    }
}

#[test]
fn deep_trees_and_long_specifiers_are_harmless() {
    let fixture = Fixture::new(&[("a.ts", "")]);
    let deep = format!("{}x.ts", "d/".repeat(1200));
    let mut directory = fixture.directory.path().to_path_buf();
    directory.push("d/".repeat(1200));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("x.ts"), "").unwrap();
    let project = fixture.load();
    let up = "../".repeat(1200);
    assert_eq!(resolved(&project, &deep, &format!("{up}a")), "a.ts");
    assert_eq!(resolved(&project, &deep, &format!("{up}../a")), "missing");
    assert_eq!(
        resolved(&project, "a.ts", &format!("./{}", "a/".repeat(1_000_000))),
        "missing"
    );
    assert_eq!(
        resolved(&project, "a.ts", &format!("@/{}", "a/".repeat(2000))),
        "missing"
    );
    assert_eq!(
        resolved(&project, "a.ts", &format!("./{}", deep.trim_end_matches(".ts"))),
        deep
    );
}

#[test]
fn two_loads_are_equal() {
    let fixture = Fixture::new(&[
        ("package.json", "{"),
        ("tsconfig.json", "["),
        ("a/b.ts", ""),
        ("a.ts", ""),
    ]);
    fixture.write("bad.ts", b"\xff");
    let (one, two) = (fixture.load(), fixture.load());
    assert_eq!(paths(&one), paths(&two));
    assert_eq!(one.diagnostics, two.diagnostics);
    assert_eq!(one.diagnostics.len(), 3);
}
