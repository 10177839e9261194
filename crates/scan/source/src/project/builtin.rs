//! The modules of the runtime.

/// Node's modules that work without `node:`, and Bun's own.
const NODE: [&str; 43] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "bun",
];

/// The name of the builtin that `specifier` means, without `node:`. Other schemes (`bun:sqlite`) keep theirs.
pub(super) fn name(specifier: &str) -> Option<&str> {
    if let Some(name) = specifier.strip_prefix("node:") {
        return Some(name);
    }
    if let Some((scheme, _)) = specifier.split_once(':') {
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        return is_scheme.then_some(specifier);
    }
    let Some((module, part)) = specifier.split_once('/') else {
        return NODE.contains(&specifier).then_some(specifier);
    };
    // `fs/promises` is a module of Node; `events/` and `process/browser` are packages.
    let is_part = matches!(
        (module, part),
        ("assert", "strict")
            | (
                "dns" | "fs" | "inspector" | "readline" | "stream" | "timers",
                "promises"
            )
            | ("path", "posix" | "win32")
            | ("stream", "consumers" | "web")
            | ("util", "types")
    );
    is_part.then_some(specifier)
}
