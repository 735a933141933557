import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { sql } from 'kysely'
import { startServer } from '#http'
import { connectionSettings, openMailbox } from '#mailbox'
import { NOTIFICATIONS_PATH, type Regarding, type RunningWorker, startWorker } from '#sync'
import { seededRandom, systemClock } from '#time'
import type { SandboxPlace } from '../children/sandbox.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { median, quantile, short } from '../statistics.ts'
import { FACE_NAME, type Face, PASSWORD } from '../support/accounts.ts'
import { letter, percentiles, untilStored } from '../support/arrivals.ts'
import { OWNER_ADDRESS } from '../support/corpus.ts'
import { install } from '../support/installation.ts'
import { startBenchSandbox } from '../support/sandbox.ts'

const LONGEST = 60_000

/**
 * Messages that arrive one by one in a mailbox of Exchange: the time from handing a message to the server to the
 * committed record, beside the time after which the notification of it is here.
 */
export const push: Part = {
  name: 'push',
  says: 'from arrival in a mailbox of Exchange to the committed record, by subscriptions of Graph and streams of EWS',
  async run(bench) {
    return [await measure('graph', bench), await measure('ews', bench)]
  },
}

async function measure(face: Face, bench: Bench): Promise<Figure> {
  const count = bench.quick ? 10 : 100
  const sandbox = await startBenchSandbox({ users: [{ address: OWNER_ADDRESS, password: PASSWORD }] })
  const { place } = sandbox
  const target = await bench.stores.make('server')
  const { regarding, mailboxId } = await install(target, { account: { face, place }, track: 'all' })
  const web = await startServer(regarding, { port: 0 })
  const running = startWorker(regarding, {
    publicUrl: web.url,
    onError: (error, doing) => bench.say(`${doing}: ${String(error)}`),
  })
  const listener = face === 'graph' ? listenToCalls() : await listenToStream(place)
  try {
    await regarding.schedule.enable([{ mailboxId, workload: 'incoming' }])
    await untilListening(face, regarding, running)
    await systemClock.sleep(2_000)
    const record: number[] = []
    const told: number[] = []
    const random = seededRandom(7)
    for (let number = 0; number < count; number++) {
      await systemClock.sleep(600 + random() * 600)
      const messageId = `<push-${number}@bench.example>`
      const heard = listener.next()
      const start = performance.now()
      await sandbox.deliver({ from: 'nina@contoso.example', to: OWNER_ADDRESS, mime: letter(messageId).toString() })
      const [toldAt, storedAt] = await Promise.all([heard, untilStored(regarding, messageId)])
      told.push(toldAt - start)
      record.push(storedAt - start)
      // The mark on it, which the server tells about as well, is no news.
      await systemClock.sleep(400)
    }
    return {
      what: `arrival to record through ${FACE_NAME[face]}, ${count} messages`,
      measured: percentiles(record),
      bound:
        `${short(median(record) / median(told))} × the time after which ${listener.says} ` +
        `(p50 ${Math.round(median(told))} ms, p99 ${Math.round(quantile(told, 0.99))} ms); the rest is the cycle.`,
    }
  } finally {
    await listener.close()
    await running.stop()
    await web.close()
    await regarding.close()
    await sandbox.stop()
  }
}

async function untilListening(face: Face, { database }: Regarding, { watches }: RunningWorker): Promise<void> {
  const end = performance.now() + LONGEST
  for (;;) {
    const { rows } = await sql`select from mailbox_subscribed where subscription_id is not null`.execute(database.sql)
    if (face === 'graph' ? rows.length : watches.count) return
    if (performance.now() > end) throw new Error(`The mailbox was not listened to within ${LONGEST / 1000} s.`)
    await systemClock.sleep(50)
  }
}

/** What hears of changes and does nothing. */
interface Listener {
  says: string
  /** The moment of the next notification. */
  next(): Promise<number>
  close(): Promise<void>
}

/** The calls of Graph at the web server of this process. */
function listenToCalls(): Listener {
  const heard = new EventEmitter()
  const hear = (message: unknown) => {
    const { request } = message as { request: IncomingMessage }
    if (request.url === NOTIFICATIONS_PATH) heard.emit('told', performance.now())
  }
  subscribe('http.server.request.start', hear)
  return {
    says: 'Graph has called the web server',
    next: () => nextOf(heard),
    async close() {
      unsubscribe('http.server.request.start', hear)
      await Promise.resolve()
    },
  }
}

/** A watch beside the worker's. */
async function listenToStream({ ewsUrl }: SandboxPlace): Promise<Listener> {
  const auth = { kind: 'password', user: OWNER_ADDRESS, password: PASSWORD }
  const settings = connectionSettings({ kind: 'ews', mailbox: OWNER_ADDRESS, url: ewsUrl, auth })
  const mailbox = await openMailbox(settings, { clock: systemClock })
  const heard = new EventEmitter()
  const inbox = (await mailbox.folders()).filter(({ use }) => use === 'inbox').map(({ id }) => id)
  const watch = await mailbox.watch(
    inbox,
    () => heard.emit('told', performance.now()),
    () => undefined,
  )
  return {
    says: 'a watch beside it tells of the message, 0.1 s of which gather what comes together',
    next: () => nextOf(heard),
    async close() {
      await watch.close()
      await mailbox.close()
    },
  }
}

async function nextOf(heard: EventEmitter): Promise<number> {
  const [at] = (await once(heard, 'told')) as [number]
  return at
}
