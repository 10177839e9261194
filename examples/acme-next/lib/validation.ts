import { z } from 'zod';

export const id = z.string().min(1).max(64);
export const email = z.string().trim().toLowerCase().pipe(z.email().max(200));
export const password = z.string().min(10).max(200);
export const name = z.string().trim().min(1).max(80);
export const title = z.string().trim().min(1).max(120);
export const body = z.string().max(20_000);
export const remark = z.string().trim().min(1).max(2_000);
export const code = z
  .string()
  .trim()
  .regex(/^\d{6}$/);
export const token = z.string().regex(/^[\w-]{43}$/);
export const idempotencyKey = z.uuid();
export const amountCents = z.coerce.number().int().min(1).max(1_000_000);
/** Owners are made at sign-up only; nobody can be invited or promoted to owner. */
export const grantableRole = z.enum(['viewer', 'editor', 'admin']);
export const planId = z.enum(['free', 'team', 'business']);
