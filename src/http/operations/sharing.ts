import { z } from 'zod'
import type { Privilege, Reference } from '#records'
import type { Call } from '../api/call.ts'
import { RequestError } from '../failure.ts'
import { reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

/** The members of the enumeration AccessRights, by the privilege that each stands for. */
const ACCESS: readonly (readonly [name: string, right: Privilege])[] = [
  ['ReadAccess', 'read'],
  ['WriteAccess', 'write'],
  ['AppendAccess', 'append'],
  ['AppendToAccess', 'appendTo'],
  ['CreateAccess', 'create'],
  ['DeleteAccess', 'delete'],
  ['ShareAccess', 'share'],
  ['AssignAccess', 'assign'],
]

/** Members separated by commas; `None` for none. */
const accessMask = text(300).describe('Members of AccessRights, e.g. ReadAccess, WriteAccess')
const principalAccess = z.strictObject({ AccessMask: accessMask, Principal: reference })

const grant = operation({
  name: 'GrantAccess',
  kind: 'action',
  says: 'Shares a record with a user or team, beside the rights they have been given before (SE-80).',
  input: z.strictObject({ Target: reference, PrincipalAccess: principalAccess }),
  output: nothing,
  run: (call, input) => share(call, input, 'add'),
})

const modify = operation({
  name: 'ModifyAccess',
  kind: 'action',
  says: 'Replaces the rights by which a record is shared with a user or team (SE-80).',
  input: z.strictObject({ Target: reference, PrincipalAccess: principalAccess }),
  output: nothing,
  run: (call, input) => share(call, input, 'replace'),
})

const revoke = operation({
  name: 'RevokeAccess',
  kind: 'action',
  says: 'Ends the sharing of a record with a user or team (SE-80).',
  input: z.strictObject({ Target: reference, Revokee: reference }),
  output: nothing,
  async run(call, input) {
    await call.access.unshare(readReference(call, input.Target), readReference(call, input.Revokee))
    return {}
  },
})

const shared = operation({
  name: 'RetrieveSharedPrincipalsAndAccess',
  kind: 'function',
  says: 'With whom a record is shared, and for what (SE-80).',
  input: z.strictObject({ Target: reference }),
  output: z.object({
    PrincipalAccesses: z.array(z.object({ AccessMask: z.string(), Principal: z.record(z.string(), z.string()) })),
  }),
  async run(call, input) {
    const shares = await call.access.sharesOf(readReference(call, input.Target))
    return {
      PrincipalAccesses: shares.map((each) => ({
        AccessMask: maskText(each.rights),
        Principal: principalText(call, each.with),
      })),
    }
  },
})

const principalRights = operation({
  name: 'RetrievePrincipalAccess',
  kind: 'function',
  along: { tables: ['systemuser', 'team'], parameter: 'Principal' },
  says: 'What a user or team may do with a record, by roles, ownership, sharing and reports together (SE-80).',
  input: z.strictObject({
    Target: reference,
    Principal: reference.optional().describe('The caller without it'),
  }),
  output: z.object({ AccessRights: z.string() }),
  async run(call, input) {
    const principal = input.Principal ? readReference(call, input.Principal) : { table: 'systemuser', id: call.userId }
    return { AccessRights: maskText(await call.access.rightsOf(principal, readReference(call, input.Target))) }
  },
})

async function share(
  call: Call,
  input: { Target: z.output<typeof reference>; PrincipalAccess: z.output<typeof principalAccess> },
  how: 'add' | 'replace',
): Promise<z.input<typeof nothing>> {
  const { AccessMask, Principal } = input.PrincipalAccess
  await call.access.share(readReference(call, input.Target), readReference(call, Principal), rightsIn(AccessMask), how)
  return {}
}

function rightsIn(mask: string): Privilege[] {
  const names = mask.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0] === 'None') return []
  return names.map((name) => {
    const right = ACCESS.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1]
    if (right) return right
    const known = ACCESS.map(([each]) => each).join(', ')
    throw new RequestError(400, 'ParameterInvalid', `AccessMask: “${name.slice(0, 50)}” is none of ${known}.`, {
      target: 'AccessMask',
    })
  })
}

function maskText(rights: readonly Privilege[]): string {
  const names = ACCESS.filter(([, right]) => rights.includes(right)).map(([name]) => name)
  return names.length === 0 ? 'None' : names.join(', ')
}

function principalText({ regarding }: Call, { table, id }: Reference): Record<string, string> {
  return { '@odata.type': `#Microsoft.Dynamics.CRM.${table}`, [regarding.records.catalogue.table(table).id]: id }
}

export const sharingOperations = [grant, modify, revoke, shared, principalRights]
