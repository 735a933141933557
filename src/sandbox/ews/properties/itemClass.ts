import type { Item, MeetingMessage } from '../../model/index.ts'

const MEETING_CLASS: Readonly<Record<MeetingMessage['type'], string>> = {
  request: 'IPM.Schedule.Meeting.Request',
  cancelled: 'IPM.Schedule.Meeting.Canceled',
  accepted: 'IPM.Schedule.Meeting.Resp.Pos',
  tentative: 'IPM.Schedule.Meeting.Resp.Tent',
  declined: 'IPM.Schedule.Meeting.Resp.Neg',
}

const MEETING_ELEMENT: Readonly<Record<MeetingMessage['type'], string>> = {
  request: 'MeetingRequest',
  cancelled: 'MeetingCancellation',
  accepted: 'MeetingResponse',
  tentative: 'MeetingResponse',
  declined: 'MeetingResponse',
}

/** The message class of Exchange. */
export function itemClass(item: Item): string {
  switch (item.kind) {
    case 'message':
      if (item.meeting) return MEETING_CLASS[item.meeting.type]
      return messageClass(item.headers.contentType)
    case 'event':
      return 'IPM.Appointment'
    case 'contact':
      return 'IPM.Contact'
    case 'task':
      return 'IPM.Task'
  }
}

function messageClass(contentType: string): string {
  if (contentType === 'multipart/report') return 'REPORT.IPM.Note.NDR'
  if (contentType === 'multipart/signed') return 'IPM.Note.SMIME.MultipartSigned'
  if (contentType === 'application/pkcs7-mime' || contentType === 'application/x-pkcs7-mime') return 'IPM.Note.SMIME'
  return 'IPM.Note'
}

/** The element that an item is written as. */
export function elementName(item: Item): string {
  switch (item.kind) {
    case 'message':
      return item.meeting ? MEETING_ELEMENT[item.meeting.type] : 'Message'
    case 'event':
      return 'CalendarItem'
    case 'contact':
      return 'Contact'
    case 'task':
      return 'Task'
  }
}

/** The schema's type of the element. */
export const ELEMENT_TYPES: Readonly<Record<string, string>> = {
  Item: 'ItemType',
  Message: 'MessageType',
  MeetingRequest: 'MeetingRequestMessageType',
  MeetingResponse: 'MeetingResponseMessageType',
  MeetingCancellation: 'MeetingCancellationMessageType',
  CalendarItem: 'CalendarItemType',
  Contact: 'ContactItemType',
  Task: 'TaskType',
}
