import 'server-only';
import { createClient } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql';
import * as schema from './schema';

const location = process.env.ACME_DB || 'file:./acme.db';
export const databaseUrl = location.includes(':') ? location : `file:${location}`;

export const db = drizzle(createClient({ url: databaseUrl, timeout: 5000 }), { schema });
export type Transaction = Parameters<Parameters<typeof db.transaction>[0]>[0];
