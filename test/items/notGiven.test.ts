import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarEvent, Contact, Task } from '#sandbox'
import { occurrenceId } from '../../src/sandbox/model/occurrenceIds.ts'
import { MOST_ATTEMPTS } from '../../src/sync/items/store/work.ts'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS, TASK } from './support/exchangeOffice.ts'
import { failuresOf } from './support/failures.ts'

const QUIET = { removedItems: 0, deletedRecords: 0, createdItems: 0, createdRecords: 0 }
const at = (day: number, hour: string) => ({ local: `2026-02-0${day}T${hour}:00:00`, zone: 'UTC' })

describe.each(SYSTEMS)('items that are said not to be there over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  const mailbox = () => anna.user.mailbox
  const add = (subject: string) => mailbox().add<Task>(mailbox().wellKnown('tasks').id, { ...TASK, subject }).id
  const subjects = async (table: string) => (await office.rows(table)).map((row) => row['subject'])
  const told = async () => (await failuresOf(office.regarding, anna)).map(({ code, subject }) => `${code} ${subject}`)

  it('B-44, TK-31, CT-31, SC-58: what is listed and answers 404 deletes nothing, is told and left alone in the end', async () => {
    const contact = await office.create(anna, 'contact', { lastname: 'Missing card' })
    const [kept, deleted] = [add('Missing task'), add('Missing and deleted')]
    const meeting = (await office.put(anna, 'Missing meeting')).id
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, createdRecords: 3, failed: 0 })
    const [card = ''] = mailbox()
      .items(mailbox().wellKnown('contacts').id)
      .map(({ id }) => id)
    const missing = withhold([card, kept, deleted, meeting])
    mailbox().update<Contact>(card, { jobTitle: 'Baker' })
    mailbox().update<Task>(kept, { importance: 'high' })
    mailbox().update<Task>(deleted, { importance: 'high' })
    mailbox().update<CalendarEvent>(meeting, { location: 'Garden' })
    for (let round = 1; round < 3; round++) expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(await told()).toEqual([])
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 4 })
    const names = ['Missing and deleted', 'Missing card', 'Missing meeting', 'Missing task']
    expect(await told()).toEqual(names.map((name) => `ItemUnreadable ${name}`))
    for (let round = 3; round < MOST_ATTEMPTS; round++) expect(await office.cycle(anna)).toMatchObject(QUIET)
    const asked = missing.times()
    expect(asked).toBeGreaterThan(0)
    for (let round = 0; round < 2; round++) expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(missing.times()).toBe(asked)
    expect(new Set(await subjects('task'))).toEqual(new Set(['Missing and deleted', 'Missing task']))

    mailbox().delete(deleted)
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1 })
    expect(await subjects('task')).toEqual(['Missing task'])
    missing.end()
    await office.change(contact, { department: 'Shop' })
    mailbox().update<Task>(kept, { status: 'inProgress' })
    mailbox().update<CalendarEvent>(meeting, { importance: 'high' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, updatedRecords: 3, deletedRecords: 0, failed: 0 })
    expect(await office.row(contact)).toMatchObject({ jobtitle: 'Baker', department: 'Shop' })
    expect(mailbox().item(card)).toMatchObject({ department: 'Shop' })
    expect(await told()).toEqual([])
  }, 60_000)

  it('SC-56, SC-58: an item that was never linked, is listed and answers 404 is told, stops nothing, and becomes a record once it is given', async () => {
    const [kept, brief, good] = [add('Never given'), add('Deleted at once'), add('Given')]
    const missing = withhold([kept, brief])
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    mailbox().delete(brief)
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(await told()).toEqual([])
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 1 })
    const [failure] = await failuresOf(office.regarding, anna)
    expect(failure).toMatchObject({
      code: 'ItemUnreadable',
      text: expect.stringMatching(/lists.*is not there.*Outlook/),
    })
    for (let round = 3; round < MOST_ATTEMPTS; round++)
      expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 1 })
    const asked = missing.times()
    for (let round = 0; round < 2; round++) expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed: 0 })
    expect(missing.times()).toBe(asked)
    expect(await told()).toEqual(['ItemUnreadable '])

    missing.end()
    mailbox().update<Task>(kept, { importance: 'high' })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await told()).toEqual([])
    expect(await subjects('task')).toEqual(expect.arrayContaining(['Given', 'Never given']))
    for (const id of [kept, good]) mailbox().delete(id)
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 2 })
  }, 60_000)

  it('MO-75: what was listed, never given and then deleted is no failure any more', async () => {
    const missing = withhold([add('Not given and deleted')])
    for (const failed of [0, 0, 1]) expect(await office.cycle(anna)).toMatchObject({ ...QUIET, failed })
    expect(await told()).toEqual(['ItemUnreadable '])
    for (const { id } of mailbox().items(mailbox().wellKnown('tasks').id)) mailbox().delete(id)
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 0, createdItems: 0, failed: 0 })
    missing.end()
    expect(await told()).toEqual([])
  }, 60_000)

  it('TK-31, B-44: what is deleted right after it was made or changed is deleted in the CRM with the next cycle', async () => {
    const task = add('Short-lived')
    await office.cycle(anna)
    mailbox().update<Task>(task, { importance: 'high' })
    await office.cycle(anna)
    mailbox().delete(task)
    const made = await office.create(anna, 'task', { subject: 'Made and deleted' })
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1, createdItems: 1 })
    const tasks = mailbox().items(mailbox().wellKnown('tasks').id) as Task[]
    mailbox().delete(tasks.find(({ subject }) => subject === 'Made and deleted')?.id as string)
    await office.cycle(anna)
    expect(await office.row(made)).toBeUndefined()
  }, 60_000)

  it('B-44, AP-70, SC-58: a series whose changed occurrence is listed and answers 404 is not taken for one without it', async () => {
    const moved = at(3, '08')
    const changes = { start: at(3, '15'), end: at(3, '16'), subject: 'Moved' }
    const recurrence = { pattern: { type: 'daily', interval: 1 }, start: '2026-02-02', count: 4 } as const
    const series = {
      start: at(2, '08'),
      end: at(2, '09'),
      recurrence,
      exceptions: [{ originalStart: moved, deleted: false, changes, modified: office.clock.now() }],
    } as const
    await office.put(anna, 'Daily', series)
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const instances = async () =>
      (await office.rows('appointment')).filter((row) => row['seriesid']).map((row) => row['subject'])
    expect(await instances()).toContain('Moved')

    const event = office.named(anna, 'Daily')
    const end = office.sandbox.faults.inject({
      fault: { kind: 'error', status: 404, code: 'ErrorItemNotFound' },
      // EWS reads occurrences by their ids, Graph with their series.
      ...(system === 'EWS'
        ? { operation: 'GetItem', about: occurrenceId(event.entryId, moved.local) }
        : { operation: 'GET', about: 'exceptionOccurrences' }),
      times: Infinity,
    })
    mailbox().update<CalendarEvent>(event.id, { location: 'Garden' })
    for (const failed of [0, 0, 1])
      expect(await office.cycle(anna)).toMatchObject({ ...QUIET, updatedRecords: 0, failed })
    expect(await told()).toEqual(['ItemUnreadable Daily'])
    expect(await instances()).toContain('Moved')
    expect(end()).toBeGreaterThan(0)
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, updatedRecords: 1, failed: 0 })
    expect(await instances()).toContain('Moved')
    expect(await told()).toEqual([])
  }, 60_000)

  /** Exchange lists them and says of each that it is not there. */
  function withhold(ids: readonly string[]) {
    const fault = { kind: 'error', status: 404, code: 'ErrorItemNotFound' } as const
    const rules = ids.map((id) => {
      // Graph writes ids so that they can stand in an address; EWS knows an item by the id of its place.
      const about = system === 'EWS' ? mailbox().item(id).entryId : id.replaceAll('/', '-').replaceAll('+', '_')
      const operation = system === 'EWS' ? 'GetItem' : 'GET'
      const end = office.sandbox.faults.inject({ fault, about, operation, times: Infinity })
      return { end, rule: office.sandbox.faults.standing.at(-1) }
    })
    return {
      end: () => {
        for (const { end } of rules) end()
      },
      times: () => rules.reduce((sum, { rule }) => sum + (rule?.struck ?? 0), 0),
    }
  }
})
