export const plans = {
  free: { name: 'Free', priceCents: 0 },
  team: { name: 'Team', priceCents: 2900 },
  business: { name: 'Business', priceCents: 9900 },
} as const;

export type PlanId = keyof typeof plans;
export const planIds = Object.keys(plans) as PlanId[];

export function formatCents(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}
