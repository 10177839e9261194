//! The same input gives the same bytes: in every format, run after run, however many threads share the work.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const FORMATS: [&str; 7] = ["json", "sarif", "html", "human", "markdown", "concise", "github"];

fn scan(root: &Path, format: &str, threads: Option<&str>) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .args(["scan", ".", "--exit-zero", "--format", format])
        .current_dir(root)
        .stdin(Stdio::null());
    match threads {
        Some(threads) => command.env("RAYON_NUM_THREADS", threads),
        None => command.env_remove("RAYON_NUM_THREADS"),
    };
    let output = command.output()?;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{format}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn check(root: &Path) -> Outcome {
    for format in FORMATS {
        let first = scan(root, format, None)?;
        assert!(!first.is_empty(), "{format} is empty");
        for threads in [None, Some("1"), Some("2"), Some("8")] {
            let again = scan(root, format, threads)?;
            let (first, again) = (String::from_utf8_lossy(&first), String::from_utf8_lossy(&again));
            let differing = first.lines().zip(again.lines()).find(|(a, b)| a != b);
            assert!(
                first == again,
                "{format} differs with {threads:?} threads: {differing:#?}"
            );
        }
    }
    Ok(())
}

#[test]
fn the_example() -> Outcome {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme-next"))
}

/// Twenty areas of three files, which share helpers, guards and wrappers, import in circles, and are partly broken.
#[test]
fn a_project_of_sixty_files() -> Outcome {
    let directory = tempfile::tempdir()?;
    let write = |name: &str, text: &str| -> std::io::Result<()> {
        let path: PathBuf = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(directory.path()))?;
        std::fs::write(path, text)
    };
    write(
        "package.json",
        r#"{"dependencies": {"next": "16.0.0", "@clerk/nextjs": "6.0.0", "@prisma/client": "6.0.0"}}"#,
    )?;
    write(
        "lib/db.ts",
        "import { PrismaClient } from '@prisma/client';\nexport const db = new PrismaClient();\n",
    )?;
    write(
        "lib/auth.ts",
        "import { auth } from '@clerk/nextjs/server';\nexport async function requireUser() { const { userId } = await auth(); if (!userId) throw new Error('no'); return userId; }\nexport async function maybeUser() { return (await auth()).userId; }\n",
    )?;
    for area in 0..20 {
        let next = (area + 1) % 20;
        let mut actions = format!(
            "'use server';\nimport {{ db }} from '../../lib/db';\nimport {{ requireUser, maybeUser }} from '../../lib/auth';\nimport {{ help{area} }} from './help';\nimport mystery from 'some-package-{area}';\n"
        );
        for (name, guard) in [
            ("open", ""),
            ("guarded", "await requireUser();"),
            ("unchecked", "const user = await maybeUser(); console.log(user);"),
            ("strange", "await mystery(input);"),
            ("helped", "await help(input);"),
        ] {
            let guard = guard.replace("help(", &format!("help{area}("));
            writeln!(
                actions,
                "export async function {name}{area}(input) {{ {guard} await db.item.update({{ where: {{ id: input }}, data: {{ area: {area} }} }}); }}"
            )?;
        }
        write(&format!("app/area{area}/actions.ts"), &actions)?;
        write(
            &format!("app/area{area}/help.ts"),
            &format!(
                "import {{ help{next} }} from '../area{next}/help';\nimport {{ requireUser }} from '../../lib/auth';\nexport async function help{area}(x) {{ if (x.a) return help{next}(x.b); if (x.c) return; await requireUser(); }}\n"
            ),
        )?;
        let page = if area % 7 == 3 {
            "export default function Page( {".to_owned()
        } else {
            format!(
                "import {{ open{area} }} from './actions';\nexport default function Page({{ id }}) {{ async function inline() {{ 'use server'; await open{area}(id); }} return <form action={{inline}} />; }}\n"
            )
        };
        write(&format!("app/area{area}/page.tsx"), &page)?;
    }
    check(directory.path())
}
