import { type Mailbox, SimulatedServer } from '#mailbox'
import { deliver, type Message, type Sandbox, startSandbox } from '#sandbox'
import type { Clock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { joined } from '../../../src/mailbox/joined.ts'
import { davBench } from '../../mailbox/dav/support/bench.ts'
import { cyrusServer } from '../../mailbox/dav/support/cyrusServer.ts'
import { radicaleServer } from '../../mailbox/dav/support/radicaleServer.ts'
import { startCyrus } from '../../support/cyrus.ts'
import { startRadicale } from '../../support/radicale.ts'
import { startPost, type Told, toldBy, toldByMail } from './post.ts'

export const PLACES = ['graph', 'ews', 'cyrus', 'radicale', 'memory'] as const
export type PlaceName = (typeof PLACES)[number]

/** A mailbox somewhere, and how the engine opens it. */
export interface Home {
  address: string
  /** Absent: as its profile says. */
  open?: () => Promise<Mailbox>
  /** What lies in the inbox of the calendar system itself. */
  told?: () => Promise<Told[]>
}

export interface Places {
  sandbox: Sandbox
  memory: SimulatedServer
  home(place: PlaceName, name: string): Promise<Home>
  /** Everything that anybody was told of meetings by mail, and by the simulated server. */
  told(): Promise<Told[]>
  close(): Promise<void>
}

export const PASSWORD = 'secret'

/**
 * Five mail systems, and the post between them: whatever one of them sends to a user of another is brought to that user’s
 * mailbox, where there is one that takes mail.
 */
export async function openPlaces(clock: Clock): Promise<Places> {
  const sandbox = await startSandbox({ clock })
  const memory = new SimulatedServer({ clock })
  /** The mail of those whose calendars are elsewhere. */
  const letters = new SimulatedServer({ clock, items: false })
  const mails: { to: string; mime: Uint8Array }[] = []
  const carry = async ({ from, to, mime }: { from: string; to: readonly string[]; mime: Uint8Array }) => {
    for (const one of to) {
      if (sandbox.world.find(one)) {
        await deliver(sandbox.world, { from, to: [one], mime })
        continue
      }
      if (letters.has(one)) letters.account(one).deliver(['INBOX'], mime)
      mails.push({ to: one.toLowerCase(), mime })
    }
  }
  sandbox.world.relay = carry
  const post = await startPost(carry)
  const [cyrus, radicale] = await Promise.all([startCyrus(post.port), startRadicale()])
  const service = sandbox.world.addUser({ address: 'svc@contoso.example', name: 'CRM', password: PASSWORD })
  service.mayImpersonate = true

  const send: Mailbox['send'] = async ({ from, to, source, messageId }) => {
    await carry({ from, to, mime: source })
    return { messageId, response: 'taken' }
  }

  async function exchange(name: string): Promise<Home> {
    const address = `${name}@contoso.example`
    const { mailbox } = sandbox.world.addUser({ address, name, timeZone: 'UTC' })
    return {
      address,
      async told() {
        const items = mailbox.items(mailbox.wellKnown('inbox').id)
        const messages = items.filter((item): item is Message => item.kind === 'message' && !!item.meeting)
        return (await Promise.all(messages.map(({ mime }) => toldByMail(mime, address)))).flat()
      },
    }
  }

  async function dav(kind: 'cyrus' | 'radicale'): Promise<Home> {
    const server = kind === 'cyrus' ? cyrusServer(cyrus) : radicaleServer(radicale)
    const bench = await davBench(server)
    const { address, user, settings } = bench
    await Promise.all([bench.close(), bench.mailbox.close()])
    letters.account(address)
    const direct = { ...settings, url: `http://127.0.0.1:${server.port}/` }
    const auth = `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`
    return {
      address,
      async open() {
        const both = joined(await letters.open(address), await openDav(direct, { clock }))
        return { ...both, send }
      },
      ...(kind === 'cyrus' && { told: noting(() => scheduled(cyrus.port, user, auth), address) }),
    }
  }

  return {
    sandbox,
    memory,
    async home(place, name) {
      switch (place) {
        case 'graph':
        case 'ews':
          return exchange(name)
        case 'cyrus':
        case 'radicale':
          return dav(place)
        case 'memory': {
          const address = `${name}@memory.example`
          memory.account(address)
          return { address }
        }
      }
    },
    async told() {
      const byMail = await Promise.all(mails.map(({ to, mime }) => toldByMail(mime, to)))
      return [...byMail.flat(), ...memory.meetingMail.map(({ kind, uid, to }) => ({ method: KINDS[kind], uid, to }))]
    },
    async close() {
      await Promise.all([sandbox.close(), post.close(), cyrus.stop(), radicale.stop()])
    },
  }
}

const KINDS = { request: 'request', cancel: 'cancel', answer: 'reply' } as const

/** The texts in the inbox for scheduling (RFC 6638 §4.1). */
async function scheduled(port: number, user: string, authorization: string): Promise<string[]> {
  const inbox = `/dav/calendars/user/${user}/Inbox/`
  const body = `<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`
  const headers = { authorization, depth: '1', 'content-type': 'application/xml' }
  const answer = await fetch(`http://127.0.0.1:${port}${inbox}`, { method: 'REPORT', headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`Cyrus did not show the inbox of ${user}: ${text}`)
  return [...text.matchAll(/BEGIN:VCALENDAR[\s\S]*?END:VCALENDAR/g)].map(([one]) => plain(one))
}

/** A newer message about a meeting may take the place of an older one: all that were ever there count, each once. */
function noting(read: () => Promise<string[]>, address: string): () => Promise<Told[]> {
  const seen = new Set<string>()
  return async () => {
    for (const text of await read()) seen.add(text)
    return [...seen].flatMap((text) => toldBy(text, address) ?? [])
  }
}

function plain(xml: string): string {
  const named: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&', '&#13;': '' }
  return xml.replaceAll(/&(?:lt|gt|quot|amp|#13);/g, (one) => named[one] ?? one)
}
