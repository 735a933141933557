import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItemRecord, openConflicts } from '#items'
import type { EventPatch, NewEvent } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { resolveItemConflict } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const text = (content: string) => new TextEncoder().encode(content)

describe.each(engines)('attachments of appointments on %s', (engine) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
    await office.set({ IsAppointmentAttachmentSyncEnabled: true, MaxUploadFileSize: 1 })
  })
  afterAll(async () => office?.close())

  /** Each test has an appointment of its own. */
  let number = 0
  let subject = ''
  const anew = () => {
    number++
    subject = `Pumps ${number}`
  }

  const event = (categories: string[] = []): NewEvent => ({
    kind: 'event',
    fields: {
      subject,
      time: {
        allDay: false,
        start: `2026-01-12T${String(number).padStart(2, '0')}:00:00`,
        end: `2026-01-12T${String(number).padStart(2, '0')}:30:00`,
        zone: 'UTC',
      },
      showAs: 'busy',
      importance: 'normal',
      sensitivity: 'normal',
      ...(categories.length > 0 && { categories }),
    },
  })

  const change = (id: string, patch: Omit<EventPatch, 'kind'>) =>
    office.server.account(office.anna.address).items.change(['Calendar'], id, { kind: 'event', ...patch })

  const put = (id: string, name: string, content: string) =>
    change(id, { attachments: { add: [{ name, type: 'text/plain', content: text(content) }] } })

  const items = () =>
    office.items(office.anna, 'event').filter((item) => item.kind === 'event' && item.fields.subject === subject)
  const onItem = () =>
    items()
      .flatMap((item) => item.attachments.map(({ name, size }) => `${name} ${size}`))
      .sort()

  async function files() {
    const tables = ['appointment', 'recurringappointmentmaster', 'serviceappointment']
    const records = (await Promise.all(tables.map((table) => office.rows(table)))).flat()
    const own = records.filter((row) => row['subject'] === subject).map((row) => row['activityid'])
    return (await office.rows('activitymimeattachment')).filter((row) => own.includes(row['objectid']))
  }

  const onRecord = async () =>
    (await files()).map((row) => `${String(row['filename'])} ${String(row['filesize'])}`).sort()

  async function attach(record: Reference, name: string, content: string): Promise<Reference> {
    const { records, database } = office.regarding
    const hash = await database.transaction(async (tx) => (await database.blobs.put(tx, [text(content)]))[0])
    const id = await records.as(SYSTEM).create('activitymimeattachment', {
      objectid: record,
      filename: name,
      mimetype: 'text/plain',
      filesize: content.length,
      ...(hash === undefined ? {} : { contenthash: hash }),
    })
    return { table: 'activitymimeattachment', id }
  }

  async function appointment(): Promise<Reference> {
    const { anna } = office
    const record = await office.create(anna, 'appointment', {
      subject,
      scheduledstart: new Date(Date.UTC(2026, 0, 12, number)),
      scheduledend: new Date(Date.UTC(2026, 0, 12, number, 30)),
      statecode: 3,
      statuscode: 5,
    })
    await office.create(anna, 'activityparty', {
      activityid: record,
      partyid: { table: 'systemuser', id: anna.id },
      participationtypemask: PARTICIPATION.organizer,
    })
    return record
  }

  async function contents(): Promise<string[]> {
    const { database } = office.regarding
    const rows = await files()
    const blobs = await Promise.all(rows.map((row) => database.blobs.get(database.sql, String(row['contenthash']))))
    return blobs.map((blob) => new TextDecoder().decode(blob)).sort()
  }

  const quiet = async () => {
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0, updatedItems: 0, updatedRecords: 0, failed: 0 })
  }

  it('SF-63, AP-85: files of a tracked appointment come to its record with their contents, and later ones follow', async () => {
    anew()
    const { anna } = office
    const id = office.make(anna, event(['$Tracked']))
    put(id, 'plan.txt', 'a plan')
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await contents()).toEqual(['a plan'])
    await quiet()
    put(id, 'more.txt', 'more')
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['more.txt 4', 'plan.txt 6'])
    const [plan] = items()[0]?.attachments ?? []
    change(id, { attachments: { remove: [plan?.id as string] } })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['more.txt 4'])
    expect(onItem()).toEqual(['more.txt 4'])
    await quiet()
  })

  it('SF-63, AP-85: files of a record go with the new appointment, later ones follow, and what is taken off goes there too', async () => {
    anew()
    const { anna } = office
    const record = await appointment()
    await attach(record, 'plan.txt', 'a plan')
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(onItem()).toEqual(['plan.txt 6'])
    await quiet()
    const more = await attach(record, 'more.txt', 'more')
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, updatedRecords: 0, failed: 0 })
    expect(onItem()).toEqual(['more.txt 4', 'plan.txt 6'])
    await office.remove(more)
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(onItem()).toEqual(['plan.txt 6'])
    expect(await onRecord()).toEqual(['plan.txt 6'])
    await quiet()
  })

  it('AP-24: of a file changed on both sides the later change wins; the others are not touched', async () => {
    anew()
    const { anna } = office
    const record = await appointment()
    const plan = await attach(record, 'plan.txt', 'a plan')
    await attach(record, 'stays.txt', 'stays')
    await office.cycle(anna)
    const [item] = items()
    await office.remove(plan)
    await attach(record, 'plan.txt', 'theirs')
    await office.later(5)
    const before = item?.attachments.find(({ name }) => name === 'plan.txt')
    change(item?.ref.id as string, {
      attachments: {
        remove: [before?.id as string],
        add: [{ name: 'plan.txt', type: 'text/plain', content: text('its own') }],
      },
    })
    expect(await office.cycle(anna)).toMatchObject({ conflicts: 1, updatedItems: 0, failed: 0 })
    expect(await contents()).toEqual(['its own', 'stays'])
    await quiet()
    // One click takes the other (B-70), and back again.
    const owner = { kind: 'user', id: anna.id } as const
    const [conflict] = await openConflicts(office.regarding, owner)
    expect(conflict).toMatchObject({ pair: 'attachments plan.txt', winner: 'item' })
    await resolveItemConflict(office.regarding, owner, conflict?.id as string, 'record')
    expect(await openConflicts(office.regarding, owner)).toEqual([])
    expect(await office.cycle(anna)).toMatchObject({ conflicts: 0, updatedItems: 1, failed: 0 })
    expect(await contents()).toEqual(['stays', 'theirs'])
    await quiet()
  })

  it('AP-85: the same file on both sides before they are linked is not copied', async () => {
    anew()
    const { anna } = office
    const record = await appointment()
    await office.cycle(anna)
    const [item] = items()
    put(item?.ref.id as string, 'plan.txt', 'a plan')
    await attach(record, 'plan.txt', 'a plan')
    expect(await office.cycle(anna)).toMatchObject({ conflicts: 0, failed: 0 })
    expect(onItem()).toEqual(['plan.txt 6'])
    expect(await onRecord()).toEqual(['plan.txt 6'])
    await quiet()
  })

  it('MB-92: one that is too large is left out and told, everything else is synchronized, and nothing is tried again', async () => {
    anew()
    const { anna } = office
    const id = office.make(anna, event(['$Tracked']))
    put(id, 'small.txt', 'small')
    put(id, 'large.txt', 'x'.repeat(1025))
    put(id, 'tool.exe', 'no')
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 1 })
    expect(await onRecord()).toEqual(['small.txt 5'])
    const row = (await office.rows('appointment')).find((one) => one['subject'] === subject)
    const told = await explainItemRecord(
      office.regarding,
      SYSTEM,
      { table: 'appointment', id: String(row?.['activityid']) },
      anna.id,
    )
    expect(JSON.stringify(told)).toMatch(/AttachmentRefused.*large\.txt.*MaxUploadFileSize.*tool\.exe/)
    await quiet()
    change(id, { set: { location: 'Berlin' } })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['small.txt 5'])
    expect(onItem()).toHaveLength(3)
  })

  it('AP-74, AP-82: a series and a service activity take none along', async () => {
    anew()
    const { anna } = office
    const series = {
      recurrence: { frequency: 'weekly', interval: 1, end: { count: 3 } },
      cancelled: [],
      exceptions: [],
    } as const
    const id = office.make(anna, { ...event(['$Tracked']), series: { ...series, cancelled: [], exceptions: [] } })
    put(id, 'plan.txt', 'a plan')
    const service = await office.create(anna, 'serviceappointment', {
      subject,
      scheduledstart: new Date('2026-01-12T09:00:00Z'),
      scheduledend: new Date('2026-01-12T10:00:00Z'),
      statecode: 3,
      statuscode: 4,
    })
    await attach(service, 'parts.txt', 'parts')
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['parts.txt 5'])
    expect(onItem()).toEqual(['plan.txt 6'])
  })

  it.each(['in the CRM', 'in Outlook', 'in Outlook, where no filter returns it'])(
    'AP-71, AP-74, AP-85: of a series that ceases to repeat %s, the files of both sides are on both',
    async (where) => {
      anew()
      const { anna, regarding } = office
      const filters = (await regarding.filters.active(anna.id, 'online')).get('appointment') ?? []
      const setFilters = (statecode: number) =>
        Promise.all(filters.map(({ id }) => regarding.records.as(SYSTEM).update('userquery', id, { statecode })))
      if (where.includes('filter')) await setFilters(1)
      const series = {
        recurrence: { frequency: 'weekly', interval: 1, end: { count: 3 } },
        cancelled: [],
        exceptions: [],
      } as const
      const id = office.make(anna, { ...event(['$Tracked']), series: { ...series, cancelled: [], exceptions: [] } })
      put(id, 'plan.txt', 'a plan')
      await office.cycle(anna)
      const [row] = (await office.rows('recurringappointmentmaster')).filter((one) => one['subject'] === subject)
      const from: Reference = { table: 'recurringappointmentmaster', id: String(row?.['activityid']) }
      await attach(from, 'parts.txt', 'parts')
      await office.cycle(anna)
      if (where === 'in the CRM') {
        const to = { table: 'appointment', id: regarding.newId() }
        await regarding.records.convert({ kind: 'user', id: anna.id }, { from, to, values: {} })
      } else change(id, { recurrence: null })
      for (let round = 0; round < 3; round++) expect(await office.cycle(anna)).toMatchObject({ failed: 0 })
      expect(items()).not.toMatchObject([{ series: {} }])
      expect(onItem()).toEqual(['parts.txt 5', 'plan.txt 6'])
      expect(await contents()).toEqual(['a plan', 'parts'])
      await quiet()
      await setFilters(0)
    },
  )

  it.each([
    'attach file done',
    'intend done',

    'keep file done',
    'update item done',
    'create item done',
  ])('AP-85: a crash after “%s” adds no file twice and loses none', async (effect) => {
    anew()
    const { anna, regarding } = office
    const crashing = { ...regarding }
    const record = await appointment()
    const plan = await attach(record, 'plan.txt', 'a plan')
    const crash = () => {
      let isOver = false
      Object.assign(regarding, {
        before: (name: string) => {
          if (name !== effect || isOver) return
          isOver = true
          throw new Error('crash')
        },
      })
    }
    const recover = () => {
      Object.assign(regarding, { before: undefined, ...crashing })
    }
    const fall = async () => {
      crash()
      await office.cycle(anna).catch(() => undefined)
      recover()
    }
    const go = async () => {
      await fall()
      for (let round = 0; round < 3; round++) await office.cycle(anna)
    }
    await go()
    expect(onItem()).toEqual(['plan.txt 6'])
    await office.remove(plan)
    await attach(record, 'plan.txt', 'another')
    await go()
    expect(onItem()).toEqual(['plan.txt 7'])
    expect(await contents()).toEqual(['another'])
    const [item] = items()
    // Both sides have another one by now, and the CRM's is the later.
    const [old] = item?.attachments ?? []
    change(item?.ref.id as string, { attachments: { remove: [String(old?.id)] } })
    put(item?.ref.id as string, 'plan.txt', 'their plan')
    await office.later(1)
    for (const { activitymimeattachmentid: id } of await files())
      await office.remove({ table: 'activitymimeattachment', id: String(id) })
    await attach(record, 'plan.txt', 'our last plan')
    await office.later(1)
    await go()
    expect(onItem()).toEqual(['plan.txt 13'])
    expect(await contents()).toEqual(['our last plan'])
    put(item?.ref.id as string, 'its.txt', 'own')
    await attach(record, 'our.txt', 'ours')
    await go()
    expect(onItem()).toEqual(['its.txt 3', 'our.txt 4', 'plan.txt 13'])
    expect(await contents()).toEqual(['our last plan', 'ours', 'own'])
    await quiet()
    // What the crash left at the record was said in Outlook, which has the last word of it.
    const its = items()[0]?.attachments.find(({ name }) => name === 'its.txt')
    change(item?.ref.id as string, { attachments: { remove: [String(its?.id)] } })
    await attach(record, 'new.txt', 'new')
    await fall()
    put(item?.ref.id as string, 'its.txt', 'its own')
    await office.later(1)
    const ours = (await files()).find((row) => row['filename'] === 'our.txt')
    await office.remove({ table: 'activitymimeattachment', id: String(ours?.['activitymimeattachmentid']) })
    await office.later(1)
    for (let round = 0; round < 3; round++) await office.cycle(anna)
    expect(onItem()).toEqual(['its.txt 7', 'new.txt 3', 'plan.txt 13'])
    expect(await contents()).toEqual(['its own', 'new', 'our last plan'])
    await quiet()
    // Attached anew while the former one was taken off the item, which changes once more.
    const former = (await files()).find((row) => row['filename'] === 'new.txt')
    await office.remove({ table: 'activitymimeattachment', id: String(former?.['activitymimeattachmentid']) })
    await fall()
    await attach(record, 'new.txt', 'newer')
    await office.later(1)
    change(item?.ref.id as string, { set: { location: 'Berlin' } })
    for (let round = 0; round < 3; round++) await office.cycle(anna)
    expect(onItem()).toEqual(['its.txt 7', 'new.txt 5', 'plan.txt 13'])
    expect(await contents()).toEqual(['its own', 'newer', 'our last plan'])
  })
})
