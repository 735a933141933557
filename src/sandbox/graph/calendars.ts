import type * as graph from '@microsoft/microsoft-graph-types'
import { z } from 'zod'
import { type CalendarEvent, type Change, datesOf, type Folder, occurrencesOf, type User } from '../model/index.ts'
import { readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { delta } from './delta.ts'
import { badRequest } from './error.ts'
import { eventJson, idOf, occurrenceIdOf, occurrenceJson } from './eventJson.ts'
import { calendarOf, windowOf } from './events.ts'
import type { Entity } from './filter.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { sharedCalendars } from './shared.ts'

export const calendarRoutes: MailboxRoutes = {
  'GET calendar': (context) => one(context, context.mailbox.wellKnown('calendar')),
  'GET calendars': listCalendars,
  'GET calendars/{calendar}': (context) => one(context, calendarOf(context)),
  'POST calendars': (context) => {
    const schema = z.strictObject({ name: z.string(), color: z.string().optional() })
    const { name } = readJson(context.request, schema, 'microsoft.graph.calendar')
    const root = context.mailbox.wellKnown('calendar').id
    return one(context, context.mailbox.createFolder(root, name, 'event'), 201)
  },
  'PATCH calendars/{calendar}': (context) => {
    const { name } = readJson(context.request, z.strictObject({ name: z.string() }), 'microsoft.graph.calendar')
    return one(context, context.mailbox.renameFolder(calendarOf(context).id, name))
  },
  'DELETE calendars/{calendar}': (context) => {
    context.mailbox.deleteFolder(calendarOf(context).id)
    return { status: 204 }
  },
  'GET calendarView/delta': (context) => viewDelta(context, context.mailbox.wellKnown('calendar')),
  'GET calendar/calendarView/delta': (context) => viewDelta(context, context.mailbox.wellKnown('calendar')),
  'GET calendars/{calendar}/calendarView/delta': (context) => viewDelta(context, calendarOf(context)),
  'GET events/delta': noEventsDelta,
  'GET calendar/events/delta': noEventsDelta,
  'GET calendars/{calendar}/events/delta': noEventsDelta,
}

function listCalendars(context: MailboxContext): Promise<GraphAnswer> {
  const own = context.mailbox.folders().filter(({ kind }) => kind === 'event')
  const items = [...own.map((folder) => calendarJson(context, folder)), ...sharedCalendars(context).map(sharedJson)]
  const json = (each: (typeof items)[number]) => each
  return list(context.request, context.url, { items, brief: json, full: json, context: `${context.root}/calendars` })
}

function one(context: MailboxContext, folder: Folder, status = 200): GraphAnswer {
  return { status, body: project(calendarJson(context, folder), readQuery(context.request).select) }
}

function calendarJson({ user }: MailboxContext, folder: Folder) {
  return {
    id: writtenId(folder.id),
    name: folder.name,
    color: 'auto',
    hexColor: '',
    isDefaultCalendar: folder.wellKnown === 'calendar',
    changeKey: folder.changeKey,
    canShare: true,
    canViewPrivateItems: true,
    canEdit: true,
    isRemovable: folder.wellKnown === undefined,
    allowedOnlineMeetingProviders: ['teamsForBusiness'],
    defaultOnlineMeetingProvider: 'teamsForBusiness',
    isTallyingResponses: folder.wellKnown === 'calendar',
    owner: { name: user.name, address: user.address },
  } satisfies graph.Calendar
}

/** Another's calendar among those of his delegate. */
function sharedJson({ id, owner }: { id: string; owner: User }) {
  const { changeKey } = owner.mailbox.wellKnown('calendar')
  const rights = { canShare: false, canViewPrivateItems: false, canEdit: true, isRemovable: true }
  const whose = { name: owner.name, owner: { name: owner.name, address: owner.address } }
  const unasked = { color: 'auto', hexColor: '', isDefaultCalendar: false, isTallyingResponses: false } as const
  return { id, changeKey, ...rights, ...whose, ...unasked } satisfies graph.Calendar
}

const TYPE = '#microsoft.graph.event'

/** There is one in the beta only, which tells ids and times; v1.0 follows changes of views. */
function noEventsDelta(): never {
  throw badRequest(
    "Unsupported request: Change tracking is not supported against 'microsoft.graph.event'.",
    'ErrorInvalidRequest',
  )
}

/**
 * What takes place between two times: of a series its master and its occurrences. What changed and lies outside is told
 * as removed, be it there or not. https://learn.microsoft.com/graph/api/event-delta
 */
function viewDelta(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const { mailbox, request } = context
  return delta(context, {
    name: folder.id,
    log: mailbox.log(folder.id),
    context: 'Collection(event)',
    type: TYPE,
    reason: () => 'deleted',
    check(query) {
      const refused = ['$select', '$expand', '$filter', '$orderby', '$search'].find((name) => query.has(name))
      if (refused)
        throw badRequest(`The query option '${refused}' is not supported for change tracking of a calendar view.`)
      windowOf(query)
    },
    tell,
  })

  function tell({ id, kind }: Change, query: URLSearchParams, first: boolean): Entity[] {
    const event = mailbox.item(id)
    if (event.kind !== 'event') return []
    const { from, to } = windowOf(query)
    const occurrences = occurrencesOf(event, from, to)
    const missing =
      kind === 'created' ? [] : missingDates(event, to).map((date) => occurrenceIdOf(request, event, date))
    if (!occurrences.length && first) return []
    if (!occurrences.length) return [idOf(request, event), ...missing].map(gone)
    const series = event.recurrence ? occurrences : []
    return [
      { '@odata.type': TYPE, ...eventJson(request, event, { select: undefined, expand: '' }) },
      ...series.map((each) => ({ '@odata.type': TYPE, ...brief(occurrenceJson(request, each)) })),
      ...missing.map(gone),
    ]
  }
}

function gone(id: string): Entity {
  return { '@odata.type': TYPE, id, '@removed': { reason: 'deleted' } }
}

/** Days the series had an occurrence on, now or as it repeated before, and has none. */
function missingDates({ recurrence, former = [], exceptions }: CalendarEvent, to: Date): string[] {
  const last = to.toISOString().slice(0, 10)
  const deleted = exceptions.filter((each) => each.deleted).map(({ originalStart }) => originalStart.local.slice(0, 10))
  const now = new Set(recurrence ? datesOf(recurrence, last) : [])
  const before = former.flatMap((each) => datesOf(each, last)).filter((date) => !now.has(date))
  return [...new Set([...deleted, ...before])]
}

/** Of an occurrence like all others only when it is; the rest is at the master. */
function brief(json: Entity): Entity {
  if (json['type'] !== 'occurrence') return json
  const { '@odata.etag': etag, id, seriesMasterId, type, start, end } = json
  return { '@odata.etag': etag, id, seriesMasterId, type, start, end }
}
