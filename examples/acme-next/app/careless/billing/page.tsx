import { revalidatePath } from 'next/cache';
import { ActionForm } from '@/components/action-form';
import { Bills, Moves } from '@/components/bills';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { billingKey, syncInvoices } from '@/lib/billing-provider';
import { formatCents, planIds, plans } from '@/lib/money';
import { inTeam } from '@/lib/page';
import { otherTeams, teamBilling } from '@/lib/queries';
import { changePlan, refundCharge, transferCredits } from '../actions/billing';

export const metadata = { title: 'Billing' };

export default async function BillingPage() {
  const { membership } = await inTeam('careless', '/careless/billing');
  const { teamId } = membership;
  const { team, bills, moves } = await teamBilling(teamId);
  const partners = await otherTeams(teamId);
  const apiKey = billingKey();

  // The key is captured: it travels to the browser, encrypted, in each rendering of the form.
  async function sync() {
    'use server';
    await syncInvoices(apiKey, teamId);
    revalidatePath('/careless/billing');
  }

  return (
    <>
      <h1>Billing</h1>
      <p>
        Plan <strong data-testid="plan">{team.plan}</strong>, credits{' '}
        <strong data-testid="credits">{formatCents(team.creditCents)}</strong>
      </p>
      <div className="actions">
        {planIds.map((plan) => (
          <PlainForm
            key={plan}
            id={`change-plan-${plan}`}
            action={changePlan.bind(null, teamId, plan, plans[plan].priceCents)}
            submit={`${plans[plan].name} for ${formatCents(plans[plan].priceCents)}`}
            inline
          />
        ))}
      </div>
      <h2>Charges</h2>
      <Bills
        bills={bills}
        refund={({ id, amountCents }) => (
          <PlainForm id={`refund-${id}`} action={refundCharge.bind(null, id)} submit="Refund" inline>
            <input type="hidden" name="amountCents" value={amountCents} />
          </PlainForm>
        )}
      />
      <div className="actions">
        <PlainForm id="sync-invoices" action={sync} submit="Synchronise invoices" inline />
      </div>
      <h2>Send credits</h2>
      <ActionForm id="transfer" action={transferCredits} submit="Send">
        <input type="hidden" name="fromTeamId" value={teamId} />
        <Field
          form="transfer"
          name="toTeamId"
          label="To"
          options={partners.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Field form="transfer" name="amountCents" label="Cents" type="number" min={1} required />
      </ActionForm>
      <Moves teamId={teamId} moves={moves} />
    </>
  );
}
