//! A small scan built by hand, as the analysis would: three files, five endpoints, two findings.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use portcullis_model::{
    Capture, Confidence, Coverage, Diagnostic, DiagnosticKind, Endpoint, EndpointId, EndpointKind, Evidence, FileId,
    Finding, Label, OpaqueCall, Parameter, Place, Protection, Role, RuleMeta, Scan, Severity, SourceFile, Span,
    Suppression,
};

/// The rules of the sample.
pub(crate) const RULES: &[RuleMeta] = &[
    RuleMeta {
        id: "missing-ownership-check",
        summary: "a signed-in caller picks which record to read or change",
        severity: Severity::Critical,
        owasp: &["A01:2021", "A01:2025"],
        cwe: &["CWE-639"],
        page: "# missing-ownership-check\n\nA signed-in caller picks which record to change.\n",
    },
    RuleMeta {
        id: "missing-rate-limit",
        summary: "nothing limits how often the endpoint is called",
        severity: Severity::Medium,
        owasp: &["A04:2021", "A06:2025"],
        cwe: &["CWE-770"],
        page: "# missing-rate-limit\n\nNothing limits how often the endpoint is called.\n",
    },
];

const INVOICES: &str = "'use server';

import { requireUser } from '@/lib/auth';
import { UpdateInvoice } from './schema';
import { save } from '@/lib/invoices';


export async function updateInvoice(input: unknown) {
  const user = await requireUser();
  const { invoiceId, amount } = UpdateInvoice.parse(input);
  return save(invoiceId, { amount });
}

export async function createInvoice(input: unknown) {
  const user = await requireUser();
  return create(UpdateInvoice.parse(input), user.id);
}
";

const TEAM: &str = "'use server';

export async function sendInvite(formData: FormData) {
  const email = Email.parse(formData.get('email'));
  await mailer.send(email);
}

export const exportTeam = authActionClient.schema(Team).action(async ({ ctx }) => verify(ctx));
";

const LIBRARY: &str = "import { db } from './db';

// \u{1F4B8} money moves here
export async function save(id: string, patch: Patch) {
  /* \u{1F512} */ return db.invoice.update({ where: { id }, data: patch });
}
";

const PAGE: &str = "export default function Page({ tenant }) {
  async function save() {
    'use server';
    revalidatePath(tenant);
  }
  return <form action={save} />;
}
";

/// Builds a place by what stands there.
pub(crate) fn place(scan: &Scan, file: u32, text: &str) -> Place {
    let source = &scan.files[usize::try_from(file).unwrap()].text;
    let start = source.find(text).unwrap_or_else(|| panic!("`{text}` is in the file"));
    Place::new(
        FileId(file),
        Span::new(
            u32::try_from(start).unwrap(),
            u32::try_from(start + text.len()).unwrap(),
        ),
    )
}

pub(crate) fn label(role: Role, place: Place, text: &str) -> Label {
    Label {
        role,
        place,
        text: text.to_owned(),
    }
}

fn proven(place: Place, text: &str) -> Coverage {
    Coverage::Proven {
        evidence: vec![Evidence {
            place,
            text: text.to_owned(),
        }],
    }
}

fn absent(place: Place, text: &str, reason: &str) -> Coverage {
    Coverage::Absent {
        evidence: vec![Evidence {
            place,
            text: text.to_owned(),
        }],
        reason: reason.to_owned(),
    }
}

fn not_needed(reason: &str) -> Coverage {
    Coverage::NotNeeded {
        evidence: Vec::new(),
        reason: reason.to_owned(),
    }
}

pub(crate) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: Arc::from(path),
        text: Arc::from(text),
    }
}

pub(crate) fn endpoint(name: &str, place: Place) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        short_name: name.rsplit('#').next().unwrap_or(name).to_owned(),
        kind: EndpointKind::Module,
        place,
        parameters: Vec::new(),
        wrapper: None,
        captures: Vec::new(),
        coverage: Vec::new(),
    }
}

/// The sample.
pub(crate) fn scan() -> Scan {
    let mut scan = Scan {
        next_version: Some("16.4.6".to_owned()),
        files: vec![
            file("app/[tenant]/page.tsx", PAGE),
            file("app/invoices/actions.ts", INVOICES),
            file("app/team/actions.ts", TEAM),
            file("lib/invoices.ts", LIBRARY),
        ],
        baselined: 2,
        rules: vec!["missing-ownership-check", "missing-rate-limit"],
        ..Scan::default()
    };
    let at = |file, text| place(&scan, file, text);
    let guard = at(1, "requireUser()");
    let parse = at(1, "UpdateInvoice.parse(input)");
    let effect = at(3, "where: { id }");
    let send = at(2, "mailer.send");
    let verify = at(2, "verify(ctx)");

    let mut page = endpoint("app/[tenant]/page.tsx#Page.save", at(0, "save"));
    page.kind = EndpointKind::Inline;
    page.captures = vec![Capture {
        name: "tenant".to_owned(),
        place: at(0, "tenant);"),
    }];
    page.coverage = Protection::ALL
        .into_iter()
        .take(5)
        .map(|protection| (protection, not_needed("it only revalidates a cache")))
        .collect();

    let mut update = endpoint("app/invoices/actions.ts#updateInvoice", at(1, "updateInvoice"));
    update.parameters = vec![Parameter {
        name: "input".to_owned(),
        schema: None,
    }];
    update.coverage = vec![
        (
            Protection::Authentication,
            proven(guard, "`requireUser` throws for a stranger"),
        ),
        (
            Protection::Authorization,
            not_needed("no call shows that it is privileged"),
        ),
        (
            Protection::Ownership,
            absent(effect, "the client's id selects the row", "a stranger's row is changed"),
        ),
        (Protection::Validation, proven(parse, "`UpdateInvoice` parses it")),
        (Protection::RateLimit, not_needed("it has no costly effect")),
        (Protection::Output, Coverage::NotAnalysed),
    ];

    let mut create = endpoint("app/invoices/actions.ts#createInvoice", at(1, "createInvoice"));
    create.parameters = vec![Parameter {
        name: "input".to_owned(),
        schema: None,
    }];
    create.coverage = vec![
        (
            Protection::Authentication,
            proven(guard, "`requireUser` throws for a stranger"),
        ),
        (Protection::Validation, proven(parse, "`UpdateInvoice` parses it")),
    ];

    let mut invite = endpoint("app/team/actions.ts#sendInvite", at(2, "sendInvite"));
    invite.parameters = vec![Parameter {
        name: "formData".to_owned(),
        schema: None,
    }];
    invite.coverage = vec![
        (
            Protection::Authentication,
            absent(send, "an e-mail is sent", "a stranger sends e-mail"),
        ),
        (
            Protection::Validation,
            proven(at(2, "Email.parse(formData.get('email'))"), "`Email` parses it"),
        ),
        (
            Protection::RateLimit,
            absent(send, "an e-mail is sent", "no limiter runs before"),
        ),
    ];

    let mut export = endpoint("app/team/actions.ts#exportTeam", at(2, "exportTeam"));
    export.wrapper = Some("authActionClient".to_owned());
    export.coverage = vec![(
        Protection::Authentication,
        Coverage::Unknown {
            evidence: vec![Evidence {
                place: verify,
                text: "`verify` has no source here".to_owned(),
            }],
            reason: "`verify` of `@acme/auth` may stop a stranger".to_owned(),
        },
    )];

    let ownership = Finding {
        rule: "missing-ownership-check",
        severity: Severity::Critical,
        confidence: Confidence::High,
        endpoints: vec![EndpointId(1)],
        message: "`updateInvoice` writes a record that the caller may not own".to_owned(),
        consequence: "any signed-in user can change any invoice, by sending another invoice's id".to_owned(),
        help: vec!["scope the write to the caller: `where: { id, ownerId: user.id }`".to_owned()],
        fix: None,
        labels: vec![
            label(
                Role::Primary,
                at(1, "updateInvoice"),
                "this endpoint is reachable by POST",
            ),
            label(
                Role::Related,
                guard,
                "the caller is authenticated here, but `user` is never compared",
            ),
            label(Role::Related, at(1, "invoiceId"), "the client chooses this id"),
            label(Role::Related, effect, "and it alone selects the row to change"),
        ],
        owasp: RULES[0].owasp,
        cwe: RULES[0].cwe,
        fingerprint: "pc1:7c0e52d1a9b3f480".to_owned(),
    };
    let rate = Finding {
        rule: "missing-rate-limit",
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        endpoints: vec![EndpointId(3), EndpointId(2)],
        message: "`sendInvite` has no rate limit".to_owned(),
        consequence: String::new(),
        help: vec!["`portcullis guard` can enforce this: `rate = [\"5/1h per session\"]`".to_owned()],
        fix: None,
        labels: vec![
            label(
                Role::Primary,
                at(2, "sendInvite"),
                "no limiter runs before the first side effect",
            ),
            label(Role::Related, send, "each call sends an e-mail"),
        ],
        owasp: RULES[1].owasp,
        cwe: RULES[1].cwe,
        fingerprint: "pc1:0f1e2d3c4b5a6978".to_owned(),
    };
    let suppression = Suppression {
        rule: "missing-rate-limit".to_owned(),
        reason: "cron only".to_owned(),
        place: at(1, "export async function createInvoice"),
    };
    scan.diagnostics = vec![Diagnostic {
        path: "app/legacy.tsx".to_owned(),
        place: None,
        kind: DiagnosticKind::NotUtf8,
        message: "the file is not UTF-8: convert it".to_owned(),
    }];
    scan.opaque_calls = vec![OpaqueCall {
        place: verify,
        callee: "verify".to_owned(),
    }];
    scan.suppressed = vec![suppression];
    scan.endpoints = vec![page, update, create, invite, export];
    scan.findings = vec![ownership, rate];
    scan
}
