//! Which paths are route handlers: those take forms themselves, so a form that is posted there is no action. Read from
//! the build, beside the list of ids. A rewrite that shows a page under the path of a route handler is not seen here.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize as _;

/// One path, in the words of the application's folders.
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

/// The routes of the builds, and what the policy adds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    handlers: Vec<Vec<Part>>,
    pages: Vec<Vec<Part>>,
    named: Vec<String>,
}

impl Routes {
    /// Reads what a build says; without that, no path is a route handler.
    pub(crate) fn read(&mut self, server: &Path) {
        let Ok(file) = std::fs::File::open(server.join("app-paths-manifest.json")) else {
            return;
        };
        let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(file));
        let Ok(entries) = BTreeMap::<String, String>::deserialize(&mut reader) else {
            return;
        };
        for entry in entries.keys() {
            if let Some(handler) = entry.strip_suffix("/route") {
                self.handlers.push(parts(handler));
            } else if let Some(page) = entry.strip_suffix("/page") {
                self.pages.push(parts(page));
            }
        }
    }

    /// Adds the policy's own list.
    pub(crate) fn name(&mut self, paths: &[String]) {
        self.named.extend_from_slice(paths);
    }

    /// Whether pages are known at all.
    pub(crate) const fn knows_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// Whether a form that is posted here is the handler's own.
    pub(crate) fn is_handler(&self, path: &str) -> bool {
        let named = self.named.iter().any(|one| match one.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == one,
        });
        // A path with escapes could mean another one to the application.
        if named || path.contains(['%', '\\', ';']) {
            return named && !path.contains(['%', '\\']) && !path.contains("/..");
        }
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let any = |routes: &[Vec<Part>]| routes.iter().any(|route| matches(route, &segments));
        any(&self.handlers) && !any(&self.pages)
    }
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
    use super::Routes;

    fn routes() -> Routes {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"/page":"a.js","/api/upload/route":"b.js","/api/[id]/files/[...rest]/route":"c.js",
            "/(shop)/cart/page":"d.js","/cart/route":"e.js"}"#;
        std::fs::write(folder.path().join("app-paths-manifest.json"), text).unwrap();
        let mut routes = Routes::default();
        routes.read(folder.path());
        routes.name(&["/legacy/*".to_owned(), "/hook".to_owned()]);
        routes
    }

    #[test]
    fn only_paths_of_route_handlers_are_theirs() {
        let routes = routes();
        for path in ["/api/upload", "/api/7/files/a/b", "/legacy/x", "/hook"] {
            assert!(routes.is_handler(path), "{path}");
        }
        for path in [
            "/",
            "/api",
            "/api/7/files",
            "/cart",
            "/api/uploads",
            "/api/up%6coad",
            "/legacy/../",
            "/legacy/%2e%2e/",
            "/hook/x",
        ] {
            assert!(!routes.is_handler(path), "{path}");
        }
        assert!(!Routes::default().is_handler("/api/upload"));
    }
}
