import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { roleOptions } from '@/components/role-options';
import { inTeam } from '@/lib/page';
import { atLeast, outranks } from '@/lib/roles';
import { changeRole, inviteMember, listMembers, removeMember, renameTeam } from '../actions/team';

export const metadata = { title: 'Team' };

export default async function TeamPage() {
  const { membership } = await inTeam('careful', '/careful/team');
  const members = await listMembers();
  const admin = atLeast(membership.role, 'admin');

  return (
    <>
      <h1 data-testid="team-name">{membership.teamName}</h1>
      <table data-testid="members">
        <tbody>
          {members.map(({ userId, name, role }) => (
            <tr key={userId} data-testid={`member-${userId}`}>
              <td>{name}</td>
              <td data-testid={`member-${userId}-role`}>{role}</td>
              {admin && (
                <td>
                  {outranks(membership.role, role) && (
                    <div className="actions">
                      <ActionForm id={`change-role-${userId}`} action={changeRole} submit="Change role" inline>
                        <input type="hidden" name="userId" value={userId} />
                        <Field
                          form={`change-role-${userId}`}
                          name="role"
                          label="Role"
                          options={roleOptions}
                          defaultValue={role}
                        />
                      </ActionForm>
                      <PlainForm
                        id={`remove-member-${userId}`}
                        action={removeMember.bind(null, userId)}
                        submit="Remove"
                        inline
                      />
                    </div>
                  )}
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
            <Field form="invite-member" name="email" label="E-mail" type="email" required />
            <Field form="invite-member" name="role" label="Role" options={roleOptions} />
          </ActionForm>
          <h2>Name of the team</h2>
          <ActionForm id="rename-team" action={renameTeam} submit="Rename">
            <Field form="rename-team" name="name" label="Name" defaultValue={membership.teamName} required />
          </ActionForm>
        </>
      )}
    </>
  );
}
