//! Calls with the same arguments are run once for all hypotheses, where what they do does not depend on who calls. Where
//! it does, what was found for one caller must not be told of another.

use portcullis_model::Protection;

use crate::support::{ACTIONS, analyse_in, threads};

const HELPERS: &str = r"
import { auth } from '@/auth';
import { db } from './db';

export async function plain(id: string) {
  await db.post.delete({ where: { id } });
}
export async function signedIn(id: string) {
  const session = await auth();
  if (!session?.user) throw new Error('sign in');
  await db.post.delete({ where: { id } });
}
export async function owned(id: string) {
  const session = await auth();
  if (!session?.user) throw new Error('sign in');
  const post = await db.post.findFirst({ where: { id, ownerId: session.user.id } });
  if (!post) throw new Error('not yours');
  await db.post.delete({ where: { id } });
}
export async function told(id: string) {
  try {
    await db.post.delete({ where: { id } });
  } catch (error) {
    return { error: error.message };
  }
}
";

const CODE: &str = r"
'use server';
import { plain, signedIn, owned, told } from '@/lib/helpers';

export async function a(id: string) { await plain(id); }
export async function b(id: string) { await signedIn(id); }
export async function c(id: string) { await owned(id); }
export async function d(id: string) { return told(id); }
export async function e(id: string) { await signedIn(id); return told(id); }
export async function f(id: string) { await owned(id); await plain(id); }
";

/// Of each endpoint: is it signed in, is it the caller's own, is the error kept inside.
const EXPECTED: [(&str, [&str; 3]); 6] = [
    ("a", ["absent", "absent", "proven"]),
    ("b", ["proven", "absent", "proven"]),
    ("c", ["proven", "proven", "proven"]),
    ("d", ["absent", "absent", "absent"]),
    ("e", ["proven", "absent", "absent"]),
    ("f", ["proven", "proven", "proven"]),
];

#[test]
fn what_depends_on_the_caller_is_told_of_that_caller_alone() {
    let files = [("lib/helpers.ts", HELPERS), (ACTIONS, CODE)];
    for count in [1, 2] {
        let answers = analyse_in(&threads(count), &files, |_, analysis| {
            analysis
                .endpoints
                .iter()
                .map(|endpoint| {
                    let state = |protection| endpoint.coverage_of(protection).state().to_owned();
                    let states = [Protection::Authentication, Protection::Ownership, Protection::Errors].map(state);
                    (endpoint.short_name.clone(), states)
                })
                .collect::<Vec<_>>()
        });
        let expected = EXPECTED.map(|(name, states)| (name.to_owned(), states.map(str::to_owned)));
        assert_eq!(answers, expected, "{count} threads");
    }
}
