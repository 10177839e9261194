import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { roleOptions } from '@/components/role-options';
import { inTeam } from '@/lib/page';
import { atLeast } from '@/lib/roles';
import { changeRole, inviteMember, listMembers, removeMember, renameTeam } from '../actions/team';

export const metadata = { title: 'Team' };

export default async function TeamPage() {
  const { membership } = await inTeam('careless', '/careless/team');
  const { teamId } = membership;
  const members = await listMembers(teamId);
  const admin = atLeast(membership.role, 'admin');

  return (
    <>
      <h1 data-testid="team-name">{membership.teamName}</h1>
      <table data-testid="members">
        <tbody>
          {members.map(({ users: user, memberships: { role } }) => (
            <tr key={user.id} data-testid={`member-${user.id}`}>
              <td>{user.name}</td>
              <td data-testid={`member-${user.id}-role`}>{role}</td>
              {admin && (
                <td>
                  <div className="actions">
                    <ActionForm id={`change-role-${user.id}`} action={changeRole} submit="Change role" inline>
                      <input type="hidden" name="teamId" value={teamId} />
                      <input type="hidden" name="userId" value={user.id} />
                      <Field
                        form={`change-role-${user.id}`}
                        name="role"
                        label="Role"
                        options={roleOptions}
                        defaultValue={role}
                      />
                    </ActionForm>
                    <PlainForm
                      id={`remove-member-${user.id}`}
                      action={removeMember.bind(null, teamId, user.id)}
                      submit="Remove"
                      inline
                    />
                  </div>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {admin && (
        <>
          <h2>Invite a colleague</h2>
          <ActionForm id="invite-member" action={inviteMember} submit="Invite">
            <input type="hidden" name="teamId" value={teamId} />
            <Field form="invite-member" name="email" label="E-mail" type="email" required />
            <Field form="invite-member" name="role" label="Role" options={roleOptions} />
          </ActionForm>
          <h2>Name of the team</h2>
          <PlainForm id="rename-team" action={renameTeam.bind(null, teamId)} submit="Rename">
            <Field form="rename-team" name="name" label="Name" defaultValue={membership.teamName} required />
          </PlainForm>
        </>
      )}
    </>
  );
}
