//! The files that ship with Portcullis, in the order in which they are read.

macro_rules! libraries {
    ($($name:literal),* $(,)?) => {
        pub(crate) const ALL: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../libraries/", $name, ".toml")))),*];
    };
}

libraries!["next", "javascript"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::Catalog;

    #[test]
    fn every_file_of_the_folder_is_listed_and_links() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/libraries");
        let found: BTreeSet<String> = ignore_errors(folder);
        let listed: BTreeSet<String> = super::ALL.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(found, listed);
        if let Err(errors) = Catalog::with_entries(&[]) {
            panic!("{errors:#?}");
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the test lists its own folder")]
    fn ignore_errors(folder: &str) -> BTreeSet<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }
}
