//! Narrows a scan to the paths that the user named. The whole project was analysed all the same: what an endpoint does
//! is decided by files far from it.

use portcullis_model::{EndpointId, Place, Scan};

/// Leaves what lies in one of the `only` paths; everything if there are none.
///
/// A finding stays if its primary place is inside. The endpoints behind it stay with it, wherever they are: the finding
/// would have no name otherwise.
pub(crate) fn restrict(mut scan: Scan, only: &[String]) -> Scan {
    if only.is_empty() {
        return scan;
    }
    let inside_path = |path: &str| only.iter().any(|parent| covers(parent, path));
    let inside: Vec<bool> = scan.files.iter().map(|file| inside_path(&file.path)).collect();
    let is_inside = |place: Place| {
        usize::try_from(place.file.0)
            .ok()
            .and_then(|file| inside.get(file))
            .copied()
            .unwrap_or_default()
    };
    scan.findings
        .retain(|finding| finding.primary().is_none_or(|label| is_inside(label.place)));
    scan.diagnostics.retain(|diagnostic| inside_path(&diagnostic.path));
    scan.suppressed.retain(|suppression| is_inside(suppression.place));
    scan.opaque_calls.retain(|call| is_inside(call.place));

    let mut renamed: Vec<Option<EndpointId>> = Vec::with_capacity(scan.endpoints.len());
    let mut kept = Vec::new();
    for (id, endpoint) in (0..).map(EndpointId).zip(std::mem::take(&mut scan.endpoints)) {
        let named = scan.findings.iter().any(|finding| finding.endpoints.contains(&id));
        if named || is_inside(endpoint.place) {
            renamed.push(u32::try_from(kept.len()).ok().map(EndpointId));
            kept.push(endpoint);
        } else {
            renamed.push(None);
        }
    }
    scan.endpoints = kept;
    for finding in &mut scan.findings {
        let new_id = |id: EndpointId| {
            usize::try_from(id.0)
                .ok()
                .and_then(|id| renamed.get(id).copied().flatten())
        };
        finding.endpoints = finding.endpoints.iter().filter_map(|id| new_id(*id)).collect();
    }
    scan
}

/// Whether `path` is `parent` or lies below it.
fn covers(parent: &str, path: &str) -> bool {
    path.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use portcullis_model::{
        Confidence, Endpoint, EndpointKind, FileId, Finding, Label, Role, Severity, SourceFile, Span,
    };

    use super::*;

    fn place(file: u32) -> Place {
        Place::new(FileId(file), Span::new(0, 1))
    }

    fn endpoint(name: &str, file: u32) -> Endpoint {
        Endpoint {
            name: name.to_owned(),
            short_name: name.to_owned(),
            kind: EndpointKind::Module,
            place: place(file),
            parameters: vec![],
            wrapper: None,
            captures: vec![],
            coverage: vec![],
        }
    }

    fn finding(file: u32, endpoints: &[u32]) -> Finding {
        Finding {
            rule: "r",
            severity: Severity::High,
            confidence: Confidence::High,
            endpoints: endpoints.iter().copied().map(EndpointId).collect(),
            message: String::new(),
            consequence: String::new(),
            help: vec![],
            fix: None,
            labels: vec![Label {
                role: Role::Primary,
                place: place(file),
                text: String::new(),
            }],
            owasp: &[],
            cwe: &[],
            fingerprint: String::new(),
        }
    }

    fn scan() -> Scan {
        let files = ["app/a.ts", "app2/b.ts", "lib/c.ts"];
        Scan {
            files: files
                .iter()
                .map(|path| SourceFile {
                    path: (*path).into(),
                    text: "x".into(),
                })
                .collect(),
            endpoints: vec![endpoint("a", 0), endpoint("b", 1), endpoint("c", 2)],
            findings: vec![finding(0, &[0]), finding(1, &[1]), finding(2, &[2, 1])],
            ..Scan::default()
        }
    }

    fn names(scan: &Scan) -> Vec<&str> {
        scan.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect()
    }

    #[test]
    fn no_paths_leave_everything() {
        assert_eq!(names(&restrict(scan(), &[])), ["a", "b", "c"]);
    }

    #[test]
    fn a_directory_is_not_its_namesake() {
        let scan = restrict(scan(), &["app".to_owned()]);
        assert_eq!(names(&scan), ["a"]);
        assert_eq!(scan.findings.len(), 1);
        assert_eq!(scan.findings[0].endpoints, [EndpointId(0)]);
    }

    #[test]
    fn endpoints_behind_a_finding_keep_their_names() {
        let scan = restrict(scan(), &["lib/c.ts".to_owned()]);
        assert_eq!(names(&scan), ["b", "c"]);
        assert_eq!(scan.findings[0].endpoints, [EndpointId(1), EndpointId(0)]);
    }
}
