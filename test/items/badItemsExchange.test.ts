import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contact, Task } from '#sandbox'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS, TASK } from './support/exchangeOffice.ts'
import { failuresOf } from './support/failures.ts'

/** Longer than the CRM holds. */
const NOTE = 2_000_000
const QUIET = { removedItems: 0, deletedRecords: 0, createdItems: 0 }

describe.each(SYSTEMS)('bad contacts and tasks over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  const mailbox = () => anna.user.mailbox
  const folder = (name: 'tasks' | 'contacts') => mailbox().wellKnown(name).id
  const put = (subject: string, more: Partial<Task> = {}) =>
    mailbox().add<Task>(folder('tasks'), { ...TASK, subject, ...more }).id
  const taskOf = async (subject: string) => (await office.rows('task')).find((row) => row['subject'] === subject)
  const named = (lastname: string) => {
    const found = (mailbox().items(folder('contacts')) as Contact[]).find(({ surname }) => surname === lastname)
    if (!found) throw new Error(`There is no ${lastname}.`)
    return found.id
  }
  const told = () => failuresOf(office.regarding, anna)

  it('TK-3, TK-10, FD-12: a task that is due before it starts, one of 2 MB and one that repeats strangely are no harm', async () => {
    put('Backwards', { start: '2026-05-05', due: '2026-05-01' })
    put('Long', { body: { type: 'text', content: 'word '.repeat(NOTE / 5) } })
    const recurrence = { pattern: { type: 'daily', interval: 99 }, start: '2026-03-01', count: 999 } as const
    const strange = put('Strange', { due: '2026-03-01', recurrence })
    put('Beside')
    expect(await office.cycle(anna)).toMatchObject({ ...QUIET, createdRecords: 3 })
    expect(await taskOf('Backwards')).toMatchObject({
      scheduledstart: new Date('2026-05-05T00:00:00Z'),
      scheduledend: new Date('2026-05-01T00:00:00Z'),
    })
    expect(String((await taskOf('Long'))?.['description']).length).toBeLessThanOrEqual(1_048_576)
    expect(await taskOf('Strange')).toBeUndefined()
    expect(mailbox().item(strange)).toMatchObject({ recurrence })
    const [long] = (mailbox().items(folder('tasks')) as Task[]).filter(({ subject }) => subject === 'Long')
    expect(long?.body.content).toHaveLength(NOTE)
    mailbox().delete(strange)
    await office.cycle(anna)
  }, 60_000)

  it('FD-23, SC-56: a contact that loses its name, its day and its picture is kept; the others go on', async () => {
    for (const lastname of ['Nameless', 'Dayless', 'Good']) await office.create(anna, 'contact', { lastname })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 3 })
    const [nameless, dayless, good] = [named('Nameless'), named('Dayless'), named('Good')]
    const nothing = { surname: undefined, displayName: undefined, fileAs: undefined, givenName: undefined }
    mailbox().update<Contact>(nameless, { ...nothing, notes: 'long '.repeat(NOTE / 5) })
    const photo = { contentType: 'image/jpeg', content: Buffer.from('no picture') }
    mailbox().update<Contact>(dayless, { birthday: '2026-02-30', photo, emails: [{ address: 'no address' }] })
    mailbox().update<Contact>(good, { jobTitle: 'Baker' })
    expect(await office.cycle(anna)).toMatchObject(QUIET)
    expect(await office.rows('contact')).toHaveLength(3)
    expect((await office.rows('contact')).map((row) => row['jobtitle'])).toContain('Baker')
    expect(mailbox().items(folder('contacts'))).toHaveLength(3)
    expect(mailbox().item(dayless)).toMatchObject({ photo })
    expect((await told()).map(({ code }) => code).filter((code) => code !== 'ItemUnreadable')).toEqual([])
  }, 60_000)

  it.each(['denied', 'stumbled over'])(
    'SC-56, MO-74: a contact and a task that are listed and then %s are told, nothing is deleted, and they come when they are given',
    async (how) => {
      const name = how.replaceAll(' ', '')
      await office.create(anna, 'contact', { lastname: name })
      const task = put(name)
      expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, createdRecords: 1, failed: 0 })
      const card = named(name)
      const given = withhold(how, [card, task])
      mailbox().update<Contact>(card, { jobTitle: how })
      mailbox().update<Task>(task, { subject: `${name} again` })
      put(`${name} beside`)
      expect(await office.cycle(anna)).toMatchObject({ ...QUIET, createdRecords: 1 })
      for (let round = 0; round < 2; round++) expect(await office.cycle(anna)).toMatchObject(QUIET)
      const failures = (await told()).filter(({ subject }) => subject.startsWith(name))
      expect(failures.map(({ code }) => code)).toEqual(['ItemUnreadable', 'ItemUnreadable'])
      given()
      mailbox().update<Contact>(card, { department: 'Shop' })
      mailbox().update<Task>(task, { importance: 'high' })
      expect(await office.cycle(anna)).toMatchObject({ ...QUIET, updatedRecords: 2, failed: 0 })
      expect(await taskOf(`${name} again`)).toBeDefined()
      expect((await told()).filter(({ subject }) => subject.startsWith(name))).toEqual([])
    },
    60_000,
  )

  /** Exchange does not give these out; returns what gives them again. */
  function withhold(how: string, ids: readonly string[]): () => void {
    if (how === 'denied') {
      for (const id of ids) mailbox().withheld.add(id)
      return () => mailbox().withheld.clear()
    }
    const fault = { kind: 'error', status: 500, code: 'ErrorInternalServerError' } as const
    // Graph writes ids so that they can stand in an address; EWS knows an item by the id of its place.
    const abouts = ids.flatMap((id) => [id.replaceAll('/', '-').replaceAll('+', '_'), mailbox().item(id).entryId])
    const ends = abouts.map((about) => office.sandbox.faults.inject({ fault, about, times: Infinity }))
    return () => {
      for (const end of ends) end()
    }
  }
})
