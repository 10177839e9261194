/** A value as text that shows its kind, the same on server and client. */
export function describe(value) {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Date) return `Date ${value.toISOString()}`;
  if (value instanceof Map) return `Map ${describe([...value])}`;
  if (value instanceof Set) return `Set ${describe([...value])}`;
  if (value instanceof FormData) return `FormData ${describe([...value.entries()])}`;
  if (typeof File !== 'undefined' && value instanceof File) return `${value.name} ${value.type} ${value.size}`;
  if (Array.isArray(value)) return `[${value.map(describe).join(' ')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.entries(value).map(([key, entry]) => `${key}:${describe(entry)}`).join(' ')}}`;
  }
  return JSON.stringify(value);
}
