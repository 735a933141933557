import type { Access, Values } from '#records'
import type { PartyView, RecordChange } from '../model.ts'

/** All people of the roles named, in the place of those that are there; who stays is left as it is. */
export async function saveParties(
  user: Access,
  record: { table: string; id: string },
  parties: NonNullable<RecordChange['parties']>,
  present: readonly PartyView[] | undefined,
): Promise<void> {
  const roles = Object.keys(parties).map(Number)
  const wanted = roles.flatMap((role) => (parties[role] ?? []).map((party) => ({ ...party, role })))
  const before = present === undefined ? [] : await rowsOf(user, record.id, roles)
  const kept = new Set<string>()
  const fresh = wanted.filter((party) => {
    const known = before.find((row) => !kept.has(row.id) && row.sign === signOf(party))
    if (known) kept.add(known.id)
    return known === undefined
  })
  const gone = before.filter(({ id }) => !kept.has(id)).map(({ id }) => id)
  if (gone.length) await user.deleteMany('activityparty', gone)
  if (fresh.length)
    await user.createMany(
      'activityparty',
      fresh.map((party) => rowOf(record, party)),
    )
}

async function rowsOf(user: Access, id: string, roles: readonly number[]): Promise<{ id: string; sign: string }[]> {
  const { rows } = await user.query({
    table: 'activityparty',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'activityid', operator: 'eq', values: [id] },
        { kind: 'condition', column: 'participationtypemask', operator: 'in', values: [...roles] },
      ],
    },
  })
  return rows.map((row) => ({
    id: String(row['activitypartyid']),
    sign: [row['participationtypemask'], row['partyid'] ?? String(row['addressused'] ?? '').toLowerCase()].join(' '),
  }))
}

const signOf = ({ role, party, address }: PartyView): string => [role, party?.id ?? address ?? ''].join(' ')

export function rowOf(record: { table: string; id: string }, { role, party, address, name }: PartyView): Values {
  return {
    activityid: record,
    participationtypemask: role,
    ...(party ? { partyid: party } : {}),
    ...(address === undefined ? {} : { addressused: address.slice(0, 320) }),
    ...(name === undefined ? {} : { unresolvedpartyname: name.slice(0, 320) }),
  }
}
