import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Clock, SimulatedClock, systemClock } from '#time'
import { openImap } from '../../../src/mailbox/imap/index.ts'
import { startCut } from '../../support/cut.ts'
import { startDovecot } from '../../support/dovecot.ts'
import { letter } from '../conformance/letters.ts'
import { folderAt, INBOX } from '../conformance/use.ts'
import { settingsOf } from './open.ts'
import { otherSide, signInAsUser } from './otherSide.ts'

const FULL =
  'IMAP4rev1 ID ENABLE LITERAL+ NAMESPACE UNSELECT AUTH=PLAIN LIST-EXTENDED LIST-STATUS IDLE CONDSTORE QRESYNC'
const AWAY = ['Customers']

/** Watches the inbox and another folder, and counts the hints. */
async function watched(options: { capabilities?: string; clock?: Clock }) {
  const dovecot = await startDovecot(options.capabilities === undefined ? {} : { capabilities: options.capabilities })
  const user = dovecot.newUser()
  const client = await signInAsUser(dovecot, user)
  const other = otherSide(dovecot, user, client)
  await other.createFolder(AWAY)
  const cut = await startCut(dovecot.port)
  const mailbox = await openImap(settingsOf(cut.port, user, { timeoutMs: 100_000 }), {
    clock: options.clock ?? systemClock,
  })
  const [inbox, away] = [await folderAt(mailbox, INBOX), await folderAt(mailbox, AWAY)]
  const hints: string[] = []
  const ends: unknown[] = []
  const watch = await mailbox.watch(
    [inbox.id, away.id],
    (folder) => hints.push(folder === inbox.id ? 'inbox' : 'away'),
    (error) => ends.push(error),
  )
  onTestFinished(async () => {
    cut.cutAll()
    await mailbox.close()
    client.close()
    await cut.close()
    await dovecot.stop()
  })
  return { cut, mailbox, other, hints, ends, watch }
}

async function until(ready: () => boolean, meanwhile: () => Promise<void> = () => wait(10)): Promise<void> {
  const end = performance.now() + 10_000
  while (!ready()) {
    if (performance.now() > end) throw new Error('Nothing happened within 10 s')
    await meanwhile()
  }
}

describe('watching', () => {
  test('SC-40: with NOTIFY one connection hears of all folders', async () => {
    const { cut, hints, other } = await watched({})
    const connections = cut.made
    await until(() => cut.commands.includes('IDLE'))
    await other.deliver(AWAY, letter({ id: '<a@adatum.example>' }))
    await until(() => hints.includes('away'))
    await other.deliver(INBOX, letter({ id: '<b@adatum.example>' }))
    await until(() => hints.includes('inbox'))
    expect(cut.made).toBe(connections)
  })

  test('B-10: many changes at once are few hints', async () => {
    const { cut, hints, other } = await watched({})
    await until(() => cut.commands.includes('IDLE'))
    for (let number = 0; number < 60; number++)
      await other.deliver(INBOX, letter({ id: `<n${number}@adatum.example>` }))
    await until(() => hints.length > 0)
    await wait(300)
    expect(hints.length).toBeLessThan(15)
  })

  test('B-10: without NOTIFY the other folders are looked at each minute', async () => {
    const clock = new SimulatedClock()
    const { cut, hints, other, ends } = await watched({ capabilities: FULL, clock })
    await until(() => cut.commands.includes('IDLE'))
    await other.deliver(AWAY, letter({ id: '<a@adatum.example>' }))
    await wait(100)
    expect(hints).toEqual([])
    const oneMinute = async () => {
      // The server answers in real time, while its time limit runs in this one.
      await clock.advance(20_000)
      await wait(50)
    }
    await until(() => hints.includes('away'), oneMinute)
    expect(hints).not.toContain('inbox')
    expect(ends).toEqual([])
  })

  test('B-10: IDLE is renewed well before 29 minutes', async () => {
    const clock = new SimulatedClock()
    const { cut, ends } = await watched({ clock })
    const idles = () => cut.commands.filter((command) => command === 'IDLE').length
    await until(() => idles() === 1)
    await wait(50)
    await clock.advance(9.5 * 60_000)
    await until(() => idles() === 2)
    expect(ends).toEqual([])
  })

  test('law 10: the end of the connection is told once, and closing then is no error', async () => {
    const { cut, ends, watch } = await watched({})
    cut.cutAll()
    await until(() => ends.length > 0)
    await watch.close()
    await wait(50)
    expect(ends).toMatchObject([{ kind: 'transient', code: 'ConnectFailure' }])
  })
})
