import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import type { Item } from '#mailbox'
import type { Sandbox } from '#sandbox'
import { assemble, type Regarding } from '#sync'
import { seededRandom, systemClock } from '#time'
import { makeTestInstallation, TEST_KEY } from '../support/database.ts'
import { effort } from './effort.ts'
import { type Crew, openCrew } from './support/crew.ts'
import type { Edit } from './support/edits.ts'
import {
  answerFaults,
  answerInCalendar,
  answerInCrm,
  declinedBy,
  moveItem,
  moveRecord,
  type Said,
} from './support/guest.ts'
import {
  calm,
  createRecord,
  type Desk,
  editItem,
  editRecord,
  itemFaults,
  makeDue,
  openItemOffice,
  someItemAt,
  type Table,
} from './support/itemOffice.ts'

const WORKERS = 2
const KILLS = Math.max(12, effort.minutes * 30)
const SEED = effort.seed ?? 4711
/** Meetings are moved and answered where more is proved than in an ordinary run. */
const ANSWERS = effort.minutes > 0
const TABLES: readonly Table[] = ['contact', 'task', 'appointment']

let database: Database
let regarding: Regarding
let sandbox: Sandbox
let desks: [Desk, Desk]
let crew: Crew
let remove: () => Promise<void>

beforeAll(async () => {
  const made = await makeTestInstallation('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  regarding = await assemble(database, systemClock)
  ;({ sandbox, desks } = await openItemOffice(regarding))
  crew = await openCrew('killable.ts', [made.target.url, TEST_KEY])
}, 120_000)
afterAll(async () => {
  await crew?.close()
  for (const desk of desks ?? []) await desk.close()
  await database?.close()
  await remove?.()
  await sandbox?.close()
})

test(
  `laws 1, 2, 8, B-41, B-70: both sides change while ${WORKERS} workers are killed ${KILLS} times: nothing is lost or doubled, nobody is invited without reason`,
  async () => {
    const [anna, ben] = desks
    const edits: Edit[] = []
    const names = new Map<string, Table>()
    const records: { table: Table; id: string }[] = []
    const enough = new AbortController()
    /** Two who know nothing of each other and of the workers. */
    const inCrm = (async (random) => {
      while (!enough.signal.aborted) {
        const one = records[Math.floor(random() * records.length)]
        if (!one || random() < 0.25) {
          const table = TABLES[Math.floor(random() * 3)] as Table
          const name = `${table} ${names.size}`
          names.set(name, table)
          const day = 30 + names.size
          records.push({
            table,
            id: (await createRecord(regarding, { owner: anna, guest: ben }, { table, name, day })).id,
          })
        } else {
          // Contacts of the user stay in Outlook when they are deleted here (CT-30).
          const isDeleted = one.table === 'task' && random() < 0.08
          const edit = await editRecord(regarding, one, isDeleted ? undefined : `R${edits.length}.`)
          if (edit) edits.push(edit)
        }
        await systemClock.sleep(random() * 60)
      }
    })(seededRandom(SEED))
    const inOutlook = (async (random) => {
      while (!enough.signal.aborted) {
        const kind = (['contact', 'task', 'event'] as const)[Math.floor(random() * 3)] ?? 'task'
        const item = await someItemAt(anna, kind, random)
        const isDeleted = kind === 'task' && random() < 0.08 && item !== undefined && (await isLinked(item))
        const edit = item && (await editItem(anna, item, isDeleted ? undefined : `I${edits.length}.`))
        if (edit) edits.push(edit)
        await systemClock.sleep(random() * 100)
      }
    })(seededRandom(SEED + 1))
    const said: Said[] = []
    const moved: string[] = []
    const atMeetings = (async (random) => {
      if (!ANSWERS) return
      for (let count = 0; !enough.signal.aborted; count++) {
        const meetings = records.filter(({ table }) => table === 'appointment')
        const record = meetings[Math.floor(random() * meetings.length)]
        const act = random()
        if (record && act < 0.15) moved.push(...one(await moveRecord(regarding, record, random)))
        else if (act < 0.3) moved.push(...one(await moveItem(anna, random)))
        else if (act < 0.6) said.push(...one(await answerInCalendar(ben, random)))
        else if (record)
          said.push(...one(await answerInCrm(regarding, ben, { record, comment: `Answer ${count}.` }, random)))
        await systemClock.sleep(random() * 100)
      }
    })(seededRandom(SEED + 3))
    const working = Promise.all([inCrm, inOutlook, atMeetings])
    working.catch(() => undefined) // awaited below
    const random = seededRandom(SEED + 2)
    await Promise.all(Array.from({ length: WORKERS }, () => crew.start()))
    let replaced: Promise<unknown> = Promise.resolve()
    let inTheMiddle = 0
    for (let count = 0; count < KILLS; count++) {
      await replaced
      await makeDue(regarding, desks)
      await systemClock.sleep(100 + random() * 300)
      for (let tries = 0; tries < 40 && !(await isAtWork()); tries++) await systemClock.sleep(25)
      const dead = await crew.kill(random())
      replaced = crew.start()
      replaced.catch(() => undefined)
      if (await hadLease(dead)) inTheMiddle++
    }
    enough.abort()
    await working
    await replaced
    await crew.close()
    await calm(regarding, desks)
    const declined = await declinedBy(regarding, ben)
    const ledger = { edits, attempts: [], names, moved, declined }
    expect([
      ...(await itemFaults(regarding, { sandbox, desks }, ledger)),
      ...(await answerFaults(regarding, { sandbox, desks }, said)),
    ]).toEqual([])
    expect(said.length).toBeGreaterThanOrEqual(ANSWERS ? KILLS : 0)
    expect(moved.length).toBeGreaterThanOrEqual(ANSWERS ? KILLS / 4 : 0)
    expect(inTheMiddle).toBeGreaterThan(KILLS / 10)
    expect(edits.length).toBeGreaterThan(KILLS)
  },
  120_000 + KILLS * 5_000,
)

/** Nothing, when another was faster. */
const one = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value])

/** What a kill left half made is made again: it is not deleted before it is linked. */
async function isLinked({ ref }: Item): Promise<boolean> {
  const { rows } = await sql`select from item_link where item_id = ${ref.id} and state = 'linked'`.execute(database.sql)
  return rows.length > 0
}

async function isAtWork(): Promise<boolean> {
  const { rows } = await sql`select from mailbox_schedule where lease_owner is not null`.execute(database.sql)
  return rows.length > 0
}

async function hadLease(pid: number): Promise<boolean> {
  const { rows } = await sql`select from mailbox_schedule where lease_owner like ${`%-${pid}-%`}`.execute(database.sql)
  return rows.length > 0
}
