import type { Link, RecordView } from '#items'
import { applyPatch, type Item } from '#mailbox'
import type { Done } from './cycle.ts'
import { beginningOf, isFuture, must } from './said.ts'
import { isMeeting, type Mailbox, organizerIn, SERVICE, type World } from './world.ts'

/** Nothing is made, deleted or told that the rules do not allow. */
export function checkDeed(world: World, mailbox: Mailbox, { deed, before }: Done): void {
  const { item } = before
  const record = typeof before.record === 'object' ? before.record : undefined
  const { link } = deed.pairing
  const about = {
    deed: { ...deed, pairing: undefined },
    link,
    item,
    record,
    now: world.now,
    user: mailbox.user.id,
  }
  if (deed.pairing.record === 'gone' && item) checkRecordGone(world, mailbox, deed, item, about)
  if (deed.item && item) must(!mailbox.readOnly.has(item.ref.folder), 'AP-2: written where nothing may be.', about)
  if (deed.record?.do === 'create')
    must(mailbox.may.create, 'SE-14: a record was created without the privilege.', about)
  if (deed.record?.do === 'update') must(mailbox.may.write, 'SE-13: a record was written without the privilege.', about)
  if (deed.record?.do === 'convert')
    must(mailbox.may.create && mailbox.may.write, 'SE-13, SE-14: a record was converted without the privilege.', about)
  if ((link?.table ?? record?.table) === SERVICE) checkService(deed, about)
  if (deed.record?.do === 'delete') checkRecordDeleted(world, mailbox, deed, record, about)
  if (deed.item?.do === 'remove') checkItemRemoved(world, mailbox, deed, item, before.record, about)
  if (deed.item && deed.item.do !== 'remove' && deed.item.notify !== 'none') {
    const isNewHere = deed.pairing.matchedBy !== undefined && deed.pairing.link === undefined
    must(!isNewHere || isTrackedElsewhere(world, mailbox, deed, record), 'AP-72: linking told somebody.', about)
    const organizer = typeof record === 'object' ? organizerIn(record) : undefined
    const isOrganizer = organizer === undefined || organizer.id === mailbox.user.id || item?.kind === 'event'
    must(isOrganizer && (item?.kind !== 'event' || item.role !== 'attendee'), 'AP-35: invited by somebody else.', about)
    const written = deed.item.do === 'create' ? deed.item.item : item && applyPatch(item, deed.item.patch)
    if (written?.kind === 'event') must(isFuture(written, world), 'AP-35: invited to a past meeting.', about)
  }
  if (deed.item?.do === 'create' && deed.item.item.kind === 'event' && typeof record === 'object') {
    const isDue =
      organizerIn(record)?.id === mailbox.user.id &&
      beginningOf(record) > world.now.getTime() &&
      ![1, 2].includes(Number(record.row['statecode'])) &&
      (deed.item.item.fields.attendees?.length ?? 0) > 0
    const isHushed = deed.trace.some(({ rule }) => rule === 'B-43')
    must((deed.item.notify === 'all') === (isDue && !isHushed), 'AP-35: invitations of a new meeting.', about)
  }
}

/** What the CRM changed of it meanwhile is no news of the linking (AP-31). */
function isTrackedElsewhere(
  { mailboxes }: World,
  mailbox: Mailbox,
  { record: change }: Done['deed'],
  record: RecordView | undefined,
): boolean {
  const id = change?.do === 'convert' ? change.id : record?.id
  return mailboxes.some(
    (other) => other !== mailbox && other.links.some(({ recordId, state }) => recordId === id && state === 'linked'),
  )
}

/** AP-80, AP-81: to the calendar only, and nobody is ever told. */
function checkService(deed: Done['deed'], about: unknown): void {
  must(
    deed.record === undefined || (deed.record.do === 'delete' && deed.cause === 'untracked'),
    'AP-81: something of a calendar reached a service activity.',
    about,
  )
  must(!deed.item || deed.item.notify === 'none', 'AP-80: somebody was told of a service activity.', about)
}

/** AP-5: of a record that was deleted the item goes as well, where the rules of its type say so. */
function checkRecordGone(world: World, mailbox: Mailbox, deed: Done['deed'], item: Item, about: unknown): void {
  const { link } = deed.pairing
  if (link?.state !== 'linked' && link?.state !== 'creating') return
  const isRefused = deed.trace.some(({ rule }) => rule === 'B-40' || rule === 'B-43')
  if (mailbox.readOnly.has(item.ref.folder) || isRefused) return
  const isDue =
    item.kind === 'event'
      ? (link.table === SERVICE || (item.role !== 'attendee' && link.organizes !== false)) && isFuture(item, world)
      : item.kind === 'task'
        ? item.fields.status !== 'completed'
        : link.ownerId !== undefined && link.ownerId !== mailbox.user.id
  must(!isDue || deed.item?.do === 'remove', 'AP-5: the item of a deleted record stays.', about)
}

function checkRecordDeleted(world: World, mailbox: Mailbox, deed: Done['deed'], record: unknown, about: unknown): void {
  const view = record as RecordView
  must(mailbox.may.delete, 'SE-15: a record was deleted without the privilege.', about)
  if (deed.cause === 'untracked') return
  must(deed.pairing.item === 'gone', 'A record was deleted while its item is there.', about)
  if (view.table === 'contact') {
    const isOwner = view.owner.id === mailbox.user.id
    must(world.settings.contactDeletion === 'deleteIfOwner' && isOwner, 'CT-31: a contact was deleted.', about)
  }
  if (view.table === 'task') must(world.settings.taskDeletion === 'delete', 'TK-31: a task was deleted.', about)
  if (!isMeeting(view)) return
  const isOwn = deed.pairing.link?.organizes ?? (organizerIn(view)?.id ?? view.owner.id) === mailbox.user.id
  const isOpen = ![1, 2].includes(Number(view.row['statecode']))
  // Whether a series began in the past does not matter.
  const isToCome = view.table !== 'appointment' || beginningOf(view) > world.now.getTime()
  must(isOwn && isOpen && isToCome, 'AP-54: an appointment was deleted.', about)
}

function checkItemRemoved(
  world: World,
  mailbox: Mailbox,
  deed: Done['deed'],
  item: Item | undefined,
  record: unknown,
  about: unknown,
): void {
  const { link } = deed.pairing
  const view = typeof record === 'object' ? (record as RecordView) : undefined
  const isCancelled = view?.row['statecode'] === 2 && world.settings.propagateCancellations
  if (view && !isCancelled) {
    const isOthers = isMeeting(view) && organizerIn(view)?.id !== mailbox.user.id
    must(!world.returns(mailbox, view) || isOthers, 'AP-5: an item was removed whose record is returned.', about)
  }
  if (record !== 'gone' && !isCancelled)
    must(!world.settings.distinctDeletes, 'AP-91: removed by a logical delete.', about)
  if (item?.kind === 'contact')
    must((view?.owner.id ?? link?.ownerId) !== mailbox.user.id, 'CT-30: the owner lost a contact.', about)
  if (item?.kind === 'task') must(item.fields.status !== 'completed', 'TK-30: a completed task was removed.', about)
  if (item?.kind !== 'event') return
  if (link?.table === SERVICE) return must(isFuture(item, world), 'AP-80: a past copy was removed.', about)
  must(
    item.role !== 'attendee' && link?.organizes !== false,
    'AP-41: removed by somebody else than the organizer.',
    about,
  )
  must(isFuture(item, world) || isCancelled, 'AP-41: a past meeting was removed.', about)
  const isTold = isFuture(item, world) && (item.fields.attendees?.length ?? 0) > 0
  must((deed.item?.notify === 'all') === isTold, 'AP-42: cancellations.', about)
}

/** B-40: without an answer no cycle deletes more than a handful of a kind on a side. */
export function checkBrake(world: World, linked: readonly Link['kind'][], done: readonly Done[]): void {
  const { count, percent } = world.settings.deleteBrake
  for (const kind of ['event', 'contact', 'task'] as const) {
    const of = done.filter(({ deed }) => deed.cause !== 'untracked' && deed.pairing.link?.kind === kind)
    const items = of.filter(({ deed }) => deed.item?.do === 'remove').length
    const records = of.filter(({ deed }) => deed.record?.do === 'delete' && deed.item?.do !== 'remove').length
    const all = linked.filter((one) => one === kind).length
    for (const most of [items, records])
      must(most <= count || most * 100 <= percent * all, 'B-40: a flood of deletions.', kind, most, all)
  }
}
