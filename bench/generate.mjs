// Writes a large Next.js project for measuring: `node bench/generate.mjs FOLDER [FILES] [SEED]`.
// The same arguments give the same bytes. The code is made up, but of the shapes that real projects have: pages and
// components, helpers in chains over several files, Server Actions with and without each protection.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder, files = '7000', seed = '1'] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node bench/generate.mjs FOLDER [FILES] [SEED]');
  process.exit(2);
}

// mulberry32: 32 bits of state suffice for choices that only have to look varied.
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let bits = Math.imul(state ^ (state >>> 15), state | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const chance = (share) => random() < share;
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index)).join('\n');

const NOUNS = ['invoice', 'order', 'project', 'comment', 'team', 'member', 'document', 'ticket', 'product', 'booking'];
const FIELDS = ['title', 'status', 'amount', 'note', 'color', 'priority', 'dueDate', 'quantity', 'label', 'summary'];
const cap = (word) => word[0].toUpperCase() + word.slice(1);

rmSync(folder, { recursive: true, force: true });
let written = 0;
function write(path, text) {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  written += /\.tsx?$/.test(path) ? 1 : 0;
}

write('package.json', `${JSON.stringify({
  name: 'generated', private: true,
  dependencies: { '@prisma/client': '7.0.0', next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1', zod: '4.6.7' },
}, null, 2)}\n`);
write('tsconfig.json', `${JSON.stringify({
  compilerOptions: { strict: true, jsx: 'preserve', module: 'esnext', moduleResolution: 'bundler', baseUrl: '.', paths: { '@/*': ['./*'] } },
}, null, 2)}\n`);
write('next.config.ts', `import type { NextConfig } from 'next';

const config: NextConfig = { poweredByHeader: false };
export default config;
`);
write('lib/db.ts', `import { PrismaClient } from '@prisma/client';

export const db = new PrismaClient();
`);
write('lib/session.ts', `import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { db } from '@/lib/db';

export type User = { id: string; role: 'viewer' | 'editor' | 'admin' };

export async function getUser(): Promise<User | null> {
  const token = (await cookies()).get('session')?.value;
  if (!token) return null;
  const session = await db.session.findUnique({ where: { token }, include: { user: true } });
  return session && session.expiresAt > new Date() ? session.user : null;
}

export async function requireUser(): Promise<User> {
  const user = await getUser();
  if (!user) redirect('/sign-in');
  return user;
}

export async function requireAdmin(): Promise<User> {
  const user = await requireUser();
  if (user.role !== 'admin') throw new Error('forbidden');
  return user;
}
`);
write('lib/action.ts', `import type { z } from 'zod';
import { requireUser, type User } from '@/lib/session';

export function createAction<S extends z.ZodType, R>(schema: S, run: (input: z.infer<S>, user: User) => Promise<R>) {
  return async (input: unknown) => {
    const user = await requireUser();
    const parsed = schema.safeParse(input);
    if (!parsed.success) return { error: 'invalid input' as const };
    return run(parsed.data, user);
  };
}
`);
write('app/layout.tsx', `import type { ReactNode } from 'react';

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`);

function helper(index) {
  const noun = pick(NOUNS);
  const earlier = index > 0 && chance(0.6) ? below(index) : null;
  const fields = [...new Set([pick(FIELDS), pick(FIELDS), pick(FIELDS)])];
  return `import { db } from '@/lib/db';
${earlier === null ? '' : `import { normalize${earlier} } from '@/lib/generated/helper-${earlier}';\n`}
export type ${cap(noun)}${index} = { id: string; ownerId: string; ${fields.map((field) => `${field}: string`).join('; ')} };

export function normalize${index}(value: string): string {
  const text = value.trim().replace(/\\s+/g, ' ');
  ${earlier === null ? 'return text.slice(0, 200);' : `return normalize${earlier}(text);`}
}

export async function load${index}(id: string): Promise<${cap(noun)}${index} | null> {
  return db.${noun}.findUnique({ where: { id } });
}

export async function save${index}(id: string, changes: Partial<${cap(noun)}${index}>) {
  const current = await load${index}(id);
  if (!current) throw new Error('not found');
  const data: Record<string, string> = {};
${times(fields.length, (at) => `  if (changes.${fields[at]} !== undefined) data.${fields[at]} = normalize${index}(changes.${fields[at]});`)}
  return db.${noun}.update({ where: { id }, data });
}

${times(1 + below(4), (at) => `export function total${index}_${at}(rows: ${cap(noun)}${index}[], limit = ${1 + below(99)}): number {
  let total = 0;
  for (const row of rows) {
    if (row.${fields[0]}.length > limit) continue;
    total += row.${fields[0]} === '${pick(FIELDS)}' ? ${below(50)} : row.id.length * ${1 + below(9)};
  }
  return Math.max(total, 0);
}
`)}`;
}

function action(index, at, helpers) {
  const target = below(helpers);
  const field = pick(FIELDS);
  const guard = pick(['requireUser', 'requireUser', 'requireUser', 'requireAdmin', null]);
  const owned = guard === 'requireUser' && chance(0.5);
  const parsed = chance(0.7);
  if (chance(0.25)) {
    return [target, `export const wrapped${index}_${at} = createAction(Input, async (input, user) => {
  const row = await load${target}(input.id);
  if (!row || row.ownerId !== user.id) return { error: 'not found' as const };
  await save${target}(input.id, { ${field}: input.value } as never);
  revalidatePath('/section-${index}');
  return { ok: true as const };
});
`];
  }
  return [target, `export async function change${index}_${at}(${parsed ? 'input: unknown' : 'id: string, value: string'}) {
${guard ? `  const user = await ${guard}();\n` : ''}${parsed ? '  const { id, value } = Input.parse(input);\n' : ''}${owned ? `  const row = await load${target}(id);
  if (row?.ownerId !== user.id) throw new Error('not found');
` : ''}  await save${target}(id, { ${field}: value } as never);
  revalidatePath('/section-${index}');
}
`];
}

function actions(index, helpers) {
  const made = Array.from({ length: 2 + below(4) }, (_, at) => action(index, at, helpers));
  const targets = [...new Set(made.map(([target]) => target))];
  return `'use server';

import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { createAction } from '@/lib/action';
${targets.map((target) => `import { load${target}, save${target} } from '@/lib/generated/helper-${target}';`).join('\n')}
import { requireAdmin, requireUser } from '@/lib/session';

const Input = z.object({ id: z.string().uuid(), value: z.string().min(1).max(${100 + below(900)}) });

${made.map(([, text]) => text).join('\n')}`;
}

function component(index) {
  const fields = [pick(FIELDS), pick(FIELDS), pick(FIELDS)];
  return `'use client';

import { useCallback, useMemo, useState } from 'react';

type Props = { rows: { id: string; name: string; total: number }[]; title?: string; onPick?: (id: string) => void };

export function Panel${index}({ rows, title = '${cap(pick(NOUNS))}s', onPick }: Props) {
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState<Record<string, boolean>>({});
  const shown = useMemo(
    () => rows.filter((row) => row.name.toLowerCase().includes(query.toLowerCase())).sort((a, b) => b.total - a.total),
    [rows, query],
  );
  const toggle = useCallback((id: string) => setOpen((old) => ({ ...old, [id]: !old[id] })), []);

  if (rows.length === 0) return <p className="empty">Nothing here yet.</p>;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <input value={query} onChange={(event) => setQuery(event.target.value)} placeholder="Search" />
      <ul>
        {shown.map((row) => (
          <li key={row.id} className={open[row.id] ? 'open' : undefined}>
            <button type="button" onClick={() => (onPick ? onPick(row.id) : toggle(row.id))}>
              {row.name} <strong>{row.total.toFixed(2)}</strong>
            </button>
${times(1 + below(5), (at) => `            {open[row.id] && row.total > ${below(500)} ? <span data-${fields[at % 3].toLowerCase()}="${below(99)}">{\`\${row.name} ${at}\`}</span> : null}`)}
          </li>
        ))}
      </ul>
    </section>
  );
}
`;
}

function page(index, helpers, components, actionFiles) {
  const target = below(helpers);
  const panels = [...new Set([below(components), below(components)])];
  const inline = chance(0.15);
  const withActions = index < actionFiles;
  return `import { notFound } from 'next/navigation';
${panels.map((panel) => `import { Panel${panel} } from '@/components/panel-${panel}';`).join('\n')}
import { load${target}, save${target}, total${target}_0 } from '@/lib/generated/helper-${target}';
import { requireUser } from '@/lib/session';
${withActions ? `import * as actions from './actions';\n` : ''}
export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const user = await requireUser();
  const row = await load${target}(id);
  if (!row || row.ownerId !== user.id) notFound();
  const rows = [{ id: row.id, name: row.id.slice(0, ${3 + below(9)}), total: total${target}_0([row]) }];
${inline ? `
  async function rename(formData: FormData) {
    'use server';
${chance(0.5) ? '    await requireUser();\n' : ''}    await save${target}(id, { ${pick(FIELDS)}: String(formData.get('name')) } as never);
  }
` : ''}
  return (
    <main>
${panels.map((panel) => `      <Panel${panel} rows={rows} />`).join('\n')}
${inline ? '      <form action={rename}>\n        <input name="name" />\n      </form>\n' : ''}${withActions ? '      <p>{Object.keys(actions).length} actions</p>\n' : ''}    </main>
  );
}
`;
}

const rest = Math.max(Number(files) - written, 8);
const helpers = Math.ceil(rest * 0.25);
const components = Math.ceil(rest * 0.4);
const actionFiles = Math.ceil(rest * 0.08);
const pages = Math.max(rest - helpers - components - actionFiles, 1);
for (let index = 0; index < helpers; index += 1) write(`lib/generated/helper-${index}.ts`, helper(index));
for (let index = 0; index < components; index += 1) write(`components/panel-${index}.tsx`, component(index));
for (let index = 0; index < actionFiles; index += 1) write(`app/section-${index}/actions.ts`, actions(index, helpers));
for (let index = 0; index < pages; index += 1) write(`app/section-${index}/page.tsx`, page(index, helpers, components, actionFiles));
console.log(`${written} source files in ${folder}`);
