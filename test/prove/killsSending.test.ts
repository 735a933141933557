import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { EMAIL_STATUS } from '#records'
import { assemble, type Regarding } from '#sync'
import { seededRandom, systemClock } from '#time'
import { arrivedAt, type Servers, settle, startServers } from '../outgoing/support/servers.ts'
import { answer, byStatus, checkNeverTwice, type Ground, isSettled, submitMany } from '../outgoing/support/thousand.ts'
import { makeTestInstallation, TEST_KEY } from '../support/database.ts'
import { effort } from './effort.ts'
import { type Crew, openCrew } from './support/crew.ts'

const SENDERS = 4
/** By each sender: 1,000 with `npm run prove -- --minutes 1`, of which each tenth loses its worker. */
const LETTERS = effort.minutes > 0 ? 250 : 15
const KILLS = Math.ceil((SENDERS * LETTERS) / 10)
const LONGEST_WAIT = effort.minutes > 0 ? 900 : 300

let servers: Servers
let database: Database
let regarding: Regarding
let crew: Crew
let remove: () => Promise<void>
let grounds: Ground[]

beforeAll(async () => {
  servers = await startServers(SENDERS)
  const made = await makeTestInstallation('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  regarding = await assemble(database, systemClock)
  const { senders, recipient } = await settle(regarding, servers)
  grounds = senders.map((sender) => ({
    regarding,
    sender,
    recipient,
    arrived: () => arrivedAt(servers),
    close: () => Promise.resolve(),
  }))
  crew = await openCrew('killable.ts', [made.target.url, TEST_KEY])
}, 120_000)
afterAll(async () => {
  await crew?.close()
  await database?.close()
  await remove?.()
  await servers?.stop()
})

test(
  `OE-3, law 2: ${SENDERS * LETTERS} letters through Dovecot and Postfix while workers are killed ${KILLS} times: each arrives once, a person deciding where nobody can know`,
  async () => {
    const random = seededRandom(effort.seed ?? 4711)
    const letters: Map<string, string>[] = []
    for (const ground of grounds) letters.push(await submitMany(ground, LETTERS))
    const all = new Map(letters.flatMap((some) => [...some]))
    const ground = grounds[0] as Ground
    await crew.start()
    for (let kills = 0; kills < KILLS; kills++) {
      await systemClock.sleep(200 + random() * 800)
      await crew.kill(0)
      await crew.start()
    }
    await until(() => isSettled(ground, all))
    await delivered(ground, all)
    const uncertain = await checkNeverTwice(ground, all)
    for (const [index, each] of grounds.entries())
      await answer(
        each,
        all,
        uncertain.filter((key) => letters[index]?.has(key)),
      )
    await until(() => isSettled(ground, all))
    // A worker that died with one in its hands leaves another question.
    expect((await byStatus(ground, all)).get(EMAIL_STATUS.sent)).toHaveLength(all.size)
    await delivered(ground, all)
    expect((await ground.arrived()).filter((key) => all.has(key)).toSorted(compare)).toEqual(
      [...all.keys()].toSorted(compare),
    )
  },
  effort.minutes > 0 ? 1_800_000 : 600_000,
)

const compare = (a: string, b: string) => (a < b ? -1 : 1)

/** Postfix has delivered all that it took. */
async function delivered(ground: Ground, all: ReadonlyMap<string, string>): Promise<void> {
  const sent = (await byStatus(ground, all)).get(EMAIL_STATUS.sent) ?? []
  await until(async () => {
    const here = new Set(await ground.arrived())
    return sent.every((key) => here.has(key))
  })
  await systemClock.sleep(1_000)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let seconds = 0; seconds < LONGEST_WAIT; seconds++) {
    if (await isSo()) return
    await systemClock.sleep(1_000)
  }
  throw new Error(`It is not so after ${LONGEST_WAIT} seconds`)
}
