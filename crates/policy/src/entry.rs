//! A name in the project's code, as the configuration writes it: `lib/auth.ts#requireUser`.

use std::ops::Range;

/// An export of a file of the project or of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A path relative to the root with `/` and without `./`, or a module's name.
    pub file_or_module: String,
    /// The export: `requireUser`, `default`, or a path to a member (`auth.requireUser`).
    pub export: String,
    /// Where it stands in the configuration file.
    pub span: Range<usize>,
}

impl Entry {
    /// Reads `file#export`; the error is what is wrong, and what to do.
    pub(crate) fn read(text: &str, span: Range<usize>) -> Result<Self, (String, String)> {
        // The last `#`, because the name of a module may begin with one (`#auth/session#requireUser`).
        let Some((file, export)) = text.rsplit_once('#') else {
            return Err((
                format!("`{text}` does not name an export"),
                "write the file or module, `#`, and the export: `\"lib/auth.ts#requireUser\"`".to_owned(),
            ));
        };
        if let Some(problem) = export_problem(export) {
            return Err((
                problem,
                "the part after `#` is the name that other files import".to_owned(),
            ));
        }
        let file = file.strip_prefix("./").unwrap_or(file);
        if let Some(problem) = file_problem(file) {
            return Err((
                problem,
                "write the path from the project's root, with `/`: `lib/auth.ts`".to_owned(),
            ));
        }
        Ok(Self {
            file_or_module: file.to_owned(),
            export: export.to_owned(),
            span,
        })
    }
}

fn export_problem(export: &str) -> Option<String> {
    if export.is_empty() {
        return Some("the export's name is missing after `#`".to_owned());
    }
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|first: char| first.is_ascii_digit())
            && part
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
    };
    (!export.split('.').all(is_name)).then(|| format!("`{export}` is not the name of an export"))
}

fn file_problem(file: &str) -> Option<String> {
    if file.is_empty() {
        Some("the file or module is missing before `#`".to_owned())
    } else if file.contains('\\') {
        Some(format!("`{file}` has a backslash"))
    } else if file.starts_with('/') {
        Some(format!("`{file}` is an absolute path"))
    } else if file.split('/').any(|part| part == "..") {
        Some(format!("`{file}` leaves the project"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        Entry::read(text, 0..text.len())
            .map(|entry| (entry.file_or_module, entry.export))
            .map_err(|(message, _)| message)
    }

    #[test]
    fn a_file_or_a_module_and_its_export() {
        assert_eq!(
            read("lib/auth.ts#requireUser"),
            Ok(("lib/auth.ts".to_owned(), "requireUser".to_owned()))
        );
        assert_eq!(
            read("./lib/auth.ts#default"),
            Ok(("lib/auth.ts".to_owned(), "default".to_owned()))
        );
        assert_eq!(
            read("@acme/auth#auth.requireUser"),
            Ok(("@acme/auth".to_owned(), "auth.requireUser".to_owned()))
        );
        assert_eq!(
            read("#auth/session#$get"),
            Ok(("#auth/session".to_owned(), "$get".to_owned()))
        );
    }

    #[test]
    fn what_is_no_name_says_why() {
        assert_eq!(
            read("requireUser").unwrap_err(),
            "`requireUser` does not name an export"
        );
        assert_eq!(
            read("lib/auth.ts#").unwrap_err(),
            "the export's name is missing after `#`"
        );
        assert_eq!(
            read("#requireUser").unwrap_err(),
            "the file or module is missing before `#`"
        );
        assert_eq!(
            read("lib/auth.ts#a b").unwrap_err(),
            "`a b` is not the name of an export"
        );
        assert_eq!(
            read("lib/auth.ts#a..b").unwrap_err(),
            "`a..b` is not the name of an export"
        );
        assert_eq!(read("lib\\auth.ts#a").unwrap_err(), "`lib\\auth.ts` has a backslash");
        assert_eq!(
            read("/lib/auth.ts#a").unwrap_err(),
            "`/lib/auth.ts` is an absolute path"
        );
        assert_eq!(read("../auth.ts#a").unwrap_err(), "`../auth.ts` leaves the project");
    }
}
