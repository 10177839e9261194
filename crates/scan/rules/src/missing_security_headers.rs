//! `missing-security-headers`: an application with actions sets none of the headers that limit what an attack can do.

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "missing-security-headers",
    summary: "No file of the application names the response headers that limit what an attack in the browser can do.",
    severity: Severity::Low,
    owasp: &["A05:2021", "A02:2025"],
    cwe: &["CWE-693", "CWE-1021"],
    page: include_str!("missing_security_headers.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for application in &analysis.project.headers {
        let names: Vec<String> = application.missing.iter().map(|name| format!("`{name}`")).collect();
        let lines: Vec<String> = application.missing.iter().map(|name| line(name)).collect();
        drafts.push(
            Draft::new(
                &META,
                application.place,
                format!("nothing here or in middleware sets {}", names.join(", ")),
                format!("the application sends no {}", names.join(", ")),
            )
            .confidence(Confidence::Medium)
            .consequence("a script that gets into a page can call every action as its user; these headers limit what gets in and where a page can be framed")
            .help(format!(
                "in next.config: `async headers() {{ return [{{ source: '/(.*)', headers: [{}] }}] }}`",
                lines.join(", ")
            )),
        );
    }
}

fn line(name: &str) -> String {
    let value = match name {
        "Content-Security-Policy" => {
            "\"default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'\""
        }
        "X-Content-Type-Options" => "'nosniff'",
        "X-Frame-Options" => "'DENY'",
        "Referrer-Policy" => "'strict-origin-when-cross-origin'",
        _ => "'max-age=63072000; includeSubDomains'",
    };
    format!("{{ key: '{name}', value: {value} }}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}
