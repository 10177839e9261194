//! Code whose evaluation grows: paths, values, text, calls. Bounded in time and memory, and never called safe for it.

use crate::{HEAD, Outcome, Project, WRITE, action, all_well, each, state};

fn nest(count: usize, open: impl Fn(usize) -> String, middle: &str, close: &str) -> String {
    each(count, open) + middle + &close.repeat(count)
}

/// Every case ends with the effect, which a stranger reaches, or at worst with an honest "unknown".
fn check(cases: &[(&str, String)]) {
    let failures = cases.iter().filter_map(|(name, text)| {
        let run = || {
            let project = Project::with("app/deep.ts", text).map_err(|error| error.to_string())?;
            let report = project.report()?;
            match state(&report, "app/deep.ts#deep") {
                Some("absent" | "unknown") => Ok(()),
                other => Err(format!("the action is {other:?}")),
            }
        };
        run().err().map(|problem: String| format!("{name}: {problem}"))
    });
    all_well(&failures.collect::<Vec<_>>());
}

#[test]
fn paths() {
    check(&[
        (
            "undecided branches",
            action(&each(40, |n| format!("let v{n}; if (a.x{n}) v{n} = 1; else v{n} = 2;"))),
        ),
        (
            "branches that push",
            action(&("const s = [];".to_owned() + &each(40, |n| format!("if (a.x{n}) s.push({n});")))),
        ),
        (
            "branches that nest",
            action(&("let s = {};".to_owned() + &each(40, |n| format!("if (a.x{n}) s = {{...s, k{n}: s}};")))),
        ),
        (
            "conditionals",
            action(&each(200, |n| format!("const v{n} = a.x{n} ? 1 : 2;"))),
        ),
        (
            "short circuits",
            action(&each(200, |n| format!("const v{n} = a.x{n} && a.y{n} || a.z{n};"))),
        ),
        (
            "optional chains",
            action(&each(100, |n| format!("const v{n} = a?.b{n}?.c?.d?.e ?? a?.x{n};"))),
        ),
        (
            "catches",
            action(&each(100, |n| format!("try {{ a.f{n}() }} catch (e) {{ a.g{n}() }}"))),
        ),
        (
            "switches",
            action(&each(20, |n| {
                format!("switch (a.k{n}) {{{}}}", each(20, |m| format!("case {m}: a.q{m}();")))
            })),
        ),
        (
            "defaults",
            action(&format!(
                "const {{{}}} = a;",
                each(100, |n| format!("k{n} = a.z{n} ? 1 : 2,"))
            )),
        ),
        (
            "loops",
            action(&nest(30, |n| format!("for (const i{n} of a.l{n}) {{"), "a.x();", "}")),
        ),
        (
            "loops that grow state",
            action(
                &("let s = [];".to_owned()
                    + &nest(
                        12,
                        |n| format!("for (const i{n} of a.l{n}) {{ if (i{n}) s.push(i{n});"),
                        "",
                        "s = [...s, ...s]; }",
                    )),
            ),
        ),
        (
            "loops with exits",
            action(&nest(
                20,
                |n| format!("while (a.l{n}) {{ if (a.z{n}) continue; if (a.b{n}) break;"),
                "",
                "}",
            )),
        ),
        (
            "loops with labels",
            action(&nest(
                25,
                |n| format!("l{n}: for (;;) {{ if (a.x{n}) break l{n}; if (a.y{n}) continue l0;"),
                "",
                "}",
            )),
        ),
        (
            "callbacks",
            action(&nest(
                30,
                |n| format!("a.l{n}.map((c{n}) => {{ if (c{n}) return 1; "),
                "",
                "});",
            )),
        ),
        (
            "async callbacks",
            action(&nest(
                30,
                |n| format!("await Promise.all(a.l{n}.map(async (c{n}) => {{ if (c{n}) return 1; "),
                "",
                "}));",
            )),
        ),
        (
            "closures that a loop grows",
            action("let f = (x) => x; for (const i of a) { const g = f; f = (x) => g(g([x, i])); } f(a);"),
        ),
    ]);
}

#[test]
fn values() {
    check(&[
        ("a long array", action(&format!("const x = [{}];", "a,".repeat(10_000)))),
        (
            "a long array of objects",
            action(&format!(
                "const x = [{}]; for (const i of x) a(i);",
                "{a: 1, b: a},".repeat(10_000)
            )),
        ),
        (
            "a large object",
            action(&format!(
                "const x = {{{}}}; for (const k in x) a(x[k]);",
                each(10_000, |n| format!("k{n}: a,"))
            )),
        ),
        (
            "computed keys",
            action(&format!("const x = {{{}}};", each(2_000, |n| format!("[a.k{n}]: a,")))),
        ),
        (
            "many arguments",
            action(&format!("a({});", each(2_000, |n| format!("a.b{n} || a.c{n},")))),
        ),
        (
            "an object in itself",
            action("let o = {}; for (const i of a) { o = {...o, a: o}; }"),
        ),
        (
            "an object in itself, unrolled",
            action(&("let o = {};".to_owned() + &"o = {...o, a: o, b: [o]};".repeat(60))),
        ),
        (
            "an array twice in itself",
            action(&("let o = [a];".to_owned() + &"o = [o, o];".repeat(60))),
        ),
        (
            "spread twice",
            action(&("let o = [a];".to_owned() + &"o = [...o, ...o];".repeat(60))),
        ),
        (
            "pushed twice",
            action(&("let o = [a];".to_owned() + &"o.push(...o);".repeat(60))),
        ),
        (
            "pushed into itself",
            action(&("let o = [a];".to_owned() + &"o.push(o);".repeat(60))),
        ),
        (
            "concatenated twice",
            action(&("let o = [a];".to_owned() + &"o = o.concat(o);".repeat(60))),
        ),
        (
            "flattened",
            action(&("let q = [1, 2];".to_owned() + &"q = q.flatMap((x) => [x, x, q]);".repeat(40))),
        ),
        (
            "assigned",
            action(&("let q = {a: 1};".to_owned() + &"q = Object.assign({}, q, {a: q, b: q});".repeat(60))),
        ),
        (
            "entries",
            action(
                &("let q = {a: 1};".to_owned()
                    + &"q = Object.fromEntries(Object.entries(q).flatMap(([k, v]) => [[k + 'a', q], [k + 'b', q]]));"
                        .repeat(40)),
            ),
        ),
        (
            "a cycle",
            action(
                "const o = {}; o.o = o; o.p = [o]; o.q = () => o; JSON.stringify(o); const { o: { o: { p: [z] } } } = o;",
            ),
        ),
        (
            "numbers",
            action(&("let n = 2; let b = 2n;".to_owned() + &"n = n * n; b = b ** b;".repeat(60))),
        ),
    ]);
}

#[test]
fn text() {
    let start = "let s = 'abcdefgh', t = 'b';";
    let doubling = |piece: &str| action(&(start.to_owned() + &piece.repeat(100)));
    check(&[
        ("sums", doubling("s = s + s;")),
        ("sums in place", doubling("s += s;")),
        ("templates", doubling("s = `${s}${s}`;")),
        ("concat", doubling("s = s.concat(s);")),
        ("join", doubling("s = [s, s].join(s);")),
        ("replaceAll", doubling("s = s.replaceAll('a', 'aa');")),
        ("two that feed each other", doubling("s = s + t; t = t + s;")),
        (
            "in a loop",
            action(&format!("{start} for (let i = 0; i < 100; i++) s = s + s;")),
        ),
        (
            "repeat and padding",
            action("let s = 'abc'.repeat(1e9); s = s.padEnd(1e9, 'x'); new Array(1e9).fill(s).join(s);"),
        ),
        (
            "arrays of a length",
            action("Array.from({length: 1e9}, (_, i) => i); const z = [...Array(1e9).keys()];"),
        ),
    ]);
}

#[test]
fn calls() {
    let head = |functions: &str, body: &str| {
        format!("{HEAD}{functions}\nexport async function deep(a) {{ {body} {WRITE} }}\n")
    };
    check(&[
        (
            "getters that read themselves",
            head(
                "const o = { get x() { return this.x; }, get y() { return o.y + o.y; } };\nclass K { get z() { return this.z; } static get w() { return K.w; } get q() { return new K().q; } }",
                "if (a) { o.x; o.y; } if (a) { new K().z; K.w; new K().q; }",
            ),
        ),
        (
            "growing arguments",
            head(
                "function f(x, y) { if (x.a) return f([x, y], {x, y}); return f({...x, n: x}, [...y, y]); }",
                "if (a) f(a, [a]);",
            ),
        ),
        (
            "growing text",
            head("function f(x) { return f(x + x + 'a'); }", "if (a) f('b');"),
        ),
        (
            "counting down",
            head(
                "function f(n) { if (n === 0) return 0; return f(n - 1) + f(n - 1); }",
                "f(1000000);",
            ),
        ),
        (
            "mutual recursion",
            head(
                &each(50, |n| {
                    format!(
                        "function f{n}(x) {{ if (x) return f{}(x); return f{}([x]); }}\n",
                        (n + 1) % 50,
                        (n + 7) % 50
                    )
                }),
                "if (a) f0(a);",
            ),
        ),
        (
            "every call calls twice",
            head(
                &("function f0(x) { return x; }".to_owned()
                    + &each(40, |n| {
                        format!("function f{}(x) {{ return [f{n}(x), f{n}(x)]; }}\n", n + 1)
                    })),
                "f40(a);",
            ),
        ),
        (
            "every call differs",
            head(
                &("function f0(x) { return x.a ? 1 : 2; }".to_owned()
                    + &each(40, |n| {
                        format!("function f{}(x) {{ return f{n}([x, 1]) + f{n}([x, 2]); }}\n", n + 1)
                    })),
                "f40(a);",
            ),
        ),
        (
            "closures of closures",
            head(
                &("const f0 = (x) => x;\n".to_owned()
                    + &each(40, |n| {
                        format!("const f{} = (x) => f{n}((y) => f{n}(y === x ? [x] : x));\n", n + 1)
                    })),
                "f40(a);",
            ),
        ),
        (
            "constants in reverse",
            head(
                &("const c0 = 1;\n".to_owned() + &each(5_000, |n| format!("const c{} = c{};\n", 5_000 - n, 4_999 - n))),
                "if (c5000) a();",
            ),
        ),
        (
            "classes",
            head(
                &("class C0 { m() {} }\n".to_owned()
                    + &each(1_000, |n| format!("class C{} extends C{n} {{}}\n", n + 1))),
                "new C1000().m();",
            ),
        ),
        (
            "numerals",
            head(
                "const two = (f) => (x) => f(f(x));",
                "two(two)(two)(two)(two)((x) => [x, x])(a);",
            ),
        ),
        (
            "iterators of themselves",
            action(
                "const o = { [Symbol.iterator]() { return { next: () => ({ value: o, done: false }) }; } }; if (a) { for (const x of o) { for (const y of x) {} } }",
            ),
        ),
        (
            "thenables",
            action("const o = { then(f) { f(o); } }; if (a) { await o; await Promise.resolve(o); }"),
        ),
        (
            "conversions",
            action(
                "const o = { toString() { return `${o}`; }, toJSON() { return JSON.stringify(o); } }; if (a) { `${o}`; o + 1; JSON.stringify(o); }",
            ),
        ),
        (
            "defaults that call",
            head(
                "function f(x = f()) { return x; }\nfunction g({ b = g({}), ...r } = g({})) { return r; }",
                "if (a) { f(); g({}); }",
            ),
        ),
        (
            "generators",
            head("function* g() { yield* g(); }", "if (a) { for (const x of g()) {} }"),
        ),
    ]);
}

/// What lies behind a limit of the engine is unknown, never absent from the answer.
#[test]
fn an_effect_behind_the_limits_is_not_forgotten() {
    let write = "fs.writeFile('x', String(a))";
    let chain = |length: usize| {
        format!("async function f0(a) {{ await {write}; }}\n")
            + &each(length, |n| {
                format!("async function f{}(a) {{ return await f{n}(a); }}\n", n + 1)
            })
    };
    let nested = |depth: usize| {
        let callbacks = nest(depth, |n| format!("each(a, (c{n}) => {{ "), write, "})");
        format!(
            "{HEAD}function each(l, f) {{ for (const x of l) f(x); }}\nexport async function deep(a) {{ {callbacks} }}\n"
        )
    };
    check(&[
        ("a helper within itself, 3 deep", nested(3)),
        ("a helper within itself, 6 deep", nested(6)),
        ("a helper within itself, 30 deep", nested(30)),
        (
            "100 calls",
            format!(
                "{HEAD}{}export async function deep(a) {{ await f100(a); }}\n",
                chain(100)
            ),
        ),
        (
            "100 calls beside a guarded effect",
            format!(
                "{HEAD}import {{ auth }} from '@clerk/nextjs/server';\n{}export async function deep(a) {{ const {{ userId }} = await auth(); if (userId) await fs.writeFile('y', 'z'); await f100(a); }}\n",
                chain(100)
            ),
        ),
    ]);
}

#[test]
fn ten_thousand_exports() -> Outcome {
    let exports = each(10_000, |n| format!("export async function e{n}(a) {{ {WRITE} }}\n"));
    let report = Project::with("app/many.ts", format!("{HEAD}{exports}"))?.report()?;
    assert_eq!(report["endpoints"].as_array().map(Vec::len), Some(10_001));
    Ok(())
}

#[test]
fn names_of_the_prototype() -> Outcome {
    let text = format!(
        "{HEAD}export async function constructor(__proto__) {{ await fs.writeFile('x', String(__proto__)); }}\n\
         export async function toString(a, constructor, hasOwnProperty) {{ const o = {{ __proto__: constructor, constructor, toString: 1, ['__proto__']: a, valueOf() {{}} }}; o.constructor = hasOwnProperty; {WRITE} }}\n\
         export async function __proto__(a) {{ {WRITE} }}\n\
         export async function valueOf(a) {{ const {{ __proto__, constructor, ...rest }} = a; rest.hasOwnProperty = __proto__; {WRITE} }}\n"
    );
    let report = Project::with("app/names.ts", text)?.report()?;
    for name in ["constructor", "toString", "__proto__", "valueOf"] {
        assert_eq!(
            state(&report, &format!("app/names.ts#{name}")),
            Some("absent"),
            "{name}"
        );
    }
    Ok(())
}
