import { blockRulesFor, type Cycle, type Decision, type Message, startOf } from '#incoming'
import { parseHeaders } from '#mime'
import type { Regarding } from '#sync'
import { seededRandom } from '#time'
import { decidePage, subjectHashes, subjectKey } from '../../src/sync/incoming/decide/index.ts'
import { gather } from '../../src/sync/incoming/gather.ts'
import { messageOf } from '../../src/sync/incoming/observe.ts'
import type { Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { OWNER_ADDRESS } from '../support/corpus.ts'
import { install } from '../support/installation.ts'
import { fill, type Stock } from '../support/stock.ts'

const TARGET = 2

/**
 * What deciding about one message costs, from its headers to a decision with its reasons, against a small and a large
 * store: it answers a stored email, its people are stored contacts, and its subject is stored many times.
 */
export const correlate: Part = {
  name: 'correlate',
  says: 'correlating and resolving one message against 10,000 and 1,000,000 stored emails, 1,000 and 1,000,000 contacts',
  async run(bench) {
    const small: Stock = { emails: 10_000, contacts: 1_000 }
    const large: Stock = bench.quick
      ? { emails: 100_000, contacts: 100_000 }
      : { emails: 1_000_000, contacts: 1_000_000 }
    const account = { host: '127.0.0.1', port: 1, user: 'nobody' }
    const worlds: World[] = []
    try {
      for (const stock of [small, large]) {
        bench.say(`storing ${stock.emails} emails and ${stock.contacts} contacts`)
        const { regarding, mailboxId, ownerId } = await install(await bench.stores.make('server'), {
          account,
          track: 'all',
        })
        const settings = await cycleOf(regarding, mailboxId)
        const keyOf = (subject: string) => {
          const hashes = subjectHashes(subject, settings.settings)
          return { hashes, key: subjectKey(hashes) }
        }
        await fill(regarding.database, stock, [ownerId], keyOf)
        worlds.push({ stock, regarding, cycle: settings, milliseconds: [] })
      }
      const rounds = bench.quick ? 100 : 300
      for (let round = -20; round < rounds; round++)
        for (const world of worlds) {
          const taken = await decideOne(world, round)
          if (round >= 0) world.milliseconds.push(taken)
        }
    } finally {
      for (const { regarding } of worlds) await regarding.close()
    }
    const [of10k, of1m] = worlds.map((world) => median(world.milliseconds)) as [number, number]
    const { emails, contacts } = large
    return [
      {
        what: `one message against ${emails.toLocaleString('en')} emails, ${contacts.toLocaleString('en')} contacts`,
        measured: `${short(of1m / of10k)} × that against 10,000 and 1,000 (${short(of1m)} ms and ${short(of10k)} ms)`,
        target: `≤ ${TARGET} ×`,
        met: of1m <= TARGET * of10k,
        bound: 'Seven statements, each a few look-ups in indexes: bound by the round trips, not by what is stored.',
      },
    ]
  },
}

interface World {
  stock: Stock
  regarding: Regarding
  cycle: Cycle
  milliseconds: number[]
}

async function cycleOf(regarding: Regarding, mailboxId: string): Promise<Cycle> {
  const organization = await regarding.options.organization()
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new Error('The mailbox is gone.')
  return {
    ...startOf(setup, organization, await blockRulesFor(regarding.database.sql, setup.owner.id)),
    mappings: [],
    mailbox: undefined as never, // Everything is decided on headers.
    guard: () => Promise.resolve(),
  }
}

/** Milliseconds for one message; another one each time, spread over everything that is stored. */
async function decideOne({ stock, regarding, cycle }: World, number: number): Promise<number> {
  const message = answerTo(stock, regarding, cycle, number)
  const start = performance.now()
  const asked = [{ message, trigger: { kind: 'automatic' as const } }]
  const [decision] = decidePage(asked, await gather(regarding, cycle, asked))
  const taken = performance.now() - start
  check(decision, message)
  return taken
}

function answerTo(stock: Stock, regarding: Regarding, cycle: Cycle, number: number): Message {
  const random = seededRandom(number + 1_000)
  const email = Math.floor(random() * stock.emails)
  const contact = () => Math.floor(random() * stock.contacts)
  const lines = [
    `From: Somebody <person${contact()}@customer.example>`,
    `To: Anna Berg <${OWNER_ADDRESS}>, person${contact()}@customer.example`,
    `Cc: person${contact()}@customer.example, unknown${number}@nowhere.example`,
    `Subject: Re: Offer for project ${email % 100}`,
    `Message-ID: <new-${number}@bench.example>`,
    `In-Reply-To: <stored-${email}@bench.example>`,
    `References: <never-seen@bench.example> <stored-${email}@bench.example>`,
    `Date: ${new Date().toUTCString()}`,
  ]
  const headers = parseHeaders(Buffer.from(lines.join('\r\n')))
  const folder = { id: 'INBOX', path: ['INBOX'], place: 'inbox' as const, searched: true }
  const item = { id: String(number + 1_000), received: new Date(), size: 4_000, headers }
  return messageOf(cycle.setup.id, folder, item, { categories: [] }, regarding.newId)
}

function check(decision: Decision | undefined, message: Message): void {
  if (decision?.plan?.correlation && decision.plan.parties.some((party) => party.role === 'from' && party.record))
    return
  throw new Error(`The message ${message.key} was not decided as it should be: ${JSON.stringify(decision)}`)
}
