const BASE = 'http://acme.invalid';

/** A page of the application, or the fallback: never another scheme or host. */
export function safePath(target: unknown, fallback: string): string {
  if (typeof target !== 'string' || !URL.canParse(target, BASE)) return fallback;
  const url = new URL(target, BASE);
  return url.origin === BASE && url.pathname.startsWith('/careful/') ? url.pathname + url.search : fallback;
}
