import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Values } from '#records'
import {
  type Contact,
  type ExtendedProperty,
  type FileAttachment,
  PROPERTY_SETS,
  type Item as Stored,
  type Task,
  withProperties,
} from '#sandbox'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS, TASK } from './support/exchangeOffice.ts'

/** Of other programs, and of Outlook itself: Regarding has a name for none of them. */
const UNKNOWN: ExtendedProperty[] = [
  { property: { type: 'String', set: PROPERTY_SETS.PublicStrings, name: 'X-Ledger' }, value: '4711 – „Ä“ 🙂 <&>' },
  { property: { type: 'StringArray', set: PROPERTY_SETS.PublicStrings, name: 'Colours' }, value: ['red', 'green'] },
  { property: { type: 'Integer', set: PROPERTY_SETS.Common, id: 0x85ff }, value: '-7' },
  { property: { type: 'Boolean', set: PROPERTY_SETS.Common, id: 0x8600 }, value: 'true' },
  { property: { type: 'SystemTime', tag: '0x6801' }, value: '2026-01-07T08:09:10Z' },
  { property: { type: 'Binary', tag: '0x6802' }, value: 'AAECAwT/' },
]
const file = (name: string, contentType: string, content: Uint8Array, contentId?: string): FileAttachment => ({
  id: name,
  name,
  contentType,
  content,
  contentId,
  inline: contentId !== undefined,
  modified: new Date('2026-01-03T00:00:00Z'),
})
const FILES = [
  file('paper.pdf', 'application/pdf', Buffer.from('%PDF-1.7 paper')),
  file('logo.png', 'image/png', Buffer.from([137, 80, 78, 71]), 'logo'),
]
const HTML = '<html><body><p style="color:#c00">Bring <b>both</b> <img src="cid:logo"></p></body></html>'
const at = (day: string, hour: string) => ({ local: `2026-02-${day}T${hour}:00:00`, zone: 'W. Europe Standard Time' })

describe.each(SYSTEMS)('what Regarding does not know of items over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  const mailbox = () => anna.user.mailbox
  /** All of an item but by which its server tells that it was written. */
  function wholeOf(id: string): Partial<Stored> {
    const whole: Partial<Stored> & { sequence?: number } = { ...mailbox().item(id) }
    for (const told of ['changeKey', 'modified', 'sequence'] as const) delete whole[told]
    return structuredClone(whole)
  }
  /** Nothing is left to be done before, so that all that changes comes of one deed. */
  async function rest() {
    for (let round = 0; round < 5; round++) if ((await office.cycle(anna)).seen === 0) return
    throw new Error('It never came to rest.')
  }
  const recordOf = async (table: string, subject: string) => {
    const row = (await office.rows(table)).find((one) => one['subject'] === subject)
    return { table, id: String(row?.['activityid']) }
  }
  async function changed(id: string, record: { table: string; id: string }, values: Values) {
    await rest()
    const before = wholeOf(id)
    await office.change(record, values)
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0, conflicts: 0 })
    return { before, after: wholeOf(id) }
  }

  it('AP-21, B-41: of an appointment the field alone that the CRM changes; everything else is as it was', async () => {
    const { id } = await office.put(anna, 'Rich', {
      body: { type: 'html', content: HTML },
      sensitivity: 'private',
      showAs: 'workingElsewhere',
      importance: 'high',
      reminder: 37,
      responseRequested: false,
      online: true,
      onlineUrl: 'https://meet.contoso.example/rich',
      categories: ['Tracked to Regarding', 'Ours, in peach'],
      properties: UNKNOWN,
      attachments: FILES,
    })
    await rest()
    const { before, after } = await changed(id, await recordOf('appointment', 'Rich'), { location: 'Attic' })
    expect(after).toEqual({ ...before, location: 'Attic' })
    expect(before).toMatchObject({ properties: expect.arrayContaining(UNKNOWN) as unknown, location: '' })
  })

  it('AP-70, B-41: of a series with exceptions too', async () => {
    const modified = office.clock.now()
    const changes = {
      start: at('11', '15'),
      end: at('11', '16'),
      subject: 'Moved',
      reminder: 3,
      showAs: 'oof',
    } as const
    const { id } = await office.put(anna, 'Series', {
      start: at('10', '08'),
      end: at('10', '09'),
      recurrence: { pattern: { type: 'daily', interval: 1 }, start: '2026-02-10', count: 5 },
      exceptions: [
        { originalStart: at('11', '08'), deleted: false, changes, modified },
        { originalStart: at('13', '08'), deleted: true },
      ],
      sensitivity: 'confidential',
      online: true,
      onlineUrl: 'https://meet.contoso.example/series',
      categories: ['Tracked to Regarding', 'Ours, in peach'],
      properties: UNKNOWN,
    })
    await rest()
    const record = await recordOf('recurringappointmentmaster', 'Series')
    const { before, after } = await changed(id, record, { location: 'Attic' })
    expect(after).toEqual({ ...before, location: 'Attic' })
  })

  it('CT-1, B-41: of a contact its photo, names as they are spoken, addresses of chats and all others', async () => {
    const record = await office.create(anna, 'contact', { lastname: 'Adler', firstname: 'Ada' })
    await rest()
    const [id = ''] = mailbox()
      .items(mailbox().wellKnown('contacts').id)
      .map((one) => one.id)
    mailbox().update<Contact>(id, {
      fileAs: 'Frau Dr. Adler',
      initials: 'A. A.',
      generation: 'III',
      yomiGivenName: 'エイダ',
      yomiSurname: 'アドラー',
      yomiCompanyName: 'コントソ',
      officeLocation: 'B 4',
      profession: 'Falconer',
      children: ['Mia', 'Noah'],
      imAddresses: ['sip:ada@contoso.example'],
      homeFax: '+49 30 1',
      otherAddress: { street: 'Side street 7', city: 'Bonn' },
      importance: 'low',
      sensitivity: 'private',
      notes: 'Met at the fair.\r\nLikes falcons.',
      photo: { contentType: 'image/jpeg', content: Buffer.from([255, 216, 255, 224]) },
      attachments: FILES,
      categories: ['Ours, in peach'],
      properties: withProperties(mailbox().item(id).properties, UNKNOWN),
    })
    const { before, after } = await changed(id, record, { jobtitle: 'Engineer' })
    expect(after).toEqual({ ...before, jobTitle: 'Engineer' })
    expect(before).toMatchObject({ yomiCompanyName: 'コントソ', initials: 'A. A.' })
  })

  it('TK-2, B-41: of a task its steps, links, extensions and reminder', async () => {
    const { id } = mailbox().add<Task>(mailbox().wellKnown('tasks').id, {
      ...TASK,
      subject: 'Rich task',
      body: { type: 'html', content: '<p>Call <i>her</i></p>' },
      percent: 0,
      sensitivity: 'private',
      start: '2026-02-01',
      due: '2026-02-05',
      reminder: new Date('2026-02-04T09:00:00Z'),
      checklist: [{ id: 'one', text: 'First', checked: true, created: new Date('2026-01-02T00:00:00Z') }],
      linked: [{ id: 'link', applicationName: 'Ledger', externalId: '7', webUrl: 'https://ledger.example/7' }],
      extensions: [{ extensionName: 'example.ledger', values: { number: 7, deep: { list: [1, 'two'] } } }],
      categories: ['Tracked to Regarding', 'Ours, in peach'],
      properties: UNKNOWN,
      attachments: FILES,
    })
    await rest()
    const { before, after } = await changed(id, await recordOf('task', 'Rich task'), { subject: 'Renamed' })
    expect(after).toEqual({ ...before, subject: 'Renamed' })
  })
})
