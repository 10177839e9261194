//! Which schema belongs to which parameter. Each case is one endpoint; its comment says what its parameters accept.

use std::fmt::Write as _;

use crate::project::parameters;

const HEAD: &str = "'use server'
import { z } from 'zod'
import { createSafeActionClient } from 'next-safe-action'
import { createServerAction, createServerActionProcedure } from 'zsa'
import { zfd } from 'zod-form-data'
import { createInsertSchema } from 'drizzle-zod'
import { redirect } from 'next/navigation'
import { db } from './db'
import { check, lenient, safeAction, wrap, formAction, Short, Role, users } from './lib'
const client = createSafeActionClient()
const S = z.object({ a: z.string() })
";

const LIB: &str = "
import { z } from 'zod'
import { pgTable, text, integer, serial } from 'drizzle-orm/pg-core'
export enum Role { Admin = 'admin', User = 'user' }
export const Short = z.string().max(3)
export const check = (schema, value) => { const result = schema.parse(value); return result }
export const lenient = (schema, value) => { const result = schema.safeParse(value); return result.success ? result.data : value }
export const safeAction = (schema, handler) => async (data) => {
  const result = schema.safeParse(data)
  if (!result.success) return { errors: result.error.flatten() }
  return handler(result.data)
}
export function formAction(schema, handler) {
  return async (state, form) => {
    const result = schema.safeParse(Object.fromEntries(form))
    if (!result.success) return { error: 'no' }
    return handler(result.data, form)
  }
}
export const wrap = (handler) => async (...args) => { console.log('called'); return handler(...args) }
export const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull(), age: integer('age') })
";

/// Each endpoint is a line or more of code after `// name: what its parameters accept`, one after another with ` | `.
fn check_all(cases: &str) {
    let source = format!("{HEAD}{cases}");
    let found = parameters(&[("actions.ts", &source), ("lib.ts", LIB)]);
    let mut wrong = String::new();
    let mut count = 0;
    for line in cases.lines() {
        let Some((name, expected)) = line.strip_prefix("// ").and_then(|rest| rest.split_once(": ")) else {
            continue;
        };
        count += 1;
        let actual = found.get(name).map_or_else(
            || "no such endpoint".to_owned(),
            |parameters| {
                let shown = parameters.iter().map(|(name, schema)| match schema {
                    Some(schema) => format!("{name} {schema}"),
                    None => format!("{name} -"),
                });
                shown.collect::<Vec<_>>().join(" | ")
            },
        );
        if actual != expected {
            writeln!(wrong, "{name}\n  expected {expected}\n  found    {actual}").unwrap();
        }
    }
    assert!(count > 0 && wrong.is_empty(), "{wrong}");
}

const A: &str = r#"{"properties":{"a":{"type":"string"}},"required":["a"],"type":"object"}"#;

fn check_with(cases: &str) {
    check_all(&cases.replace("{A}", A));
}

#[test]
fn a_schema_that_is_applied_first_and_on_every_way() {
    check_with(
        r#"
// parsed: input {A}
export async function parsed(input) { const value = S.parse(input); await db.save(value) }
// inside: input {A}
export async function inside(input) { await db.save(S.parse(input)) }
// second: id {"maxLength":3,"type":"string"} | input {A}
export async function second(id, input) { const key = Short.parse(id); const value = await S.parseAsync(input); await db.save(key, value) }
// safe: input {A}
export async function safe(input) { const result = S.safeParse(input); if (!result.success) return { error: 1 }; await db.save(result.data, input) }
// taken: input {A}
export async function taken(input) { const { success, data } = S.safeParse(input); if (!success) { throw new Error('no') } await db.save(data) }
// only: input {A}
export async function only(input) { const result = S.safeParse(input); if (result.success) { await db.save(result.data) } }
// tested: input {A}
export async function tested(input) { if (!S.safeParse(input).success) return; await db.save(input) }
// guarded: input {A}
export async function guarded(input) { try { const value = S.parse(input); await db.save(value) } catch (error) { return { error } } }
// refused: input {A}
export async function refused(input) { if (!input) return { error: 'empty' }; console.log(input); const value = S.parse(input); await db.save(value) }
// named: given {A}
export async function named(given) { const input = given; const value = S.parse(input); await db.save(value) }
// defaulted: input {"properties":{"a":{"type":"string"}},"required":["a"],"type":"object","x-portcullis-optional":true}
export async function defaulted(input = { a: 'x' }) { const value = S.parse(input); await db.save(value) }
// parts: { a, b } {"properties":{"a":{"type":"string"},"b":{"type":"number"}},"required":["a"],"type":"object"}
export async function parts({ a, b = 1 }) { const value = S.extend({ b: z.number().optional() }).parse({ a, b }); await db.save(value) }
// separate: a {"type":"string"} | b {"type":"number"}
export async function separate(a, b) { const value = z.object({ a: z.string(), b: z.number() }).parse({ a, b, c: 1 }); await db.save(value) }
// spread: input {"properties":{"a":{"type":"string"},"by":{}},"required":["a"],"type":"object"}
export async function spread(input) { const value = S.extend({ by: z.string() }).parse({ ...input, by: await db.user() }); await db.save(value) }
// helped: input {A}
export async function helped(input) { const value = check(S, input); await db.save(value) }
"#
        .replace(r#""by":{}"#, r#""by":{"x-portcullis-approximate":["may be missing"]}"#)
        .replace(r#","b":{"type":"number"}},"required":["a"],"type":"object"}
export async function parts"#, r#"},"required":["a"],"type":"object"}
export async function parts"#)
        .as_str(),
    );
}

#[test]
fn what_can_be_avoided_says_nothing() {
    check_with(
        r"
// used: input -
export async function used(input) { await db.log(input); const value = S.parse(input); await db.save(value) }
// branch: input -
export async function branch(input) { if (input.kind) { const value = S.parse(input); await db.save(value) } }
// early: input -
export async function early(input) { if (input.raw) { await db.save(input); return } const value = S.parse(input); await db.save(value) }
// swallowed: input -
export async function swallowed(input) { try { S.parse(input) } catch { console.log('bad') } await db.save(input) }
// ignored: input -
export async function ignored(input) { const result = S.safeParse(input); await db.save(result.data ?? input) }
// goes: input -
export async function goes(input) { const result = S.safeParse(input); if (!result.success) { console.log('bad') } await db.save(input) }
// helped: input -
export async function helped(input) { const value = lenient(S, input); await db.save(value) }
// computed: input -
export async function computed(input) { const value = S.parse(JSON.parse(input)); await db.save(value) }
// changed: input -
export async function changed(input) { input = { ...input, a: 'x' }; const value = S.parse(input); await db.save(value) }
// whole: input -
export async function whole(input) { const value = S.partial().parse({ ...input }); await db.save(value) }
// none: input -
export async function none(input) { await db.save(input) }
",
    );
}

#[test]
fn builders_and_wrappers() {
    check_with(
        r#"
// action: input {A}
export const action = client.inputSchema(S).action(async ({ parsedInput }) => { await db.save(parsedInput) })
// bound: boundArgument0 {"maxLength":3,"type":"string"} | input {A}
export const bound = client.bindArgsSchemas([Short]).schema(S).action(async ({ parsedInput }) => { await db.save(parsedInput) })
// state: previousState - | input {A}
export const state = client.metadata({}).inputSchema(async () => S).stateAction(async ({ parsedInput }) => { await db.save(parsedInput) })
// plain: input -
export const plain = client.action(async () => { await db.save() })
// hidden: input -
export const hidden = client.inputSchema(await db.schema()).action(async () => { await db.save() })
// old: input {A}
export const old = client(S, async (input) => { await db.save(input) })
// zsa: input {A}
export const zsa = createServerAction().input(S).handler(async ({ input }) => { await db.save(input) })
// procedure: input {"allOf":[{"properties":{"b":{"type":"number"}},"required":["b"],"type":"object"},{A}]}
export const procedure = createServerActionProcedure().input(z.object({ b: z.number() })).handler(async () => ({})).createServerAction().input(S).handler(async ({ input }) => { await db.save(input) })
// zsaForm: input {"properties":{"a":{"type":"string"}},"required":["a"],"type":"object","x-portcullis-approximate":["form entries"],"x-portcullis-form":"last"}
export const zsaForm = createServerAction().input(S, { type: 'formData' }).handler(async ({ input }) => { await db.save(input) })
// own: data {A}
export const own = safeAction(S, async (input) => { await db.save(input) })
// ownForm: state - | form {"properties":{"a":{"type":"string"}},"required":["a"],"type":"object","x-portcullis-form":"last"}
export const ownForm = formAction(S, async (input) => { await db.save(input) })
// wrapped: id - | input {A}
export const wrapped = wrap(async (id, input) => { await db.log(id); await db.save(S.parse(input)) })
// wrappedOne: input {A}
export const wrappedOne = wrap(async (input) => { await db.save(S.parse(input)) })
"#,
    );
}

#[test]
fn forms_tables_and_typescript_enums() {
    check_with(
        r#"
// entries: form {"properties":{"a":{"type":"string"}},"required":["a"],"type":"object","x-portcullis-form":"last"}
export async function entries(form: FormData) { const value = S.parse(Object.fromEntries(form.entries())); await db.save(value) }
// fields: form {"properties":{"a":{"type":"string"},"b":{"maxLength":3,"type":["string","null"]}},"required":["a"],"type":"object","x-portcullis-form":"first"}
export async function fields(form: FormData) { const value = S.extend({ b: Short.nullable() }).parse({ a: form.get('a'), b: form.get('b') }); await db.save(value) }
// library: form {"properties":{"a":{"type":"string"},"f":{"x-portcullis-type":"file"}},"required":["a","f"],"type":"object","x-portcullis-approximate":["form entries"],"x-portcullis-form":"last"}
export async function library(form: FormData) { const value = zfd.formData({ a: zfd.text(), f: zfd.file() }).parse(form); await db.save(value) }
// role: input {"enum":["admin","user"]}
export async function role(input: Role) { await db.save(z.nativeEnum(Role).parse(input)) }
// insert: input {"properties":{"age":{"type":["number","null"]},"id":{"x-portcullis-approximate":["may be missing"]},"name":{"maxLength":9,"type":"string"}},"required":["name"],"type":"object","x-portcullis-approximate":["drizzle-zod"]}
export async function insert(input) { const row = createInsertSchema(users, { name: (schema) => schema.max(9) }).parse(input); await db.save(row) }
// when: input {"x-portcullis-type":"date"}
export async function when(input: Date) { await db.save(z.date().parse(input)) }
"#,
    );
}

/// Each level uses the one below several times, so that the whole grows beyond all bounds; the work does not.
#[test]
fn schemas_that_share_their_parts_end() {
    for (level, combined) in [
        ("z.object({ a: z.any() })", "z.object({ a: S, b: S, c: S.optional() })"),
        ("z.string()", "z.union([S, S.nullable(), S])"),
        ("z.object({ a: z.string() })", "z.object({ a: S, b: S }).deepPartial()"),
        ("z.object({ a: z.string() })", "S.and(S)"),
    ] {
        let mut text =
            format!("'use server'\nimport {{ z }} from 'zod'\nimport {{ db }} from './db'\nconst S0 = {level}\n");
        for number in 1..=30 {
            let below = format!("S{}", number - 1);
            writeln!(text, "const S{number} = {}", combined.replace('S', &below)).unwrap();
        }
        text.push_str("export async function save(input) { const value = S30.parse(input); await db.save(value) }\n");
        let found = parameters(&[("actions.ts", &text)]);
        assert!(found["save"][0].1.is_some(), "{combined}");
    }
}
