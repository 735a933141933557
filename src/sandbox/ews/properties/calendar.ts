import {
  type Answer,
  type Attendee,
  CUSTOM,
  ianaOf,
  instantOf,
  rulesOf,
  type ShowAs,
  type When,
} from '../../model/index.ts'
import { type CalendarView, endsOf, occurrenceAt } from '../occurrences.ts'
import { type Content, tag, type Xml } from '../xml.ts'
import { calendarText } from './calendarText.ts'
import { dateTime, mailbox, type Property, type Subject } from './property.ts'
import { writeRecurrence } from './recurrence.ts'
import { writeDefinition } from './zoneDefinition.ts'

export const ANSWERS: Readonly<Record<Answer, string>> = {
  none: 'Unknown',
  organizer: 'Organizer',
  tentative: 'Tentative',
  accepted: 'Accept',
  declined: 'Decline',
  notResponded: 'NoResponseReceived',
}

export const SHOWN: Readonly<Record<ShowAs, string>> = {
  free: 'Free',
  tentative: 'Tentative',
  busy: 'Busy',
  oof: 'OOF',
  workingElsewhere: 'WorkingElsewhere',
}

const time = (when: When): string | undefined => dateTime(instantOf(when))

export const attendees =
  (type: Attendee['type']) =>
  ({ item, isInternal }: Pick<Subject<CalendarView>, 'item' | 'isInternal'>): Content => {
    const people = item.attendees.filter((each) => each.type === type)
    if (!people.length) return undefined
    return people.map((each) =>
      tag(
        't:Attendee',
        {},
        mailbox(each, isInternal),
        tag('t:ResponseType', {}, ANSWERS[each.answer]),
        each.answered && tag('t:LastResponseTime', {}, dateTime(each.answered)),
      ),
    )
  }

/** What appointments have, in no order: the schema gives the order. */
export const calendarProperties: readonly Property<CalendarView>[] = [
  {
    uri: 'item:MimeContent',
    element: 'MimeContent',
    getOnly: true,
    attributes: () => ({ CharacterSet: 'UTF-8' }),
    read: ({ item }) => Buffer.from(calendarText(item)).toString('base64'),
  },
  { uri: 'calendar:UID', element: 'UID', shape: 'AllProperties', read: ({ item }) => item.uid },
  {
    uri: 'calendar:RecurrenceId',
    element: 'RecurrenceId',
    shape: 'AllProperties',
    read: ({ item }) => item.occurrence && time(item.occurrence.originalStart),
  },
  {
    uri: 'calendar:DateTimeStamp',
    element: 'DateTimeStamp',
    shape: 'AllProperties',
    read: ({ item }) => dateTime(item.modified),
  },
  { uri: 'calendar:Start', element: 'Start', shape: 'Default', read: ({ item }) => time(item.start) },
  { uri: 'calendar:End', element: 'End', shape: 'Default', read: ({ item }) => time(item.end) },
  {
    uri: 'calendar:OriginalStart',
    element: 'OriginalStart',
    shape: 'AllProperties',
    read: ({ item }) => item.occurrence && time(item.occurrence.originalStart),
  },
  { uri: 'calendar:IsAllDayEvent', element: 'IsAllDayEvent', shape: 'AllProperties', read: ({ item }) => item.allDay },
  {
    uri: 'calendar:LegacyFreeBusyStatus',
    element: 'LegacyFreeBusyStatus',
    shape: 'Default',
    read: ({ item }) => SHOWN[item.showAs],
  },
  { uri: 'calendar:Location', element: 'Location', shape: 'Default', read: ({ item }) => item.location || undefined },
  {
    uri: 'calendar:IsMeeting',
    element: 'IsMeeting',
    shape: 'AllProperties',
    read: ({ item }) => item.attendees.length > 0,
  },
  { uri: 'calendar:IsCancelled', element: 'IsCancelled', shape: 'AllProperties', read: ({ item }) => item.cancelled },
  {
    uri: 'calendar:IsRecurring',
    element: 'IsRecurring',
    shape: 'AllProperties',
    read: ({ item }) => item.occurrence !== undefined,
  },
  {
    uri: 'calendar:MeetingRequestWasSent',
    element: 'MeetingRequestWasSent',
    shape: 'AllProperties',
    read: ({ item }) => item.mine && item.attendees.length > 0,
  },
  {
    uri: 'calendar:IsResponseRequested',
    element: 'IsResponseRequested',
    shape: 'AllProperties',
    read: ({ item }) => item.responseRequested,
  },
  {
    uri: 'calendar:CalendarItemType',
    element: 'CalendarItemType',
    shape: 'Default',
    read: ({ item }) => itemType(item),
  },
  {
    uri: 'calendar:MyResponseType',
    element: 'MyResponseType',
    shape: 'AllProperties',
    read: ({ item }) => ANSWERS[item.mine && item.attendees.length ? 'organizer' : item.answer],
  },
  {
    uri: 'calendar:Organizer',
    element: 'Organizer',
    shape: 'Default',
    read: ({ item, isInternal }) => mailbox(item.organizer, isInternal),
    search: ({ item }) => `${item.organizer.name} ${item.organizer.address}`,
  },
  {
    uri: 'calendar:RequiredAttendees',
    element: 'RequiredAttendees',
    shape: 'AllProperties',
    getOnly: true,
    read: attendees('required'),
  },
  {
    uri: 'calendar:OptionalAttendees',
    element: 'OptionalAttendees',
    shape: 'AllProperties',
    getOnly: true,
    read: attendees('optional'),
  },
  {
    uri: 'calendar:Resources',
    element: 'Resources',
    shape: 'AllProperties',
    getOnly: true,
    read: attendees('resource'),
  },
  { uri: 'calendar:Duration', element: 'Duration', shape: 'AllProperties', read: ({ item }) => duration(item) },
  {
    uri: 'calendar:TimeZone',
    element: 'TimeZone',
    shape: 'AllProperties',
    read: ({ item }) => item.start.zone.split('#')[0],
  },
  {
    uri: 'calendar:AppointmentReplyTime',
    element: 'AppointmentReplyTime',
    shape: 'AllProperties',
    read: ({ item }) => dateTime(item.answered),
  },
  {
    uri: 'calendar:AppointmentSequenceNumber',
    element: 'AppointmentSequenceNumber',
    shape: 'AllProperties',
    read: ({ item }) => item.sequence,
  },
  {
    uri: 'calendar:AppointmentState',
    element: 'AppointmentState',
    shape: 'AllProperties',
    read: ({ item }) => state(item),
  },
  {
    uri: 'calendar:Recurrence',
    element: 'Recurrence',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) => item.recurrence && writeRecurrence(item.recurrence),
  },
  {
    uri: 'calendar:FirstOccurrence',
    element: 'FirstOccurrence',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) => info(endsOf(item).first),
  },
  {
    uri: 'calendar:LastOccurrence',
    element: 'LastOccurrence',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) => info(endsOf(item).last),
  },
  {
    uri: 'calendar:ModifiedOccurrences',
    element: 'ModifiedOccurrences',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) =>
      some(
        item.exceptions
          .filter(({ deleted }) => !deleted)
          .map(({ originalStart }) =>
            tag('t:Occurrence', {}, info(occurrenceAt(item, originalStart.local.slice(0, 10)))),
          ),
      ),
  },
  {
    uri: 'calendar:DeletedOccurrences',
    element: 'DeletedOccurrences',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) =>
      some(
        item.exceptions
          .filter(({ deleted }) => deleted)
          .map(({ originalStart }) => tag('t:DeletedOccurrence', {}, tag('t:Start', {}, time(originalStart)))),
      ),
  },
  zoneProperty('StartTimeZone', ({ start }) => start),
  zoneProperty('EndTimeZone', ({ end }) => end),
  {
    uri: 'calendar:AllowNewTimeProposal',
    element: 'AllowNewTimeProposal',
    shape: 'AllProperties',
    read: () => true,
  },
  {
    uri: 'calendar:IsOnlineMeeting',
    element: 'IsOnlineMeeting',
    shape: 'AllProperties',
    read: ({ item }) => item.online,
  },
  { uri: 'calendar:StartTimeZoneId', element: 'StartTimeZoneId', read: ({ item }) => item.start.zone.split('#')[0] },
  { uri: 'calendar:EndTimeZoneId', element: 'EndTimeZoneId', read: ({ item }) => item.end.zone.split('#')[0] },
  {
    uri: 'calendar:JoinOnlineMeetingUrl',
    element: 'JoinOnlineMeetingUrl',
    shape: 'AllProperties',
    read: ({ item }) => item.onlineUrl,
  },
  { uri: 'calendar:IsOrganizer', element: 'IsOrganizer', shape: 'AllProperties', read: ({ item }) => item.mine },
]

function itemType({ occurrence, recurrence }: CalendarView): string {
  if (occurrence) return occurrence.type === 'exception' ? 'Exception' : 'Occurrence'
  return recurrence ? 'RecurringMaster' : 'Single'
}

/** 1 meeting, 2 received, 4 cancelled ([MS-OXOCAL] 2.2.1.10). */
function state({ attendees: people, mine, cancelled }: CalendarView): number {
  return (people.length ? 1 : 0) | (mine ? 0 : 3) | (cancelled ? 4 : 0)
}

/** `PT1H30M`. */
function duration({ start, end }: CalendarView): string {
  const minutes = Math.round((instantOf(end).getTime() - instantOf(start).getTime()) / 60_000)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60]
  const clock = `${hours ? `${hours}H` : ''}${rest || minutes === 0 ? `${rest}M` : ''}`
  return `P${days ? `${days}D` : ''}${clock ? `T${clock}` : ''}`
}

function info(view: CalendarView | undefined): Xml[] | undefined {
  if (!view?.occurrence) return undefined
  return [
    tag('t:ItemId', { Id: view.entryId, ChangeKey: view.changeKey }),
    tag('t:Start', {}, time(view.start)),
    tag('t:End', {}, time(view.end)),
    tag('t:OriginalStart', {}, time(view.occurrence.originalStart)),
  ]
}

const some = (list: readonly Xml[]): Content => (list.length ? list : undefined)

/** A zone by its name: clients know the rules of those that Windows has; of others they are told. */
function zoneProperty(element: string, pick: (item: CalendarView) => When): Property<CalendarView> {
  return {
    uri: `calendar:${element}`,
    element,
    shape: 'AllProperties',
    getOnly: true,
    attributes: ({ item }) => ({ Id: pick(item).zone.split('#')[0] ?? '', Name: ianaOf(pick(item).zone) }),
    read: ({ item }) => {
      const { zone } = pick(item)
      const rules = rulesOf(zone)
      return rules && ianaOf(zone) === CUSTOM ? writeDefinition(rules) : ''
    },
    search: ({ item }) => pick(item).zone,
  }
}
