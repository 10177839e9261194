import 'server-only';
import { asc, desc, eq, ne, or } from 'drizzle-orm';
import { db } from './db';
import { charges, comments, documents, teams, transfers, users } from './schema';

export async function teamDocuments(teamId: string) {
  return db
    .select({ id: documents.id, title: documents.title, archived: documents.archived, owner: users.name })
    .from(documents)
    .innerJoin(users, eq(users.id, documents.ownerId))
    .where(eq(documents.teamId, teamId))
    .orderBy(asc(documents.createdAt), asc(documents.title));
}

export async function findDocument(id: string) {
  const [row] = await db
    .select({
      id: documents.id,
      title: documents.title,
      body: documents.body,
      archived: documents.archived,
      teamId: documents.teamId,
      ownerId: documents.ownerId,
      owner: users.name,
    })
    .from(documents)
    .innerJoin(users, eq(users.id, documents.ownerId))
    .where(eq(documents.id, id));
  return row;
}

export async function documentComments(documentId: string) {
  return db
    .select({ id: comments.id, body: comments.body, authorId: comments.authorId, author: users.name })
    .from(comments)
    .innerJoin(users, eq(users.id, comments.authorId))
    .where(eq(comments.documentId, documentId))
    .orderBy(asc(comments.createdAt));
}

export async function teamBilling(teamId: string) {
  const [team] = await db
    .select({ plan: teams.plan, creditCents: teams.creditCents })
    .from(teams)
    .where(eq(teams.id, teamId));
  const bills = await db
    .select({
      id: charges.id,
      kind: charges.kind,
      description: charges.description,
      amountCents: charges.amountCents,
      refundedAt: charges.refundedAt,
    })
    .from(charges)
    .where(eq(charges.teamId, teamId))
    .orderBy(desc(charges.createdAt));
  const moves = await db
    .select({ id: transfers.id, toTeamId: transfers.toTeamId, amountCents: transfers.amountCents })
    .from(transfers)
    .where(or(eq(transfers.fromTeamId, teamId), eq(transfers.toTeamId, teamId)))
    .orderBy(desc(transfers.createdAt))
    .limit(20);
  return { team, bills, moves };
}

/** Partner teams, to which credits can be sent. */
export async function otherTeams(teamId: string) {
  return db.select({ id: teams.id, name: teams.name }).from(teams).where(ne(teams.id, teamId)).limit(50);
}
