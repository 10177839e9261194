//! Which functions are endpoints, what they are called and take along, and which directives are wrong.

use std::fmt::Write as _;

use portcullis_analysis::MisplacedKind;
use portcullis_model::EndpointKind;

use crate::support::{ACTIONS, analysed};

/// Every endpoint of a file as `name kind(parameters) [captures] by wrapper`.
fn endpoints(files: &[(&str, &str)]) -> Vec<String> {
    analysed(files, |_, analysis| {
        analysis
            .endpoints
            .iter()
            .map(|endpoint| {
                let kind = match endpoint.kind {
                    EndpointKind::Module => "module",
                    EndpointKind::Inline => "inline",
                };
                let parameters: Vec<&str> = endpoint.parameters.iter().map(|parameter| &*parameter.name).collect();
                let mut text = format!("{} {kind}({})", endpoint.name, parameters.join(", "));
                if !endpoint.captures.is_empty() {
                    let captures: Vec<&str> = endpoint.captures.iter().map(|capture| &*capture.name).collect();
                    write!(text, " [{}]", captures.join(", ")).expect("text can be written");
                }
                if let Some(wrapper) = &endpoint.wrapper {
                    write!(text, " by {wrapper}").expect("text can be written");
                }
                text
            })
            .collect()
    })
}

/// What is wrong with the directives of a project.
fn misplaced(files: &[(&str, &str)]) -> Vec<MisplacedKind> {
    analysed(files, |_, analysis| {
        analysis
            .misplaced
            .iter()
            .map(|misplaced| misplaced.problem.clone())
            .collect()
    })
}

fn assert_endpoints(text: &str, expected: &[&str]) {
    assert_eq!(endpoints(&[(ACTIONS, text)]), expected, "in {text}");
}

#[test]
fn declarations() {
    assert_endpoints(
        "'use server';\nexport async function a(one: string, { two, three: four }: any, [five]: any, six = 1, ...rest: any[]) {}\n",
        &["app/actions.ts#a module(one, { two, three }, [five], six, rest)"],
    );
    assert_endpoints(
        "'use server';\nexport const a = async (one) => {};\n",
        &["app/actions.ts#a module(one)"],
    );
    assert_endpoints(
        "'use server';\nexport const a = async function named(one) {};\n",
        &["app/actions.ts#a module(one)"],
    );
    assert_endpoints(
        "'use server';\nexport const a = async () => {}, b = async (two) => {};\n",
        &["app/actions.ts#a module()", "app/actions.ts#b module(two)"],
    );
    assert_endpoints(
        "'use server';\nexport let a = async () => {};\nexport var b = async () => {};\n",
        &["app/actions.ts#a module()", "app/actions.ts#b module()"],
    );
    assert_endpoints(
        "'use server';\nexport async function* a() {}\n",
        &["app/actions.ts#a module()"],
    );
    assert_endpoints(
        "\"use server\"\nexport async function a() {}\n",
        &["app/actions.ts#a module()"],
    );
    assert_endpoints(
        "/* a licence */\n// more\n'use server';\nexport async function a() {}\n",
        &["app/actions.ts#a module()"],
    );
    assert_endpoints(
        "'use strict';\n'use server';\nexport async function a() {}\n",
        &["app/actions.ts#a module()"],
    );
    assert_endpoints(
        "'use server';\nasync function a() {}\nasync function b() {}\nexport { a };\n",
        &["app/actions.ts#a module()"],
    );
    assert_endpoints(
        "'use server';\nasync function a(one) {}\nexport { a as b, a as default };\n",
        &["app/actions.ts#b module(one)", "app/actions.ts#default module(one)"],
    );
    assert_endpoints(
        "'use server';\nconst a = async (one) => {};\nexport { a as 'quoted name' };\n",
        &["app/actions.ts#quoted name module(one)"],
    );
    assert_endpoints("'use server';\nasync function a() {}\n", &[]);
    assert_endpoints(
        "'use server';\nexport const { a, b } = make();\nfunction make() { return { a: async () => {}, b: async () => {} }; }\n",
        &["app/actions.ts#a module() by make", "app/actions.ts#b module() by make"],
    );
}

#[test]
fn defaults() {
    assert_endpoints(
        "'use server';\nexport default async function a(one) {}\n",
        &["app/actions.ts#default module(one)"],
    );
    assert_endpoints(
        "'use server';\nexport default async function (one) {}\n",
        &["app/actions.ts#default module(one)"],
    );
    assert_endpoints(
        "'use server';\nexport default async (one) => {};\n",
        &["app/actions.ts#default module(one)"],
    );
    assert_endpoints(
        "'use server';\nconst a = async (one) => {};\nexport default a;\n",
        &["app/actions.ts#default module(one)"],
    );
}

#[test]
fn re_exports() {
    let other = (
        "lib/other.ts",
        "export async function a(one) {}\nexport async function b() {}\nexport type T = string;\nexport const n = 1;\n",
    );
    let names = |text: &str| -> Vec<String> {
        endpoints(&[(ACTIONS, text), other])
            .iter()
            .map(|text| text.split_once(' ').expect("a name and a kind").0.to_owned())
            .collect()
    };
    assert_eq!(
        names("'use server';\nexport { a } from '@/lib/other';\n"),
        ["app/actions.ts#a"]
    );
    assert_eq!(
        names("'use server';\nexport { a as c } from '@/lib/other';\n"),
        ["app/actions.ts#c"]
    );
    assert_eq!(
        names("'use server';\nimport { a } from '@/lib/other';\nexport { a };\n"),
        ["app/actions.ts#a"]
    );
    assert_eq!(
        names("'use server';\nimport { a } from '@/lib/other';\nexport const c = a;\n"),
        ["app/actions.ts#c"]
    );
    assert_eq!(names("'use server';\nexport type { T } from '@/lib/other';\n"), [""; 0]);
    assert_eq!(
        names("'use server';\nexport { type T, a } from '@/lib/other';\n"),
        ["app/actions.ts#a"]
    );
}

#[test]
fn types_are_no_endpoints() {
    assert_endpoints(
        "'use server';\nexport type A = string;\nexport interface B { a: string }\ndeclare function c(): void;\nexport async function d() {}\n",
        &["app/actions.ts#d module()"],
    );
    assert_endpoints(
        "'use server';\ntype A = string;\nexport type { A };\nexport async function d() {}\n",
        &["app/actions.ts#d module()"],
    );
    assert_endpoints(
        "'use server';\nexport async function a(x: string): Promise<void>;\nexport async function a(x: number): Promise<void>;\nexport async function a(x: any) {}\n",
        &["app/actions.ts#a module(x)"],
    );
}

#[test]
fn other_directives() {
    assert_endpoints("'use cache';\nexport async function a() {}\n", &[]);
    assert_endpoints("'use client';\nexport async function a() {}\n", &[]);
    assert_endpoints(
        "'use strict';\nexport async function a() {}\n// 'use server' is a directive\n",
        &[],
    );
    assert_endpoints(
        "const text = 'use server';\nexport async function a() { return text; }\n",
        &[],
    );
    assert_endpoints("`use server`;\nexport async function a() {}\n", &[]);
    assert_endpoints("('use server');\nexport async function a() {}\n", &[]);
    assert_endpoints("'Use Server';\nexport async function a() {}\n", &[]);
    assert_endpoints("'use  server';\nexport async function a() {}\n", &[]);
    assert_endpoints("export async function a() { 'use cache'; return 'use server'; }\n", &[]);
}

#[test]
fn wrapped() {
    let wrap = (
        "lib/wrap.ts",
        "export const wrap = (run: any) => async (...args: any[]) => run(...args);\nexport const kit = { schema: (s: any) => ({ action: (run: any) => async (input: any) => run(input) }) };\n",
    );
    assert_eq!(
        endpoints(&[
            (
                ACTIONS,
                "'use server';\nimport { wrap } from '@/lib/wrap';\nexport const a = wrap(async (one, two) => {});\n"
            ),
            wrap
        ]),
        ["app/actions.ts#a module(one, two) by wrap"]
    );
    assert_eq!(
        endpoints(&[
            (
                ACTIONS,
                "'use server';\nimport { kit } from '@/lib/wrap';\nexport const a = kit.schema({}).action(async ({ id }) => {});\n"
            ),
            wrap
        ]),
        ["app/actions.ts#a module({ id }) by kit"]
    );
    assert_eq!(
        endpoints(&[
            (
                ACTIONS,
                "'use server';\nimport { wrap } from '@/lib/wrap';\nexport default wrap(async (one) => {});\n"
            ),
            wrap
        ]),
        ["app/actions.ts#default module(one) by wrap"]
    );
    // Known gap: the parameters of a function that is wrapped by its name are not looked up; `(one)` would be right.
    assert_eq!(
        endpoints(&[
            (
                ACTIONS,
                "'use server';\nimport { wrap } from '@/lib/wrap';\nasync function inner(one) {}\nexport const a = wrap(inner);\n"
            ),
            wrap
        ]),
        ["app/actions.ts#a module() by wrap"]
    );
}

#[test]
fn inline() {
    let page = |text: &str| endpoints(&[("app/page.tsx", text)]);
    assert_eq!(
        page(
            "export default function Page({ id }) {\n  async function save(form) { 'use server'; console.log(id, form); }\n  return <form action={save} />;\n}\n"
        ),
        ["app/page.tsx#Page.save inline(form) [id]"]
    );
    assert_eq!(
        page(
            "export default function Page() {\n  const save = async (form) => { 'use server'; };\n  return <form action={save} />;\n}\n"
        ),
        ["app/page.tsx#Page.save inline(form)"]
    );
    assert_eq!(
        page(
            "export default function Page() {\n  return <form action={async (form) => {\n    'use server';\n  }} />;\n}\n"
        ),
        ["app/page.tsx#Page.<anonymous:2> inline(form)"]
    );
    assert_eq!(
        page(
            "async function save() { 'use server'; }\nexport default function Page() { return <form action={save} />; }\n"
        ),
        ["app/page.tsx#save inline()"]
    );
    assert_eq!(
        page(
            "const actions = { async save(form) { 'use server'; } };\nexport default function Page() { return <form action={actions.save} />; }\n"
        ),
        ["app/page.tsx#save inline(form)"]
    );
    assert_eq!(
        page(
            "class Actions { static async save(form) { 'use server'; } }\nexport default function Page() { return <form action={Actions.save} />; }\n"
        ),
        ["app/page.tsx#Actions.save inline(form)"]
    );
    assert_eq!(
        page("import { wrap } from '@/lib/wrap';\nexport default function Page() {\n  const save = wrap(async (form) => { 'use server'; });\n  return <form action={save} />;\n}\n").len(),
        1
    );
    assert_eq!(
        page("export default function Page() {\n  return <form action={async () => { 'use server'; }}><button formAction={async () => { 'use server'; }} /></form>;\n}\n").len(),
        2
    );
    assert_eq!(
        page("export default async function Page() {\n  async function save() { 'use server'; async function inner() { return 'use server'; } await inner(); }\n  return <form action={save} />;\n}\n").len(),
        1
    );
}

#[test]
fn captures() {
    let page = |text: &str| endpoints(&[("app/page.tsx", text)]);
    assert_eq!(
        page(
            "import { load } from '@/lib/load';\nconst LIMIT = 3;\nexport default async function Page({ params }) {\n  const { id } = await params;\n  const post = await load(id);\n  const unused = 1;\n  async function save(form) {\n    'use server';\n    const own = form.get('x');\n    console.log(id, post.title, own, LIMIT, load);\n  }\n  return <form action={save}>{unused}</form>;\n}\n"
        ),
        ["app/page.tsx#Page.save inline(form) [id, post]"]
    );
    assert_eq!(
        page(
            "export default function Page({ id }) {\n  function title() { return 'x'; }\n  async function save() { 'use server'; const run = () => id; return run() + title(); }\n  return <form action={save} />;\n}\n"
        ),
        ["app/page.tsx#Page.save inline() [id]"]
    );
    assert_eq!(
        page(
            "export default function Page({ id }) {\n  async function save() { 'use server'; const id = 1; return id; }\n  return <form action={save}>{id}</form>;\n}\n"
        ),
        ["app/page.tsx#Page.save inline()"]
    );
}

#[test]
fn misplaced_directives() {
    assert_eq!(
        misplaced(&[(
            ACTIONS,
            "import { x } from '@/lib/x';\n'use server';\nexport async function a() {}\n"
        )]),
        [MisplacedKind::NotInPrologue]
    );
    assert_endpoints(
        "import { db } from '@/lib/db';\n'use server';\nexport async function a() {}\n",
        &[],
    );
    assert_eq!(
        misplaced(&[(
            ACTIONS,
            "export async function a() { const x = 1; 'use server'; return x; }\n"
        )]),
        [MisplacedKind::NotInPrologue]
    );
    assert_eq!(
        misplaced(&[(
            "app/page.tsx",
            "'use server';\nexport default async function Page() { return <p />; }\n"
        )]),
        [MisplacedKind::FrameworkFile("page".to_owned())]
    );
    assert_eq!(
        misplaced(&[(
            "app/api/x/route.ts",
            "'use server';\nexport async function GET() { return new Response(); }\n"
        )]),
        [MisplacedKind::FrameworkFile("route handler".to_owned())]
    );
    assert_eq!(
        misplaced(&[(ACTIONS, "'use client';\n'use server';\nexport async function a() {}\n")]),
        [MisplacedKind::BothDirectives]
    );
    assert_eq!(
        misplaced(&[(ACTIONS, "'use server';\nexport async function a() {}\n")]),
        []
    );
    assert_eq!(
        misplaced(&[("lib/page.ts", "'use server';\nexport async function a() {}\n")]),
        []
    );
}

#[test]
fn exports_that_are_no_functions() {
    let declarations = [
        "const a = 1;",
        "const a = 'text';",
        "const a = { a: 1 };",
        "const a = [1];",
        "const a = null;",
        "const a = true;",
        "const a = new Map();",
        "const a = z.object({ a: z.string() });",
        "class a {}",
        "enum a { B }",
    ];
    let wrong: Vec<&str> = declarations
        .into_iter()
        .filter(|declaration| {
            let text = format!(
                "'use server';\nimport {{ z }} from 'zod';\nexport {declaration}\nexport async function b() {{ z; }}\n"
            );
            misplaced(&[(ACTIONS, &text)]) != [MisplacedKind::NotAFunction("a".to_owned())]
                || endpoints(&[(ACTIONS, &text)]) != ["app/actions.ts#b module()"]
        })
        .collect();
    // Known gap: a constant that is a switch is taken to be anything, and so is a `Map`: they become endpoints.
    assert_eq!(
        wrong,
        ["const a = true;", "const a = new Map();"],
        "not seen to be no function"
    );
    for declaration in wrong {
        let text = format!("'use server';\nexport {declaration}\n");
        assert_eq!(misplaced(&[(ACTIONS, &text)]), []);
        assert_eq!(endpoints(&[(ACTIONS, &text)]), ["app/actions.ts#a module()"]);
    }
}

#[test]
fn several_files_and_languages() {
    assert_eq!(
        endpoints(&[
            ("app/a/actions.js", "'use server';\nexport async function one() {}\n"),
            ("app/b/actions.mjs", "'use server';\nexport async function two() {}\n"),
            (
                "app/c/actions.tsx",
                "'use server';\nexport async function three() { return <p />; }\n"
            ),
            (
                "app/d/actions.jsx",
                "'use server';\nexport async function four() { return <p />; }\n"
            ),
            ("app/e/actions.mts", "'use server';\nexport async function five() {}\n"),
            (
                "lib/types.d.ts",
                "'use server';\nexport declare function six(): Promise<void>;\n"
            ),
            (
                "node_modules/x/index.js",
                "'use server';\nexport async function seven() {}\n"
            ),
        ]),
        [
            "app/a/actions.js#one module()",
            "app/b/actions.mjs#two module()",
            "app/c/actions.tsx#three module()",
            "app/d/actions.jsx#four module()",
            "app/e/actions.mts#five module()",
        ]
    );
}
