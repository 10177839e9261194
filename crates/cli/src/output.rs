//! Where results go: stdout, or a file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Prints results. Who closed the pipe has read enough: that is no failure.
pub(crate) fn print(text: &str, color: bool) -> Result<(), Failure> {
    let stdout = io::stdout();
    let written = if color {
        // Old Windows consoles need the escape sequences switched on, or translated.
        write_to(&mut anstream::AutoStream::always(stdout), text)
    } else {
        write_to(&mut stdout.lock(), text)
    };
    written.map_err(|error| Failure::new(format!("cannot write to stdout: {error}")))
}

fn write_to(sink: &mut impl Write, text: &str) -> io::Result<()> {
    match sink.write_all(text.as_bytes()).and_then(|()| sink.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes a report to the file that the user named. A link is followed, because the user chose it.
pub(crate) fn write_report(path: &Path, text: &str) -> Result<(), Failure> {
    let result = match fs::metadata(path) {
        // A device or a pipe cannot be replaced, and must not be.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => write_through(path, text),
        Ok(_) => fs::canonicalize(path).and_then(|target| replace(&target, text)),
        Err(_) => replace(path, text),
    };
    result.map_err(|error| Failure::file("write", path, &error))
}

/// Writes a file inside the scanned project. A link there is replaced and never followed: the project may have put it
/// there to have something else overwritten.
pub(crate) fn write_in_project(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, text).map_err(|error| Failure::file("write", path, &error))
}

fn write_through(path: &Path, text: &str) -> io::Result<()> {
    write_to(&mut File::options().write(true).open(path)?, text)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    let mut file = new_file().tempfile_in(directory_of(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn new_file() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".portcullis-");
    #[cfg(unix)]
    {
        // Temporary files are private; a report has the rights of any new file, as the umask says.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        write_report(&path, "one").unwrap();
        write_report(&path, "two").unwrap();
        assert_eq!(File::open(&path).and_then(io::read_to_string).unwrap(), "two");
        assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_directory_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let failure = write_report(directory.path(), "x").unwrap_err();
        assert!(failure.messages[0].title.ends_with("it is a directory"), "{failure:?}");
        assert!(directory.path().is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_for_a_report_and_replaced_in_the_project() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_report(&target, "old").unwrap();
        write_report(&link, "through the link").unwrap();
        assert_eq!(
            File::open(&target).and_then(io::read_to_string).unwrap(),
            "through the link"
        );
        write_in_project(&link, "own").unwrap();
        assert!(!link.is_symlink());
        assert_eq!(
            File::open(&target).and_then(io::read_to_string).unwrap(),
            "through the link"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt as _;
        write_report(Path::new("/dev/null"), "x").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        struct Broken(io::ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(write_to(&mut Broken(io::ErrorKind::BrokenPipe), "x").is_ok());
        assert!(write_to(&mut Broken(io::ErrorKind::StorageFull), "x").is_err());
    }
}
