//! HTML as text, with one escaping function for everything that anybody wrote.

use portcullis_actions::{FormError, FormState};

/// A text for any place between tags, and for attributes in double quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// What is wrong, for a field or for a form.
pub(crate) fn problems(errors: &[FormError]) -> String {
    let one = |error: &FormError| {
        format!(
            "<p class=\"error\" role=\"alert\" data-code=\"{}\">{}</p>",
            escaped(&error.code),
            escaped(&error.message)
        )
    };
    errors.iter().map(one).collect()
}

/// Which element a field is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Email,
    Code,
    Area,
}

/// A field with its label, the value that was entered or `current`, and what is wrong with it.
pub(crate) fn field(state: &FormState, name: &str, label: &str, kind: Kind, current: &str) -> String {
    let value = if state.has_failed() { state.value(name) } else { current };
    let value = escaped(value);
    let element = match kind {
        Kind::Area => format!("<textarea id=\"{name}\" name=\"{name}\">{value}</textarea>"),
        Kind::Code => {
            format!("<input id=\"{name}\" name=\"{name}\" inputmode=\"numeric\" autocomplete=\"one-time-code\">")
        }
        Kind::Email => format!("<input id=\"{name}\" name=\"{name}\" type=\"email\" value=\"{value}\">"),
        Kind::Text => format!("<input id=\"{name}\" name=\"{name}\" value=\"{value}\">"),
    };
    format!(
        "<p><label for=\"{name}\">{label}</label>{element}</p>{}",
        problems(state.errors(name))
    )
}

/// A hidden field.
pub(crate) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value))
}

#[cfg(test)]
mod tests {
    use super::{escaped, hidden};

    #[test]
    fn no_text_ends_its_place() {
        assert_eq!(
            escaped("<a href='x'>&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
        );
        assert!(!hidden("a", "\"><script>").contains("<script>"));
    }
}
