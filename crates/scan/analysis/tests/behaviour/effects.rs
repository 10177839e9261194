//! What counts as an effect, and when it happens.

use crate::support::{check, with};

#[test]
fn prisma() {
    check(
        r"
=== absent: create
await db.post.create({ data: input });
=== absent: delete many
await db.post.deleteMany({ where: { id: { in: input.ids } } });
=== absent: returned, and so awaited
return db.post.delete({ where: { id: input } });
=== absent: a transaction with a callback
await db.$transaction(async (tx) => { await tx.post.delete({ where: { id: input } }); });
=== proven: a transaction with a callback that guards
await db.$transaction(async (tx) => { if (!(await auth())) throw new Error('no'); await tx.post.delete({ where: { id: input } }); });
=== absent: a transaction with a list
await db.$transaction([db.post.delete({ where: { id: input } }), db.tag.deleteMany({ where: { postId: input } })]);
=== absent: raw SQL
await db.$executeRaw`DELETE FROM post WHERE id = ${input}`;
=== absent: a read that is returned
return db.user.findMany({ where: { name: input } });
=== absent: a read that is returned in an object
const users = await db.user.findMany();
return { users: users.map((user) => user.email) };
=== not-needed: a read that is not returned
const user = await db.user.findUnique({ where: { id: input } });
console.log(user?.name);
return { ok: true };
=== proven: a read that is returned to somebody
if (!(await auth())) return null;
return db.user.findMany();
=== absent: an update in map
await Promise.all(input.ids.map((id) => db.post.update({ where: { id }, data: { read: true } })));
=== absent: a write in forEach
input.ids.forEach(async (id) => { await db.post.delete({ where: { id } }); });
=== absent: an extended client
import { extended } from '@/lib/extended';
await extended.post.delete({ where: { id: input } });
--- lib/extended.ts
import { PrismaClient } from '@prisma/client';
export const extended = new PrismaClient().$extends({ query: {} });
=== absent: the client of development, kept in a global
import { prisma } from '@/lib/prisma';
await prisma.post.delete({ where: { id: input } });
--- lib/prisma.ts
import { PrismaClient } from '@prisma/client';
const globalForPrisma = globalThis as unknown as { prisma?: PrismaClient };
export const prisma = globalForPrisma.prisma ?? new PrismaClient();
if (process.env.NODE_ENV !== 'production') globalForPrisma.prisma = prisma;
",
    );
}

const DRIZZLE: &str = r"
--- lib/drizzle.ts
import { drizzle } from 'drizzle-orm/node-postgres';
export const orm = drizzle(process.env.DATABASE_URL!);
--- lib/schema.ts
import { pgTable, text } from 'drizzle-orm/pg-core';
export const posts = pgTable('posts', { id: text('id').primaryKey(), title: text('title') });
";

#[test]
fn drizzle() {
    let table = r"
=== absent: awaited delete
await orm.delete(posts).where(eq(posts.id, input));
=== not-needed: a delete that nobody awaits does not happen
orm.delete(posts).where(eq(posts.id, input));
return { ok: true };
=== absent: a delete that is returned
return orm.delete(posts).where(eq(posts.id, input));
=== absent: a delete with then
orm.delete(posts).where(eq(posts.id, input)).then(() => {});
=== absent: execute
orm.delete(posts).where(eq(posts.id, input)).execute();
=== absent: insert
await orm.insert(posts).values(input).returning();
=== absent: update
await orm.update(posts).set({ title: input.title }).where(eq(posts.id, input.id));
=== absent: select that is returned
return orm.select().from(posts);
=== absent: relational query that is returned
return orm.query.posts.findMany();
=== not-needed: select that is not returned
const rows = await orm.select().from(posts);
return rows.length > 0 ? { ok: true } : { ok: false };
=== absent: transaction
await orm.transaction(async (tx) => { await tx.delete(posts).where(eq(posts.id, input)); });
=== proven: guarded
if (!(await auth())) return;
await orm.delete(posts).where(eq(posts.id, input));
=== absent: built before the guard, awaited anyway
const query = orm.delete(posts).where(eq(posts.id, input));
const session = await auth();
await query;
if (!session) return;
=== proven: built before the guard, awaited after it
const query = orm.delete(posts).where(eq(posts.id, input));
if (!(await auth())) return;
await query;
";
    let imports = "import { eq } from 'drizzle-orm';\nimport { orm } from '@/lib/drizzle';\nimport { posts } from '@/lib/schema';\n";
    check(&with(table, imports, DRIZZLE));
}

#[test]
fn other_databases() {
    check(
        r"
=== absent: Mongoose
import { Post } from '@/lib/models';
await Post.findByIdAndDelete(input);
--- lib/models.ts
import mongoose, { Schema, model, models } from 'mongoose';
export const Post = models.Post || model('Post', new Schema({ title: String }));
=== absent: a Mongoose document that is saved
import { Post } from '@/lib/models';
const post = new Post({ title: input });
await post.save();
--- lib/models.ts
import mongoose from 'mongoose';
export const Post = mongoose.models.Post ?? mongoose.model('Post', new mongoose.Schema({ title: String }));
=== proven: Mongoose, guarded
import { Post } from '@/lib/models';
if (!(await auth())) throw new Error('no');
await Post.updateOne({ _id: input.id }, { title: input.title });
--- lib/models.ts
import { Schema, model, models } from 'mongoose';
export const Post = models.Post || model('Post', new Schema({ title: String }));
=== absent: Supabase insert
import { createClient } from '@/lib/supabase';
const supabase = await createClient();
await supabase.from('posts').insert({ title: input });
--- lib/supabase.ts
import { createServerClient } from '@supabase/ssr';
import { cookies } from 'next/headers';
export async function createClient() {
  const store = await cookies();
  return createServerClient(process.env.URL!, process.env.KEY!, { cookies: { getAll: () => store.getAll(), setAll() {} } });
}
=== absent: raw SQL of node-postgres
import { Pool } from 'pg';
const pool = new Pool();
await pool.query('DELETE FROM posts WHERE id = $1', [input]);
=== absent: a tagged template
import { sql } from '@vercel/postgres';
await sql`DELETE FROM posts WHERE id = ${input}`;
=== absent: postgres.js
import postgres from 'postgres';
const sql = postgres(process.env.DATABASE_URL!);
await sql`UPDATE posts SET title = ${input.title} WHERE id = ${input.id}`;
=== absent: MongoDB driver
import { MongoClient } from 'mongodb';
const client = new MongoClient(process.env.MONGO!);
await client.db('app').collection('posts').deleteOne({ _id: input });
=== absent: Redis
import { Redis } from '@upstash/redis';
const redis = Redis.fromEnv();
await redis.set('banner', input);
",
    );
}

#[test]
fn services() {
    check(
        r"
=== absent: fetch with POST
await fetch('https://api.example.com/orders', { method: 'POST', body: JSON.stringify(input) });
=== absent: fetch with a method in a variable
const options = { method: 'DELETE' };
await fetch(`https://api.example.com/orders/${input}`, options);
=== absent: fetch that is returned
const response = await fetch('https://internal.example.com/users');
return response.json();
=== not-needed: fetch that is not returned
const response = await fetch('https://api.example.com/health');
if (!response.ok) return { error: 'down' };
return { ok: true };
=== gap absent/not-needed: fetch whose success is returned
// Every property of a response counts as what was read, its status too.
const response = await fetch('https://api.example.com/health');
return { ok: response.ok };
=== proven: fetch with POST, guarded
if (!(await auth())) return;
await fetch('https://api.example.com/orders', { method: 'POST', body: JSON.stringify(input) });
=== absent: a file is written
import { writeFile } from 'node:fs/promises';
await writeFile(`/data/${input.name}`, input.text);
=== absent: a file is written, by the namespace
import fs from 'fs';
fs.writeFileSync(`/data/${input.name}`, input.text);
=== absent: a file is returned
import { readFile } from 'fs/promises';
return readFile(`/data/${input.name}`, 'utf8');
=== absent: a command
import { execSync } from 'node:child_process';
execSync('make deploy');
=== absent: mail by Resend
import { Resend } from 'resend';
const resend = new Resend(process.env.RESEND_KEY);
await resend.emails.send({ from: 'a@example.com', to: input.to, subject: 'x', text: input.text });
=== absent: mail by nodemailer
import nodemailer from 'nodemailer';
const transport = nodemailer.createTransport({ host: 'mail' });
await transport.sendMail({ to: input.to, text: input.text });
=== absent: Stripe refund
import Stripe from 'stripe';
const stripe = new Stripe(process.env.STRIPE_KEY!);
await stripe.refunds.create({ payment_intent: input });
=== proven: Stripe refund, guarded
import Stripe from 'stripe';
const stripe = new Stripe(process.env.STRIPE_KEY!);
if ((await auth())?.user?.role !== 'admin') throw new Error('no');
await stripe.refunds.create({ payment_intent: input });
",
    );
}

#[test]
fn no_effect() {
    check(
        r"
=== not-needed: a cookie alone
const store = await cookies();
store.set('theme', input);
=== not-needed: a cookie that is deleted
(await cookies()).delete('theme');
=== not-needed: stale pages alone
revalidatePath('/posts');
=== not-needed: a stale tag alone
revalidateTag('posts');
=== not-needed: navigation alone
redirect(`/search?q=${encodeURIComponent(input)}`);
=== not-needed: pure computation
const sum = input.reduce((total, item) => total + item.price, 0);
return { sum };
=== not-needed: nothing
return null;
=== not-needed: validation alone
const parsed = z.object({ name: z.string() }).safeParse(input);
if (!parsed.success) return { error: parsed.error.flatten() };
return { ok: true };
=== not-needed: a log
console.log('clicked', input);
=== not-needed: a function that would write, never called
const write = () => db.post.delete({ where: { id: input } });
return { ok: true };
=== absent: a cookie and a write
(await cookies()).set('theme', input);
await db.setting.update({ where: { id: 1 }, data: { theme: input } });
=== absent: stale pages and a write
await db.post.delete({ where: { id: input } });
revalidatePath('/posts');
=== proven: stale pages for everybody, a write for users
revalidatePath('/posts');
if (!(await auth())) return;
await db.post.delete({ where: { id: input } });
",
    );
}

#[test]
fn later() {
    check(
        r"
=== absent: after the response
after(async () => { await db.view.create({ data: { id: input } }); });
=== proven: after the response, guarded before
if (!(await auth())) return;
after(async () => { await db.post.delete({ where: { id: input } }); });
=== proven: after the response, guarded inside
after(async () => { if (!(await auth())) return; await db.post.delete({ where: { id: input } }); });
=== absent: registered before the guard
after(async () => { await db.post.delete({ where: { id: input } }); });
if (!(await auth())) return;
=== absent: a timer
setTimeout(() => { void remove(input); }, 100);
=== absent: a promise that nobody waits for
void remove(input);
return { ok: true };
=== absent: a callback in map
await Promise.all(input.map((id) => remove(id)));
=== absent: a named callback in forEach
input.forEach(remove);
=== proven: a filter that leaves nothing to a stranger
const session = await auth();
const ids = session ? input.ids : [];
await Promise.all(ids.map((id) => remove(id)));
=== absent: reduce
await input.reduce(async (before, id) => { await before; await remove(id); }, Promise.resolve());
=== absent: an immediately called function
(async () => { await remove(input); })();
=== absent: an async iterator
for await (const id of input) { await remove(id); }
",
    );
}
