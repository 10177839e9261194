// The functional forms of zod/mini.
import * as z from 'zod/mini';

const base = z.object({ a: z.string(), b: z.number() });

export const checks = z.string().check(z.minLength(2), z.maxLength(4), z.regex(/^[a-z]+$/));
export const trimmed = z.string().check(z.trim(), z.minLength(2));
export const formats = z.string().check(z.email());
export const email = z.email();
export const limits = z.number().check(z.gt(1), z.lte(5), z.multipleOf(2));
export const minimum = z.number().check(z.minimum(1), z.maximum(3));
export const list = z.array(z.string()).check(z.minLength(1), z.maxLength(2));
export const optional = z.object({ a: z.optional(z.string()), b: z.nullable(z.number()), c: z.nullish(z.boolean()), d: z._default(z.string(), 'x') });
export const extended = z.extend(base, { c: z.boolean() });
export const picked = z.pick(base, { a: true });
export const omitted = z.omit(base, { a: true });
export const partial = z.partial(base);
export const required = z.required(z.partial(base));
export const merged = z.merge(base, z.object({ d: z.null() }));
export const catchall = z.catchall(base, z.string());
export const keys = z.keyof(base);
export const refined = z.string().check(z.refine((value) => value !== 'a'));
export const piped = z.pipe(z.string(), z.transform((value) => value.length));
export const caught = z.catch(z.string(), 'x');
export const readonly = z.readonly(z.array(z.string()));
export const union = z.union([z.string(), z.int()]);
export const lazy = z.object({ v: z.string(), next: z.optional(z.lazy(() => lazy)) });
