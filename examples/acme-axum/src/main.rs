//! `cargo run -p acme-axum` serves the example at <http://localhost:4000>, with its data in memory.
//!
//! `--web FOLDER` serves the front end that `npm run build` has put there (`examples/acme-axum/web/dist`) at `/app`.
//! `--database URL` names another database, `--listen ADDRESS` another place; `--export-client FOLDER` writes the client
//! for browsers and ends.

use std::net::SocketAddr;
use std::path::Path;

use acme_axum::{Settings, setup};
use portcullis_actions::funnel::{AuditSink, Unavailable};
use portcullis_actions::store::SystemEntropy;

/// Audit records go to the terminal.
struct Terminal;

impl AuditSink for Terminal {
    #[expect(
        clippy::print_stderr,
        reason = "the terminal stands in for the file of the audit log"
    )]
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        eprintln!("{line}");
        Ok(())
    }
}

/// What stands after an option.
fn option(name: &str) -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.next()?;
    words.next()
}

/// A secret for as long as the program runs: sessions end with it.
fn fresh_secret() -> Result<String, Unavailable> {
    use portcullis_actions::funnel::Entropy as _;
    let mut bytes = [0; 48];
    SystemEntropy::default().fill(&mut bytes)?;
    let letter = |byte: u8| char::from_digit(u32::from(byte) % 36, 36);
    Ok(bytes.into_iter().filter_map(letter).collect())
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it says where it is served")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = option("--listen").unwrap_or_else(|| "127.0.0.1:4000".to_owned());
    let address: SocketAddr = listen.parse()?;
    let origin = format!("http://localhost:{}", address.port());
    let mut settings = Settings::development(&origin, &fresh_secret()?, Box::new(Terminal));
    if let Some(database) = option("--database") {
        settings.database = database;
    }
    settings.web = option("--web").map(std::path::PathBuf::from);
    let running = setup(settings).await?;
    if let Some(folder) = option("--export-client") {
        for (name, text) in running.table.typescript()?.files() {
            std::fs::write(Path::new(&folder).join(name), text)?;
        }
        return Ok(());
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("Acme is at {origin}");
    axum::serve(listener, running.service()).await?;
    Ok(())
}
