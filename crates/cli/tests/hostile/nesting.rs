//! Code that nests, or chains, deeper than a recursive parser or evaluator has stack for.

use crate::{Outcome, Project, action, all_well, each, state};

/// Pieces of a function's body: what opens, what is in the middle, what closes.
const SHAPES: &[(&str, &str, &str, &str)] = &[
    ("parentheses", "(", "1", ")"),
    ("arrays", "[", "1", "]"),
    ("objects", "x={a:", "1", "}"),
    ("spread", "[...", "a", "]"),
    ("not", "!", "1", ""),
    ("not, a line each", "!\n", "1", ""),
    ("typeof", "typeof ", "1", ""),
    ("await", "await ", "a", ""),
    ("new", "new ", "a", ""),
    ("arrows", "a=>", "1", ""),
    ("async arrows", "async()=>", "1", ""),
    ("conditionals", "a?b:", "1", ""),
    ("conditionals in the middle", "a?", "1", ":b"),
    ("else if", "if(a){}else ", "{}", ""),
    ("else if without braces", "if(a);else ", ";", ""),
    ("if", "if(a)", ";", ""),
    ("for", "for(;;)", ";", ""),
    ("while", "while(a)", ";", ""),
    ("do", "do ", ";", "while(0);"),
    ("with", "with(a)", ";", ""),
    ("try", "try{", "", "}catch{}"),
    ("switch", "switch(a){case 1:", "", "}"),
    ("functions", "function f(){", "", "}"),
    ("blocks", "{", "", "}"),
    ("elements", "<a>", "", "</a>"),
    ("elements in attributes", "<a b={", "1", "}/>"),
    ("templates", "`${", "1", "}`"),
    ("members", "", "a", ".a"),
    ("optional members", "", "a", "?.a"),
    ("indexes", "", "a", "[0]"),
    ("calls", "", "f", "()"),
    ("calls of members", "", "f", ".f()"),
    ("tagged templates", "", "f", "``"),
    ("sums", "", "a", "+a"),
    ("sums of text", "", "'a'", "+'a'"),
    ("sums, a line each", "", "'a'", "+\n'a'"),
    ("powers", "", "a", "**a"),
    ("and", "", "a", "&&a"),
    ("nullish", "", "a", "??a"),
    ("less than", "", "a", "<a"),
    ("instanceof", "", "a", " instanceof a"),
    ("assignments", "x=", "a", ""),
    ("as", "", "a", " as b"),
    ("not null", "", "a", "!"),
    ("classes", "x=class extends ", "a", "{}"),
    ("import()", "import(", "a", ")"),
    ("types", "let x:Array<", "a", ">;"),
    ("types of functions", "let x:()=>", "a", ";"),
    ("regular expressions", "/(", "", ")/"),
];

/// Shapes whose repetition is not a repetition of the same text.
fn others(depth: usize) -> Vec<(&'static str, String)> {
    let repeat = |piece: &str| piece.repeat(depth);
    vec![
        ("patterns", format!("const {}b{} = a;", repeat("{a:"), repeat("}"))),
        (
            "patterns of arrays",
            format!("const {}b{} = a;", repeat("["), repeat("]")),
        ),
        (
            "type arguments",
            format!("let x: {}a{};", repeat("Array<"), repeat(">")),
        ),
        (
            "conditional types",
            format!("let x: {}d;", repeat("a extends b ? c : ")),
        ),
        ("keyof", format!("let x: {}d;", repeat("keyof "))),
        ("labels", format!("{};", each(depth, |n| format!("l{n}:")))),
        ("namespaces", format!("{}{}", repeat("namespace a{"), repeat("}"))),
    ]
}

fn shapes(depth: usize) -> Vec<(&'static str, String)> {
    let repeated = SHAPES
        .iter()
        .map(|(name, open, middle, close)| (*name, format!("{}{middle}{};", open.repeat(depth), close.repeat(depth))));
    repeated.chain(others(depth)).collect()
}

fn file(name: &str) -> &'static str {
    if name.starts_with("elements") {
        "app/deep.tsx"
    } else {
        "app/deep.ts"
    }
}

/// Ends well, and says what became of the deep file: an endpoint that is not called safe, or a diagnostic.
fn check(name: &str, depth: usize, body: &str) -> Result<(), String> {
    let file = file(name);
    let case = |problem: String| format!("{name}, {depth} levels: {problem}");
    let project = Project::with(file, action(body)).map_err(|error| case(error.to_string()))?;
    let report = project.report().map_err(case)?;
    match state(&report, &format!("{file}#deep")) {
        Some("absent" | "unknown") => Ok(()),
        // An endless loop, or a statement that throws, may stand before the effect.
        Some("not-needed") if matches!(name, "for" | "new" | "with" | "calls" | "instanceof") => Ok(()),
        Some(state) => Err(case(format!("the action is {state}"))),
        None => match project.diagnostics(file).map_err(case)?.as_slice() {
            [] => Err(case("neither an endpoint nor a diagnostic".to_owned())),
            _ => Ok(()),
        },
    }
}

fn check_all(depth: usize, part: usize) {
    let shapes = shapes(depth);
    let mine = shapes.iter().enumerate().filter(|(position, _)| position % 2 == part);
    let results = mine.map(|(_, (name, body))| check(name, depth, body));
    all_well(&results.filter_map(Result::err).collect::<Vec<_>>());
}

#[test]
fn a_hundred_thousand_levels() {
    check_all(100_000, 0);
}

#[test]
fn a_hundred_thousand_levels_of_other_shapes() {
    check_all(100_000, 1);
}

/// Limits on depth let these through, or nearly: what they let through must fit the stack.
#[test]
fn around_the_limits() {
    for depth in [900, 6_000, 19_000] {
        check_all(depth, 0);
    }
}

#[test]
fn other_shapes_around_the_limits() {
    for depth in [900, 6_000, 19_000] {
        check_all(depth, 1);
    }
}

#[test]
fn what_is_too_deep_is_named_to_people_and_to_programs() -> Outcome {
    let project = Project::with("app/deep.ts", action(&"(".repeat(100_000)))?;
    let human = project.scan("human")?;
    human.went_well()?;
    assert!(
        human.stdout.contains("app/deep.ts") && human.stdout.contains("nests deeper"),
        "{}",
        human.stdout
    );
    assert_eq!(project.diagnostics("app/deep.ts")?, ["too-deep"]);
    Ok(())
}

/// Length is not depth: none of these nests.
#[test]
fn long_flat_code_is_not_too_deep() -> Outcome {
    for (name, body) in [
        ("comments", "// a comment, - as - they - are!\n".repeat(50_000)),
        (
            "messages",
            format!(
                "const m = {{{}}};",
                "k: 'so many words in one message?', ".repeat(20_000)
            ),
        ),
        ("no semicolons", "a.b(1 + 2)\n".repeat(30_000)),
    ] {
        let project = Project::with("app/deep.ts", action(&body))?;
        project.report()?;
        assert_eq!(project.diagnostics("app/deep.ts")?, Vec::<String>::new(), "{name}");
    }
    Ok(())
}
