//! What specifiers mean within one package.

use super::*;

#[test]
fn relative_specifiers_find_files_and_directories() {
    let project = project(&[
        ("src/a.ts", ""),
        ("src/both.ts", ""),
        ("src/both/index.ts", ""),
        ("src/view.tsx", ""),
        ("src/old.js", ""),
        ("src/old.ts", ""),
        ("src/dotted.service.ts", ""),
        ("src/dir/index.tsx", ""),
        ("src/dir/deep/b.ts", ""),
        ("src/withmain/package.json", r#"{"main": "lib/entry.js"}"#),
        ("src/withmain/lib/entry.ts", ""),
        ("index.ts", ""),
    ]);
    check(
        &project,
        "src/a.ts",
        &[
            ("./both", "src/both.ts"),
            ("./both/", "src/both/index.ts"),
            ("./view", "src/view.tsx"),
            ("./view.tsx", "src/view.tsx"),
            ("./old", "src/old.ts"),
            ("./old.js", "src/old.js"),
            ("./dotted.service", "src/dotted.service.ts"),
            ("./dir", "src/dir/index.tsx"),
            (".//dir/./deep/../index", "src/dir/index.tsx"),
            ("./withmain", "src/withmain/lib/entry.ts"),
            ("..", "index.ts"),
            ("../", "index.ts"),
            ("./nothing", "missing"),
            ("./dir/deep", "missing"),
            (".", "missing"),
            ("", "missing"),
        ],
    );
    check(
        &project,
        "src/dir/deep/b.ts",
        &[("..", "src/dir/index.tsx"), (".", "missing")],
    );
}

#[test]
fn extensions_are_tried_in_order() {
    let names = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"].map(|extension| format!("x.{extension}"));
    for first in 0..names.len() {
        let mut files: Vec<(&str, &str)> = names[first..].iter().map(|name| (name.as_str(), "")).collect();
        files.push(("main.ts", ""));
        check(&project(&files), "main.ts", &[("./x", &names[first])]);
    }
}

#[test]
fn javascript_extensions_stand_for_the_typescript_that_they_are_built_from() {
    let project = project(&[
        ("main.ts", ""),
        ("a.ts", ""),
        ("b.tsx", ""),
        ("c.mts", ""),
        ("d.cts", ""),
        ("e.js", ""),
        ("e.ts", ""),
        ("dir.js/index.ts", ""),
    ]);
    check(
        &project,
        "main.ts",
        &[
            ("./a.js", "a.ts"),
            ("./b.js", "b.tsx"),
            ("./b.jsx", "b.tsx"),
            ("./c.mjs", "c.mts"),
            ("./d.cjs", "d.cts"),
            ("./e.js", "e.js"),
            ("./dir.js", "dir.js/index.ts"),
            ("./a.mjs", "missing"),
            ("./a.jsx", "missing"),
        ],
    );
}

#[test]
fn assets_have_no_code() {
    let project = project(&[
        ("a.ts", ""),
        ("data.json", "{}"),
        ("types.d.ts", ""),
        ("native.d.ts", ""),
        ("vendor.min.js", ""),
        ("strange.xyz", ""),
        ("icons.svg.tsx", ""),
    ]);
    check(
        &project,
        "a.ts",
        &[
            ("./globals.css", "asset"),
            ("./logo.PNG", "asset"),
            ("./icon.svg?url", "asset"),
            ("raw-loader!./shader.glsl", "asset"),
            ("./data.json", "asset"),
            ("./data", "asset"),
            ("./types", "asset"),
            ("./native.js", "asset"),
            ("./vendor.min.js", "asset"),
            ("./vendor.min", "asset"),
            ("./strange.xyz", "asset"),
            ("./icons.svg", "icons.svg.tsx"),
            ("@/styles/x.css", "asset"),
            ("/logo.svg", "asset"),
            ("https://esm.sh/react", "asset"),
            ("data:text/javascript,export default 1", "asset"),
            ("./user.model", "missing"),
        ],
    );
}

#[test]
fn builtins_and_packages() {
    let project = project(&[("a.ts", ""), ("src/b.ts", ""), ("events.ts", "")]);
    check(
        &project,
        "a.ts",
        &[
            ("fs", "builtin fs"),
            ("node:fs", "builtin fs"),
            ("fs/promises", "builtin fs/promises"),
            ("node:test/reporters", "builtin test/reporters"),
            ("path/posix", "builtin path/posix"),
            ("bun:sqlite", "builtin bun:sqlite"),
            ("crypto", "builtin crypto"),
            ("events/", "package events"),
            ("test", "package test"),
            ("process/browser", "package process browser"),
            ("react", "package react"),
            ("next/headers", "package next headers"),
            ("lodash/fp/get.js", "package lodash fp/get.js"),
            ("@prisma/client", "package @prisma/client"),
            ("@trpc/server/adapters/next", "package @trpc/server adapters/next"),
            ("server-only", "package server-only"),
            ("src/b", "package src b"),
            ("@scope", "missing"),
            ("@/nothing", "missing"),
            ("~/nothing", "missing"),
            ("~", "missing"),
            ("$lib/x", "missing"),
            ("/src/b", "missing"),
            ("a b", "missing"),
            ("%2e%2e/x", "missing"),
        ],
    );
}

#[test]
fn nothing_outside_of_the_root_is_reached() {
    let fixture = Fixture::new(&[("secret.ts", ""), ("project/a.ts", ""), ("project/x/b.ts", "")]);
    fixture.write(
        "project/tsconfig.json",
        br#"{"compilerOptions": {"paths": {"@/*": ["../*"], "up": ["../secret"]}}}"#,
    );
    let project = load(&fixture.path("project"), &[], &LoadOptions::default(), &|_| {}).unwrap();
    check(
        &project,
        "x/b.ts",
        &[
            ("../../secret", "missing"),
            ("../../../../../etc/passwd", "missing"),
            ("../../project/a", "missing"),
            ("@/secret", "missing"),
            ("up", "missing"),
            ("../a", "a.ts"),
        ],
    );
}

#[test]
fn the_customary_alias_is_guessed_where_none_is_configured() {
    let project = project(&[
        ("cases/one/app/page.tsx", ""),
        ("cases/one/lib/db.ts", ""),
        ("cases/two/src/app/page.tsx", ""),
        ("cases/two/src/lib/db.ts", ""),
        ("cases/two/src/app/lib/only.ts", ""),
        ("package/package.json", "{}"),
        ("package/app/page.tsx", ""),
        ("lib/db.ts", ""),
    ]);
    check(
        &project,
        "cases/one/app/page.tsx",
        &[("@/lib/db", "cases/one/lib/db.ts")],
    );
    check(
        &project,
        "cases/two/src/app/page.tsx",
        &[("~/lib/db.js", "cases/two/src/lib/db.ts"), ("@/db", "missing")],
    );
    // The package is the limit.
    check(&project, "package/app/page.tsx", &[("@/lib/db", "missing")]);
}

#[test]
fn a_configured_alias_is_not_guessed() {
    let project = project(&[
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#,
        ),
        ("app/page.tsx", ""),
        ("lib/db.ts", ""),
    ]);
    check(
        &project,
        "app/page.tsx",
        &[("@/lib/db", "missing"), ("~/lib/db", "lib/db.ts")],
    );
}
