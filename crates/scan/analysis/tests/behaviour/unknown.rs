//! When the honest answer is that nobody can know; and when it is not.

use std::fmt::Write as _;

use crate::support::{ACTIONS, check, verdict};

#[test]
fn opaque_calls() {
    check(
        r"
=== unknown ~ requireUser: a guard of a package
import { requireUser } from '@acme/auth';
await requireUser();
await remove(input);
=== unknown ~ verifyAccess: its result decides
import { verifyAccess } from '@acme/auth';
if (!(await verifyAccess())) return;
await remove(input);
=== unknown ~ getCurrentUser: a user of a package
import { getCurrentUser } from '@acme/identity';
const user = await getCurrentUser();
if (!user) throw new Error('no');
await remove(input);
=== gap absent/unknown: it gets the cookies
// Only what is read from the store of cookies is marked, not the store.
import { check } from '@acme/kit';
await check(await cookies());
await remove(input);
=== unknown ~ protect: a wrapper of a package
import { protect } from '@acme/auth';
export const act = protect(async (id: string) => { await remove(id); });
=== unknown ~ requireUser: behind a helper
import { guard } from '@/lib/guard';
await guard();
await remove(input);
--- lib/guard.ts
import { requireUser } from '@acme/auth';
export async function guard() { await requireUser(); }
=== absent: a package that has nothing to do with it
import { track } from '@acme/analytics';
track('deleted', input);
await remove(input);
=== absent: a package that makes dates
import { format } from '@acme/dates';
const when = format(new Date());
await remove(input);
=== absent: its result does not decide
import { slugify } from '@acme/text';
const slug = slugify(input.title);
await db.post.create({ data: { slug } });
=== absent: the guard of the package comes after the effect
import { requireUser } from '@acme/auth';
await remove(input);
await requireUser();
=== absent: the guard of the package is on one branch
import { requireUser } from '@acme/auth';
if (input.strict) await requireUser();
await remove(input);
=== proven: a guard of the project beside it
import { track } from '@acme/analytics';
track('deleted', input);
if (!(await auth())) return;
await remove(input);
=== proven: a guard of the project before one of a package
import { requireUser } from '@acme/auth';
if (!(await auth())) return;
await requireUser();
await remove(input);
=== unknown: what happens is in a package
import { doEverything } from '@acme/backend';
await doEverything(input);
=== unknown: what happens is in a package, behind an object
import { backend } from '@acme/backend';
await backend.users.delete(input);
=== absent: a name that says what happens
import { db } from '@acme/db';
await db.user.delete({ where: { id: input } });
=== proven: a name that says what happens, guarded
import { db } from '@acme/db';
if (!(await auth())) return;
await db.user.delete({ where: { id: input } });
",
    );
}

#[test]
fn callbacks_of_packages() {
    check(
        r"
=== absent: a package that calls the effect
import { retry } from '@acme/retry';
await retry(async () => { await remove(input); });
=== absent: a package that calls the effect later
import limit from '@acme/limit';
const limited = limit(3);
await Promise.all(input.ids.map((id) => limited(() => remove(id))));
=== proven: a package that calls the guarded effect
import { retry } from '@acme/retry';
await retry(async () => { if (!(await auth())) throw new Error('no'); await remove(input); });
=== proven: a package that calls the effect after the guard
import { retry } from '@acme/retry';
if (!(await auth())) return;
await retry(async () => { await remove(input); });
",
    );
    // Whether the package waits for the guard, and lets its error pass, is not known.
    let text = "'use server';\nimport { retry } from '@acme/retry';\nimport { auth } from '@/auth';\nimport { remove } from '@/lib/posts';\n\
        export async function act(input: any) { retry(async () => { if (!(await auth())) throw new Error('no'); }); await remove(input); }\n";
    let (state, reason) = verdict(&[(ACTIONS, text)], "act");
    assert!(matches!(state, "absent" | "unknown"), "{state}: {reason}");
}

#[test]
fn missing_files() {
    check(
        r"
=== unknown ~ protect: a wrapper whose file is not there
import { protect } from '@/lib/not-there';
export const act = protect(async (id: string) => { await remove(id); });
=== unknown ~ requireUser: a guard whose file is not there
import { requireUser } from '@/lib/not-there';
await requireUser();
await remove(input);
=== unknown ~ requireUser: a guard that the file does not export
import { requireUser } from '@/lib/guard';
await requireUser();
await remove(input);
--- lib/guard.ts
export const other = 1;
=== unknown ~ generated: generated code
import { generated } from '../generated/client';
export const act = generated.action(async (id: string) => { await remove(id); });
=== absent: a file that is not there, for something else
import styles from './styles.module.css';
import { title } from '@/lib/not-there';
console.log(styles.red, title);
await remove(input);
",
    );
}

/// An action of so many independent branches on the client's value, each of which changes what comes later.
fn branches(count: usize, guard: &str) -> String {
    let mut text = format!(
        "'use server';\nimport {{ auth }} from '@/auth';\nimport {{ remove }} from '@/lib/posts';\nexport async function act(input: any) {{\n{guard}\nlet state = '';\n"
    );
    for at in 0..count {
        writeln!(
            text,
            "if (input.a{at}) {{ state = state + '{at}'; }} else {{ state = '{at}' + state; }}"
        )
        .expect("text can be written");
    }
    text.push_str("if (state === 'open') await remove(input.id);\n}\n");
    text
}

#[test]
fn many_branches_end_in_an_answer_that_is_not_wrong() {
    let open = branches(2000, "");
    let (state, reason) = verdict(&[(ACTIONS, &open)], "act");
    assert!(matches!(state, "absent" | "unknown"), "{state}: {reason}");
    let guarded = branches(2000, "if (!(await auth())) return;");
    let (state, reason) = verdict(&[(ACTIONS, &guarded)], "act");
    assert!(matches!(state, "proven" | "unknown"), "{state}: {reason}");
}

#[test]
fn a_spent_budget_is_unknown() {
    // Every function calls the next one four times with new lists, so that no result can be kept.
    let mut text = String::from(
        "'use server';\nimport { auth } from '@/auth';\nimport { remove } from '@/lib/posts';\nexport async function act(input: any) { await f0([input]); await remove(input); }\n",
    );
    for at in 0..20 {
        let next = at + 1;
        writeln!(text, "async function f{at}(list: any[]) {{ await f{next}([...list, {at}]); await f{next}([{at}, ...list]); await f{next}([list]); await f{next}([list, list]); }}").expect("text can be written");
    }
    text.push_str("async function f20(list: any[]) { if (list.length === 12345) { const s = await auth(); if (!s) throw list; } }\n");
    let (state, reason) = verdict(&[(ACTIONS, &text)], "act");
    assert_eq!(state, "unknown", "{reason}");
    assert!(reason.contains("budget"), "{reason}");
}
