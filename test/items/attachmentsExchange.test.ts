import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import type { CalendarEvent, FileAttachment } from '#sandbox'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS } from './support/exchangeOffice.ts'

const text = (content: string) => new TextEncoder().encode(content)
/** Above what Graph takes in one request. */
const LARGE = 'x'.repeat(4 * 1024 * 1024)

describe.each(SYSTEMS)('attachments of appointments over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    await office.regarding.options.setOrganization(SYSTEM, {
      IsAppointmentAttachmentSyncEnabled: true,
      MaxUploadFileSize: 8192,
    })
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  /** Each test has an appointment of its own. */
  let number = 0
  let subject = ''
  const anew = () => {
    subject = `Pumps ${++number}`
  }
  const hour = () => String(number).padStart(2, '0')

  const onItem = () =>
    office
      .named(anna, subject)
      .attachments.map(({ name, content }) => `${name} ${new TextDecoder().decode(content)}`)
      .sort()

  /** As Outlook does. */
  function edit(change: (files: readonly FileAttachment[]) => readonly FileAttachment[]) {
    const { id, attachments } = office.named(anna, subject)
    anna.user.mailbox.update<CalendarEvent>(id, { attachments: change(attachments) })
  }
  const file = (name: string, content: string): FileAttachment => ({
    id: office.sandbox.world.ids.next('attachment'),
    name,
    contentType: 'text/plain',
    content: text(content),
    inline: false,
    modified: office.clock.now(),
  })
  const put = (name: string, content: string) => edit((files) => [...files, file(name, content)])
  const takeOff = (name: string) => edit((files) => files.filter((one) => one.name !== name))

  async function onRecord() {
    const own = (await office.rows('appointment')).find((row) => row['subject'] === subject)?.['activityid']
    const rows = (await office.rows('activitymimeattachment')).filter((row) => row['objectid'] === own)
    const { database } = office.regarding
    const said = rows.map(async (row) => {
      const content = await database.blobs.get(database.sql, String(row['contenthash']))
      return `${String(row['filename'])} ${new TextDecoder().decode(content)}`
    })
    return (await Promise.all(said)).sort()
  }

  async function attach(record: Reference, name: string, content: string): Promise<Reference> {
    const { records, database } = office.regarding
    const hash = await database.transaction(async (tx) => (await database.blobs.put(tx, [text(content)]))[0])
    const id = await records.as(SYSTEM).create('activitymimeattachment', {
      objectid: record,
      filename: name,
      mimetype: 'text/plain',
      filesize: content.length,
      contenthash: hash,
    })
    return { table: 'activitymimeattachment', id }
  }

  async function appointment(): Promise<Reference> {
    const record = await office.create(anna, 'appointment', {
      subject,
      scheduledstart: new Date(`2026-02-12T${hour()}:00:00Z`),
      scheduledend: new Date(`2026-02-12T${hour()}:30:00Z`),
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

  const quiet = async () => {
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, updatedItems: 0, updatedRecords: 0, failed: 0 })
  }
  const day = () => ({ local: `2026-02-12T${hour()}:00:00`, zone: 'UTC' })

  it('SF-63, AP-85: files of a tracked appointment come to its record; later ones, other contents and what is taken off follow', async () => {
    anew()
    await office.put(anna, subject, { start: day(), end: day(), attachments: [file('plan.txt', 'a plan')] })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['plan.txt a plan'])
    await quiet()
    put('more.txt', 'more')
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['more.txt more', 'plan.txt a plan'])
    takeOff('plan.txt')
    put('plan.txt', 'another')
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['more.txt more', 'plan.txt another'])
    takeOff('more.txt')
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual(['plan.txt another'])
    expect(onItem()).toEqual(['plan.txt another'])
    await quiet()
  })

  it('SF-63, AP-85: files of a record go with its appointment, large ones too, and other contents follow', async () => {
    anew()
    const record = await appointment()
    const plan = await attach(record, 'plan.txt', 'a plan')
    await attach(record, 'large.txt', LARGE)
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(onItem()).toEqual([`large.txt ${LARGE}`, 'plan.txt a plan'])
    await quiet()
    await office.remove(plan)
    await attach(record, 'plan.txt', 'another')
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, updatedRecords: 0, failed: 0 })
    expect(onItem()).toEqual([`large.txt ${LARGE}`, 'plan.txt another'])
    await quiet()
  })

  it('AP-85: a large file of the calendar comes whole to the record', async () => {
    anew()
    await office.put(anna, subject, { start: day(), end: day(), attachments: [file('large.txt', LARGE)] })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await onRecord()).toEqual([`large.txt ${LARGE}`])
    await quiet()
  })

  const operations = {
    Graph: ['POST /events/{id}/attachments', 'POST /calendars'],
    EWS: ['CreateAttachment', 'CreateItem'],
  }[system]
  it.each([...operations, 'attach file done', 'update item done', 'create item done'])(
    'law 2, AP-85: an answer that is lost, or a crash, at “%s” adds no file twice and loses none',
    async (step) => {
      anew()
      const { regarding, sandbox } = office
      const record = await appointment()
      const plan = await attach(record, 'plan.txt', 'a plan')
      const before = { ...regarding }
      const go = async () => {
        let isOver = false
        const crash = (name: string) => {
          if (name !== step || isOver) return
          isOver = true
          throw new Error('crash')
        }
        Object.assign(regarding, { before: crash })
        const fault = { fault: { kind: 'cutAfter' }, mailbox: anna.address, operation: step } as const
        const takeBack = sandbox.faults.inject(fault)
        await office.cycle(anna).catch(() => undefined)
        const struck = takeBack()
        Object.assign(regarding, { before: undefined, ...before })
        for (let round = 0; round < 4; round++) {
          await office.clock.advance(300_000)
          await office.cycle(anna)
        }
        return struck > 0 || isOver
      }
      const struck = [await go()]
      expect(onItem()).toEqual(['plan.txt a plan'])
      await office.remove(plan)
      await attach(record, 'plan.txt', 'another')
      struck.push(await go())
      expect(onItem()).toEqual(['plan.txt another'])
      put('its.txt', 'own')
      await attach(record, 'our.txt', 'ours')
      struck.push(await go())
      expect(onItem()).toEqual(['its.txt own', 'our.txt ours', 'plan.txt another'])
      expect(await onRecord()).toEqual(['its.txt own', 'our.txt ours', 'plan.txt another'])
      await quiet()
      expect(struck).toContain(true)
    },
    30_000,
  )
})
