import { describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { EMAIL_STATUS } from '#records'
import { runOutgoingMailbox } from '#sync'
import { seededRandom } from '#time'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { effort } from '../prove/effort.ts'
import { type Engine, openTestInstallation } from '../support/database.ts'
import { answer, byStatus, checkNeverTwice, type Ground, isSettled, submitMany } from './support/thousand.ts'

/** 1,000 with `npm run prove -- --minutes 1`. */
const LETTERS = effort.minutes > 0 ? 1_000 : 200
const SEED = effort.seed ?? 1
const MINUTE = 60_000

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
  'cut before',
  'cut after',
  'refused for now',
] as const

class Crash extends Error {}

/** The simulated server; whether it files what it sends, and so can be asked. */
interface Transport {
  filesSent: boolean
  engine: Engine
}

const transports: Transport[] = [
  { filesSent: true, engine: 'embedded' },
  { filesSent: false, engine: 'server' },
]

describe.each(transports)(
  '1,000 emails, each tenth in trouble, files what it sends: $filesSent ($engine)',
  (transport) => {
    test('OE-3, law 2: each arrives exactly once; nobody is asked where the server can be, else a person decides', async () => {
      const company = await openCompany(await openTestInstallation(transport.engine), {
        server: { can: { filesSent: transport.filesSent } },
      })
      const ground = await groundOf(company)
      try {
        const letters = await submitMany(ground, LETTERS)
        const blows = await sendAll(company, ground, letters)
        expect(Math.min(...Object.values(blows))).toBeGreaterThan(0)
        const uncertain = await checkNeverTwice(ground, letters)
        expect(uncertain.length > 0).toBe(!transport.filesSent)
        const told = await answer(ground, letters, uncertain)
        expect(told.again > 0 && told.sent > 0).toBe(!transport.filesSent)
        if (uncertain.length) await sendAll(company, ground, letters)
        expect((await byStatus(ground, letters)).get(EMAIL_STATUS.sent)).toHaveLength(LETTERS)
        const keys = sorted(letters.keys())
        expect(sorted(await ground.arrived())).toEqual(keys)
        const copies = company.server.account(company.anna.address).list(['Sent'])
        expect(sorted(copies.map((copy) => String(copy.messageId)).filter((id) => letters.has(id)))).toEqual(keys)
      } finally {
        await ground.close()
      }
    }, 240_000)
  },
)

const sorted = (keys: Iterable<string>) => [...keys].toSorted((a, b) => (a < b ? -1 : 1))

async function groundOf(company: Company): Promise<Ground> {
  const address = 'dora@contoso.example'
  const recipient = await company.contact({ lastname: 'Lind', emailaddress1: address })
  company.server.account(address)
  return {
    regarding: company.regarding,
    sender: company.anna,
    recipient,
    arrived: async () =>
      company.server
        .account(address)
        .list(['INBOX'])
        .map((item) => String(item.messageId)),
    close: () => company.close(),
  }
}

/** Cycles of workers that die, until everything is sent or waits for a person. */
async function sendAll(
  company: Company,
  ground: Ground,
  letters: ReadonlyMap<string, string>,
): Promise<Record<string, number>> {
  const random = seededRandom(SEED)
  const struck: Record<string, number> = {}
  let count = 0
  let blow: (typeof BLOWS)[number] | undefined
  const strike = (name: string) => {
    struck[name] = (struck[name] ?? 0) + 1
    blow = undefined
  }
  const before = (effect: string) => {
    if (effect === 'begin' && ++count % 10 === 0) {
      const possible = BLOWS.filter((name) => !name.startsWith('append') || !company.server.can.filesSent)
      blow = possible[Math.floor(random() * possible.length)]
    }
    if (effect === 'send' && blow !== undefined && (blow.startsWith('cut') || blow === 'refused for now')) {
      const moment = blow === 'cut after' ? 'after' : 'before'
      company.server.faults.plan({ call: 'send', moment, error: blow === 'refused for now' ? busy() : cut() })
      strike(blow)
    }
    if (effect !== blow) return
    strike(effect)
    throw new Crash(effect)
  }
  const engine = { ...ground.regarding, before }
  for (let cycles = 0; cycles < 1_000; cycles++) {
    try {
      await runOutgoingMailbox(engine, ground.sender.mailboxId, { guard: () => Promise.resolve() })
      // One more, so that copies are seen to.
      if (await isSettled(ground, letters)) {
        await runOutgoingMailbox(ground.regarding, ground.sender.mailboxId, { guard: () => Promise.resolve() })
        return struck
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
    await company.clock.advance(MINUTE)
  }
  throw new Error('It never ends')
}

const cut = () => new MailboxError('transient', 'ConnectFailure', 'Cut off.', { scope: 'server', uncertain: true })
const busy = () => new MailboxError('transient', 'ErrorInternalServerTransientError', 'Try again.', { scope: 'item' })
