//! The generated client through the compiler of TypeScript, and run. It needs `node` and `npm`, and the registry once;
//! without them it says so and passes. The packages come by a lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::site::site;

/// The folder with the packages and the client.
fn prepared() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions/node");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("client");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let copy = |from: &str, to: &str| std::fs::copy(source.join(from), folder.join(to)).unwrap();
    for file in ["package.json", "package-lock.json", "tsconfig.json"] {
        copy(file, file);
    }
    copy("use.ts", "src/use.ts");
    for (name, text) in site().table.typescript().unwrap().files() {
        std::fs::write(folder.join("src").join(name), text).unwrap();
    }
    if !folder.join("node_modules/typescript").exists() {
        let npm = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output();
        if !npm.is_ok_and(|output| output.status.success()) {
            return None;
        }
    }
    Some(folder)
}

#[tokio::test]
async fn the_client_type_checks_and_runs() {
    let Some(folder) = prepared() else {
        #[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
        {
            eprintln!("SKIPPED: `npm ci` does not work here, so the generated client was not checked");
        }
        return;
    };
    let run = |arguments: &[&str]| {
        let output = Command::new("node")
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        text
    };
    run(&["node_modules/typescript/lib/tsc.js", "-p", "."]);
    assert!(run(&["out/use.js"]).contains("checked"));
}
