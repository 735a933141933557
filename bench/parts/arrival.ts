import { ImapFlow } from 'imapflow'
import { startWorker } from '#sync'
import { seededRandom, systemClock } from '#time'
import type { Part } from '../part.ts'
import { median, quantile, short } from '../statistics.ts'
import { letter, percentiles, untilStored } from '../support/arrivals.ts'
import { install } from '../support/installation.ts'
import { startMailServer } from '../support/mailServer.ts'
import type { ImapAccount } from '../support/peers.ts'

/**
 * Messages that arrive one by one in a watched mailbox: the time from the server's acknowledgement of a message to the
 * committed record, beside the time after which a client that does nothing but IDLE is told of it.
 */
export const arrival: Part = {
  name: 'arrival',
  says: 'from arrival in a watched mailbox to the committed record, beside a client that only idles',
  async run(bench) {
    const count = bench.quick ? 10 : 100
    const server = await startMailServer({ messages: 10 })
    const account = await server.account()
    const { regarding, mailboxId } = await install(await bench.stores.make('server'), { account, track: 'all' })
    const sender = await signIn(account)
    const idler = await signIn(account)
    const running = startWorker(regarding, {
      onError: (error, doing) => bench.say(`${doing}: ${String(error)}`),
    })
    try {
      await regarding.schedule.enable([{ mailboxId, workload: 'incoming' }])
      while (running.watches.count === 0) await systemClock.sleep(50)
      await systemClock.sleep(2_000)
      await idler.mailboxOpen('INBOX')
      void idler.idle() // Until it signs out.
      const record: number[] = []
      const told: number[] = []
      const random = seededRandom(7)
      for (let number = 0; number < count; number++) {
        await systemClock.sleep(600 + random() * 600)
        const heard = new Promise<number>((resolve) => idler.once('exists', () => resolve(performance.now())))
        const messageId = `<arrival-${number}@bench.example>`
        await sender.append('INBOX', letter(messageId))
        const start = performance.now()
        const committed = untilStored(regarding, messageId)
        const [toldAt, storedAt] = await Promise.all([heard, committed])
        told.push(Math.max(0, toldAt - start))
        record.push(Math.max(0, storedAt - start))
        // The mark on it, which the server tells about as well, is no news.
        await systemClock.sleep(400)
      }
      return [
        {
          what: `arrival to record, ${count} messages`,
          measured: percentiles(record),
          bound:
            `${short(median(record) / median(told))} × the time after which Dovecot tells a client that only idles ` +
            `(p50 ${Math.round(median(told))} ms, p99 ${Math.round(quantile(told, 0.99))} ms); the rest is ours.`,
        },
      ]
    } finally {
      await running.stop()
      await Promise.all([sender.logout(), idler.logout()])
      await regarding.close()
      await server.stop()
    }
  },
}

async function signIn({ host, port, user }: ImapAccount): Promise<ImapFlow> {
  const auth = { user, pass: 'secret' }
  const client = new ImapFlow({ host, port, secure: false, doSTARTTLS: false, auth, logger: false })
  client.on('error', () => {})
  await client.connect()
  return client
}
