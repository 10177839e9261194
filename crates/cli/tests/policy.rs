//! `portcullis policy`, as its users meet it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const ACTIONS: &str = "'use server';
import { z } from 'zod';
import { auth } from '@/auth';
import { prisma } from '@/db';
const Rename = z.object({ id: z.string().max(40), name: z.string().max(80) });
export async function rename(input: unknown) {
  const { id, name } = Rename.parse(input);
  await prisma.board.update({ where: { id }, data: { name } });
}
export async function list() {
  return 1;
}
";

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> std::io::Result<Self> {
        let project = Self(tempfile::tempdir()?);
        project.write(
            "package.json",
            r#"{"dependencies": {"next": "16.0.0", "zod": "4.0.0"}}"#,
        )?;
        project.write("app/actions.ts", ACTIONS)?;
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

    /// Exit code, stdout and stderr.
    fn run(&self, arguments: &[&str]) -> std::io::Result<(i32, String, String)> {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_remove("CI")
            .output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        ))
    }
}

#[test]
fn a_policy_is_written_once_and_agrees_with_the_code() -> Outcome {
    let project = Project::new()?;
    let (code, out, error) = project.run(&["policy", "init"])?;
    assert_eq!(
        (code, out.as_str(), error.as_str()),
        (0, "wrote portcullis.toml with 2 endpoints and 1 schema\n", "")
    );
    let policy = project.read("portcullis.toml")?;
    assert!(
        policy.contains("[actions.\"app/actions.ts#rename\"]\n# missing in the code"),
        "{policy}"
    );
    assert!(policy.contains("schema = \"schemas/rename.json\""), "{policy}");
    let schema = project.read("schemas/rename.json")?;
    assert!(
        schema.contains("\"maxLength\": 80") && schema.contains("\"prefixItems\""),
        "{schema}"
    );
    let (code, out, _) = project.run(&["policy", "check"])?;
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "portcullis.toml: 2 of 2 endpoints have an entry\nno build to compare with\n"
        )
    );

    let (code, _, error) = project.run(&["policy", "init"])?;
    assert_eq!(code, 2);
    assert!(error.contains("`portcullis.toml` is there already"), "{error}");
    assert_eq!(project.read("portcullis.toml")?, policy);
    Ok(())
}

/// What the code proves becomes a suggestion: a comment, since only its owner knows how guard's session names roles.
#[test]
fn roles_and_owners_that_the_code_asks_for_are_suggested() -> Outcome {
    let project = Project::new()?;
    project.write(
        "auth.ts",
        "import NextAuth from 'next-auth';\nexport const { auth } = NextAuth({ providers: [] });\n",
    )?;
    project.write(
        "app/actions.ts",
        "'use server';
import { PrismaClient } from '@prisma/client';
import { auth } from '../auth';
const db = new PrismaClient();
export async function closeShop() {
  const session = await auth();
  if (session?.user.role !== 'admin') throw new Error('forbidden');
  await db.shop.updateMany({ data: { open: false } });
}
export async function invite(teamId: string, email: string) {
  const session = await auth();
  if (!session) throw new Error('not signed in');
  const membership = await db.membership.findFirst({ where: { teamId, userId: session.user.id } });
  if (membership?.role !== 'owner') throw new Error('forbidden');
  await db.invite.create({ data: { teamId: membership.teamId, email } });
}
export async function removeNote(id: string) {
  const session = await auth();
  if (!session) throw new Error('not signed in');
  await db.note.deleteMany({ where: { id, userId: session.user.id } });
}
export async function renameNote(id: string, name: string) {
  const session = await auth();
  if (!session) throw new Error('not signed in');
  await db.note.update({ where: { id }, data: { name } });
}
",
    )?;
    let (code, policy, error) = project.run(&["policy", "init", "--output", "-"])?;
    assert_eq!((code, error.as_str()), (0, ""));
    let entry = |name: &str| {
        let start = format!("[actions.\"app/actions.ts#{name}\"]");
        let entry = policy.split(&start).nth(1).unwrap_or_default();
        entry.split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert!(
        entry("closeShop").contains("# role = \"admin\" # the code asks for it"),
        "{policy}"
    );
    assert!(
        entry("invite").contains("# role = \"owner\" # the code asks for it"),
        "{policy}"
    );
    assert!(
        entry("removeNote").contains("# owns = ") && entry("removeNote").contains("# the code checks it"),
        "{policy}"
    );
    assert!(
        entry("renameNote").contains("# owns = ") && entry("renameNote").contains("# missing in the code"),
        "{policy}"
    );
    // Nothing that is only suggested is in force.
    assert!(
        !policy
            .lines()
            .any(|line| line.starts_with("role") || line.starts_with("owns")),
        "{policy}"
    );
    Ok(())
}

#[test]
fn printing_writes_nothing_and_force_keeps_the_section_of_scan() -> Outcome {
    let project = Project::new()?;
    let old = "[scan]\nexclude = [\"**/*.test.ts\"]\n[actions.\"gone.ts#x\"]\naccess = \"authenticated\"\n";
    project.write("portcullis.toml", old)?;
    let (code, out, _) = project.run(&["policy", "init", "--output", "-"])?;
    assert_eq!(code, 0);
    assert!(
        out.contains("[scan]\nexclude = [\"**/*.test.ts\"]\n") && !out.contains("gone.ts"),
        "{out}"
    );
    assert_eq!(project.read("portcullis.toml")?, old);
    assert!(!project.path("schemas").exists());
    assert_eq!(project.run(&["policy", "init", "--force"])?.0, 0);
    assert_eq!(project.read("portcullis.toml")?, out);
    Ok(())
}

#[test]
fn what_does_not_agree_is_named_at_its_place() -> Outcome {
    let project = Project::new()?;
    project.run(&["policy", "init"])?;
    let policy = project.read("portcullis.toml")?;

    project.write(
        "portcullis.toml",
        &policy.replace("actions.ts#rename", "actions.ts#renmae"),
    )?;
    let (code, _, error) = project.run(&["policy", "check"])?;
    assert_eq!(code, 2);
    for word in [
        "unknown endpoint `app/actions.ts#renmae`",
        "did you mean `app/actions.ts#rename`?",
        "portcullis.toml:19:10",
    ] {
        assert!(error.contains(word), "no {word} in {error}");
    }

    let limited = policy.replace("# rate = \"60/1m per user\"", "rate = \"5/1m per user+arg:/0/nmae\"");
    project.write("portcullis.toml", &limited)?;
    let (code, _, error) = project.run(&["policy", "check"])?;
    assert_eq!(code, 2);
    assert!(
        error.contains("`app/actions.ts#rename` takes no `nmae`") && error.contains("did you mean `name`?"),
        "{error}"
    );

    project.write("portcullis.toml", &policy)?;
    project.write("schemas/rename.json", "{\"type\": \"object\"}")?;
    let (code, _, error) = project.run(&["policy", "check"])?;
    assert_eq!(code, 2);
    assert!(error.contains("`schemas/rename.json` is no schema"), "{error}");

    project.run(&["policy", "init", "--force"])?;
    project.write("app/more.ts", "'use server';\nexport async function remove() {}\n")?;
    let (code, out, _) = project.run(&["policy", "check"])?;
    assert_eq!(code, 1);
    assert!(
        out.contains("app/more.ts#remove (no entry, so guard denies it)"),
        "{out}"
    );
    Ok(())
}

#[test]
fn the_build_is_compared_and_its_key_is_never_shown() -> Outcome {
    const KEY: &str = "a2V5LW9mLXRoZS1idWlsZA==";
    let project = Project::new()?;
    project.run(&["policy", "init"])?;
    let manifest = |name: &str| {
        format!(
            r#"{{"node": {{"40aa": {{"filename": "app/actions.ts", "exportedName": "{name}"}}}}, "edge": {{}}, "encryptionKey": "{KEY}"}}"#
        )
    };
    let path = ".next/server/server-reference-manifest.json";
    project.write(path, &manifest("rename"))?;
    let (code, out, _) = project.run(&["policy", "check"])?;
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("ids of actions in the build: 1"), "{out}");
    project.write(path, &manifest("removed"))?;
    let (code, out, _) = project.run(&["policy", "check"])?;
    assert_eq!(code, 1);
    assert!(
        out.contains("app/actions.ts#removed (in the build, not in the code"),
        "{out}"
    );
    project.write(path, &format!("{{\"node\": \"{KEY}\"}}"))?;
    let (code, out, error) = project.run(&["policy", "check"])?;
    assert_eq!(code, 2);
    assert!(error.contains("the build's list of actions is broken"), "{error}");
    assert!(!out.contains(KEY) && !error.contains(KEY), "{error}");
    Ok(())
}
