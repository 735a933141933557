import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarEvent, Message, User } from '#sandbox'
import { SimulatedClock } from '#time'
import { startEws } from './support/ews.ts'

let ews: Awaited<ReturnType<typeof startEws>>
beforeAll(async () => {
  ews = await startEws({ clock: new SimulatedClock(new Date('2026-01-05T08:00:00Z')) })
})
afterAll(() => ews.close())

const ALL = '<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>'
const BERLIN = '<t:StartTimeZone Id="W. Europe Standard Time"/>'
const attendee = (address: string) =>
  `<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>${address}</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>`

/** @param fields elements of a CalendarItem behind its subject */
async function create(subject: string, fields: string, sends = 'SendToNone') {
  const answer = await ews.call(
    `<m:CreateItem SendMeetingInvitations="${sends}"><m:Items><t:CalendarItem><t:Subject>${subject}</t:Subject>${fields}</t:CalendarItem></m:Items></m:CreateItem>`,
  )
  expect(answer.codes).toEqual(['NoError'])
  return answer.value('ItemId', 'Id')
}

const get = (id: string, as?: string) =>
  ews.call(`<m:GetItem>${ALL}<m:ItemIds>${id}</m:ItemIds></m:GetItem>`, as === undefined ? {} : { as })
const itemId = (id: string) => `<t:ItemId Id="${id}"/>`
const occurrence = (master: string, index: number) =>
  `<t:OccurrenceItemId RecurringMasterId="${master}" InstanceIndex="${index}"/>`

const set = (uri: string, element: string) =>
  `<t:SetItemField><t:FieldURI FieldURI="${uri}"/><t:CalendarItem>${element}</t:CalendarItem></t:SetItemField>`
const update = (id: string, changes: string, sends = 'SendToNone') =>
  ews.call(
    `<m:UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="${sends}"><m:ItemChanges><t:ItemChange>${id}<t:Updates>${changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`,
  )
const remove = (id: string, sends = 'SendToNone') =>
  ews.call(
    `<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="${sends}"><m:ItemIds>${id}</m:ItemIds></m:DeleteItem>`,
  )

const WEEKLY =
  '<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-16</t:StartDate><t:NumberOfOccurrences>4</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>'
const series = (subject: string) =>
  create(subject, `<t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-16T10:00:00Z</t:End>${WEEKLY}${BERLIN}`)
const inboxOf = ({ mailbox }: User) => mailbox.items(mailbox.wellKnown('inbox').id) as Message[]
const calendarOf = ({ mailbox }: User) => mailbox.items(mailbox.wellKnown('calendar').id) as CalendarEvent[]

describe('appointments of the sandbox', () => {
  it('B-1: keeps the wall clock of the zone; reminders, places and whole days', async () => {
    const id = await create(
      'Visit',
      `<t:ReminderIsSet>true</t:ReminderIsSet><t:ReminderMinutesBeforeStart>30</t:ReminderMinutesBeforeStart><t:Start>2026-07-01T08:00:00Z</t:Start><t:End>2026-07-01T09:00:00Z</t:End><t:Location>Room 2</t:Location>${BERLIN}`,
    )
    const item = await get(itemId(id))
    expect([item.value('t:Start'), item.value('StartTimeZone', 'Id'), item.value('Duration')]).toEqual([
      '2026-07-01T08:00:00Z',
      'W. Europe Standard Time',
      'PT1H',
    ])
    const [event] = calendarOf(ews.anna)
    expect(event).toMatchObject({ start: { local: '2026-07-01T10:00:00' }, reminder: 30, location: 'Room 2' })
    expect((await update(itemId(id), set('calendar:End', '<t:End>2026-06-01T09:00:00Z</t:End>'))).codes).toEqual([
      'ErrorCalendarEndDateIsEarlierThanStartDate',
    ])
    await update(itemId(id), set('calendar:IsAllDayEvent', '<t:IsAllDayEvent>true</t:IsAllDayEvent>'))
    expect((await remove(itemId(id))).codes).toEqual(['NoError'])
    expect(calendarOf(ews.anna)).toEqual([])
  })

  it('B-1: a series keeps its hour over the change of clocks; occurrences are changed and taken out', async () => {
    const master = await series('Weekly')
    const third = await get(occurrence(master, 3))
    expect([third.value('t:Start'), third.value('CalendarItemType')]).toEqual(['2026-03-30T08:00:00Z', 'Occurrence'])
    expect((await get(occurrence(master, 5))).codes).toEqual(['ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange'])
    const changed = await update(occurrence(master, 2), set('item:Subject', '<t:Subject>Special</t:Subject>'))
    expect(changed.codes).toEqual(['NoError'])
    expect((await remove(occurrence(master, 4))).codes).toEqual(['NoError'])
    expect((await get(occurrence(master, 4))).codes).toEqual(['ErrorCalendarOccurrenceIsDeletedFromRecurrence'])
    const all = await get(itemId(master))
    expect(all.text).toMatch(/<t:ModifiedOccurrences><t:Occurrence>.*<t:DeletedOccurrences><t:DeletedOccurrence>/)
    expect([all.value('CalendarItemType'), all.value('NumberOfOccurrences')]).toEqual(['RecurringMaster', '4'])
    const exception = changed.value('ItemId', 'Id')
    const back = await get(`<t:RecurringMasterItemId OccurrenceId="${exception}"/>`)
    expect(back.value('ItemId', 'Id')).toBe(master)
    const view = await ews.call(
      `<m:FindItem Traversal="Shallow">${ALL}<m:CalendarView StartDate="2026-03-01T00:00:00Z" EndDate="2026-05-01T00:00:00Z"/><m:ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></m:ParentFolderIds></m:FindItem>`,
    )
    expect(view.values('t:Subject')).toEqual(['Weekly', 'Special', 'Weekly'])
    expect(view.values('CalendarItemType')).toEqual(['Occurrence', 'Exception', 'Occurrence'])
    await remove(itemId(master))
  })
})

describe('meetings of the sandbox', () => {
  const times = '<t:Start>2026-02-02T08:00:00Z</t:Start><t:End>2026-02-02T09:00:00Z</t:End>'

  it('B-1: invites only when it is told to', async () => {
    await create('Quiet', times + attendee('ben@halden.example'))
    expect(inboxOf(ews.ben)).toEqual([])
    expect(calendarOf(ews.ben)).toEqual([])
  })

  it('B-1: an invitation is accepted, the organizer hears of it, and cancels', async () => {
    const id = await create('Kick-off', times + attendee('ben@halden.example'), 'SendToAllAndSaveCopy')
    const [invitation] = inboxOf(ews.ben)
    const ben = ews.ben.address
    const request = await get(itemId(invitation?.entryId ?? ''), ben)
    expect(request.text).toContain('<t:MeetingRequest>')
    expect([request.value('ItemClass'), request.value('MeetingRequestType')]).toEqual([
      'IPM.Schedule.Meeting.Request',
      'NewMeetingRequest',
    ])
    const accept = await ews.call(
      `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:AcceptItem><t:ReferenceItemId Id="${invitation?.entryId}"/></t:AcceptItem></m:Items></m:CreateItem>`,
      { as: ben },
    )
    expect(accept.codes).toEqual(['NoError'])
    expect(calendarOf(ews.ben)).toMatchObject([{ subject: 'Kick-off', answer: 'accepted', mine: false }])
    expect((await get(itemId(id))).value('ResponseType')).toBe('Accept')
    expect(inboxOf(ews.anna).map(({ meeting }) => meeting?.type)).toEqual(['accepted'])
    const own = await ews.call(
      `<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:DeclineItem><t:ReferenceItemId Id="${id}"/></t:DeclineItem></m:Items></m:CreateItem>`,
    )
    expect(own.codes).toEqual(['ErrorCalendarIsOrganizerForDecline'])
    const cancel = await ews.call(
      `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:CancelCalendarItem><t:ReferenceItemId Id="${id}"/></t:CancelCalendarItem></m:Items></m:CreateItem>`,
    )
    expect(cancel.codes).toEqual(['NoError'])
    expect(calendarOf(ews.ben)).toMatchObject([{ cancelled: true }])
  })

  it('B-1: without a word whether to invite, nothing is done', async () => {
    const answer = await ews.call(
      `<m:CreateItem><m:Items><t:CalendarItem><t:Subject>x</t:Subject>${times}</t:CalendarItem></m:Items></m:CreateItem>`,
    )
    expect(answer.codes).toEqual(['ErrorSendMeetingInvitationsRequired'])
  })
})

const ask = (path: string, body: string) =>
  fetch(ews.url.replace('/EWS/Exchange.asmx', path), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('anna@halden.example:secret').toString('base64')}` },
    body,
  }).then((response) => response.text())

describe('Autodiscover of the sandbox', () => {
  it('B-1: tells where EWS is, in its old form and its new one', async () => {
    const pox = (address: string) =>
      ask(
        '/autodiscover/autodiscover.xml',
        `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress></Request></Autodiscover>`,
      )
    expect(await pox('anna@halden.example')).toContain(`<EwsUrl>${ews.url}</EwsUrl>`)
    expect(await pox('nobody@halden.example')).toContain('<ErrorCode>500</ErrorCode>')
    const soap = await ask(
      '/autodiscover/autodiscover.svc',
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover"><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>anna@halden.example</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>',
    )
    expect(soap).toContain(`<Name>ExternalEwsUrl</Name><Value>${ews.url}</Value>`)
  })
})
