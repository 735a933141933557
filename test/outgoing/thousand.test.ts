import { describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { EMAIL_STATUS } from '#records'
import { runOutgoingMailbox } from '#sync'
import { seededRandom } from '#time'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { effort } from '../prove/effort.ts'
import { type Engine, openTestInstallation } from '../support/database.ts'
import { exchangeRoad, RECIPIENT, type Road, simulatedRoad } from './support/roads.ts'
import { answer, byStatus, checkNeverTwice, type Ground, isSettled, submitMany } from './support/thousand.ts'

/** 1,000 with `npm run prove -- --minutes 1`. */
const LETTERS = effort.minutes > 0 ? 1_000 : 100
const SEED = effort.seed ?? 1
const MINUTE = 60_000
/** Milliseconds for one way. */
const LONGEST = effort.minutes > 0 ? 900_000 : 240_000
/** Enough for each kind of blow to fall. */
const EACH = effort.minutes > 0 ? 10 : 3

const CUTS = ['cut before', 'cut after', 'refused for now'] as const
/** Where a process may die while it sends one email, and what may become of its connection. */
const BLOWS = [
  'begin',
  'begin done',
  'send',
  'send done',
  'note sent',
  'note sent done',
  'append',
  'append done',
  'sent copy',
  ...CUTS,
] as const
type Blow = (typeof BLOWS)[number]

class Crash extends Error {}

interface Transport {
  name: string
  engine: Engine
  /** Of the simulated server. */
  filesSent?: boolean
  open: (company: Company) => Road | Promise<Road>
}

const transports: Transport[] = [
  { name: 'a server that files what it sends', engine: 'embedded', filesSent: true, open: simulatedRoad },
  { name: 'a server that cannot be asked', engine: 'server', filesSent: false, open: simulatedRoad },
  { name: 'Microsoft Graph', engine: 'server', open: (company) => exchangeRoad(company, 'graph') },
  { name: 'EWS', engine: 'embedded', open: (company) => exchangeRoad(company, 'ews') },
]

describe.each(transports)(
  'many emails, trouble with each tenth or more: $name ($engine)',
  ({ engine, filesSent = true, open }) => {
    test(
      'OE-3, law 2: each arrives exactly once; nobody is asked where the server can be, else a person decides',
      async () => {
        const company = await openCompany(await openTestInstallation(engine), { server: { can: { filesSent } } })
        const road = await open(company)
        const ground = await groundOf(company, road)
        try {
          const letters = await submitMany(ground, LETTERS)
          const blows = await sendAll(company, ground, road, letters)
          expect(Object.keys(blows).length).toBeGreaterThan(5)
          const uncertain = await checkNeverTwice(ground, letters)
          expect(uncertain.length > 0).toBe(!road.asks)
          const told = await answer(ground, letters, uncertain)
          expect(told.again > 0 && told.sent > 0).toBe(!road.asks)
          if (uncertain.length) await sendAll(company, ground, road, letters)
          expect((await byStatus(ground, letters)).get(EMAIL_STATUS.sent)).toHaveLength(LETTERS)
          const keys = sorted(letters.keys())
          expect(sorted(await ground.arrived())).toEqual(keys)
          expect(sorted(road.copies().filter((id) => letters.has(id)))).toEqual(keys)
        } finally {
          await road.close()
          await ground.close()
        }
      },
      LONGEST,
    )
  },
)

const sorted = (keys: Iterable<string>) => [...keys].toSorted((a, b) => (a < b ? -1 : 1))

async function groundOf(company: Company, road: Road): Promise<Ground> {
  const recipient = await company.contact({ lastname: 'Lind', emailaddress1: RECIPIENT })
  return {
    regarding: company.regarding,
    sender: company.anna,
    recipient,
    arrived: () => Promise.resolve(road.arrived()),
    close: () => company.close(),
  }
}

/** Cycles of workers that die, until everything is sent or waits for a person. Tells how often each blow fell. */
async function sendAll(
  company: Company,
  ground: Ground,
  road: Road,
  letters: ReadonlyMap<string, string>,
): Promise<Record<string, number>> {
  const random = seededRandom(SEED)
  const struck: Record<string, number> = {}
  let count = 0
  let blow: Blow | undefined
  const strike = (name: Blow) => {
    struck[name] = (struck[name] ?? 0) + 1
    blow = undefined
  }
  const before = (effect: string) => {
    if (effect === 'begin' && ++count % EACH === 0) blow = BLOWS[Math.floor(random() * BLOWS.length)]
    const cut = CUTS.find((name) => name === blow)
    if (effect === 'send' && cut) {
      road.strike(cut)
      strike(cut)
    }
    if (blow === undefined || effect !== blow) return
    strike(blow)
    throw new Crash(effect)
  }
  const engine = { ...ground.regarding, connect: road.connect, before }
  for (let cycles = 0; cycles < 3_000; cycles++) {
    try {
      const options = { guard: () => Promise.resolve() }
      await runOutgoingMailbox(engine, ground.sender.mailboxId, options)
      if (await isSettled(ground, letters)) {
        // Once more, in peace, so that every copy is seen to.
        await runOutgoingMailbox({ ...engine, before: () => undefined }, ground.sender.mailboxId, options)
        return struck
      }
    } catch (error) {
      if (!(error instanceof Crash || error instanceof MailboxError)) throw error
    }
    await company.clock.advance(MINUTE)
  }
  throw new Error(`It never ends: ${JSON.stringify(Object.fromEntries(await byStatus(ground, letters)))}`)
}
