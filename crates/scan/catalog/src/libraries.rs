//! The files that ship with Portcullis, in the order in which they are read.

macro_rules! libraries {
    ($($name:literal),* $(,)?) => {
        pub(crate) const ALL: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../libraries/", $name, ".toml")))),*];
    };
}

libraries![
    "next",
    "javascript",
    "authjs",
    "next-auth",
    "supabase",
    "clerk",
    "better-auth",
    "iron-session",
    "lucia",
    "oslo",
    "assertions",
    "workos",
    "auth0",
    "kinde",
    "stack-auth",
    "firebase-admin",
    "firebase",
    "appwrite",
    "payload",
    "jose",
    "jsonwebtoken",
    "cookie-signature",
    "passwords",
    "node-crypto",
    "otp",
    "prisma",
    "drizzle",
    "mongoose",
    "mongodb",
    "pg",
    "postgres",
    "vercel-postgres",
    "neon",
    "planetscale",
    "mysql2",
    "better-sqlite3",
    "sqlite",
    "libsql",
    "kysely",
    "knex",
    "typeorm",
    "sequelize",
    "redis",
    "vercel-blob",
    "aws",
    "cloudinary",
    "uploadthing",
    "imagekit",
    "sanity",
    "contentful",
    "other-content-systems",
    "directus",
    "convex",
    "stripe",
    "payment-providers",
    "resend",
    "mail",
    "twilio",
    "notifications",
    "job-queues",
    "openai",
    "vercel-ai",
    "models-and-vectors",
    "github",
    "google",
    "workspace-services",
    "commerce",
    "http-clients",
    "graphql-clients",
    "analytics",
    "sentry",
    "opentelemetry",
    "logging",
    "zod",
    "zod-form-data",
    "valibot",
    "arktype",
    "yup",
    "joi",
    "superstruct",
    "json-schema-validators",
    "type-validators",
    "effect-schema",
    "environment",
    "conform",
    "node-files",
    "node-processes",
    "node-modules",
    "lodash",
    "functional",
    "dates",
    "identifiers",
    "text-and-markup",
    "browsers",
    "internationalization",
    "interface",
    "next-safe-action",
    "zsa",
    "trpc",
    "server-act",
    "zact",
    "orpc",
    "rate-limiters",
    "arcjet",
    "captcha",
    "csrf",
    "permissions",
    "webauthn",
    "logto",
    "descope",
    "zenstack",
    "propelauth",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::Catalog;

    #[test]
    fn every_file_of_the_folder_is_listed_and_links() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/libraries");
        let found: BTreeSet<String> = ignore_errors(folder);
        let listed: BTreeSet<String> = super::ALL.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(found, listed);
        if let Err(errors) = Catalog::with_entries(&[]) {
            panic!("{errors:#?}");
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the test lists its own folder")]
    fn ignore_errors(folder: &str) -> BTreeSet<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }
}
