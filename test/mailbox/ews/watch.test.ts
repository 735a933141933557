import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectionSettings, type Mailbox, openMailbox } from '#mailbox'
import { SimulatedClock, systemClock } from '#time'
import { failure } from '../conformance/use.ts'
import { answer, emptyMailbox, failed } from './support/answers.ts'
import { type Asked, type Reply, startServer, tap } from './support/server.ts'

const event = (folder: string, kind = 'NewMailEvent', more = '') =>
  `<t:${kind}><t:Watermark>W</t:Watermark><t:TimeStamp>2026-01-05T08:00:00Z</t:TimeStamp><t:ItemId Id="i" ChangeKey="c"/><t:ParentFolderId Id="${folder}"/>${more}</t:${kind}>`
const told = (...events: string[]) =>
  answer(
    'GetStreamingEvents',
    `<m:Notifications><m:Notification><t:SubscriptionId>S</t:SubscriptionId>${events.join('')}</m:Notification></m:Notifications><m:ConnectionStatus>OK</m:ConnectionStatus>`,
  )
const alive = answer('GetStreamingEvents', '<m:ConnectionStatus>OK</m:ConnectionStatus>')
const over = answer('GetStreamingEvents', '<m:ConnectionStatus>Closed</m:ConnectionStatus>')

/** A server that streams from taps, one after the other, and what the watch heard. */
async function watching(
  options: { clock?: SimulatedClock; script?: (asked: Asked) => Reply | string | undefined } = {},
) {
  const taps = [tap()]
  let streams = 0
  const server = await startServer((asked) => {
    const special = options.script?.(asked)
    if (special !== undefined) return special
    if (asked.operation === 'Subscribe')
      return answer(
        'Subscribe',
        `<m:SubscriptionId>S</m:SubscriptionId>${asked.body.includes('Pull') ? '<m:Watermark>W0</m:Watermark>' : ''}`,
      )
    if (asked.operation !== 'GetStreamingEvents') return emptyMailbox(asked)
    taps[streams] ??= tap()
    return { pieces: (taps[streams++] as ReturnType<typeof tap>).pieces }
  })
  const auth = { kind: 'password', user: 'anne@contoso.example', password: 'x', scheme: 'basic' }
  const settings = { kind: 'ews', mailbox: 'anne@contoso.example', url: server.url, auth, timeoutMs: 1_000 }
  const mailbox = await openMailbox(connectionSettings(settings), { clock: options.clock ?? systemClock })
  onTestFinished(() => mailbox.close())
  const heard: string[] = []
  const ended: unknown[] = []
  const begin = (folders = ['inbox', 'sent']) =>
    mailbox.watch(
      folders,
      (folder) => heard.push(folder),
      (error) => ended.push(error),
    )
  const count = (operation: string) => server.asked.filter((asked) => asked.operation === operation).length
  return { server, taps, mailbox, heard, ended, begin, count }
}

async function until(ready: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!ready()) {
    if (performance.now() > end) throw new Error('Nothing happened')
    await wait(5)
  }
}

describe('notifications of Exchange', () => {
  test('B-10: one stream tells about all folders, wherever the network cuts it', async () => {
    const { taps, heard, begin, count } = await watching()
    const watch = await begin()
    const text =
      alive +
      told(event('inbox'), event('other'), event('sent', 'MovedEvent', '<t:OldParentFolderId Id="inbox"/>')) +
      alive
    for (let at = 0; at < text.length; at += 17) taps[0]?.put(text.slice(at, at + 17))
    await until(() => heard.length === 2)
    expect(heard.sort()).toEqual(['inbox', 'sent'])
    expect([count('Subscribe'), count('GetStreamingEvents')]).toEqual([1, 1])
    await watch.close()
    expect(count('Unsubscribe')).toBe(1)
  })

  test('B-10: many events at once are one hint', async () => {
    const { taps, heard, begin } = await watching()
    const watch = await begin()
    for (let number = 0; number < 20; number++) taps[0]?.put(told(event('inbox')))
    await until(() => heard.length > 0)
    await wait(150)
    expect(heard).toEqual(['inbox'])
    await watch.close()
  })

  test('B-10: a stream whose time is over is opened again for the same subscription', async () => {
    const { taps, heard, ended, begin, count } = await watching()
    const watch = await begin()
    taps[0]?.put(over)
    taps[0]?.end()
    await until(() => taps.length > 1)
    taps[1]?.put(told(event('inbox')))
    await until(() => heard.length > 0)
    expect([count('Subscribe'), ended.length]).toEqual([1, 0])
    await watch.close()
  })

  test('B-10: a subscription that the server forgot is made anew, and everything may have changed', async () => {
    const { taps, heard, ended, begin, count } = await watching()
    const watch = await begin()
    taps[0]?.put(
      answer(
        'GetStreamingEvents',
        `${failed('ErrorSubscriptionNotFound')}<m:ErrorSubscriptionIds><t:SubscriptionId>S</t:SubscriptionId></m:ErrorSubscriptionIds>`,
      ),
    )
    await until(() => heard.length === 2)
    expect([count('Subscribe'), count('GetStreamingEvents'), ended.length]).toEqual([2, 2, 0])
    await watch.close()
  })

  test('B-10: a connection that is lost, or says what cannot be read, ends the watch once', async () => {
    for (const spoil of [
      ({ taps }: Awaited<ReturnType<typeof watching>>) => taps[0]?.end(),
      ({ server }: Awaited<ReturnType<typeof watching>>) => server.cut(),
      ({ taps }: Awaited<ReturnType<typeof watching>>) => taps[0]?.put('<s:Envelope><broken></s:Envelope>'),
      ({ taps }: Awaited<ReturnType<typeof watching>>) =>
        taps[0]?.put(answer('GetStreamingEvents', failed('ErrorAccessDenied'))),
    ]) {
      const one = await watching()
      await one.begin()
      spoil(one)
      await until(() => one.ended.length > 0)
      await wait(20)
      expect(one.ended).toHaveLength(1)
      expect(one.ended[0]).toMatchObject({ name: 'MailboxError' })
    }
  })

  test('B-10: where something keeps the stream back, Exchange is asked each minute', async () => {
    const clock = new SimulatedClock()
    let asked = 0
    const { heard, begin, count } = await watching({
      clock,
      script: ({ operation }) => {
        if (operation === 'GetStreamingEvents') return { silent: true }
        if (operation !== 'GetEvents') return undefined
        asked++
        if (asked === 2) return answer('GetEvents', failed('ErrorSubscriptionNotFound'))
        const events =
          asked === 1 ? event('inbox') : `<t:StatusEvent><t:Watermark>W${asked}</t:Watermark></t:StatusEvent>`
        return answer(
          'GetEvents',
          `<m:Notification><t:SubscriptionId>S</t:SubscriptionId><t:MoreEvents>false</t:MoreEvents>${events}</m:Notification>`,
        )
      },
    })
    const watch = await begin()
    await advance(clock, () => heard.length === 1)
    expect(heard).toEqual(['inbox'])
    await advance(clock, () => heard.length === 3)
    expect(count('Subscribe')).toBe(3)
    await watch.close()
  })

  test('MB-10: what a delegate may not have is said, not tried', async () => {
    const server = await startServer(emptyMailbox)
    const auth = { kind: 'password', user: 'CONTOSO\\svc', password: 'x', scheme: 'basic' }
    const settings = { kind: 'ews', mailbox: 'anne@contoso.example', url: server.url, auth }
    const mailbox: Mailbox = await openMailbox(connectionSettings(settings), { clock: systemClock })
    const error = await failure(() =>
      mailbox.watch(
        ['inbox'],
        () => undefined,
        () => undefined,
      ),
    )
    expect(error.kind).toBe('unsupported')
    await mailbox.close()
  })
})

/** Lets simulated minutes pass until something has happened. */
async function advance(clock: SimulatedClock, ready: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!ready()) {
    if (performance.now() > end) throw new Error('Nothing happened')
    await clock.advance(10_000)
    await wait(5)
  }
}
