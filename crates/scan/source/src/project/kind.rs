//! What a file is, by its name alone.

use super::path;

/// Extensions of source files, in the order in which an import without extension tries them.
pub(super) const SOURCE_EXTENSIONS: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// Extensions of what a bundler imports without there being code in it. Sorted.
const ASSET_EXTENSIONS: [&str; 58] = [
    "avif", "bin", "bmp", "csv", "css", "cur", "dae", "eot", "ejs", "flac", "frag", "gif", "glb", "glsl", "gltf",
    "gql", "graphql", "hbs", "hdr", "html", "ico", "jp2", "jpeg", "jpg", "json", "json5", "jsonc", "less", "lottie",
    "m4a", "md", "mdx", "mp3", "mp4", "node", "ogg", "otf", "pcss", "pdf", "png", "postcss", "prisma", "sass", "scss",
    "sql", "styl", "svg", "toml", "ttf", "txt", "vert", "wasm", "wav", "webm", "webp", "woff", "woff2", "xml",
];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Code to analyse.
    Source,
    /// `*.d.ts` and the like: types only.
    Declaration,
    /// `package.json`.
    Package,
    /// `tsconfig.json`, `tsconfig.*.json`, `jsconfig.json`.
    Config,
    /// `*.sql`.
    Sql,
    /// `*.prisma`.
    Prisma,
    /// `pnpm-workspace.yaml`.
    Workspace,
    /// The lock file of a package manager.
    Lock,
    /// `.env`, `.env.production` and the like.
    Environment,
    /// `vercel.json`.
    Hosting,
    /// Anything else, minified bundles included.
    Asset,
}

impl Kind {
    /// What a file of this name is.
    pub(super) fn of(path: &str) -> Self {
        let name = path::name(path);
        match name {
            "package.json" => return Self::Package,
            "jsconfig.json" => return Self::Config,
            "pnpm-workspace.yaml" => return Self::Workspace,
            "vercel.json" => return Self::Hosting,
            _ if is_environment(name) => return Self::Environment,
            "package-lock.json" | "npm-shrinkwrap.json" | "pnpm-lock.yaml" | "yarn.lock" | "bun.lock" => {
                return Self::Lock;
            }
            _ => {}
        }
        let Some((stem, extension)) = name.rsplit_once('.') else {
            return Self::Asset;
        };
        match extension {
            "ts" | "mts" | "cts" if is_declaration(stem) => Self::Declaration,
            "js" | "mjs" | "cjs" if last_part(stem) == Some("min") => Self::Asset,
            "json" if stem == "tsconfig" || stem.starts_with("tsconfig.") => Self::Config,
            "sql" => Self::Sql,
            "prisma" => Self::Prisma,
            _ if SOURCE_EXTENSIONS.contains(&extension) => Self::Source,
            _ => Self::Asset,
        }
    }
}

/// Whether a hidden file of this name is read all the same.
pub(super) fn is_environment(name: &str) -> bool {
    name == ".env" || name.starts_with(".env.")
}

/// `name.d`, and `name.d.css` of `name.d.css.ts`, which declares the types of a stylesheet.
fn is_declaration(stem: &str) -> bool {
    stem.rsplit_once('.')
        .is_some_and(|(rest, last)| last == "d" || (last_part(rest) == Some("d") && ASSET_EXTENSIONS.contains(&last)))
}

fn last_part(stem: &str) -> Option<&str> {
    stem.rsplit_once('.').map(|(_, last)| last)
}

/// Whether the extension is one that only a bundler's loader understands.
pub(super) fn has_asset_extension(path: &str) -> bool {
    path::name(path).rsplit_once('.').is_some_and(|(_, extension)| {
        ASSET_EXTENSIONS
            .iter()
            .any(|asset| asset.eq_ignore_ascii_case(extension))
    })
}

/// Whether a compiler would have removed this source's syntax: TypeScript and JSX are written, not built.
pub(super) fn is_hand_written(path: &str) -> bool {
    Kind::of(path) == Kind::Source
        && path::name(path)
            .rsplit_once('.')
            .is_some_and(|(_, extension)| matches!(extension, "ts" | "tsx" | "mts" | "cts" | "jsx"))
}
