//! Dates: milliseconds since 1970, read from and written in the exact form of `Date.prototype.toISOString`.

use std::fmt;

const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// The largest distance from 1970 that a JavaScript date can have.
const FURTHEST: i64 = 8_640_000_000_000_000;

/// A point in time that a JavaScript `Date` can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    /// Milliseconds since 1970, if a JavaScript date reaches there.
    pub const fn from_milliseconds(milliseconds: i64) -> Option<Self> {
        if milliseconds.unsigned_abs() > FURTHEST.unsigned_abs() {
            return None;
        }
        Some(Self(milliseconds))
    }

    /// Milliseconds since 1970.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Reads what `toISOString` writes, and nothing else: `2024-02-29T12:34:56.789Z`, or a year of six digits with a
    /// sign where four do not suffice.
    pub fn from_iso(text: &str) -> Option<Self> {
        let year_length = match text.as_bytes().first()? {
            b'+' | b'-' => 7,
            _ => 4,
        };
        let (year_text, rest) = text.split_at_checked(year_length)?;
        let year: i64 = year_text.parse().ok()?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year_text.trim_start_matches(['+', '-'])) || rest.len() != 20 {
            return None;
        }
        let mut fields = [0; 6];
        let mut rest = rest;
        let shapes = [("-", 2), ("-", 2), ("T", 2), (":", 2), (":", 2), (".", 3)];
        for (field, (separator, length)) in fields.iter_mut().zip(shapes) {
            let (number, after) = rest.strip_prefix(separator)?.split_at_checked(length)?;
            if !digits(number) {
                return None;
            }
            *field = number.parse().ok()?;
            rest = after;
        }
        let [month, day, hour, minute, second, millisecond] = fields;
        let date = days_from_civil(year, month, day)
            .checked_mul(MILLISECONDS_A_DAY)?
            .checked_add(((hour * 60 + minute) * 60 + second) * 1000 + millisecond)?;
        let date = Self::from_milliseconds(date)?;
        // Every field out of its range, and every second spelling of a year, comes out differently.
        (date.to_string() == text).then_some(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(MILLISECONDS_A_DAY));
        let time = self.0.rem_euclid(MILLISECONDS_A_DAY);
        match year {
            0..=9999 => write!(formatter, "{year:04}")?,
            _ => write!(formatter, "{year:+07}")?,
        }
        let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
        let (second, millisecond) = (time / 1000 % 60, time % 1000);
        write!(
            formatter,
            "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

/// Days since 1970 of a day of the proleptic Gregorian calendar. Years begin in March here, so that the leap day is
/// their last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{Date, FURTHEST};

    #[test]
    fn what_to_iso_string_writes_is_read() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2024-02-29T12:34:56.789Z", 1_709_210_096_789),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
            ("-000001-12-31T23:59:59.999Z", -62_167_219_200_001),
            ("+275760-09-13T00:00:00.000Z", FURTHEST),
            ("-271821-04-20T00:00:00.000Z", -FURTHEST),
        ] {
            let date = Date::from_iso(text).expect(text);
            assert_eq!(date.milliseconds(), milliseconds, "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_a_date() {
        for text in [
            "",
            "Z",
            "2023-02-29T00:00:00.000Z",
            "2024-02-29",
            "2024-02-29T12:34:56Z",
            "2024-02-29T12:34:56.789+00:00",
            "2024-13-01T00:00:00.000Z",
            "2024-01-01T24:00:00.000Z",
            "+002024-01-01T00:00:00.000Z",
            "-000000-01-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.001Z",
            "+999999-01-01T00:00:00.000Z",
            "2024-02-29t12:34:56.789Z",
            " 024-02-29T12:34:56.789Z",
            "20é-02-29T12:34:56.789Z",
            "2024-00-01T00:00:00.000Z",
        ] {
            assert_eq!(Date::from_iso(text), None, "{text}");
        }
    }
}
