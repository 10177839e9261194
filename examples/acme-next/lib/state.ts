/** What a form action tells its form. */
export type ActionState = { ok: boolean; message: string } | null;

export const done = (message: string): ActionState => ({ ok: true, message });
export const fail = (message: string): ActionState => ({ ok: false, message });
