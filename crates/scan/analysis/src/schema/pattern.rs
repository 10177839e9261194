//! From a JavaScript regular expression to a `pattern` that means the same everywhere, or to none.
//!
//! JSON Schema leaves the dialect to the validator. The portable part is: literal characters, classes of characters,
//! groups, alternatives, counts, `^` and `$`. Here `\d`, `\w`, `\s` and `.` are written out, because validators
//! disagree about Unicode, and `i` is unfolded. What needs backtracking (look-around, back-references) has no pattern:
//! whoever checks requests with it must not be slowed down by one.
//!
//! Without the flag `u`, JavaScript counts UTF-16 units: `^..$` matches one emoji. An expression in which that makes
//! the difference between accepting and refusing has no pattern either.

/// Longer patterns are left out.
const LENGTH_LIMIT: usize = 2_000;

/// Higher counts are left out; engines that compile to automata refuse them.
const COUNT_LIMIT: u32 = 1_000;

/// How deep groups may nest.
const DEPTH_LIMIT: u32 = 30;

/// What `\s` means in JavaScript, for the inside of a class.
const SPACES: &str = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

/// Translates the source of a regular expression; none if its meaning cannot be kept.
pub(crate) fn portable(source: &str, flags: &str) -> Option<String> {
    if source.len() > LENGTH_LIMIT || flags.chars().any(|flag| !matches!(flag, 'i' | 'u' | 'g' | 'd' | 's')) {
        return None;
    }
    let unicode = flags.contains('u');
    let fold = flags.contains('i');
    // With both, letters outside ASCII match letters inside it.
    if unicode && fold {
        return None;
    }
    let mut translator = Translator {
        rest: source.chars().collect(),
        at: 0,
        out: String::new(),
        unicode,
        fold,
        dot_is_all: flags.contains('s'),
        depth: 0,
    };
    translator.alternatives()?;
    (translator.at == translator.rest.len() && translator.out.len() <= LENGTH_LIMIT).then_some(translator.out)
}

/// A text as a pattern that matches nothing else.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        push_literal(letter, &mut out);
    }
    out
}

/// What a part of an expression does to characters that are two units long.
#[derive(Debug, Clone, Copy, Default)]
struct Width {
    /// How many parts can match half of such a character.
    wide: u32,
    /// Whether one of them has to match something.
    needs: bool,
    /// Whether something that cannot match a half has to match as well.
    firm: bool,
}

/// How often a part may come.
#[derive(Debug, Clone, Copy)]
enum Count {
    /// Once: it has no count.
    Once,
    /// From, and to if there is an end.
    Times(u32, Option<u32>),
}

#[derive(Debug)]
struct Translator {
    rest: Vec<char>,
    at: usize,
    out: String,
    unicode: bool,
    fold: bool,
    dot_is_all: bool,
    depth: u32,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_it = self.peek() == Some(wanted);
        self.at += usize::from(is_it);
        is_it
    }

    fn alternatives(&mut self) -> Option<Width> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return None;
        }
        let mut all = self.sequence()?;
        while self.take('|') {
            self.out.push('|');
            let other = self.sequence()?;
            all = Width {
                wide: all.wide.max(other.wide),
                needs: all.needs || other.needs,
                firm: all.firm && other.firm,
            };
        }
        self.depth -= 1;
        Some(all)
    }

    fn sequence(&mut self) -> Option<Width> {
        let mut all = Width::default();
        // Whether a part that has to match half a character came, and nothing firm since.
        let mut pending = false;
        while let Some(letter) = self.peek() {
            if matches!(letter, '|' | ')') {
                break;
            }
            let part = self.part()?;
            if part.needs && pending {
                return None;
            }
            pending = part.needs || (pending && !part.firm);
            all.wide += part.wide;
            all.needs |= part.needs;
            all.firm |= part.firm;
        }
        Some(all)
    }

    fn part(&mut self) -> Option<Width> {
        let start = self.out.len();
        let mut width = match self.next()? {
            anchor @ ('^' | '$') => {
                self.out.push(anchor);
                return Some(Width::default());
            }
            '(' => self.group()?,
            '[' => self.class()?,
            '.' if self.dot_is_all => self.wide(r"[\s\S]"),
            '.' => self.wide(r"[^\n\r\u2028\u2029]"),
            '\\' => self.escape()?,
            '*' | '+' | '?' | '{' | '}' | ']' => return None,
            letter => self.letter(letter)?,
        };
        debug_assert!(self.out.len() > start, "a part writes something");
        let Count::Times(min, max) = self.count()? else {
            return Some(width);
        };
        if !self.unicode && width.wide > 0 {
            let repeats = max.is_none_or(|max| max > 1);
            if (width.needs && min > 1) || (repeats && width.wide > 1) {
                return None;
            }
        }
        width.needs &= min > 0;
        width.firm &= min > 0;
        Some(width)
    }

    /// A count after a part, written out; lazy ones find the same strings.
    fn count(&mut self) -> Option<Count> {
        let found = match self.peek() {
            Some('*') => Count::Times(0, None),
            Some('+') => Count::Times(1, None),
            Some('?') => Count::Times(0, Some(1)),
            Some('{') => return self.braces(),
            _ => return Some(Count::Once),
        };
        let sign = self.next()?;
        self.out.push(sign);
        self.take('?');
        Some(found)
    }

    fn braces(&mut self) -> Option<Count> {
        self.next()?;
        let min = self.digits()?;
        let max = if self.take(',') {
            if self.peek() == Some('}') {
                None
            } else {
                Some(self.digits()?)
            }
        } else {
            Some(min)
        };
        if !self.take('}') || max.is_some_and(|max| max < min) {
            return None;
        }
        self.take('?');
        let count = match max {
            Some(max) if max == min => format!("{{{min}}}"),
            Some(max) => format!("{{{min},{max}}}"),
            None => format!("{{{min},}}"),
        };
        self.out.push_str(&count);
        Some(Count::Times(min, max))
    }

    fn digits(&mut self) -> Option<u32> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            self.at += 1;
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        }
        number.filter(|number| *number <= COUNT_LIMIT)
    }

    fn group(&mut self) -> Option<Width> {
        if self.take('?') {
            match self.next()? {
                ':' => {}
                '<' => {
                    let mut name = 0_u32;
                    while self.peek()? != '>' {
                        let letter = self.next()?;
                        // `(?<=` and `(?<!` look behind.
                        if !(letter.is_ascii_alphanumeric() || letter == '_') {
                            return None;
                        }
                        name += 1;
                    }
                    self.next()?;
                    if name == 0 {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        self.out.push_str("(?:");
        let width = self.alternatives()?;
        if !self.take(')') {
            return None;
        }
        self.out.push(')');
        Some(width)
    }

    fn wide(&mut self, class: &str) -> Width {
        self.out.push_str(class);
        Width {
            wide: u32::from(!self.unicode),
            needs: !self.unicode,
            firm: self.unicode,
        }
    }

    fn narrow(&mut self, class: &str) -> Width {
        self.out.push_str(class);
        Width {
            firm: true,
            ..Width::default()
        }
    }

    fn letter(&mut self, letter: char) -> Option<Width> {
        if self.fold && letter.is_ascii_alphabetic() {
            let both = format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase());
            return Some(self.narrow(&both));
        }
        if (self.fold && !letter.is_ascii()) || (!self.unicode && letter.len_utf16() > 1 && self.repeats()) {
            return None;
        }
        let mut written = String::new();
        push_literal(letter, &mut written);
        Some(self.narrow(&written))
    }

    /// Whether a count follows; without `u` it would be about the second half of the character.
    fn repeats(&self) -> bool {
        matches!(self.peek(), Some('*' | '+' | '?' | '{'))
    }

    fn escape(&mut self) -> Option<Width> {
        let width = match self.next()? {
            'd' => self.narrow("[0-9]"),
            'D' => self.wide("[^0-9]"),
            'w' => self.narrow("[A-Za-z0-9_]"),
            'W' => self.wide("[^A-Za-z0-9_]"),
            's' => self.narrow(&format!("[{SPACES}]")),
            'S' => self.wide(&format!("[^{SPACES}]")),
            'p' if self.unicode => {
                let property = self.property()?;
                self.narrow(&property)
            }
            letter => {
                let letter = self.escaped(letter)?;
                return self.letter(letter);
            }
        };
        Some(width)
    }

    /// Categories of one or two letters: their names are the same everywhere.
    fn property(&mut self) -> Option<String> {
        if !self.take('{') {
            return None;
        }
        let mut name = String::new();
        while self.peek()? != '}' {
            name.push(self.next()?);
        }
        self.next()?;
        let is_known = matches!(
            name.as_str(),
            "L" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "M" | "Mn" | "Mc" | "N" | "Nd" | "P" | "S" | "Z" | "Zs"
        );
        is_known.then(|| format!("\\p{{{name}}}"))
    }

    /// A character that is written with a backslash.
    fn escaped(&mut self, letter: char) -> Option<char> {
        match letter {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            'x' => self.hexadecimal(2),
            'u' if self.peek() == Some('{') => {
                if !self.unicode {
                    return None;
                }
                self.next()?;
                let mut code = 0_u32;
                while self.peek()? != '}' {
                    code = code.checked_mul(16)?.checked_add(self.next()?.to_digit(16)?)?;
                }
                self.next()?;
                char::from_u32(code)
            }
            // Half of a character has no name in other dialects.
            'u' => self.hexadecimal(4),
            letter if letter.is_ascii_punctuation() || letter == ' ' => Some(letter),
            _ => None,
        }
    }

    fn hexadecimal(&mut self, digits: u32) -> Option<char> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.next()?.to_digit(16)?;
        }
        char::from_u32(code)
    }

    fn class(&mut self) -> Option<Width> {
        let negated = self.take('^');
        let mut items: Vec<Item> = Vec::new();
        while self.peek()? != ']' {
            let item = self.class_item()?;
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|after| *after != ']');
            if !is_range {
                items.push(item);
                continue;
            }
            self.next()?;
            match (item, self.class_item()?) {
                (Item::Range(first, last), Item::Range(low, high)) if first == last && low == high && first <= low => {
                    items.push(Item::Range(first, low));
                }
                // Without `u`, `[\w-.]` holds the dash itself.
                (left, right) if !self.unicode => items.extend([left, Item::Range('-', '-'), right]),
                _ => return None,
            }
        }
        self.next()?;
        let complements = [('s', 'S'), ('d', 'D'), ('w', 'W')];
        let has = |wanted: char| items.contains(&Item::Set(wanted));
        if !negated && complements.iter().any(|(one, other)| has(*one) && has(*other)) {
            return Some(self.wide(r"[\s\S]"));
        }
        if items.is_empty() || items.iter().any(|item| matches!(item, Item::Set('S' | 'D' | 'W'))) {
            return None;
        }
        let outside = |item: &Item| matches!(item, Item::Range(_, last) if !last.is_ascii());
        let long = |item: &Item| matches!(item, Item::Range(_, last) if last.len_utf16() > 1);
        if (self.fold && items.iter().any(outside)) || (!self.unicode && items.iter().any(long)) {
            return None;
        }
        let written = class_text(negated, &items, self.fold);
        // A range over the surrogates matches halves.
        let spans =
            |item: &Item| matches!(item, Item::Range(first, last) if *first < '\u{e000}' && *last >= '\u{e000}');
        if negated || items.iter().any(spans) {
            Some(self.wide(&written))
        } else {
            Some(self.narrow(&written))
        }
    }

    fn class_item(&mut self) -> Option<Item> {
        let letter = match self.next()? {
            '\\' => match self.next()? {
                set @ ('d' | 'w' | 's' | 'D' | 'W' | 'S') => return Some(Item::Set(set)),
                'b' => '\u{8}',
                'p' if self.unicode => return self.property().map(Item::Property),
                letter => self.escaped(letter)?,
            },
            letter => letter,
        };
        Some(Item::Range(letter, letter))
    }
}

/// A part of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Range(char, char),
    Set(char),
    Property(String),
}

fn class_text(negated: bool, items: &[Item], fold: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut push = |part: String| {
        // Twice the same sign has a meaning of its own in some dialects: `&&`.
        if !parts.contains(&part) {
            parts.push(part);
        }
    };
    for item in items {
        match item {
            Item::Set('d') => push("0-9".to_owned()),
            Item::Set('w') => push("A-Za-z0-9_".to_owned()),
            Item::Set(_) => push(SPACES.to_owned()),
            Item::Property(property) => push(property.clone()),
            Item::Range(first, last) => {
                push(range_text(*first, *last));
                if fold {
                    for (low, high, other) in [('a', 'z', 'A'), ('A', 'Z', 'a')] {
                        let (from, to) = ((*first).max(low), (*last).min(high));
                        if from <= to {
                            let swap = |letter: char| {
                                let offset = u32::from(letter).saturating_sub(u32::from(low));
                                char::from_u32(u32::from(other) + offset).unwrap_or(letter)
                            };
                            push(range_text(swap(from), swap(to)));
                        }
                    }
                }
            }
        }
    }
    format!("[{}{}]", if negated { "^" } else { "" }, parts.concat())
}

fn range_text(first: char, last: char) -> String {
    let mut out = String::new();
    push_in_class(first, &mut out);
    if first != last {
        out.push('-');
        push_in_class(last, &mut out);
    }
    out
}

fn push_in_class(letter: char, out: &mut String) {
    match letter {
        '\\' | ']' | '[' | '^' | '-' => out.extend(['\\', letter]),
        letter => push_plain(letter, out),
    }
}

fn push_literal(letter: char, out: &mut String) {
    match letter {
        '\\' | '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => {
            out.extend(['\\', letter]);
        }
        letter => push_plain(letter, out),
    }
}

/// Signs that cannot be seen are written by number.
fn push_plain(letter: char, out: &mut String) {
    let code = u32::from(letter);
    if letter.is_control() || (letter.is_whitespace() && letter != ' ') || code == 0xfeff {
        let number = format!("\\u{code:04x}");
        out.push_str(&number);
    } else {
        out.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, flags: &str, expected: Option<&str>) {
        assert_eq!(portable(source, flags).as_deref(), expected, "/{source}/{flags}");
    }

    #[test]
    fn what_means_the_same_everywhere_is_kept() {
        check("^[a-z0-9-]+$", "", Some(r"^[a-z0-9\-]+$"));
        check(r"^\d{3}-\w*$", "", Some("^[0-9]{3}-[A-Za-z0-9_]*$"));
        check(
            r"^#([0-9a-f]{3}|[0-9a-f]{6})$",
            "i",
            Some("^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
        );
        check(r"^(?<year>\d{4})\/x", "g", Some("^(?:[0-9]{4})/x"));
        check("a+?b", "", Some("a+b"));
        check("Ab", "i", Some("[Aa][Bb]"));
        check(r"^\p{L}+$", "u", Some(r"^\p{L}+$"));
        check(r"[\w-.]", "", Some(r"[A-Za-z0-9_\-.]"));
        check(r"[a&&b]", "", Some("[a&b]"));
        check(r"\u0041\x42", "", Some("AB"));
    }

    #[test]
    fn what_counts_halves_of_characters_is_not() {
        check("^.{2}$", "", None);
        check("^.{2}$", "u", Some(r"^[^\n\r\u2028\u2029]{2}$"));
        check("^..$", "", None);
        check("^.+@.+$", "", Some(r"^[^\n\r\u2028\u2029]+@[^\n\r\u2028\u2029]+$"));
        check("^.+.+$", "", None);
        check("^.*.*$", "", Some(r"^[^\n\r\u2028\u2029]*[^\n\r\u2028\u2029]*$"));
        check("^(?:.x.)+$", "", None);
        check("^.(?:x|y?).$", "", None);
        check(r"^[\s\S]*$", "", Some(r"^[\s\S]*$"));
        check("😀+", "", None);
    }

    #[test]
    fn what_others_do_not_know_or_know_otherwise_is_not() {
        for source in [
            r"(?=a)b", r"(?!a)b", r"(?<=a)b", r"(a)\1", r"\bfoo\b", r"a{", "[", "(", "a**", r"[^\D]", r"\p{L}",
        ] {
            check(source, "", None);
        }
        check("a", "m", None);
        check("a", "y", None);
        check("ß", "i", None);
        check("a", "iu", None);
        check("a{2000}", "", None);
    }
}
