// What waits for `/release?key=...`, so that a test says when a stream goes on. Pages and routes are separate bundles of
// one process.

const latches = (globalThis.latches ??= new Map());

function latch(key) {
  if (!latches.has(key)) {
    let open;
    latches.set(key, { promise: new Promise((resolve) => (open = resolve)) });
    latches.get(key).open = open;
  }
  return latches.get(key);
}

export function released(key) {
  return latch(key).promise;
}

export function release(key) {
  latch(key).open();
}
