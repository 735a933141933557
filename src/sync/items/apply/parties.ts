import type { Executor } from '#database'
import { type Access, PARTICIPATION, type Row, type Values } from '#records'
import type { PartyAnswer, PartyView, RecordChange } from '../model.ts'
import { saveWaiting } from '../store/waitingAnswers.ts'

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
  table: string
  id: string
  answers: readonly PartyAnswer[]
}

const INVITED: readonly unknown[] = [PARTICIPATION.required, PARTICIPATION.optional, PARTICIPATION.resource]

/**
 * Notes with those who are invited what they answered: at the record, at the instances that alone were answered so, and at
 * all other instances of a series that said the same as their series did before (AP-50, AP-70). What was answered to an
 * occurrence that has no instance yet waits for it.
 */
export async function saveAnswersOf(tx: Executor, user: Access, all: readonly AnswersOf[]): Promise<void> {
  if (!all.length) return
  const instances = await instancesOf(user, all)
  const there = new Set([...instances.values()].map(({ series, start }) => `${series} ${start}`))
  for (const { id, answers } of all)
    await saveWaiting(
      tx,
      id,
      answers.filter(({ originalStart }) => originalStart !== undefined && !there.has(`${id} ${originalStart}`)),
    )
  const ids = [...all.map(({ id }) => id), ...instances.keys()]
  const rows = (await partyRows(user, ids)).filter(isInvited)
  const news = rows.flatMap((row): Values[] => {
    const of = String(row['activityid'])
    const instance = instances.get(of)
    const answers = all.find(({ id }) => id === (instance?.series ?? of))?.answers ?? []
    const own = answers.find(({ originalStart, ...one }) => originalStart === instance?.start && isAnswerOf(one, row))
    const whole = instance && answers.find((one) => one.originalStart === undefined && isAnswerOf(one, row))
    const response = own?.response ?? (whole && saidAlike(rows, row, instance.series) ? whole.response : undefined)
    const isNews = response !== undefined && responseOf(row) !== response
    return isNews ? [{ activitypartyid: String(row['activitypartyid']), exchangeentryresponse: response }] : []
  })
  if (news.length) await user.updateMany('activityparty', news)
}

/** The instances of series, by their ids. */
async function instancesOf(
  user: Access,
  all: readonly AnswersOf[],
): Promise<Map<string, { series: string; start: string | undefined }>> {
  const series = all.flatMap(({ table, id }) => (table === 'recurringappointmentmaster' ? [id] : []))
  if (!series.length) return new Map()
  const { rows } = await user.query({
    table: 'appointment',
    columns: ['activityid', 'seriesid', 'recurrenceid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'seriesid', operator: 'in', values: series }],
    },
  })
  return new Map(
    rows.map((row) => {
      const start = row['recurrenceid']
      return [
        String(row['activityid']),
        { series: String(row['seriesid']), start: typeof start === 'string' ? start : '' },
      ]
    }),
  )
}

const isInvited = (row: Row): boolean => INVITED.includes(Number(row['participationtypemask']))
const responseOf = (row: Row): number => Number(row['exchangeentryresponse'] ?? 0)

function isAnswerOf({ address, partyId }: PartyAnswer, row: Row): boolean {
  return address === String(row['addressused'] ?? '').toLowerCase() || (partyId ?? '') === row['partyid']
}

/** Whether somebody's answer at an instance is the one at its series, as both are before. */
function saidAlike(rows: readonly Row[], row: Row, series: string): boolean {
  const isSame = (one: Row) =>
    one['activityid'] === series && (one['partyid'] ?? one['addressused']) === (row['partyid'] ?? row['addressused'])
  const whole = rows.find(isSame)
  return whole !== undefined && responseOf(whole) === responseOf(row)
}
