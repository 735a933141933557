import { canonicalZone, type Zone, zoneOfVtimezone } from '#calendar'
import type { ItemFolder, ItemKind } from '../items/index.ts'
import { xml } from '../xml.ts'
import type { DavClient } from './client.ts'
import { childOf, childrenOf, hrefsOf, type ResourceAnswer } from './multistatus.ts'
import { nameOf, pathOf, samePath } from './place.ts'
import { propfind } from './requests.ts'

/** A calendar or an address book (RFC 4791 §4.2, RFC 6352 §5.2). */
export interface Collection {
  path: string
  name: string
  kinds: readonly ItemKind[]
  writable: boolean
  /** The path of whom it belongs to, where the server tells it (RFC 3744 §5.1). */
  owner?: string
  /** The server tells its changes (RFC 6578). */
  sync: boolean
  /** Where its changes stand: its token (RFC 6578 §4), or its tag where it tells no changes. */
  state?: string
  /** Bytes of an item, at most. */
  maxSize?: number
  /** Cards are told as vCard 4, whatever they are; a server that speaks it shortens such cards for others (RFC 6352 §5.1). */
  card4: boolean
  /** In which times without zone are understood. */
  zone: Zone
  /** It takes many new items in one request, under names that it gives them. */
  bulk?: BulkLimits
  /** What is sent to its own address becomes a single item (RFC 5995). */
  addsSingle: boolean
}

/** What one such request may hold, at most: as told, else as many as we like. */
interface BulkLimits {
  resources: number
  bytes: number
}

const PROPS = xml`<D:displayname/><D:resourcetype/><D:owner/><D:current-user-privilege-set/><D:supported-report-set/><C:supported-calendar-component-set/><C:calendar-timezone/><C:max-resource-size/><CARD:max-resource-size/><CARD:supported-address-data/><D:sync-token/><CS:getctag/><ME:bulk-requests/><D:add-member/>`
const WRITING = new Set(['D:all', 'D:write', 'D:write-content', 'D:bind'])

/** The calendars and address books of a home. */
export async function collectionsOf(client: DavClient, home: string): Promise<Collection[]> {
  const doing = 'Reading the list of calendars and address books'
  const answers = await propfind(client, home, { depth: 1, props: PROPS, doing })
  return answers.flatMap((answer) => collectionOf(client, home, answer) ?? [])
}

/** Where new appointments and invitations of the user belong (RFC 6638 §9.2). */
export async function defaultCalendar(client: DavClient, inbox: string): Promise<string | undefined> {
  const props = xml`<C:schedule-default-calendar-URL/>`
  const [answer] = await propfind(client, inbox, { depth: 0, props, doing: 'Looking for the main calendar' })
  const [href] = hrefsOf(answer?.props.get('C:schedule-default-calendar-URL'))
  return href === undefined ? undefined : pathOf(href, client.origin, inbox)
}

/**
 * Folders of one kind each: a calendar of appointments and tasks is two. The main one of each kind comes first. DAV has no
 * folders within folders: whatever else is the same owner’s lies below the main one, as further calendars do in Exchange.
 */
export function foldersOf(collections: readonly Collection[], main: string | undefined): ItemFolder[] {
  const isMain = ({ path }: Collection) => main !== undefined && samePath(path, main)
  const sorted = [...collections].sort(
    (a, b) =>
      Number(isMain(b)) - Number(isMain(a)) ||
      Number(b.writable) - Number(a.writable) ||
      rankOf(a) - rankOf(b) ||
      (a.path < b.path ? -1 : 1),
  )
  const folders = (['event', 'contact', 'task'] as const).flatMap((kind) =>
    sorted
      .filter(({ kinds }) => kinds.includes(kind))
      .map((one, index, [first]) => ({
        id: folderId(kind, one),
        kind,
        path: [...(first && index > 0 && isOfSameOwner(one, first) ? [first.name] : []), one.name],
        main: index === 0,
        writable: one.writable,
        ...(one.state !== undefined && { state: one.state }),
      })),
  )
  return folders.sort((a, b) => Number(b.main) - Number(a.main))
}

/**
 * Address books have no standard property for the main one (RFC 6352). Servers make one for each user, at these places:
 * Cyrus, Fastmail and Baïkal; Nextcloud; SOGo; iCloud; DAViCal. The first of them is taken, before those that people make.
 */
const MADE_BY_SERVERS = ['default', 'contacts', 'personal', 'card', 'addresses']

function rankOf({ path, kinds }: Collection): number {
  const place = nameOf(path).replace(/\/$/, '').toLowerCase()
  const rank = kinds.includes('contact') ? MADE_BY_SERVERS.indexOf(place) : -1
  return rank < 0 ? MADE_BY_SERVERS.length : rank
}

/** A server that does not say lists what is the user’s. */
function isOfSameOwner({ owner }: Collection, main: Collection): boolean {
  return owner === undefined || main.owner === undefined || samePath(owner, main.owner)
}

export function folderId(kind: ItemKind, { path }: Collection): string {
  return `${kind}:${path}`
}

function collectionOf(client: DavClient, home: string, { href, props }: ResourceAnswer): Collection | undefined {
  const types = props.get('D:resourcetype')?.children.map(({ name }) => name) ?? []
  const kinds = types.includes('C:calendar')
    ? componentsOf(props)
    : types.includes('CARD:addressbook')
      ? (['contact'] as const)
      : []
  if (kinds.length === 0) return undefined
  const path = pathOf(href, client.origin, home).replace(/\/?$/, '/')
  const name = props.get('D:displayname')?.text.trim() || nameOf(path).replace(/\/$/, '')
  const size = Number(
    (props.get('C:max-resource-size') ?? props.get('CARD:max-resource-size'))?.text.trim() || Number.NaN,
  )
  const sync = reportsOf(props).includes('D:sync-collection')
  const state = props.get(sync ? 'D:sync-token' : 'CS:getctag')?.text.trim()
  const bulk = bulkOf(props)
  const [owner] = hrefsOf(props.get('D:owner'))
  return {
    path,
    name,
    ...(owner !== undefined && { owner: pathOf(owner, client.origin, home) }),
    kinds,
    writable: mayWrite(props),
    sync,
    ...(state && { state }),
    ...(size > 0 && { maxSize: size }),
    card4: childrenOf(props.get('CARD:supported-address-data'), 'CARD:address-data-type').some(
      ({ attributes }) => attributes['version'] === '4.0',
    ),
    zone: zoneOf(props.get('C:calendar-timezone')?.text),
    ...(bulk && { bulk }),
    addsSingle: hrefsOf(props.get('D:add-member')).some((href) => !href.includes('?') && samePath(href, path)),
  }
}

/**
 * The collections of a server. Cyrus takes many cards at once as it takes many appointments, and announces it of calendars
 * only; who does not take them says so.
 */
export function withBulkCards(collections: readonly Collection[]): Collection[] {
  const { bulk } = collections.find((one) => one.bulk && !one.kinds.includes('contact')) ?? {}
  const takesCards = (one: Collection) => one.kinds.includes('contact') && !one.addsSingle
  return collections.map((one) => (bulk && takesCards(one) ? { bulk, ...one } : one))
}

/** The simple form of draft-daboo-calendarserver-bulk-change: new items without names. */
function bulkOf(props: ResourceAnswer['props']): BulkLimits | undefined {
  const simple = childOf(props.get('ME:bulk-requests'), 'ME:simple')
  if (!simple) return undefined
  const most = (name: string) => {
    const told = childOf(simple, name)?.text.trim()
    return told ? Number(told) || 0 : Number.POSITIVE_INFINITY
  }
  return { resources: most('ME:max-resources'), bytes: most('ME:max-bytes') }
}

function componentsOf(props: ResourceAnswer['props']): ItemKind[] {
  const set = props.get('C:supported-calendar-component-set')
  // A server that does not say takes everything (RFC 4791 §5.2.3).
  const names = set
    ? childrenOf(set, 'C:comp').map(({ attributes }) => attributes['name']?.toUpperCase())
    : ['VEVENT', 'VTODO']
  return [
    ...(names.includes('VEVENT') ? (['event'] as const) : []),
    ...(names.includes('VTODO') ? (['task'] as const) : []),
  ]
}

/** A server that does not say lets us find out. */
function mayWrite(props: ResourceAnswer['props']): boolean {
  const set = props.get('D:current-user-privilege-set')
  return !set || childrenOf(set, 'D:privilege').some(({ children }) => children.some(({ name }) => WRITING.has(name)))
}

function reportsOf(props: ResourceAnswer['props']): string[] {
  const set = childrenOf(props.get('D:supported-report-set'), 'D:supported-report')
  return set.flatMap((one) => childrenOf(one, 'D:report').flatMap(({ children }) => children.map(({ name }) => name)))
}

/** RFC 4791 §5.2.2; UTC where the calendar does not say. */
function zoneOf(text: string | undefined): Zone {
  const tzid = /^TZID:(.*)$/m.exec(text ?? '')?.[1]?.trim()
  const place = tzid && canonicalZone(tzid)
  if (place) return place
  const definition = /BEGIN:VTIMEZONE[\s\S]*END:VTIMEZONE/.exec(text ?? '')?.[0]
  try {
    return definition ? zoneOfVtimezone(definition) : 'UTC'
  } catch {
    return 'UTC' // Only times without zone are read by it.
  }
}
