import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type DemoExchange, type DemoResult, itemsReport, prepareDemo, runDemo, written } from '#demo'
import { SYSTEM } from '#records'
import { assemble, type Regarding } from '#sync'
import { systemClock } from '#time'
import { addressOf } from '../../src/demo/company/users.ts'
import { mailboxOf } from '../../src/demo/copies.ts'
import { idOf, type RecordKey } from '../../src/demo/ids.ts'
import { CORRESPONDENCE, LETTERS, STORIES } from '../../src/demo/messages/index.ts'
import type { Expected, Letter, Place } from '../../src/demo/messages/story.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Observed, observe, placeKey } from './observed.ts'

describe('the demo', () => {
  const directory = join(inject('runDirectory'), `demo-${randomUUID()}`)
  let exchange: DemoExchange
  let regarding: Regarding
  let result: DemoResult
  let decisions: Map<string, Observed>

  beforeAll(async () => {
    regarding = await assemble(await openTestInstallation(), systemClock)
    exchange = await prepareDemo(directory, systemClock)
    result = await runDemo(regarding, directory, exchange)
    decisions = await observe(regarding)
  })
  afterAll(async () => {
    await regarding?.close()
    await exchange?.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('B-20: every message looked at has one decision, none failed, and the sums agree', () => {
    const { messages, tracked, linked, notTracked, suggested, failed, byReason, byCorrelation } = result
    expect(failed).toBe(0)
    expect(messages).toBeGreaterThanOrEqual(400)
    expect(tracked + linked + notTracked + suggested).toBe(messages)
    expect(sum(byReason)).toBe(messages)
    expect(sum(byCorrelation)).toBe(tracked)
  })

  it('B-20: there are no other decisions than the stories tell of', async () => {
    const told = new Set(LETTERS.flatMap((letter) => placesOf(letter).map((place) => decisionKey(letter, place))))
    const letter = await written(regarding)
    const address = addressOf('mira')
    told
      .add(placeKey(address, true, String(letter?.messageId)))
      .add(placeKey(address, false, String(letter?.answer?.messageId)))
    expect([...decisions.keys()].filter((key) => !told.has(key))).toEqual([])
  })

  it('OE-1, OE-34, OE-40: a letter written in the CRM is sent once, its copy linked, and its answer continues it', async () => {
    const letter = await written(regarding)
    const { messageId = '', status, answer } = letter ?? {}
    expect(status).toBe('sent')
    expect(exchange.sandbox.world.outbox.map(({ from }) => from)).toEqual([addressOf('mira')])
    const { rows: copies } =
      await sql`select state from email_copy where message_key = ${messageId} and outgoing`.execute(
        regarding.database.sql,
      )
    expect(copies).toEqual([{ state: 'tracked' }])
    expect(decisions.get(placeKey(addressOf('mira'), false, String(answer?.messageId)))).toMatchObject({
      outcome: 'tracked',
      by: 'inReplyTo',
      regarding: recordKey('opportunity/nordhavn-boosters'),
    })
  })

  it('B-42, B-70: calendar, contacts and tasks begin quietly, and what both sides changed is in the tray', async () => {
    const report = await itemsReport(regarding)
    expect(report?.first).toMatch(/^4 matched, 3 new in CRM, 18 new in Outlook, 0 invitations/)
    expect(report?.decisions.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(report?.decisions.filter(({ trace }) => trace.length === 0)).toEqual([])
    expect(report?.questions).toEqual([expect.stringMatching(/^2 meetings were planned before .* inviting 2 people/)])
    expect(exchange.sandbox.world.outbox).toHaveLength(1)
    expect(report?.conflicts).toEqual([
      { record: 'Oddvar Lie', field: 'mobile', inCrm: '+47 5550 1331', inOutlook: '+47 5550 1332', taken: 'item' },
    ])
    const { mailbox } = exchange.sandbox.world.user(addressOf('mira'))
    const cards = mailbox.items(mailbox.wellKnown('contacts').id)
    expect(cards.filter((card) => card.kind === 'contact' && card.surname === 'Thorsen')).toHaveLength(1)
  })

  it.each(STORIES.map((story) => [story.title, story] as const))('B-20: %s', (_title, story) => {
    const copies = story.letters.flatMap((letter) => placesOf(letter).map((place) => ({ letter, place })))
    const table = (cellOf: (letter: Letter, place: Place, expected: Expected) => unknown) =>
      copies.map(({ letter, place }) => [letter.id, place, cellOf(letter, place, letter.in[place] as Expected)])
    const observed = table((letter, place, expected) => inWords(decisions.get(decisionKey(letter, place)), expected))
    expect(observed).toEqual(table((_letter, _place, expected) => wanted(expected)))
  })

  it('The company is as large as it is said to be', async () => {
    const least = { systemuser: 6, queue: 2, account: 20, contact: 60, lead: 15, opportunity: 15, incident: 15 }
    const small: string[] = []
    for (const [table, count] of Object.entries(least)) {
      const page = await regarding.records.as(SYSTEM).query({ table, top: 1, count: true })
      if ((page.count ?? 0) < count) small.push(table)
    }
    expect(small).toEqual([])
  })

  it('B-60: played again it comes to the same, and nothing is doubled', async () => {
    const emails = async () => (await regarding.records.as(SYSTEM).query({ table: 'email', top: 1, count: true })).count
    const before = await emails()
    await exchange.close()
    exchange = await prepareDemo(directory, systemClock)
    const again = await runDemo(regarding, directory, exchange)
    expect({ ...again, seconds: 0 }).toEqual({ ...result, seconds: 0 })
    expect(await emails()).toBe(before)
  })

  /** The message without Message-ID has the surrogate of T-88 for a key. */
  function decisionKey(letter: Letter, place: Place): string {
    const address = addressOf(mailboxOf(place))
    const outgoing = place.endsWith('/Sent')
    if (letter.headers?.['Message-ID'] !== null) return placeKey(address, outgoing, CORRESPONDENCE.messageIdOf(letter))
    const start = placeKey(address, outgoing, 'surrogate:')
    return [...decisions.keys()].find((key) => key.startsWith(start)) ?? start
  }
})

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0)

const placesOf = (letter: Letter) => Object.keys(letter.in) as Place[]

/** What is asked of a copy: outcome, reason, regarding and correlation always, the rest where the story says it. */
function wanted(expected: Expected): unknown {
  if (expected.outcome === 'ignored') return 'ignored'
  const isTracked = expected.outcome === 'tracked'
  const isSuggested = expected.outcome === 'suggested'
  const { regarding } = expected
  const key = regarding ? recordKey(regarding) : 'nothing'
  return {
    outcome: expected.outcome,
    reason: expected.reason,
    ...(isTracked ? { by: expected.by ?? 'none', regarding: key } : {}),
    ...(isSuggested ? { suggestion: key } : {}),
    ...(expected.sender
      ? { sender: expected.sender.includes('/') ? recordKey(expected.sender as RecordKey) : expected.sender }
      : {}),
    ...(expected.files === undefined ? {} : { files: expected.files, filesLeftOut: expected.filesLeftOut ?? false }),
    ...(expected.subject === undefined ? {} : { subject: expected.subject }),
    ...(expected.body === undefined ? {} : { body: expected.body }),
  }
}

/** The same of what happened; a body that contains what it should is reduced to that. */
function inWords(observed: Observed | undefined, expected: Expected): unknown {
  if (!observed) return 'ignored'
  return {
    outcome: observed.outcome,
    reason: observed.reason,
    ...(expected.outcome === 'tracked' ? { by: observed.by, regarding: observed.regarding } : {}),
    ...(expected.outcome === 'suggested' ? { suggestion: observed.suggestion } : {}),
    ...(expected.sender ? { sender: senderInWords(observed.sender) } : {}),
    ...(expected.files === undefined ? {} : { files: observed.files, filesLeftOut: observed.filesLeftOut }),
    ...(expected.subject === undefined ? {} : { subject: observed.subject }),
    ...(expected.body === undefined
      ? {}
      : { body: observed.body.includes(expected.body) ? expected.body : observed.body }),
  }
}

const recordKey = (key: RecordKey): string => `${key.slice(0, key.indexOf('/'))}/${idOf(key)}`

/** Ids of the company are made of a hash (version 4); those of new records of the time (version 7). */
function senderInWords(sender: string): string {
  const [table, id] = sender.split('/')
  return id?.[14] === '7' ? `new ${table}` : sender
}
