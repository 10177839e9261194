//! Code that is deep, wide or circular: the analysis ends, gives no wrong answer, and gives the same one twice.

use std::fmt::Write as _;

use portcullis_model::Protection;

use crate::support::{ACTIONS, analyse_in, check, threads, verdict};

#[test]
fn cycles_of_imports() {
    check(
        r"
=== proven: two files that import each other
import { guard } from '@/lib/a';
await guard();
await remove(input);
--- lib/a.ts
import { name } from './b';
import { auth } from '@/auth';
export const title = 'a' + name;
export async function guard() { if (!(await auth())) throw new Error(title); }
--- lib/b.ts
import { title } from './a';
export const name = 'b' + title;
=== absent: two barrels that export each other
import { guard } from '@/lib/a';
await guard();
await remove(input);
--- lib/a.ts
export * from './b';
export async function guard() {}
--- lib/b.ts
export * from './a';
=== unknown: a name that only goes around
import { guard } from '@/lib/a';
await guard();
await remove(input);
--- lib/a.ts
export { guard } from './b';
--- lib/b.ts
export { guard } from './a';
=== proven: a file that imports itself
import * as self from './actions';
export async function guard() { if (!(await auth())) throw new Error('no'); }
export async function act(input: any) { await self.guard(); await remove(input); }
=== absent: variables that need each other
import { a } from '@/lib/a';
if (a === 'x') console.log(a);
await remove(input);
--- lib/a.ts
import { b } from './b';
export const a = b;
--- lib/b.ts
import { a } from './a';
export const b = a;
=== absent: a loop without an end
while (input.wait) { console.log('waiting'); }
await remove(input);
=== absent: a function that returns itself
const chain = () => chain;
chain()()()();
await remove(input);
=== gap unknown/absent: an object that contains itself
// Objects are values, not identities: the ring ends after one turn, and reading on throws.
const ring: any = { id: 1 };
ring.next = ring;
if (ring.next.next.id === 2) return;
await remove(input);
",
    );
}

fn chain(length: usize, end: &str) -> String {
    let mut text = "'use server';\nimport { auth } from '@/auth';\nimport { remove } from '@/lib/posts';\n".to_owned();
    text.push_str("export async function act(input: any) { await f0(); await remove(input); }\n");
    for at in 0..length {
        writeln!(text, "async function f{at}() {{ return f{}(); }}", at + 1).expect("text can be written");
    }
    writeln!(text, "async function f{length}() {{ {end} }}").expect("text can be written");
    text
}

#[test]
fn chains_of_calls() {
    let guard = "if (!(await auth())) throw new Error('no');";
    for (length, guarded) in [(10, true), (30, true), (10, false), (30, false)] {
        let text = chain(length, if guarded { guard } else { "return 1;" });
        let (state, reason) = verdict(&[(ACTIONS, &text)], "act");
        assert_eq!(
            state,
            if guarded { "proven" } else { "absent" },
            "{length} calls: {reason}"
        );
    }
    // Beyond the depth that is looked into.
    let (state, reason) = verdict(&[(ACTIONS, &chain(500, guard))], "act");
    // Known gap: a stranger gets past the call that was not followed, and reaches the effect; `unknown` would be right.
    assert_eq!(state, "absent", "500 calls: {reason}");
    let (state, reason) = verdict(&[(ACTIONS, &chain(500, "return 1;"))], "act");
    assert!(matches!(state, "absent" | "unknown"), "500 calls: {state}: {reason}");
}

#[test]
fn an_effect_at_the_end_of_a_chain() {
    for length in [10, 30, 60, 500] {
        let text = chain(length, "return remove('x');").replace("await f0(); await remove(input);", "await f0();");
        let (state, reason) = verdict(&[(ACTIONS, &text)], "act");
        let expected: &[&str] = if length <= 30 {
            &["absent"]
        } else {
            &["absent", "unknown"]
        };
        assert!(expected.contains(&state), "{length} calls: {state}: {reason}");
    }
}

#[test]
fn a_huge_switch() {
    let action = |last: &str| {
        let mut text = "'use server';\nimport { auth } from '@/auth';\nimport { remove } from '@/lib/posts';\nexport async function act(input: any) {\nconst session = await auth();\nswitch (input.kind) {\n".to_owned();
        for at in 0..400 {
            writeln!(
                text,
                "case 'k{at}': if (!session) return; await remove(input.id); break;"
            )
            .expect("text can be written");
        }
        writeln!(text, "{last}\n}}\n}}").expect("text can be written");
        text
    };
    let (state, reason) = verdict(&[(ACTIONS, &action("default: return;"))], "act");
    assert!(matches!(state, "proven" | "unknown"), "{state}: {reason}");
    let (state, reason) = verdict(&[(ACTIONS, &action("default: await remove(input.id);"))], "act");
    assert!(matches!(state, "absent" | "unknown"), "{state}: {reason}");
}

#[test]
fn deep_expressions() {
    let action = |condition: &str| {
        format!(
            "'use server';\nimport {{ auth }} from '@/auth';\nimport {{ remove }} from '@/lib/posts';\nexport async function act(input: any) {{\nconst session = await auth();\nif ({condition}) return;\nawait remove(input);\n}}\n"
        )
    };
    let wide = vec!["!session"; 300].join(" || ");
    let (state, reason) = verdict(&[(ACTIONS, &action(&wide))], "act");
    assert_eq!(state, "proven", "{reason}");
    let deep = format!("{}!session{}", "(".repeat(200), ")".repeat(200));
    let (state, reason) = verdict(&[(ACTIONS, &action(&deep))], "act");
    assert_eq!(state, "proven", "{reason}");
    let negated = format!("{}session", "!".repeat(301));
    let (state, reason) = verdict(&[(ACTIONS, &action(&negated))], "act");
    assert_eq!(state, "proven", "{reason}");
    let negated = format!("{}session", "!".repeat(300));
    let (state, reason) = verdict(&[(ACTIONS, &action(&negated))], "act");
    assert_eq!(state, "absent", "{reason}");
}

#[test]
fn deep_blocks() {
    let action = |guard: &str| {
        format!(
            "'use server';\nimport {{ auth }} from '@/auth';\nimport {{ remove }} from '@/lib/posts';\nexport async function act(input: any) {{\nconst session = await auth();\n{}{guard} await remove(input);{}\n}}\n",
            "if (input) { try { ".repeat(40),
            " } finally { console.log(1); } }".repeat(40),
        )
    };
    let (state, reason) = verdict(&[(ACTIONS, &action("if (!session) return;"))], "act");
    assert!(matches!(state, "proven" | "unknown"), "{state}: {reason}");
    let (state, reason) = verdict(&[(ACTIONS, &action(""))], "act");
    assert!(matches!(state, "absent" | "unknown"), "{state}: {reason}");
}

/// Many endpoints over shared helpers, so that runs meet in what is remembered of calls.
fn crowd() -> Vec<(String, String)> {
    let mut files = vec![(
        "lib/guards.ts".to_owned(),
        "import { auth } from '@/auth';\nimport { cache } from 'react';\nimport { db } from './db';\n\
         export const user = cache(async () => { const s = await auth(); return s?.user ?? null; });\n\
         export async function must() { const u = await user(); if (!u) throw new Error('no'); return u; }\n\
         export async function may(role: string) { const u = await user(); return u?.role === role; }\n\
         export const wrap = (run: any) => async (...args: any[]) => { await must(); return run(...args); };\n\
         export const open = (run: any) => async (...args: any[]) => { await user(); return run(...args); };\n\
         export async function write(id: string) { await db.post.update({ where: { id }, data: {} }); }\n"
            .to_owned(),
    )];
    for at in 0..12 {
        let text = format!(
            "'use server';\nimport {{ must, may, user, wrap, open, write }} from '@/lib/guards';\n\
             export async function a{at}(id: string) {{ await must(); await write(id); }}\n\
             export async function b{at}(id: string) {{ await user(); await write(id); }}\n\
             export async function c{at}(id: string) {{ if (await may('admin')) await write(id); }}\n\
             export async function d{at}(id: string) {{ if (!(await may('banned'))) await write(id); }}\n\
             export const e{at} = wrap(async (id: string) => {{ await write(id); }});\n\
             export const f{at} = open(async (id: string) => {{ await write(id); }});\n\
             export async function g{at}(input: any) {{ switch (input.kind) {{ case 'a': await must(); break; case 'b': await user(); break; }} await write(input.id); }}\n"
        );
        files.push((format!("app/part{at}/actions.ts"), text));
    }
    files
}

#[test]
fn the_same_answer_twice_and_on_any_number_of_threads() {
    let files = crowd();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let run = |count: usize| {
        analyse_in(&threads(count), &files, |_, analysis| {
            assert_eq!(analysis.endpoints.len(), 84);
            format!(
                "{:#?}",
                (
                    &analysis.endpoints,
                    &analysis.facts,
                    &analysis.misplaced,
                    &analysis.opaque_calls
                )
            )
        })
    };
    let alone = run(1);
    for count in [1, 2, 4, 8, 8, 8] {
        assert!(run(count) == alone, "another answer with {count} threads");
    }
    let states = |letter: &str| -> Vec<&'static str> {
        analyse_in(&threads(2), &files, |_, analysis| {
            let named = analysis
                .endpoints
                .iter()
                .filter(|endpoint| endpoint.short_name.starts_with(letter));
            named
                .map(|endpoint| endpoint.coverage_of(Protection::Authentication).state())
                .collect()
        })
    };
    assert_eq!(states("a"), ["proven"; 12]);
    assert_eq!(states("e"), ["proven"; 12]);
    assert_eq!(states("c"), ["proven"; 12]);
    assert_eq!(states("b"), ["absent"; 12]);
    assert_eq!(states("d"), ["absent"; 12]);
    assert_eq!(states("f"), ["absent"; 12]);
    assert_eq!(states("g"), ["absent"; 12]);
}

#[test]
fn odd_files() {
    for text in [
        "'use server';\n",
        "'use server';\nexport {};\n",
        "'use server';\nexport * from './nowhere';\n",
        "'use server';\nexport default null;\n",
        "'use server';\nexport const { a: { b = async () => {} } = {} } = globalThis as any;\n",
        "\u{feff}'use server';\nexport async function act() {}\n",
        "'use server';\r\nexport async function act() {}\r\n",
        "'use server';\nexport async function act(\u{e4}\u{f6}: string) { return `${\u{e4}\u{f6}}\u{1f600}`; }\n",
    ] {
        let (state, reason) = verdict(&[(ACTIONS, text)], "act");
        assert!(
            matches!(state, "not-needed" | "no endpoint"),
            "{text:?}: {state}: {reason}"
        );
    }
}
