import { z } from 'zod'
import {
  addEvent,
  answerEvent,
  type CalendarEvent,
  changeEvent,
  eventById,
  type Folder,
  type MeetingAct,
  occurrenceOn,
  occurrencesOf,
  removeEvent,
  type When,
} from '../model/index.ts'
import { readJson } from './body.ts'
import { folderOf, type MailboxContext } from './context.ts'
import { badRequest, GraphError } from './error.ts'
import { eventPatch, eventSchema, newEvent } from './eventBody.ts'
import { eventJson, occurrenceJson } from './eventJson.ts'
import { propertiesOf } from './expandedProperties.ts'
import type { Entity } from './filter.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, ifMatch, readId, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'

const inDefault = (context: MailboxContext) => context.mailbox.wellKnown('calendar')
const inNamed = (context: MailboxContext) => calendarOf(context)

export const eventRoutes: MailboxRoutes = {
  'GET events': (context) => listEvents(context, inDefault(context)),
  'GET calendar/events': (context) => listEvents(context, inDefault(context)),
  'GET calendars/{calendar}/events': (context) => listEvents(context, inNamed(context)),
  'POST events': (context) => create(context, inDefault(context)),
  'POST calendar/events': (context) => create(context, inDefault(context)),
  'POST calendars/{calendar}/events': (context) => create(context, inNamed(context)),
  'GET calendarView': (context) => view(context, inDefault(context)),
  'GET calendar/calendarView': (context) => view(context, inDefault(context)),
  'GET calendars/{calendar}/calendarView': (context) => view(context, inNamed(context)),
  'GET events/{event}': get,
  'GET calendars/{calendar}/events/{event}': get,
  'PATCH events/{event}': patch,
  'PATCH calendars/{calendar}/events/{event}': patch,
  'DELETE events/{event}': (context) => remove(context, false),
  'DELETE calendars/{calendar}/events/{event}': (context) => remove(context, false),
  'POST events/{event}/permanentDelete': (context) => remove(context, true),
  'GET events/{event}/instances': instances,
  'POST events/{event}/accept': (context) => answer(context, 'accepted'),
  'POST events/{event}/decline': (context) => answer(context, 'declined'),
  'POST events/{event}/tentativelyAccept': (context) => answer(context, 'tentative'),
  'POST events/{event}/cancel': cancel,
}

export function calendarOf(context: MailboxContext): Folder {
  const folder = folderOf(context, context.params['calendar'])
  if (folder.kind === 'event') return folder
  throw new GraphError(404, 'ErrorItemNotFound', 'The specified calendar could not be found in the store.')
}

function eventsIn({ mailbox }: MailboxContext, folder: Folder): CalendarEvent[] {
  return mailbox.items(folder.id).filter((item): item is CalendarEvent => item.kind === 'event')
}

/** Single events and masters of series. */
function listEvents(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const query = readQuery(context.request)
  const json = (event: CalendarEvent) => eventJson(context.request, event, query)
  return list(context.request, context.url, {
    items: eventsIn(context, folder),
    brief: (event) => ({ ...json(event), ...propertiesOf(event) }),
    full: json,
    context: `${context.root}/events`,
  })
}

/** Everything that takes place between two times, series as their occurrences. */
function view(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const { from, to } = windowOf(context.request.query)
  const items = eventsIn(context, folder)
    .flatMap((event) => occurrencesOf(event, from, to))
    .map((occurrence) => occurrenceJson(context.request, occurrence))
    .sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
  return list(context.request, context.url, {
    items,
    brief: (each) => each,
    full: (each) => each,
    context: `${context.root}/calendarView`,
  })
}

function instances(context: MailboxContext): Promise<GraphAnswer> {
  const { from, to } = windowOf(context.request.query)
  const { event } = eventById(context.mailbox, readId(context.params['event'] ?? ''))
  const items = occurrencesOf(event, from, to).map((occurrence) => occurrenceJson(context.request, occurrence))
  return list(context.request, context.url, {
    items,
    brief: (each) => each,
    full: (each) => each,
    context: `${context.root}/events/instances`,
  })
}

function startOf(json: Entity): string {
  return (json['start'] as { dateTime: string }).dateTime
}

/** @throws GraphError 400 without both */
export function windowOf(query: URLSearchParams): { from: Date; to: Date } {
  const read = (name: string) => {
    const written = query.get(name) ?? ''
    const time = new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(written) ? written : `${written}Z`)
    if (!Number.isNaN(time.getTime())) return time
    throw badRequest(
      `This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.`,
      'ErrorInvalidParameter',
    )
  }
  return {
    from: read(query.has('startDateTime') ? 'startDateTime' : 'StartDateTime'),
    to: read(query.has('endDateTime') ? 'endDateTime' : 'EndDateTime'),
  }
}

interface Meant {
  event: CalendarEvent
  /** Of one occurrence. */
  originalStart: When | undefined
}

function meant({ mailbox, params, by }: MailboxContext): Meant {
  const { event, date } = eventById(mailbox, readId(params['event'] ?? ''))
  if (by && event.folder !== mailbox.wellKnown('calendar').id)
    throw new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.')
  return { event, originalStart: date === undefined ? undefined : occurrenceOn(event, date).originalStart }
}

function get(context: MailboxContext): GraphAnswer {
  return told(context, meant(context))
}

function told(context: MailboxContext, { event, originalStart }: Meant, status = 200): GraphAnswer {
  const query = readQuery(context.request)
  const json = originalStart
    ? occurrenceJson(context.request, occurrenceOn(event, originalStart.local))
    : { ...eventJson(context.request, event, query), ...calendarIn(context, event, query.expand) }
  const body = project(json, query.select, EXTRAS)
  return { status, body: { '@odata.context': `${context.url}/$metadata#${context.root}/events/$entity`, ...body } }
}

/** `$expand=calendar`: where the event lies. */
function calendarIn({ mailbox }: MailboxContext, { folder }: CalendarEvent, expand: string) {
  if (!/(?:^|,)calendar\b/.test(expand)) return {}
  const { id, name } = mailbox.folder(folder)
  return { calendar: { id: writtenId(id), name } }
}

const EXTRAS = new Set(['cancelledOccurrences', 'exceptionOccurrences'])

/** With a `transactionId` that was used already nothing is made. */
async function create(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const body = readJson(context.request, eventSchema, 'microsoft.graph.event')
  const isUsed = eventsIn(context, folder).some(
    ({ transactionId }) => transactionId !== undefined && transactionId === body.transactionId,
  )
  if (isUsed)
    throw new GraphError(
      409,
      'ErrorDuplicateTransactionId',
      "Your request can't be completed. The TransactionId specified in the request has already been used to create a different event.",
    )
  const event = await addEvent(actOf(context), folder.id, newEvent(context.world, context.user, body))
  return told(context, { event, originalStart: undefined }, 201)
}

async function patch(context: MailboxContext): Promise<GraphAnswer> {
  const body = readJson(context.request, eventSchema, 'microsoft.graph.event')
  const { event, originalStart } = meant(context)
  const before = originalStart
    ? { ...event, ...occurrenceOn(event, originalStart.local), kind: 'event' as const }
    : event
  if (originalStart && body.recurrence)
    throw badRequest('An occurrence has no recurrence of its own.', 'ErrorPropertyValidationFailure')
  const change = eventPatch(before, body)
  const after = await changeEvent(actOf(context), event.id, change, {
    ifChangeKey: ifMatch(context.request),
    originalStart,
  })
  return told(context, { event: after, originalStart })
}

async function remove(context: MailboxContext, forGood: boolean): Promise<GraphAnswer> {
  const { event, originalStart } = meant(context)
  const expected = ifMatch(context.request)
  if (expected !== undefined && expected !== event.changeKey) context.mailbox.update(event.id, {}, expected)
  await removeEvent(actOf(context), event.id, originalStart, forGood)
  return { status: 204 }
}

async function answer(context: MailboxContext, kind: 'accepted' | 'declined' | 'tentative'): Promise<GraphAnswer> {
  const schema = z.strictObject({
    comment: z.string().nullish(),
    sendResponse: z.boolean().nullish(),
    proposedNewTime: z.unknown().optional(),
  })
  const { comment, sendResponse } = readJson(context.request, schema, 'microsoft.graph.respondAction')
  const { event, originalStart } = meant(context)
  await answerEvent(
    { ...actOf(context), notify: sendResponse ?? true, comment: comment ?? undefined },
    event.id,
    kind,
    originalStart,
  )
  return { status: 202 }
}

async function cancel(context: MailboxContext): Promise<GraphAnswer> {
  const schema = z.strictObject({ comment: z.string().nullish(), Comment: z.string().nullish() })
  const body = readJson(context.request, schema, 'microsoft.graph.cancelAction')
  const { event, originalStart } = meant(context)
  if (!event.mine)
    throw badRequest(
      'Your request can’t be completed. You need to be an organizer to cancel a meeting.',
      'ErrorInvalidRequest',
    )
  const comment = body.comment ?? body.Comment ?? undefined
  await removeEvent({ ...actOf(context), comment }, event.id, originalStart)
  return { status: 202 }
}

/** Graph always tells the others. */
function actOf({ world, user, by }: MailboxContext): MeetingAct {
  return { world, user, by, notify: true }
}
