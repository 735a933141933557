import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliver, type Message, newMessage, submit, viewOf, World } from '#sandbox'
import { SimulatedClock } from '#time'

const clock = () => new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
const mime = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))

function company() {
  const world = new World({ clock: clock() })
  const anna = world.addUser({ address: 'anna@halden.example', name: 'Anna Berg' })
  const ben = world.addUser({ address: 'ben@halden.example', name: 'Ben Roth', aliases: ['b.roth@halden.example'] })
  return { world, anna, ben }
}

describe('the log of a folder', () => {
  it('law 1: whoever reads on from any earlier position has the folder as it is', async () => {
    const act = fc.record({
      what: fc.constantFrom('add', 'change', 'read', 'away', 'back', 'delete', 'purge', 'look'),
      which: fc.nat(20),
    })
    const source = mime('Message-ID: <a@x.example>\nSubject: A\n\nText\n')
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (acts, limit) => {
        const { mailbox } = company().anna
        const inbox = mailbox.wellKnown('inbox').id
        const archive = mailbox.wellKnown('archive').id
        const message = await newMessage(mailbox, source, { received: new Date(0) })
        const readers = [{ position: 0, copy: new Map<string, string>() }]
        for (const { what, which } of acts) {
          const here = mailbox.items(inbox)
          const item = here[which % Math.max(1, here.length)]
          const there = mailbox.items(archive)[0]
          if (what === 'add') mailbox.add<Message>(inbox, message)
          else if (what === 'back' && there) mailbox.move(there.id, inbox)
          else if (what === 'look')
            readers.push(readOn(readers[which % readers.length] as Reader, which % 2 ? 1 : limit))
          else if (!item) continue
          else if (what === 'change') mailbox.update<Message>(item.id, { categories: [`C${which}`] })
          else if (what === 'read') mailbox.update<Message>(item.id, { read: which % 2 === 0 })
          else if (what === 'away') mailbox.move(item.id, archive)
          else if (what === 'delete') mailbox.delete(item.id)
          else if (what === 'purge') mailbox.purge(item.id)
        }
        const now = mailbox.items(inbox).map(({ entryId, changeKey }) => [entryId, changeKey] as const)
        for (const reader of readers) {
          let end = reader
          for (let page = 0; page < 200; page++) end = readOn(end, limit)
          expect(end.copy).toEqual(new Map(now))
        }

        function readOn({ position, copy }: Reader, pageSize: number): Reader {
          const next = new Map(copy)
          const page = mailbox.log(inbox).after(position, pageSize)
          for (const { kind, entryId, id } of page.changes) {
            if (kind === 'removed') next.delete(entryId)
            else if (kind === 'created') next.set(entryId, mailbox.item(id).changeKey)
            else if (next.has(entryId)) next.set(entryId, mailbox.item(id).changeKey)
            else throw new Error(`${entryId} was changed but never created.`)
          }
          return { position: page.next, copy: next }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('law 1: a position from before what was forgotten is refused, a later one is not', async () => {
    const { mailbox } = company().anna
    const inbox = mailbox.wellKnown('inbox').id
    const message = await newMessage(mailbox, mime('Subject: A\n\nText\n'), { received: new Date(0) })
    mailbox.add<Message>(inbox, message)
    const old = mailbox.log(inbox).position
    mailbox.forgetChanges(inbox)
    expect(() => mailbox.log(inbox).after(old)).toThrow(expect.objectContaining({ code: 'cursorLost' }))
    const all = mailbox.log(inbox).after(0)
    expect(all.changes).toHaveLength(1)
    expect(mailbox.log(inbox).after(all.next)).toEqual({ changes: [], next: all.next, complete: true })
  })
})

describe('mail', () => {
  it('OE-1: reaches everybody once, without Bcc; the copy of the sender keeps it', async () => {
    const { world, anna, ben } = company()
    const source = mime(
      'To: Ben <ben@halden.example>, b.roth@halden.example\nCc: out@far.example\nBcc: secret@far.example\nSubject: Offer\n\nHello\n',
    )
    const copy = (await submit(world, { user: anna, mime: source })) as Message
    expect(copy.headers).toMatchObject({ subject: 'Offer', bcc: [{ address: 'secret@far.example' }] })
    expect(copy.headers.messageId).toMatch(/^<.+@sandbox\.example>$/)
    const arrived = ben.mailbox.items(ben.mailbox.wellKnown('inbox').id) as Message[]
    expect(arrived).toHaveLength(1)
    expect(arrived[0]).toMatchObject({ read: false, headers: { messageId: copy.headers.messageId, bcc: [] } })
    expect(world.outbox.map(({ to }) => to)).toEqual([['out@far.example', 'secret@far.example']])
    expect(Buffer.from(world.outbox[0]?.mime ?? []).toString()).not.toContain('secret@')
  })

  it('OE-7: to somebody who is not here comes back as a bounce', async () => {
    const { world, anna } = company()
    await submit(world, { user: anna, mime: mime('To: nobody@halden.example\nSubject: Lost\n\nHello\n') })
    const [report] = anna.mailbox.items(anna.mailbox.wellKnown('inbox').id) as Message[]
    expect(report?.headers.kind).toBe('report')
    expect((await viewOf((report as Message).mime)).text).toContain('nobody@halden.example')
  })

  it('OE-20: nobody sends in the name of somebody who did not allow it', async () => {
    const { world, anna, ben } = company()
    const source = mime('From: ben@halden.example\nTo: x@far.example\nSubject: A\n\nHello\n')
    await expect(submit(world, { user: anna, mime: source })).rejects.toMatchObject({ code: 'denied' })
    anna.mayActAs.add(ben.address)
    await submit(world, { user: anna, mime: source })
    expect(world.outbox).toHaveLength(1)
  })

  it('an answer lies in the conversation of what it answers, in both mailboxes', async () => {
    const { world, anna, ben } = company()
    const first = (await submit(world, {
      user: anna,
      mime: mime('To: ben@halden.example\nSubject: A\n\nHi\n'),
    })) as Message
    const answer = `To: anna@halden.example\nSubject: Re: A\nIn-Reply-To: ${first.headers.messageId}\n\nYes\n`
    await submit(world, { user: ben, mime: mime(answer) })
    const [received] = anna.mailbox.items(anna.mailbox.wellKnown('inbox').id) as Message[]
    expect(received?.conversationId).toBe(first.conversationId)
    expect(Buffer.from(received?.conversationIndex ?? '', 'base64')).toHaveLength(27)
  })

  it('the same world made again has the same ids', async () => {
    expect(await ids()).toEqual(await ids())
  })
})

interface Reader {
  position: number
  copy: Map<string, string>
}

async function ids() {
  const { world, ben } = company()
  await deliver(world, { from: 'x@far.example', to: [ben.address], mime: mime('Subject: A\n\nHi\n') })
  return ben.mailbox
    .items(ben.mailbox.wellKnown('inbox').id)
    .map(({ id, entryId, changeKey }) => [id, entryId, changeKey])
}

it('a reply is in the conversation of what it answers, and nothing else of it', async () => {
  const { mailbox } = company().anna
  const inbox = mailbox.wellKnown('inbox').id
  const received = new Date(0)
  const first = mime('Message-ID: <a@x.example>\nSubject: A\n\nText\n')
  const reply = mime('Message-ID: <b@x.example>\nIn-Reply-To: <a@x.example>\nSubject: Re: A\n\nMore\n')
  const asked = mailbox.add<Message>(inbox, await newMessage(mailbox, first, { received }))
  const answered = await newMessage(mailbox, reply, { received })
  expect(answered).toMatchObject({ conversationId: asked.conversationId, mime: reply, preview: 'More' })
  expect(answered.headers.messageId).toBe('<b@x.example>')
})

describe('a world that is put down and taken up', () => {
  it('has the same mail under the same ids, and whoever reads on misses nothing', async () => {
    const { world, anna, ben } = company()
    await submit(world, {
      user: anna,
      recipients: [ben.address],
      mime: mime('Message-ID: <a@x.example>\nSubject: A\n\nText\n'),
    })
    const inbox = ben.mailbox.wellKnown('inbox').id
    const { position } = ben.mailbox.log(inbox)
    await submit(world, {
      user: anna,
      recipients: [ben.address],
      mime: mime('Message-ID: <b@x.example>\nSubject: B\n\nText\n'),
    })
    ben.mailbox.categories.add('Customers', 3)
    const again = World.from(deserialize(serialize(world.state)), clock())
    expect(again.state).toEqual(world.state)
    const { mailbox } = again.user(ben.address)
    expect(mailbox.log(inbox).after(position).changes).toHaveLength(1)
    const [first, second] = [world, again].map((each) => each.user(ben.address).mailbox.createFolder(inbox, 'New').id)
    expect(second).toBe(first)
    expect(mailbox.byMessageId('<b@x.example>')).toHaveLength(1)
  })
})
