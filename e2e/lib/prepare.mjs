// Builds every application before the tests, which run side by side and would get into each other's way.

import { acme, build, fixture, majors, old } from './next-app.mjs';

for (const app of [acme, ...majors.map(fixture), ...majors.map(old)]) {
  const started = Date.now();
  await build(app);
  console.log(`${app.name} is built (${Math.round((Date.now() - started) / 1000)} s)`);
}
