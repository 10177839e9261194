// The database of the example as a test sees it: every row of every table, to compare and to put back.

import { createClient } from '@libsql/client';

// Counters of the application's own limits and its sessions are no effect of an action.
const bookkeeping = new Set(['rate_limits', 'sessions']);

export class Database {
  constructor(file) {
    this.client = createClient({ url: `file:${file}`, timeout: 10_000 });
  }

  async rows(sql, ...args) {
    return (await this.client.execute({ sql, args })).rows.map((row) => ({ ...row }));
  }

  async row(sql, ...args) {
    return (await this.rows(sql, ...args))[0];
  }

  async tables() {
    const found = await this.rows(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`);
    return found.map(({ name }) => name).sort();
  }

  /** All rows, by table. */
  async snapshot() {
    const snapshot = {};
    for (const table of await this.tables()) snapshot[table] = await this.rows(`select * from "${table}" order by 1, 2`);
    return snapshot;
  }

  /** What a caller can change through actions. */
  async effects() {
    const snapshot = await this.snapshot();
    for (const table of bookkeeping) delete snapshot[table];
    return snapshot;
  }

  /** Puts a snapshot back. */
  async restore(snapshot) {
    const statements = ['pragma defer_foreign_keys = on'];
    for (const table of Object.keys(snapshot)) statements.push(`delete from "${table}"`);
    for (const [table, rows] of Object.entries(snapshot)) {
      for (const row of rows) {
        const columns = Object.keys(row);
        statements.push({
          sql: `insert into "${table}" (${columns.map((column) => `"${column}"`)}) values (${columns.map(() => '?')})`,
          args: columns.map((column) => row[column]),
        });
      }
    }
    await this.client.batch(statements, 'write');
  }

  close() {
    this.client.close();
  }
}
