import { randomUUID } from 'node:crypto';
import { revalidatePath } from 'next/cache';
import { ActionForm } from '@/components/action-form';
import { Bills, Moves } from '@/components/bills';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { billingKey, syncInvoices } from '@/lib/billing-provider';
import { currentMembership } from '@/lib/members';
import { formatCents, planIds, plans } from '@/lib/money';
import { inTeam } from '@/lib/page';
import { otherTeams, teamBilling } from '@/lib/queries';
import { rateLimit } from '@/lib/rate-limit';
import { requireUser } from '@/lib/session';
import { changePlan, refundCharge, transferCredits } from '../actions/billing';

export const metadata = { title: 'Billing' };

export default async function BillingPage() {
  const { membership } = await inTeam('careful', '/careful/billing');
  const { teamId, role } = membership;
  const { team, bills, moves } = await teamBilling(teamId);
  const partners = await otherTeams(teamId);

  async function sync() {
    'use server';
    const caller = await requireUser();
    const allowance = await rateLimit(`sync:${caller.id}`, { limit: 5, windowSeconds: 60 });
    if (!allowance.ok) return;
    const current = await currentMembership(caller.id);
    if (current?.role !== 'owner') return;
    await syncInvoices(billingKey(), current.teamId);
    revalidatePath('/careful/billing');
  }

  return (
    <>
      <h1>Billing</h1>
      <p>
        Plan <strong data-testid="plan">{team.plan}</strong>, credits{' '}
        <strong data-testid="credits">{formatCents(team.creditCents)}</strong>
      </p>
      {role === 'owner' ? (
        <ActionForm id="change-plan" action={changePlan} submit="Change plan">
          <input type="hidden" name="idempotencyKey" value={randomUUID()} />
          <Field
            form="change-plan"
            name="plan"
            label="Plan"
            defaultValue={team.plan}
            options={planIds.map((id) => ({
              value: id,
              label: `${plans[id].name} for ${formatCents(plans[id].priceCents)}`,
            }))}
          />
        </ActionForm>
      ) : (
        <p className="muted">Only the owner of the team can change the plan or move credits.</p>
      )}
      <h2>Charges</h2>
      <Bills
        bills={bills}
        refund={({ id }) =>
          role === 'owner' && (
            <ActionForm id={`refund-${id}`} action={refundCharge.bind(null, id)} submit="Refund" inline />
          )
        }
      />
      {role === 'owner' && (
        <>
          <div className="actions">
            <PlainForm id="sync-invoices" action={sync} submit="Synchronise invoices" inline />
          </div>
          <h2>Send credits</h2>
          <ActionForm id="transfer" action={transferCredits} submit="Send">
            <input type="hidden" name="idempotencyKey" value={randomUUID()} />
            <Field
              form="transfer"
              name="toTeamId"
              label="To"
              options={partners.map(({ id, name }) => ({ value: id, label: name }))}
            />
            <Field form="transfer" name="amountCents" label="Cents" type="number" min={1} required />
          </ActionForm>
        </>
      )}
      <Moves teamId={teamId} moves={moves} />
    </>
  );
}
