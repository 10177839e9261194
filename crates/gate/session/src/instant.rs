//! Dates as JavaScript writes them: `2026-01-08T00:00:00.000Z`. Other forms are not read.

use portcullis_funnel::Timestamp;

/// Reads a date in UTC, with or without milliseconds.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = fields::<3>(date, '-', &[4, 2, 2])?;
    let (clock, millis) = match time.split_once('.') {
        Some((clock, fraction)) if fraction.len() == 3 => (clock, number(fraction)?),
        Some(_) => return None,
        None => (time, 0),
    };
    let [hour, minute, second] = fields::<3>(clock, ':', &[2, 2, 2])?;
    let in_range = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range {
        return None;
    }
    let days = days_since_1970(year, month, day);
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp::from_millis(seconds * 1000 + millis))
}

fn fields<const N: usize>(text: &str, separator: char, widths: &[usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut values = [0; N];
    for (value, width) in values.iter_mut().zip(widths) {
        *value = parts.next().filter(|part| part.len() == *width).and_then(number)?;
    }
    parts.next().is_none().then_some(values)
}

fn number(text: &str) -> Option<i64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts whole years and months; a year has four digits, so nothing overflows.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let leaps = |before: i64| before / 4 - before / 100 + before / 400;
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let months: i64 = (1..month).map(|one| days_in_month(year, one)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn dates_are_read() {
        let millis = |text| parse_date(text).map(portcullis_funnel::Timestamp::millis);
        assert_eq!(millis("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(millis("2026-01-01T00:01:00.500Z"), Some(1_767_225_660_500));
        assert_eq!(millis("2024-02-29T23:59:59Z"), Some(1_709_251_199_000));
        assert_eq!(millis("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(millis("2000-03-01T00:00:00Z"), Some(951_868_800_000));
    }

    #[test]
    fn other_forms_are_not() {
        for text in [
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+01:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "26-01-01T00:00:00Z",
            "2026-01-01T00:00:00.1Z",
            "2026-01-01T0:00:00Z",
            "2026-01-01T00:00:00.-01Z",
            "",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
