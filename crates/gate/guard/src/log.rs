//! Log lines on stderr: one event a line, for people or as JSON. Text of callers is escaped, so that it can neither begin
//! a line of its own nor drive a terminal. Lines are written by a thread of their own: a reader that does not read costs
//! lines, never requests.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use portcullis_funnel::Clock as _;
use portcullis_store::SystemClock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Lines that wait to be written.
const WAITING: usize = 8192;

/// Writes events of this program to stderr.
struct Log {
    form: LogForm,
    level: Level,
    lines: SyncSender<String>,
}

/// Starts logging, with a line for every request if `each_request`. What started first stays.
pub fn start(form: LogForm, each_request: bool) {
    let (lines, receiver) = sync_channel(WAITING);
    let level = if each_request { Level::DEBUG } else { Level::INFO };
    let log = Log { form, level, lines };
    if tracing::subscriber::set_global_default(log).is_err() {
        return;
    }
    let writer = thread::Builder::new().name("log".to_owned());
    drop(writer.spawn(move || write_all(receiver)));
}

fn write_all(lines: Receiver<String>) {
    for line in lines {
        drop(std::io::stderr().lock().write_all(line.as_bytes()));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("portcullis")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        let line = line(
            self.form,
            *event.metadata().level(),
            SystemClock.now().millis(),
            fields.0,
        );
        match self.lines.try_send(line) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields(Vec<(&'static str, Value)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name(), Value::from(format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), Value::from(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name(), Value::from(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.name(), Value::from(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name(), Value::from(value)));
    }
}

/// One line, with its line break.
fn line(form: LogForm, level: Level, millis: i64, fields: Vec<(&'static str, Value)>) -> String {
    let time = rfc_3339(millis);
    match form {
        LogForm::Json => {
            let mut object = Map::new();
            object.insert("time".to_owned(), Value::from(time));
            object.insert("level".to_owned(), Value::from(level.as_str().to_lowercase()));
            for (name, value) in fields {
                object.insert(name.to_owned(), value);
            }
            let mut line = ascii(&Value::Object(object).to_string());
            line.push('\n');
            line
        }
        LogForm::Human => {
            let mut line = format!("{time} {:5}", level.as_str());
            let message = fields.iter().find(|(name, _)| *name == "message");
            if let Some((_, message)) = message {
                line.push(' ');
                line.push_str(&plain(message));
            }
            for (name, value) in fields.iter().filter(|(name, _)| *name != "message") {
                write!(line, " {name}={}", plain(value)).unwrap_or_default();
            }
            line.push('\n');
            line
        }
    }
}

/// A value for people: what is not printable ASCII is shown by number.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars()
        .flat_map(char::escape_default)
        .filter(|letter| *letter != '\u{0}')
        .collect::<String>()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}

/// JSON in ASCII alone.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, ' '..='~') {
            text.push(letter);
        } else {
            let mut units = [0_u16; 2];
            for unit in letter.encode_utf16(&mut units) {
                write!(text, "\\u{unit:04x}").unwrap_or_default();
            }
        }
    }
    text
}

/// `2026-11-22T18:45:05.123Z`
pub(crate) fn rfc_3339(millis: i64) -> String {
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Year, month and day from days since 1970. Years begin in March here, so that the leap day is the last of a year.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tracing::Level;

    use super::{LogForm, line, rfc_3339};

    const HOSTILE: &str = "a\n2026 ERROR \u{1b}[2J\u{202e}\u{2028}\"'ä\u{1f600}\r";

    #[test]
    fn hostile_text_stays_in_its_line() {
        let fields = || vec![("message", Value::from("refused")), ("path", Value::from(HOSTILE))];
        for form in [LogForm::Human, LogForm::Json] {
            let line = line(form, Level::INFO, 0, fields());
            let body = line.strip_suffix('\n').unwrap();
            assert!(body.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        }
        let json: Value = serde_json::from_str(&line(LogForm::Json, Level::WARN, 0, fields())).unwrap();
        assert_eq!(
            (json["path"].as_str(), json["level"].as_str()),
            (Some(HOSTILE), Some("warn"))
        );
        assert_eq!(
            line(
                LogForm::Human,
                Level::INFO,
                0,
                vec![("message", Value::from("refused")), ("n", Value::from(7))]
            ),
            "1970-01-01T00:00:00.000Z INFO  refused n=7\n"
        );
    }

    #[test]
    fn times_are_read_off_the_calendar() {
        for (millis, text) in [
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_795_373_105_000, "2026-11-22T18:45:05.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc_3339(millis), text);
        }
    }
}
