//! `portcullis policy init`: writes a policy from a scan.

use std::path::{Path, PathBuf};

use portcullis_policy::FILE_NAME;

use crate::arguments::{Arguments, PolicyInitArguments};
use crate::failure::Failure;
use crate::policy::draft::{self, Draft, SCHEMAS};
use crate::{configuration, output, target, terminal};

pub(super) fn run(init: &PolicyInitArguments, arguments: &Arguments) -> Result<(), Failure> {
    let target = target::find(std::slice::from_ref(&init.path))?;
    if !target.only.is_empty() {
        return Err(Failure::new(format!("`{}` is not a directory", init.path.display()))
            .help("a policy is about a whole project: give its directory"));
    }
    let configuration = configuration::read(None, &target)?;
    let prints = init.output.as_deref() == Some(Path::new("-"));
    let (path, shown) = match &init.output {
        Some(path) => (path.clone(), path.clone()),
        None => (target.root.join(FILE_NAME), target.shown_file(FILE_NAME)),
    };
    if !prints && !init.force && path.symlink_metadata().is_ok() {
        return Err(exists(&shown));
    }
    let scan = super::super::analyse(&target, &configuration, &super::inventory_only(), arguments.quiet)?;
    let draft = draft::policy(&scan, &draft::scan_sections(configuration.text()));
    if let Err(errors) = portcullis_policy::parse(&draft.text) {
        return Err(Failure::configuration("the new policy", &draft.text, errors));
    }
    if prints {
        return output::print(&draft.text, false);
    }
    let folder = path.parent().unwrap_or(Path::new("")).join(SCHEMAS);
    write_schemas(&folder, &draft, init.force)?;
    output::write_in_project(&path, &draft.text)?;
    if arguments.quiet {
        return Ok(());
    }
    let counts = format!(
        "{} and {}",
        number(scan.endpoints.len(), "endpoint"),
        number(draft.schemas.len(), "schema")
    );
    output::print(
        &format!(
            "wrote {} with {counts}\n",
            terminal::visible(&shown.display().to_string())
        ),
        false,
    )
}

fn number(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

fn exists(shown: &Path) -> Failure {
    Failure::new(format!("`{}` is there already", shown.display()))
        .help("`--force` replaces it, its `[scan]` section apart; `--output -` prints the new one")
}

/// Writes the schemas into their folder, which is a folder of the project and no link out of it.
fn write_schemas(folder: &Path, draft: &Draft, force: bool) -> Result<(), Failure> {
    if draft.schemas.is_empty() {
        return Ok(());
    }
    match folder.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            return Err(Failure::new(format!("`{}` is not a directory", folder.display()))
                .help("the schemas of arguments go there: move what is there away"));
        }
        Err(_) => std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?,
    }
    let paths: Vec<PathBuf> = draft.schemas.iter().map(|(name, _)| folder.join(name)).collect();
    if !force && let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(exists(path));
    }
    for (path, (_, text)) in paths.iter().zip(&draft.schemas) {
        output::write_in_project(path, text)?;
    }
    Ok(())
}
