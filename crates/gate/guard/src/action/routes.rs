//! Which paths are route handlers: those take forms themselves, so a form that is posted there is no action. Read from
//! the build, beside the list of ids. A rewrite that shows a page under the path of a route handler is not seen here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One path, in the words of the application's folders; what Next.js looks for first comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `[id]`
    One,
    /// `[...rest]`: one or more.
    Many,
    /// `[[...rest]]`: any number.
    Any,
}

impl Part {
    const fn rank(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::One => 1,
            Self::Many => 2,
            Self::Any => 3,
        }
    }
}

/// The routes of the builds, and what the policy adds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    handlers: Vec<Vec<Part>>,
    pages: Vec<Vec<Part>>,
    /// Below which paths the builds put their routes.
    bases: BTreeSet<String>,
    named: Vec<String>,
}

const APP_PATHS: &str = "app-paths-manifest.json";
const PAGES: &str = "pages-manifest.json";
const ROUTES: &str = "routes-manifest.json";

/// The files that say what is a route, beside a list of ids.
pub(crate) fn routes_beside(manifest: &Path) -> Vec<PathBuf> {
    let Some(server) = manifest.parent() else {
        return Vec::new();
    };
    let mut files = vec![server.join(APP_PATHS), server.join(PAGES)];
    files.extend(server.parent().map(|folder| folder.join(ROUTES)));
    files
}

impl Routes {
    /// Reads what a build says; without that, no path is a route handler. A file that is there and is not read is a build
    /// that is still being written.
    pub(crate) fn read(&mut self, server: &Path) -> Result<(), &'static str> {
        let app: BTreeMap<String, String> = entries(&server.join(APP_PATHS), "`app-paths-manifest.json` is broken")?;
        for entry in app.keys() {
            if let Some(handler) = entry.strip_suffix("/route") {
                self.handlers.push(parts(handler));
            } else if let Some(page) = entry.strip_suffix("/page") {
                self.pages.push(parts(page));
            }
        }
        let pages: BTreeMap<String, String> = entries(&server.join(PAGES), "`pages-manifest.json` is broken")?;
        let handlers = pages.keys().filter(|path| *path == "/api" || path.starts_with("/api/"));
        self.handlers.extend(handlers.map(|path| parts(path)));
        let base: Base = match server.parent() {
            Some(folder) => entries(&folder.join(ROUTES), "`routes-manifest.json` is broken")?,
            None => Base::default(),
        };
        self.bases.insert(base.path);
        Ok(())
    }

    /// Adds the policy's own list.
    pub(crate) fn name(&mut self, paths: &[String]) {
        self.named.extend_from_slice(paths);
    }

    /// Whether pages are known at all.
    pub(crate) const fn knows_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// Whether a form that is posted here is the handler's own. `path` is the one that goes to the application, as it is
    /// written: of another one the answer could be another.
    pub(crate) fn is_handler(&self, path: &str) -> bool {
        if has_other_reading(path) {
            return false;
        }
        let is_named = |one: &String| match one.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == one,
        };
        self.named.iter().any(is_named)
            || !self.bases.is_empty() && self.bases.iter().all(|base| self.is_built(base, path))
    }

    /// Whether a handler is what Next.js finds there: the route with the most exact words.
    fn is_built(&self, base: &str, path: &str) -> bool {
        let Some(path) = path
            .strip_prefix(base)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return false;
        };
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        // Words are found as they are written or as they are meant, whichever makes it a page.
        let meant: Vec<String> = segments.iter().map(|segment| decoded(segment)).collect();
        let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
        let best = |routes: &[Vec<Part>], path: &[&str]| {
            let found = routes.iter().filter(|route| matches(route, path));
            found
                .map(|route| route.iter().map(Part::rank).collect::<Vec<u8>>())
                .min()
        };
        let page = [&segments, &meant]
            .into_iter()
            .filter_map(|path| best(&self.pages, path))
            .min();
        match (best(&self.handlers, &segments), page) {
            (Some(handler), Some(page)) => handler < page,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// Where an application without a `basePath` is: at the root.
#[derive(Debug, Default, Deserialize)]
struct Base {
    #[serde(rename = "basePath", default)]
    path: String,
}

/// What a file of the build says; nothing if it is not there.
fn entries<T: DeserializeOwned + Default>(path: &Path, broken: &'static str) -> Result<T, &'static str> {
    match std::fs::File::open(path) {
        Ok(file) => serde_json::from_reader(std::io::BufReader::new(file)).map_err(|_| broken),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(_) => Err(broken),
    }
}

/// Whether the application could take a path for another one: what separates or ends words, hidden or doubled, and the
/// dress of requests for the data of a page.
fn has_other_reading(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let hidden = ["%2f", "%5c", "%2e", "%25", "%3b", "\\", ";", "//", "/.."];
    let internal = path.contains("/_next/") || path.strip_suffix(".rsc").is_some() || path.contains(".segments/");
    internal || hidden.iter().any(|part| path.contains(part))
}

/// A word with its escapes read, as far as they are text.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Groups and slots are folders that stand in no path.
fn parts(entry: &str) -> Vec<Part> {
    let segments = entry.split('/').filter(|part| !part.is_empty());
    let is_silent = |part: &&str| part.starts_with('@') || (part.starts_with('(') && part.ends_with(')'));
    let seen = segments.filter(|part| !is_silent(part));
    seen.map(|part| match part {
        _ if part.starts_with("[[...") => Part::Any,
        _ if part.starts_with("[...") => Part::Many,
        _ if part.starts_with('[') => Part::One,
        text => Part::Text(text.to_owned()),
    })
    .collect()
}

fn matches(route: &[Part], path: &[&str]) -> bool {
    match (route.split_first(), path.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((Part::Any, _)), _) => true,
        (Some((Part::Many, _)), rest) => rest.is_some(),
        (Some((Part::One, route)), Some((_, path))) => matches(route, path),
        (Some((Part::Text(text), route)), Some((first, path))) => text == first && matches(route, path),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Routes;

    fn build(files: &[(&str, &str)]) -> Routes {
        let folder = tempfile::tempdir().unwrap();
        let server = folder.path().join("server");
        std::fs::create_dir(&server).unwrap();
        for (name, text) in files {
            std::fs::write(server.join(name), text).unwrap();
        }
        let mut routes = Routes::default();
        routes.read(&server).unwrap();
        routes
    }

    const APP: &str = r#"{"/page":"a.js","/api/upload/route":"b.js","/api/[id]/files/[...rest]/route":"c.js",
        "/(shop)/cart/page":"d.js","/cart/route":"e.js","/[user]/page":"f.js","/export/route":"g.js"}"#;

    #[test]
    fn only_paths_of_route_handlers_are_theirs() {
        let mut routes = build(&[
            ("app-paths-manifest.json", APP),
            (
                "pages-manifest.json",
                r#"{"/_app":"x.js","/api/old":"y.js","/about":"z.js"}"#,
            ),
        ]);
        routes.name(&["/legacy/*".to_owned(), "/hook".to_owned()]);
        for path in [
            "/api/upload",
            "/api/7/files/a/b",
            "/api/a%20b/files/c",
            "/legacy/x",
            "/legacy/a%20b",
            "/hook",
            // More exact than the page beside it.
            "/export",
            "/api/old",
        ] {
            assert!(routes.is_handler(path), "{path}");
        }
        for path in [
            "/",
            "/api",
            "/api/7/files",
            "/cart",
            "/api/uploads",
            // Next.js could find the page of `[user]`, or nothing.
            "/api/up%6coad",
            "/%65xport",
            "/api%2Fupload",
            "/legacy/../",
            "/legacy/%2e%2e/",
            "/legacy/a%2fb",
            "/hook/x",
            "/about",
            "/_next/data/zz/api/upload.json",
            "/api/upload.rsc",
            "/api/upload.segments/x.segment.rsc",
        ] {
            assert!(!routes.is_handler(path), "{path}");
        }
        assert!(!Routes::default().is_handler("/api/upload"));
    }

    #[test]
    fn routes_stand_below_the_base_of_the_build() {
        let app = r#"{"/shop/cart/route":"a.js","/cart/page":"b.js","/export/route":"c.js"}"#;
        let routes = build(&[
            ("app-paths-manifest.json", app),
            ("../routes-manifest.json", r#"{"basePath":"/shop","version":3}"#),
        ]);
        for (path, is_handler) in [
            ("/shop/export", true),
            ("/export", false),
            // The page `/cart`, below the base.
            ("/shop/cart", false),
            ("/shop/shop/cart", true),
            ("/shopping", false),
        ] {
            assert_eq!(routes.is_handler(path), is_handler, "{path}");
        }
    }

    #[test]
    fn a_catch_all_page_leaves_handlers_theirs() {
        let routes = build(&[(
            "app-paths-manifest.json",
            r#"{"/[[...slug]]/page":"a.js","/api/upload/route":"b.js","/[...all]/route":"c.js"}"#,
        )]);
        assert!(routes.is_handler("/api/upload") && routes.is_handler("/x"));
        assert!(!routes.is_handler("/"));
    }

    #[test]
    fn half_a_file_is_no_build() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("app-paths-manifest.json"),
            r#"{"/page":"a.js","/api/up"#,
        )
        .unwrap();
        assert!(Routes::default().read(folder.path()).is_err());
        assert!(Routes::default().read(Path::new("/nowhere/at/all")).is_ok());
    }
}
