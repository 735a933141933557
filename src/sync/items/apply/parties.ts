import { type Access, PARTICIPATION, type Row, type Values } from '#records'
import type { PartyAnswer, PartyView, RecordChange } from '../model.ts'

/** The people of a record: all those of the roles named. */
export interface PeopleOf {
  record: { table: string; id: string }
  parties: NonNullable<RecordChange['parties']>
  /** Undefined: the record is new, and has none yet. */
  present: readonly PartyView[] | undefined
}

/** All people of the roles named, in the place of those that are there; who stays is left as it is. */
export function saveParties(
  user: Access,
  record: PeopleOf['record'],
  parties: PeopleOf['parties'],
  present: PeopleOf['present'],
): Promise<void> {
  return savePartiesOf(user, [{ record, parties, present }])
}

/** The same for many records, each named once. */
export async function savePartiesOf(user: Access, all: readonly PeopleOf[]): Promise<void> {
  const before = await rowsOf(
    user,
    all.flatMap(({ record, present }) => (present === undefined ? [] : [record.id])),
  )
  const gone: string[] = []
  const fresh: Values[] = []
  for (const { record, parties } of all) {
    const roles = Object.keys(parties).map(Number)
    const there = (before.get(record.id) ?? []).filter(({ role }) => roles.includes(role))
    const kept = new Set<string>()
    for (const role of roles)
      for (const party of parties[role] ?? []) {
        const known = there.find((row) => !kept.has(row.id) && row.sign === signOf({ ...party, role }))
        if (known) kept.add(known.id)
        else fresh.push(rowOf(record, { ...party, role }))
      }
    gone.push(...there.flatMap(({ id }) => (kept.has(id) ? [] : [id])))
  }
  if (gone.length) await user.deleteMany('activityparty', gone)
  if (fresh.length) await user.createMany('activityparty', fresh)
}

interface PartyRow {
  id: string
  role: number
  sign: string
}

async function rowsOf(user: Access, ids: readonly string[]): Promise<Map<string, PartyRow[]>> {
  const found = new Map<string, PartyRow[]>()
  if (!ids.length) return found
  for (const row of await partyRows(user, ids)) {
    const of = String(row['activityid'])
    const role = Number(row['participationtypemask'])
    const known = found.get(of) ?? []
    const sign = [role, row['partyid'] ?? String(row['addressused'] ?? '').toLowerCase()].join(' ')
    known.push({ id: String(row['activitypartyid']), role, sign })
    found.set(of, known)
  }
  return found
}

async function partyRows(user: Access, ids: readonly string[]): Promise<readonly Row[]> {
  const { rows } = await user.query({
    table: 'activityparty',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'activityid', operator: 'in', values: [...ids] }],
    },
  })
  return rows
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

/** What attendees of a record answered. */
export interface AnswersOf {
  id: string
  answers: readonly PartyAnswer[]
}

const INVITED: readonly unknown[] = [PARTICIPATION.required, PARTICIPATION.optional, PARTICIPATION.resource]

/** Notes with those who are invited what they answered. */
export async function saveAnswersOf(user: Access, all: readonly AnswersOf[]): Promise<void> {
  if (!all.length) return
  const rows = await partyRows(
    user,
    all.map(({ id }) => id),
  )
  const news = rows.flatMap((row): Values[] => {
    const answers = all.find(({ id }) => id === row['activityid'])?.answers ?? []
    const address = String(row['addressused'] ?? '').toLowerCase()
    const answer = answers.find((one) => one.address === address || (one.partyId ?? '') === row['partyid'])
    const isNews = answer && Number(row['exchangeentryresponse'] ?? 0) !== answer.response
    return isNews && INVITED.includes(Number(row['participationtypemask']))
      ? [{ activitypartyid: String(row['activitypartyid']), exchangeentryresponse: answer.response }]
      : []
  })
  if (news.length) await user.updateMany('activityparty', news)
}
