import 'server-only';
import { createHash, randomBytes, randomInt } from 'node:crypto';

export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

export function randomCode(): string {
  return randomInt(0, 1_000_000).toString().padStart(6, '0');
}

export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

export function inMinutes(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}
