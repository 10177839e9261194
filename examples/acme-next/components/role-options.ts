import type { Option } from './field';

/** The roles that an admin can hand out. */
export const roleOptions: Option[] = ['viewer', 'editor', 'admin'].map((role) => ({ value: role, label: role }));
