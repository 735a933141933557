import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ewsFace, type Message, newMessage, type User, World } from '#sandbox'
import { systemClock } from '#time'
import { letter } from '../conformance/letters.ts'
import { bytesOf, folderAt, INBOX } from '../conformance/use.ts'
import { type Exchange, openExchange } from './support/sandbox.ts'

/** An Exchange that counts what is asked of it at once. */
async function counting() {
  const world = new World({ clock: systemClock })
  const service = world.addUser({ address: 'svc-crm@contoso.example', name: 'CRM', password: 'secret' })
  service.mayImpersonate = true
  const face = ewsFace({ world })
  const seen = { now: 0, most: 0, sockets: 0 }
  const server = createServer((request, response: ServerResponse) => {
    seen.most = Math.max(seen.most, ++seen.now)
    response.on('close', () => seen.now--)
    face(request, response)
  })
  server.on('connection', (socket) => {
    seen.sockets++
    socket.on('close', () => seen.sockets--)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/EWS/Exchange.asmx`
  const people = ['anne', 'bob', 'cid'].map((name) =>
    world.addUser({ address: `${name}@contoso.example`, name, password: 'secret' }),
  )
  return { exchange: { world, service, url } as Exchange, people, seen, world }
}

async function deliver({ mailbox }: User, id: string, size = 100): Promise<void> {
  const source = Buffer.concat([letter({ id }), Buffer.alloc(size, 'a line of text\r\n')])
  mailbox.add<Message>(
    mailbox.wellKnown('inbox').id,
    await newMessage(mailbox, source, { received: new Date() }),
    'newMail',
  )
}

test.each([1, 2, 3, 10])('MB-14: with a limit of %i no more is asked at once, listening included', async (limit) => {
  const { exchange, people, seen } = await counting()
  const boxes = await Promise.all(people.map((person) => openExchange(exchange, person, { connections: limit })))
  const inboxes = await Promise.all(boxes.map((mailbox) => folderAt(mailbox, INBOX)))
  const watches = []
  for (const [index, mailbox] of boxes.entries())
    watches.push(
      await mailbox.watch(
        [inboxes[index]?.id ?? ''],
        () => undefined,
        () => undefined,
      ),
    )
  for (const person of people) await deliver(person, `<large-${person.name}@contoso.example>`, 3_000_000)
  const read = boxes.map(async (mailbox, index) => {
    const { id: folder } = inboxes[index] ?? { id: '' }
    await Promise.all(Array.from({ length: 4 }, () => mailbox.folders()))
    const [found] = await mailbox.find(`<large-${people[index]?.name}@contoso.example>`)
    for await (const { source } of mailbox.raw(folder, [found?.id ?? '']))
      expect((await bytesOf(source)).length).toBeGreaterThan(3_000_000)
  })
  await Promise.all(read)
  expect(seen.most).toBeLessThanOrEqual(limit)
  // The server hears a little later than the reader that an answer was taken to its end.
  await vi.waitFor(() => expect(seen.now).toBe(Math.min(3, Math.floor((limit - 1) / 2))))
  await Promise.all(watches.map((watch) => watch.close()))
  await wait(50)
  expect(seen.sockets).toBeLessThanOrEqual(limit)
  await Promise.all(boxes.map((mailbox) => mailbox.close()))
})

test('MB-14: whoever finds no connection to listen on asks each minute instead', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'], shouldAdvanceTime: true, advanceTimeDelta: 20 })
  onTestFinished(() => void vi.useRealTimers())
  const { exchange, people } = await counting()
  const [person] = people as [User]
  const mailbox = await openExchange(exchange, person, { connections: 1 })
  const { id } = await folderAt(mailbox, INBOX)
  const hints: string[] = []
  const watch = await mailbox.watch(
    [id],
    (folder) => hints.push(folder),
    () => undefined,
  )
  await deliver(person, '<news@contoso.example>')
  await vi.advanceTimersByTimeAsync(61_000)
  await vi.waitFor(() => expect(hints).toEqual([id]), 5_000)
  await watch.close()
  await mailbox.close()
})
