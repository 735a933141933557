import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Mailbox, MailboxError } from '#mailbox'
import { SYSTEM } from '#records'
import type { Fault, Message } from '#sandbox'
import { letter } from '../conformance/letters.ts'
import { type Ground, startGround } from './support/bench.ts'
import { type Office, openOffice } from './support/office.ts'

const FAULTS: readonly Fault[] = [
  { kind: 'unauthorized' },
  { kind: 'throttled', retryAfter: 0 },
  { kind: 'throttled', retryAfter: 300 },
  { kind: 'unavailable', retryAfter: 0 },
  { kind: 'unavailable', retryAfter: 300 },
  { kind: 'cutBefore' },
  { kind: 'cutAfter' },
  { kind: 'error', status: 500, code: 'ErrorInternalServerError' },
]
const named = (fault: Fault) => `${fault.kind}${'retryAfter' in fault ? ` ${fault.retryAfter}` : ''}`

describe('a cycle over a service that fails', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
    // Short waits are ridden out by the clock of the engine.
    ticking = setInterval(() => void office.clock.advance(500), 5)
  })
  afterAll(async () => {
    clearInterval(ticking)
    await office?.close()
  })
  let ticking: NodeJS.Timeout

  test.each(FAULTS.map((fault) => [named(fault), fault] as const))(
    'law 1, law 2: %s at any step loses nothing and doubles nothing',
    async (name, fault) => {
      const { person, user } = await office.hire(`Fault${name.replaceAll(' ', '')}`)
      await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
      await office.cycle(person)
      let posted = 0
      let step = 0
      for (let struck = 1; struck > 0; ) {
        for (let more = 0; more < 3; more++)
          await office.post(user, { from: 'x@adatum.example', subject: `${name} ${++posted}` })
        const takeBack = office.sandbox.faults.inject({ fault, mailbox: user.address, face: 'graph', nth: ++step })
        await attempt(() => office.cycle(person))
        struck = takeBack()
        expect(await attempt(() => office.cycle(person))).toBeUndefined()
        const subjects = (await office.emails({ receivingmailboxid: person.mailboxId })).map((row) => row['subject'])
        expect(subjects).toHaveLength(posted)
        expect(new Set(subjects).size).toBe(posted)
      }
      expect(step).toBeGreaterThan(10)
      const inbox = user.mailbox.items(user.mailbox.wellKnown('inbox').id) as Message[]
      const tracked = inbox.filter(({ headers }) => headers.subject.startsWith(name))
      expect(tracked).toHaveLength(posted)
      expect(new Set(tracked.map(({ categories }) => categories.join()))).toEqual(new Set(['Tracked to Regarding']))
    },
    60_000,
  )
})

describe('sending over a service that fails', () => {
  test.each(FAULTS.map((fault) => [named(fault), fault] as const))(
    'OE-3, law 2: after %s at any step a message that is tried again arrives once',
    async (name, fault) => {
      const ground = await startGround()
      onTestFinished(() => ground.sandbox.close())
      const anne = ground.sandbox.world.addUser({ address: 'anne@adatum.example', name: 'Anne Weiler' })
      let step = 0
      for (let struck = 1; struck > 0; ) {
        const messageId = `<${fault.kind}-${++step}@contoso.example>`
        const takeBack = ground.sandbox.faults.inject({ fault, mailbox: ground.user.address, face: 'graph', nth: step })
        const mailbox = await ground.open()
        const error = await attempt(() => send(mailbox, messageId))
        struck = takeBack()
        expect(error?.uncertain === false ? arrived(anne, messageId) : 0).toBe(0)
        // Whoever does not know asks first, then tries again.
        expect(error && (await attempt(() => send(mailbox, messageId)))).toBeUndefined()
        expect(arrived(anne, messageId)).toBe(1)
        expect(held(ground, 'sentitems', messageId)).toBe(1)
        expect(held(ground, 'drafts', messageId)).toBe(0)
        await mailbox.close()
      }
      expect(step).toBeGreaterThan(3)
    },
    60_000,
  )

  test('OE-23: a refused sender leaves no draft behind', async () => {
    const ground = await startGround()
    onTestFinished(() => ground.sandbox.close())
    const mailbox = await ground.open()
    const source = letter({ id: '<as@contoso.example>', from: 'boss@contoso.example', to: 'anne@adatum.example' })
    const to = ['anne@adatum.example']
    const message = { messageId: '<as@contoso.example>', from: ground.user.address, to, source }
    const error = await attempt(() => mailbox.send(message))
    expect(error).toMatchObject({ code: 'ErrorSendAsDenied', scope: 'item', uncertain: false })
    expect(held(ground, 'drafts', '<as@contoso.example>')).toBe(0)
    await mailbox.close()
  })

  test('OE-40: blind copies arrive and stay blind; no copy is kept when none is wanted', async () => {
    const ground = await startGround()
    onTestFinished(() => ground.sandbox.close())
    const [anne, ben] = ['Anne', 'Ben'].map((name) =>
      ground.sandbox.world.addUser({ address: `${name.toLowerCase()}@adatum.example`, name }),
    ) as [Person, Person]
    const mailbox = await ground.open()
    const id = '<blind@contoso.example>'
    const source = letter({ id, from: ground.user.address, to: anne.address })
    const to = [anne.address, ben.address]
    await mailbox.send({ messageId: id, from: ground.user.address, to, bcc: [ben.address], source, keepCopy: false })
    expect([arrived(anne, id), arrived(ben, id)]).toEqual([1, 1])
    const [seen] = anne.mailbox.byMessageId(id)
    expect(Buffer.from(seen?.mime ?? '').toString()).not.toContain(ben.address)
    expect(held(ground, 'sentitems', id)).toBe(0)
    await mailbox.close()
  })

  test('OE-4: a message larger than a request of Graph is taken apart and arrives whole', async () => {
    const ground = await startGround()
    onTestFinished(() => ground.sandbox.close())
    const anne = ground.sandbox.world.addUser({ address: 'anne@adatum.example', name: 'Anne' })
    const mailbox = await ground.open()
    const id = '<large@contoso.example>'
    const small = Buffer.alloc(100_000, 'small ')
    const large = Buffer.alloc(5_000_000, 'large ')
    const source = withFiles(id, ground.user.address, anne.address, { 'small.bin': small, 'large.bin': large })
    await mailbox.send({ messageId: id, from: ground.user.address, to: [anne.address], source })
    const [seen] = anne.mailbox.byMessageId(id)
    const text = Buffer.from(seen?.mime ?? '').toString('latin1')
    for (const [name, bytes] of [
      ['small.bin', small],
      ['large.bin', large],
    ] as const) {
      expect(text).toContain(name)
      expect(text.replaceAll(/\s/g, '')).toContain(bytes.toString('base64').slice(0, 50_000))
    }
    expect(held(ground, 'sentitems', id)).toBe(1)
    await mailbox.close()
  })
})

type Person = Ground['user']

/** The MailboxError that the work ends with, which is one that passes; undefined when it succeeds. */
async function attempt(work: () => Promise<unknown>): Promise<MailboxError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    return error
  }
}

function send(mailbox: Mailbox, messageId: string) {
  const from = 'sales@contoso.example'
  const source = letter({ id: messageId, from, to: 'anne@adatum.example' })
  return mailbox.send({ messageId, from, to: ['anne@adatum.example'], source })
}

function arrived({ mailbox }: Person, messageId: string): number {
  const inbox = mailbox.wellKnown('inbox').id
  return mailbox.byMessageId(messageId).filter(({ folder }) => folder === inbox).length
}

function held({ user: { mailbox } }: Ground, folder: 'sentitems' | 'drafts', messageId: string): number {
  const { id } = mailbox.wellKnown(folder)
  return mailbox.byMessageId(messageId).filter((message) => message.folder === id).length
}

function withFiles(id: string, from: string, to: string, files: Record<string, Buffer>): Buffer {
  const parts = Object.entries(files).map(([name, bytes]) =>
    [
      '--b',
      `Content-Type: application/octet-stream; name="${name}"`,
      `Content-Disposition: attachment; filename="${name}"`,
      'Content-Transfer-Encoding: base64',
      '',
      bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    ].join('\r\n'),
  )
  const head = [
    `From: ${from}`,
    `To: ${to}`,
    'Subject: Files',
    'Date: Mon, 05 Jan 2026 09:00:00 +0100',
    `Message-ID: ${id}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'See the files.',
  ]
  return Buffer.from([...head, ...parts, '--b--', ''].join('\r\n'))
}
