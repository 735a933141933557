import type { Client } from '@microsoft/microsoft-graph-client'
import type { Contact, Event, Message, TodoTask } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox, type User } from '#sandbox'
import { graphClient, PUBLIC_URL } from './support/graphClient.ts'

let sandbox: Sandbox
let client: Client
let count = 0

beforeAll(async () => {
  sandbox = await startSandbox({ publicUrl: PUBLIC_URL })
  client = await graphClient(sandbox)
})
afterAll(() => sandbox.close())

function somebody(): User {
  const number = ++count
  return sandbox.world.addUser({ address: `user${number}@halden.example`, name: `User ${number}` })
}

const BERLIN = 'W. Europe Standard Time'
const at = (dateTime: string, timeZone = BERLIN) => ({ dateTime, timeZone })

interface Page<T> {
  value: (T & { '@removed'?: object })[]
  '@odata.nextLink'?: string
  '@odata.deltaLink'?: string
}

type Told = Event & Contact & TodoTask & { '@removed'?: object }

async function readDelta(start: string): Promise<{ told: Told[]; next: string }> {
  const told: Told[] = []
  for (let link = start; ; ) {
    const page = (await client.api(link).get()) as Page<Told>
    told.push(...page.value)
    if (page['@odata.deltaLink']) return { told, next: page['@odata.deltaLink'] }
    link = page['@odata.nextLink'] as string
  }
}

describe('events', () => {
  it('B-13: v1.0 tells changes of views only; what changed outside is told as removed and is still there', async () => {
    const base = `/users/${somebody().address}`
    for (const path of ['events', 'calendar/events'])
      await expect(client.api(`${base}/${path}/delta`).get()).rejects.toMatchObject({ statusCode: 400 })
    const view = 'calendarView/delta?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z'
    await expect(client.api(`${base}/${view}&$select=subject`).get()).rejects.toMatchObject({ statusCode: 400 })
    const { next } = await readDelta(`${base}/${view}`)
    const meeting = { subject: 'Far', start: at('2027-01-11T09:00:00'), end: at('2027-01-11T10:00:00') }
    const made = (await client.api(`${base}/events`).post(meeting)) as Event
    expect((await readDelta(next)).told).toMatchObject([{ id: made.id, '@removed': { reason: 'deleted' } }])
    expect(await client.api(`${base}/events/${made.id}`).expand('calendar').get()).toMatchObject({
      subject: 'Far',
      calendar: { name: 'Calendar' },
    })
  })

  it('B-1: keep their wall clock in their zone through summer time; whole days are midnights', async () => {
    const base = `/users/${somebody().address}`
    const made = (await client.api(`${base}/events`).post({
      subject: 'Weekly',
      start: at('2026-03-23T09:00:00'),
      end: at('2026-03-23T10:00:00'),
      recurrence: {
        pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'] },
        range: { type: 'numbered', startDate: '2026-03-23', numberOfOccurrences: 3 },
      },
    })) as Event
    expect(made).toMatchObject({
      type: 'seriesMaster',
      start: { dateTime: '2026-03-23T08:00:00.0000000', timeZone: 'UTC' },
      originalStartTimeZone: BERLIN,
    })
    const window = 'startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-05-01T00:00:00Z'
    const { value } = (await client.api(`${base}/calendarView?${window}`).get()) as Page<Event>
    expect(value.map(({ start }) => start?.dateTime)).toEqual([
      '2026-03-23T08:00:00.0000000',
      '2026-03-30T07:00:00.0000000',
      '2026-04-06T07:00:00.0000000',
    ])
    const local = (await client
      .api(`${base}/calendarView?${window}`)
      .header('Prefer', `outlook.timezone="${BERLIN}"`)
      .get()) as Page<Event>
    expect(new Set(local.value.map(({ start }) => start?.dateTime?.slice(11, 16)))).toEqual(new Set(['09:00']))
    const day = { subject: 'Off', isAllDay: true, start: at('2026-03-02T00:00:00'), end: at('2026-03-03T00:00:00') }
    expect(await client.api(`${base}/events`).post(day)).toMatchObject({
      start: { dateTime: '2026-03-02T00:00:00.0000000' },
      showAs: 'free',
    })
    await expect(client.api(`${base}/events`).post({ ...day, start: at('2026-03-02T08:00:00') })).rejects.toMatchObject(
      { statusCode: 400, code: 'ErrorPropertyValidationFailure' },
    )
    await expect(
      client.api(`${base}/events`).post({ ...day, start: at('2026-03-02T00:00:00', 'Middle Earth Time') }),
    ).rejects.toMatchObject({ code: 'TimeZoneNotSupportedException' })
  })

  it('B-4: exceptions of a series: one moved, one taken out; the delta of the view tells both', async () => {
    const base = `/users/${somebody().address}`
    const made = (await client.api(`${base}/events`).post({
      subject: 'Daily',
      start: at('2026-06-01T09:00:00'),
      end: at('2026-06-01T09:30:00'),
      recurrence: {
        pattern: { type: 'daily', interval: 1 },
        range: { type: 'endDate', startDate: '2026-06-01', endDate: '2026-06-05' },
      },
    })) as Event
    const window = 'startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z'
    const first = await readDelta(`${base}/calendarView/delta?${window}`)
    expect(first.told.map(({ type }) => type)).toEqual(['seriesMaster', ...Array<string>(5).fill('occurrence')])
    const days = (await client.api(`${base}/events/${made.id}/instances?${window}`).get()) as Page<Event>
    const [, second, third] = days.value
    await client
      .api(`${base}/events/${second?.id}`)
      .patch({ start: at('2026-06-02T14:00:00'), end: at('2026-06-02T15:00:00'), subject: 'Later' })
    await client.api(`${base}/events/${third?.id}`).delete()
    const next = await readDelta(first.next)
    expect(next.told.find(({ type }) => type === 'exception')).toMatchObject({
      id: second?.id,
      subject: 'Later',
      seriesMasterId: made.id,
      originalStart: '2026-06-02T07:00:00Z',
    })
    expect(next.told.filter((each) => each['@removed']).map(({ id }) => id)).toEqual([third?.id])
    const master = (await client
      .api(`${base}/events/${made.id}?$select=cancelledOccurrences,subject&$expand=exceptionOccurrences`)
      .get()) as Event
    expect(master.cancelledOccurrences).toEqual([`OID.${made.id}.2026-06-03`])
    expect(master.exceptionOccurrences).toMatchObject([
      { subject: 'Later', start: { dateTime: '2026-06-02T12:00:00.0000000' } },
    ])
    await expect(client.api(`${base}/events/${third?.id}`).get()).rejects.toMatchObject({ statusCode: 404 })
    const range = { type: 'endDate', startDate: '2026-06-01', endDate: '2026-06-05' }
    await client
      .api(`${base}/events/${made.id}`)
      .patch({ recurrence: { pattern: { type: 'daily', interval: 4 }, range } })
    const rarer = await readDelta(next.next)
    const gone = new Set(rarer.told.filter((each) => each['@removed']).map(({ id }) => id))
    expect(gone).toEqual(new Set(days.value.slice(1, 4).map(({ id }) => id)))
    expect(rarer.told.filter(({ type }) => type === 'occurrence').map(({ id }) => id)).toEqual([
      days.value[0]?.id,
      days.value[4]?.id,
    ])
  })

  it('OE-1: an invitation reaches the calendar of the attendee, his answer that of the organizer, a cancellation both', async () => {
    const [organizer, attendee] = [somebody(), somebody()]
    const meeting = {
      subject: 'Offer, part 1; prices',
      start: at('2026-06-01T09:00:00'),
      end: at('2026-06-01T10:00:00'),
      location: { displayName: 'Room 7' },
      transactionId: 'attempt-1',
      attendees: [
        { emailAddress: { address: attendee.address, name: attendee.name } },
        { emailAddress: { address: 'guest@far.example' }, type: 'optional' },
      ],
    }
    const made = (await client.api(`/users/${organizer.id}/events`).post(meeting)) as Event
    await expect(client.api(`/users/${organizer.id}/events`).post(meeting)).rejects.toMatchObject({
      statusCode: 409,
      code: 'ErrorDuplicateTransactionId',
    })
    expect(sandbox.world.outbox.filter(({ to }) => to.includes('guest@far.example'))).toHaveLength(1)
    const [invited] = ((await client.api(`/users/${attendee.id}/events`).get()) as Page<Event>).value
    expect(invited).toMatchObject({
      iCalUId: made.iCalUId,
      subject: meeting.subject,
      isOrganizer: false,
      responseStatus: { response: 'notResponded' },
      showAs: 'tentative',
      start: made.start,
    })
    const inbox = (await client.api(`/users/${attendee.id}/mailFolders/inbox/messages`).get()) as Page<Message>
    expect(inbox.value).toMatchObject([
      { '@odata.type': '#microsoft.graph.eventMessageRequest', meetingMessageType: 'meetingRequest' },
    ])
    await client
      .api(`/users/${attendee.id}/events/${invited?.id}/accept`)
      .post({ sendResponse: true, comment: 'Gladly' })
    const answered = (await client.api(`/users/${organizer.id}/events/${made.id}`).get()) as Event
    expect(answered.attendees?.map(({ status }) => status?.response)).toEqual(['accepted', 'none'])
    await client.api(`/users/${organizer.id}/events/${made.id}`).patch({ location: { displayName: 'Room 2' } })
    expect(await client.api(`/users/${attendee.id}/events/${invited?.id}`).get()).toMatchObject({
      location: { displayName: 'Room 2' },
      responseStatus: { response: 'accepted' },
      showAs: 'busy',
    })
    await client
      .api(`/users/${organizer.id}/events/${made.id}`)
      .patch({ start: at('2026-06-01T11:00:00'), end: at('2026-06-01T12:00:00') })
    expect(await client.api(`/users/${attendee.id}/events/${invited?.id}`).get()).toMatchObject({
      start: { dateTime: '2026-06-01T09:00:00.0000000' },
      responseStatus: { response: 'notResponded' },
    })
    await client.api(`/users/${organizer.id}/events/${made.id}/cancel`).post({ comment: 'Sorry' })
    expect(await client.api(`/users/${attendee.id}/events/${invited?.id}`).get()).toMatchObject({
      isCancelled: true,
      subject: `Canceled: ${meeting.subject}`,
    })
    expect(((await client.api(`/users/${organizer.id}/events`).get()) as Page<Event>).value).toEqual([])
  })

  it('B-4: a declined meeting leaves the calendar; the organizer cannot answer his own', async () => {
    const [organizer, attendee] = [somebody(), somebody()]
    const made = (await client.api(`/users/${organizer.id}/events`).post({
      subject: 'Lunch',
      start: at('2026-06-01T12:00:00'),
      end: at('2026-06-01T13:00:00'),
      attendees: [{ emailAddress: { address: attendee.address } }],
    })) as Event
    await expect(client.api(`/users/${organizer.id}/events/${made.id}/accept`).post({})).rejects.toMatchObject({
      statusCode: 400,
    })
    const [invited] = ((await client.api(`/users/${attendee.id}/events`).get()) as Page<Event>).value
    await client.api(`/users/${attendee.id}/events/${invited?.id}/decline`).post({ sendResponse: true })
    expect(((await client.api(`/users/${attendee.id}/events`).get()) as Page<Event>).value).toEqual([])
    const after = (await client.api(`/users/${organizer.id}/events/${made.id}`).get()) as Event
    expect(after.attendees).toMatchObject([{ status: { response: 'declined' } }])
  })
})

describe('contacts', () => {
  it('B-1: keep every field, with photo; the delta tells them; who has an old version is refused', async () => {
    const base = `/users/${somebody().id}`
    const given = {
      givenName: 'Grete',
      surname: 'Øst',
      title: 'Dr.',
      companyName: 'Far AS',
      jobTitle: 'Head',
      emailAddresses: [{ name: 'Grete', address: 'grete@far.example' }],
      businessPhones: ['+47 1'],
      mobilePhone: '+47 2',
      businessAddress: { street: 'Vei 1', city: 'Oslo', countryOrRegion: 'Norge', postalCode: '0150' },
      birthday: '1980-02-29T00:00:00Z',
      personalNotes: 'Likes tea',
      categories: ['Tracked'],
    }
    const made = (await client.api(`${base}/contacts`).post(given)) as Contact & { '@odata.etag': string }
    expect(made).toMatchObject({
      ...given,
      birthday: '1980-02-29T11:59:00Z',
      displayName: 'Dr. Grete Øst',
      fileAs: 'Øst, Grete',
    })
    await expect(client.api(`${base}/contacts`).post({ shoeSize: 40 })).rejects.toMatchObject({
      statusCode: 400,
      code: 'RequestBodyRead',
    })
    const first = await readDelta(`${base}/contacts/delta`)
    expect(first.told).toMatchObject([{ id: made.id }])
    await client.api(`${base}/contacts/${made.id}`).header('If-Match', made['@odata.etag']).patch({ mobilePhone: null })
    await expect(
      client.api(`${base}/contacts/${made.id}`).header('If-Match', made['@odata.etag']).patch({ jobTitle: 'X' }),
    ).rejects.toMatchObject({ statusCode: 412 })
    expect((await readDelta(first.next)).told).toMatchObject([{ mobilePhone: null, jobTitle: 'Head' }])
    await expect(client.api(`${base}/contacts/${made.id}/photo/$value`).get()).rejects.toMatchObject({
      statusCode: 404,
    })
    await client
      .api(`${base}/contacts/${made.id}/photo/$value`)
      .header('Content-Type', 'image/png')
      .put(Buffer.from('png'))
    const photo = (await client.api(`${base}/contacts/${made.id}/photo/$value`).getStream()) as ReadableStream
    expect(await new Response(photo).text()).toBe('png')
  })
})

describe('tasks', () => {
  it('B-1: are made, completed and deleted in lists; the delta tells it', async () => {
    const base = `/users/${somebody().id}/todo/lists`
    const list = await client.api(base).post({ displayName: 'Sales' })
    const made = (await client
      .api(`${base}/${list.id}/tasks`)
      .post({ title: 'Call', dueDateTime: at('2026-06-01T00:00:00'), importance: 'high' })) as TodoTask
    const first = await readDelta(`${base}/${list.id}/tasks/delta`)
    expect(first.told).toMatchObject([
      {
        title: 'Call',
        importance: 'high',
        status: 'notStarted',
        dueDateTime: { dateTime: '2026-06-01T00:00:00.0000000' },
      },
    ])
    await client.api(`${base}/${list.id}/tasks/${made.id}/checklistItems`).post({ displayName: 'Number' })
    await client.api(`${base}/${list.id}/tasks/${made.id}`).patch({ status: 'completed' })
    const second = await readDelta(first.next)
    expect(second.told).toMatchObject([{ status: 'completed' }])
    expect(second.told[0]?.completedDateTime).toBeDefined()
    await client.api(`${base}/${list.id}/tasks/${made.id}`).delete()
    expect((await readDelta(second.next)).told).toMatchObject([{ id: made.id, '@removed': { reason: 'deleted' } }])
  })
})
