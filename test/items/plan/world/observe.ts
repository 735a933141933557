import {
  effectiveDirections,
  type Holder,
  type ItemSettings,
  type ItemTable,
  type Link,
  type Observed,
  type PlanContext,
  type RecordState,
} from '#items'
import { CATEGORY, type Mailbox, type World } from './world.ts'

const TABLES = ['appointment', 'contact', 'task'] as const
const ALL_TABLES = [
  ...TABLES,
  'recurringappointmentmaster',
  'serviceappointment',
  'phonecall',
  'letter',
  'fax',
] as const
export function contextOf(world: World, mailbox: Mailbox): PlanContext {
  const { settings } = world
  const counts = (kind: Link['kind']) => mailbox.links.filter((link) => link.kind === kind).length
  return {
    now: world.now,
    zone: 'Europe/Berlin',
    settings,
    owner: { userId: mailbox.user.id, addresses: [mailbox.address] },
    partyOf: world.partyOf,
    userOf: (address) => world.partyOf(address)?.id,
    addressOf: world.addressOf,
    nameOf: () => undefined,
    mailboxId: `mailbox-${mailbox.index}`,
    organizationId: 'organization',
    ownFolders: { event: 'calendar', contact: 'contacts', task: 'tasks' },
    readOnlyFolders: new Set(mailbox.readOnly),
    can: {
      event: 'write',
      contact: 'write',
      task: 'write',
      notify: ['none', 'changed', 'all'],
      choosesUid: false,
      keepsUid: false,
      respond: false,
      attachments: settings.appointmentAttachments,
      push: false,
      removals: 'exact',
      lacks: {},
    },
    directions: directionsOf(settings),
    privileges: {
      create: () => mailbox.may.create,
      write: () => mailbox.may.write,
      delete: () => mailbox.may.delete,
      appendTo: () => true,
    },
    synchronizingUsers: new Set(world.mailboxes.map(({ user }) => user.id)),
    trackedCategory: CATEGORY,
    categoryFolders: new Set(['calendar', 'second']),
    linkedCounts: { event: counts('event'), contact: counts('contact'), task: counts('task') },
    confirmed: mailbox.confirmed,
    answers:
      mailbox.cycleAnswer === undefined ? {} : { deleteBrake: mailbox.cycleAnswer, invitations: mailbox.cycleAnswer },
    listings: new Map(),
    isInside: (address) => address.endsWith('@contoso.example'),
    newId: () => `id-${world.next()}`,
  }
}

/** By what they depend on; every world asks for the same few. */
const known = new Map<string, PlanContext['directions']>()

function directionsOf(settings: ItemSettings): PlanContext['directions'] {
  const key = `${settings.allThreeAddresses} ${settings.appointmentAttachments}`
  const before = known.get(key)
  if (before) return before
  const found = Object.fromEntries(
    ALL_TABLES.map((table) => [
      table,
      {
        update: effectiveDirections(table, {}, settings),
        create: effectiveDirections(table, {}, settings, {}, 'create'),
      },
    ]),
  ) as unknown as PlanContext['directions']
  known.set(key, found)
  return found
}

const HELD: ReadonlySet<Link['state']> = new Set(['creating', 'linked', 'removing'])

/** What changed since the links were written, with both sides of it, and what lies about unlinked. */
export function observe(world: World, mailbox: Mailbox): Observed {
  const records = new Map<string, Observed['records'][number]>()
  const items = new Map<string, Observed['items'][number]>()
  const seeRecord = (table: ItemTable, id: string, filters: boolean | undefined) => {
    const state = stateOf(world, mailbox, id)
    const answer = answerFor(mailbox, id)
    const linkedByOrganizer = world.mailboxes.some((other) =>
      other.links.some((link) => link.recordId === id && link.organizes && link.state === 'linked'),
    )
    const [heldBy] = world.mailboxes.flatMap((other) =>
      other.links.flatMap((link): Holder[] =>
        other !== mailbox && link.recordId === id && link.organizes && HELD.has(link.state)
          ? [{ mailboxId: other.user.id, linkId: link.id, address: other.address, synchronizes: true }]
          : [],
      ),
    )
    const uid = world.records.get(id)?.row['globalobjectid']
    const elsewhere = world.mailboxes.flatMap((other) =>
      other.links.filter((link) => other !== mailbox && link.recordId === id && link.uid && link.state === 'linked'),
    )
    const agreedElsewhere = elsewhere.find(({ agreed }) => Object.keys(agreed.record).length > 0)?.agreed
    records.set(id, {
      table,
      id,
      state,
      ...(typeof uid === 'string' && { uid }),
      linkedByOrganizer,
      ...(heldBy && { heldBy }),
      ...((agreedElsewhere ?? elsewhere[0]) && { agreedElsewhere: agreedElsewhere ?? { record: {}, item: {} } }),
      filters: filters ? ['filter'] : [],
      ...answer,
    })
  }
  const seeItem = (folder: string, id: string) => {
    const untrack = mailbox.untrack.get(id)
    const state = mailbox.items.get(id)
    items.set(id, { folder, id, state: state ?? 'gone', ...(untrack && { untrack }), ...answerFor(mailbox, id) })
  }
  const changed = mailbox.links.filter((link) => hasChanged(world, mailbox, link))
  for (const link of changed) {
    const view = world.records.get(link.recordId)
    seeRecord(link.table, link.recordId, view !== undefined && world.returns(mailbox, view))
    if (link.itemId !== undefined) seeItem(link.folder ?? '', link.itemId)
  }
  const linked = new Set(mailbox.links.map(({ itemId }) => itemId))
  const known = new Set(mailbox.links.map(({ recordId }) => recordId))
  const named = new Set<Link>()
  for (const item of mailbox.items.values()) {
    if (linked.has(item.ref.id)) continue
    seeItem(item.ref.folder, item.ref.id)
    for (const link of mailbox.links)
      if (link.key === item.marks.key || link.recordId === item.marks.recordId) named.add(link)
    for (const view of world.records.values())
      if (!known.has(view.id) && (view.id === item.marks.recordId || view.row['globalobjectid'] === item.uid))
        seeRecord(view.table, view.id, world.returns(mailbox, view))
  }
  for (const view of world.records.values())
    if (!known.has(view.id) && world.returns(mailbox, view)) seeRecord(view.table, view.id, true)
  const links = [...new Set([...changed, ...named, ...restless(world, mailbox)])]
  return { links, records: [...records.values()], items: [...items.values()] }
}

/** Links without item, to which an item with the UID of their record may have come. */
function restless(world: World, mailbox: Mailbox): Link[] {
  return mailbox.links.filter((link) => {
    if (link.state !== 'deleted') return false
    const uid = world.records.get(link.recordId)?.row['globalobjectid']
    return uid && [...mailbox.items.values()].some((item) => item.uid === uid)
  })
}

function hasChanged(world: World, mailbox: Mailbox, link: Link): boolean {
  const view = world.records.get(link.recordId)
  const item = link.itemId === undefined ? undefined : mailbox.items.get(link.itemId)
  const returned = view !== undefined && world.returns(mailbox, view)
  const isRecordOther = view?.version !== link.recordVersion || mailbox.denied.has(link.recordId)
  const isItemOther = item?.ref.version !== link.itemVersion
  const unfinished = link.state === 'creating' || link.state === 'removing'
  const asked = mailbox.untrack.has(link.itemId ?? '')
  const isOrphan = link.state === 'deleted' && restless(world, mailbox).includes(link)
  if (link.state === 'linked' && (!view || !item)) return true
  return isRecordOther || isItemOther || returned !== link.returned || unfinished || asked || isOrphan
}

function stateOf(world: World, mailbox: Mailbox, id: string): RecordState {
  const view = world.records.get(id)
  return view === undefined ? 'gone' : mailbox.denied.has(id) ? 'unreadable' : view
}

function answerFor(mailbox: Mailbox, about: string) {
  const found = mailbox.questions.get(about)
  return found?.yes === undefined ? {} : { answer: { question: found.question, yes: found.yes } }
}
