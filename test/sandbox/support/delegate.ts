import type { Sandbox, User } from '#sandbox'
import { tokenOf } from './graphClient.ts'

/** A meeting as an assistant writes it; times are in UTC. */
interface Planned {
  subject: string
  start: Date
  attendees: readonly string[]
  categories?: readonly string[]
}

/** Somebody signed in as herself, at the calendar of another whose delegate she is. */
export interface DelegatedCalendar {
  create(meeting: Planned): Promise<string>
  move(id: string, start: Date): Promise<void>
  cancel(id: string): Promise<void>
  /** @param message what the delegate got of the invitation: EWS answers that, Graph the owner's event */
  accept(id: string, message: string): Promise<void>
}

export type Face = 'graph' | 'ews'

const HOUR = 3_600_000
const local = (at: Date) => at.toISOString().slice(0, 19)

export function delegatedCalendar(sandbox: Sandbox, face: Face, user: User, owner: User): DelegatedCalendar {
  return face === 'graph' ? byGraph(sandbox, user, owner) : byEws(sandbox, user, owner)
}

const when = (start: Date) => ({
  start: { dateTime: local(start), timeZone: 'UTC' },
  end: { dateTime: local(new Date(start.getTime() + HOUR)), timeZone: 'UTC' },
})

function byGraph(sandbox: Sandbox, user: User, owner: User): DelegatedCalendar {
  async function call(method: string, path: string, body?: object): Promise<{ id: string }> {
    const { address: username, password } = user
    const token = await tokenOf(sandbox, { grant_type: 'password', username, password })
    const response = await fetch(`${sandbox.graphUrl}/users/${owner.address}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text ? (JSON.parse(text) as { id: string }) : { id: '' }
  }
  return {
    async create({ subject, start, attendees, categories = [] }) {
      const people = attendees.map((address) => ({ emailAddress: { address, name: address }, type: 'required' }))
      const meeting = { subject, ...when(start), attendees: people, categories }
      return (await call('POST', 'calendar/events', meeting)).id
    },
    async move(id, start) {
      await call('PATCH', `events/${id}`, when(start))
    },
    async cancel(id) {
      await call('POST', `events/${id}/cancel`, { comment: 'Called off' })
    },
    async accept(id) {
      await call('POST', `events/${id}/accept`, { sendResponse: true })
    },
  }
}

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'
const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'

/** One operation as somebody herself, its elements written with the prefixes `m` and `t`; throws what Exchange refuses. */
export async function ewsAs(sandbox: Sandbox, { address, password }: User, operation: string): Promise<string> {
  const body = `<s:Envelope xmlns:s="${SOAP}" xmlns:t="${TYPES}" xmlns:m="${MESSAGES}"><s:Body>${operation}</s:Body></s:Envelope>`
  const authorization = `Basic ${Buffer.from(`${address}:${password}`).toString('base64')}`
  const headers = { authorization, 'content-type': 'text/xml; charset=utf-8' }
  const text = await (await fetch(sandbox.ewsUrl, { method: 'POST', headers, body })).text()
  const codes = [...text.matchAll(/<(?:\w+:)?ResponseCode[^>]*>([^<]*)/g)].map(([, code]) => code)
  if (codes.length === 0 || codes.some((code) => code !== 'NoError')) throw new Error(codes.join(' ') || text)
  return text
}

const startOf = (start: Date) => `<t:Start>${local(start)}Z</t:Start>`
const endOf = (start: Date) => `<t:End>${local(new Date(start.getTime() + HOUR))}Z</t:End>`
const field = (uri: string, element: string) =>
  `<t:SetItemField><t:FieldURI FieldURI="calendar:${uri}"/><t:CalendarItem>${element}</t:CalendarItem></t:SetItemField>`

function byEws(sandbox: Sandbox, user: User, owner: User): DelegatedCalendar {
  const calendar = `<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>${owner.address}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
  return {
    async create({ subject, start, attendees, categories = [] }) {
      const marks = categories.map((name) => `<t:String>${name}</t:String>`).join('')
      const people = attendees.map(
        (address) => `<t:Attendee><t:Mailbox><t:EmailAddress>${address}</t:EmailAddress></t:Mailbox></t:Attendee>`,
      )
      const required = people.length > 0 ? `<t:RequiredAttendees>${people.join('')}</t:RequiredAttendees>` : ''
      const item = `<t:CalendarItem><t:Subject>${subject}</t:Subject>${marks && `<t:Categories>${marks}</t:Categories>`}${startOf(start)}${endOf(start)}${required}</t:CalendarItem>`
      const text = await ewsAs(
        sandbox,
        user,
        `<m:CreateItem SendMeetingInvitations="SendToAllAndSaveCopy"><m:SavedItemFolderId>${calendar}</m:SavedItemFolderId><m:Items>${item}</m:Items></m:CreateItem>`,
      )
      return /<t:ItemId Id="([^"]*)"/.exec(text)?.[1] ?? ''
    },
    async move(id, start) {
      const updates = `<t:Updates>${field('Start', startOf(start))}${field('End', endOf(start))}</t:Updates>`
      await ewsAs(
        sandbox,
        user,
        `<m:UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToAllAndSaveCopy"><m:ItemChanges><t:ItemChange><t:ItemId Id="${id}"/>${updates}</t:ItemChange></m:ItemChanges></m:UpdateItem>`,
      )
    },
    async cancel(id) {
      await ewsAs(
        sandbox,
        user,
        `<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToAllAndSaveCopy"><m:ItemIds><t:ItemId Id="${id}"/></m:ItemIds></m:DeleteItem>`,
      )
    },
    async accept(_id, message) {
      await ewsAs(
        sandbox,
        user,
        `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:AcceptItem><t:ReferenceItemId Id="${message}"/></t:AcceptItem></m:Items></m:CreateItem>`,
      )
    },
  }
}
