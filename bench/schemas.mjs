// How many endpoints that apply a schema get a JSON Schema, over checkouts of real projects.
//
//   node bench/schemas.mjs PROJECT...        PORTCULLIS=target/release/portcullis by default
//
// Whether an endpoint applies a schema is guessed from its text, up to the next endpoint: a builder's input, or `parse`
// and `safeParse` of something that is not JSON. The guess counts too many: a schema for a row, for a part, in a branch.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const program = process.env.PORTCULLIS ?? 'target/release/portcullis';
const verbose = process.env.VERBOSE === '1';
const APPLIES = /\.(?:schema|inputSchema|input|bindArgsSchemas)\(|(?<!JSON)\.(?:parse|safeParse|parseAsync|safeParseAsync)\(/;
const total = { endpoints: 0, guessed: 0, read: 0, both: 0, open: 0 };

for (const project of process.argv.slice(2)) {
  let report;
  try {
    report = JSON.parse(execFileSync(program, ['endpoints', project, '--format', 'json', '--quiet'], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    console.log(`${basename(project)}: no report`);
    continue;
  }
  const starts = new Map();
  for (const endpoint of report.endpoints) starts.set(endpoint.file, [...(starts.get(endpoint.file) ?? []), endpoint.line]);
  const count = { endpoints: report.endpoints.length, guessed: 0, read: 0, both: 0, open: 0 };
  for (const endpoint of report.endpoints) {
    const lines = readFileSync(join(project, endpoint.file), 'utf8').split('\n');
    const next = Math.min(...starts.get(endpoint.file).filter((line) => line > endpoint.line), lines.length + 1);
    const guessed = APPLIES.test(lines.slice(endpoint.line - 1, next - 1).join('\n'));
    const schemas = endpoint.parameters.map((parameter) => JSON.stringify(parameter.schema)).filter((schema) => schema !== '{}');
    count.guessed += guessed ? 1 : 0;
    count.read += schemas.length ? 1 : 0;
    count.both += guessed && schemas.length ? 1 : 0;
    count.open += schemas.some((schema) => schema.includes('not read')) ? 1 : 0;
    if (verbose && guessed && !schemas.length) console.log(`  without: ${endpoint.name}:${endpoint.line}`);
  }
  for (const key of Object.keys(total)) total[key] += count[key];
  console.log(`${basename(project)}: ${count.endpoints} endpoints, ${count.guessed} seem to apply a schema, ${count.both} of them have one, ${count.read} in all`);
}
console.log(`total: ${total.endpoints} endpoints, ${total.guessed} seem to apply a schema, ${total.both} of them have one (${((100 * total.both) / total.guessed).toFixed(1)} %), ${total.read} in all, ${total.open} with a part that was not read`);
