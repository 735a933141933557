import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contact } from '#sandbox'
import { MOST_ATTEMPTS } from '../../../src/sync/items/store/work.ts'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS } from '../support/exchangeOffice.ts'
import { failuresOf } from '../support/failures.ts'

const QUIET = { removedItems: 0, deletedRecords: 0, createdItems: 0, createdRecords: 0 }

/** Nobody is booked twice (AP-53). */
const on = (day: string) => ({
  start: { local: `${day}T10:00:00`, zone: 'UTC' },
  end: { local: `${day}T11:00:00`, zone: 'UTC' },
})

describe.each(SYSTEMS)('what the CRM does not take of items over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire(`Anna${system}`, system)
  }, 60_000)
  afterAll(async () => office?.close())

  const told = async () =>
    (await failuresOf(office.regarding, anna)).map(({ code, text, subject }) => `${code} ${subject}: ${text}`)
  const attempts = async () => {
    const { rows } = await sql<{ attempts: number }>`select attempts from item_work`.execute(
      office.regarding.database.sql,
    )
    return rows.map((row) => row.attempts)
  }

  it('SC-58, MO-74, AP-9: the second of two masters with one UID is told, left alone after ten attempts, and nothing is deleted', async () => {
    await office.put(anna, 'Master', { uid: 'one-uid' })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const { id } = await office.put(anna, 'Second master', { uid: 'one-uid' })
    await office.put(anna, 'Beside', on('2026-03-03'))
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0, deletedRecords: 0 })
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(await told()).toEqual([])
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 1 })
    expect(await told()).toEqual([
      expect.stringMatching(/^RecordRefused Second master: .*same UID.*Delete one of the two/),
    ])
    for (let round = 3; round < MOST_ATTEMPTS; round++)
      expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 1 })
    for (let round = 0; round < 2; round++) expect(await office.cycle(anna)).toMatchObject({ ...QUIET, seen: 0 })
    expect(await attempts()).toEqual([MOST_ATTEMPTS])
    expect(office.events(anna).filter(({ uid }) => uid === 'one-uid')).toHaveLength(2)

    // MO-75: what is deleted there is no failure any more.
    anna.user.mailbox.delete(id)
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(await told()).toEqual([])
    expect(await attempts()).toEqual([])
    expect(new Set((await office.rows('appointment')).map((row) => row['subject']))).toEqual(
      new Set(['Beside', 'Master']),
    )
  }, 60_000)

  it('SC-58, MO-74: a change of an item that a key of the CRM forbids is told, and taken once the other is free', async () => {
    await sql`create unique index contact_nickname on contact (nickname)`.execute(office.regarding.database.sql)
    const first = await office.create(anna, 'contact', { lastname: 'First', nickname: 'Bo' })
    const second = await office.create(anna, 'contact', { lastname: 'Second', nickname: 'Al' })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 2, failed: 0 })
    const { mailbox } = anna.user
    const cards = mailbox.items(mailbox.wellKnown('contacts').id) as Contact[]
    const card = cards.find(({ displayName }) => displayName === 'Second')?.id as string
    mailbox.update<Contact>(card, { nickName: 'Bo' })
    await office.put(anna, 'Meanwhile', on('2026-03-04'))
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, updatedRecords: 0 })
    for (let round = 1; round < MOST_ATTEMPTS + 1; round++) expect(await office.cycle(anna)).toMatchObject(QUIET)
    expect(await told()).toEqual([
      expect.stringMatching(/^RecordRefused Second: There is a Contact with the same .*Change one of the two/),
    ])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
    expect(mailbox.item(card)).toMatchObject({ nickName: 'Bo' })

    await office.change(first, { nickname: 'Cy' })
    mailbox.update<Contact>(card, { jobTitle: 'Baker' })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, updatedItems: 1, failed: 0 })
    expect(await office.row(second)).toMatchObject({ nickname: 'Bo', jobtitle: 'Baker' })
    expect(await told()).toEqual([])
  }, 60_000)

  it('SC-56, MO-74: what is too large for an index of the store is told of its item, and the rest goes on', async () => {
    // Nothing that could be compressed.
    const uid = Array.from({ length: 100 }, (_, n) => createHash('sha512').update(`${n}`).digest('base64')).join('')
    await office.put(anna, 'Long UID', { uid, ...on('2026-03-05') })
    await office.put(anna, 'Beside it', on('2026-03-06'))
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 1 })
    expect(await told()).toEqual([expect.stringMatching(/^RecordRefused Long UID: index row .*shorter/)])
  }, 60_000)
})
