import { instantOf } from '#calendar'
import type { Link, RecordView } from '#items'
import type { CalendarItem, Item } from '#mailbox'
import type { Done } from './cycle.ts'
import { type Mailbox, nameOfRecord, organizerIn, type Said, titleOf, tokenOf, type World } from './world.ts'

/** What must hold, said the slow and obvious way: it knows nothing of how deeds are planned. */

function must(holds: boolean, what: string, ...about: unknown[]): asserts holds {
  if (!holds) throw new Error(`${what}\n${about.map((one) => JSON.stringify(one, null, 1)).join('\n')}`)
}

function saidByRecord(view: RecordView): Said {
  const note = { contact: 'mobilephone', task: 'description', appointment: 'location' }[view.table as 'task']
  return { title: nameOfRecord(view), note: (view.row[note ?? ''] ?? undefined) as string | undefined }
}

function saidByItem(item: Item): Said {
  const title = titleOf(item)
  if (item.kind === 'contact') return { title, note: item.fields.mobile }
  return { title, note: item.kind === 'task' ? item.fields.body?.text : item.fields.location }
}

interface Seen {
  link: Link
  record: RecordView
  item: Item
}

export function snapshot(world: World, mailbox: Mailbox): Map<string, Seen> {
  const found = mailbox.links.flatMap((link): [string, Seen][] => {
    const record = world.records.get(link.recordId)
    const item = mailbox.items.get(link.itemId ?? '')
    return link.state === 'linked' && record && item ? [[link.id, { link: { ...link }, record, item }]] : []
  })
  return new Map(found)
}

// Edits

/** What one side said alone reaches the other; where both spoke, one of them is heard and the other is kept (B-70). */
export function checkEdits(
  world: World,
  mailbox: Mailbox,
  before: Map<string, Seen>,
  done: readonly Done[],
  held: ReadonlySet<string>,
): void {
  const after = snapshot(world, mailbox)
  for (const [id, { link, record, item }] of before) {
    const [now, last] = [after.get(id), mailbox.last.get(id)]
    const deed = done.find((one) => one.deed.pairing.link?.id === id)?.deed
    const isSettled = !deed?.failure && !held.has(id) && !deed?.question
    const hasLeft = link.returned && link.returnedEver && !world.returns(mailbox, record)
    if (hasLeft && isSettled) must(!now, 'AP-5: what no filter returns any more is still linked.', link, deed?.trace)
    if (!now || !last || deed?.failure || held.has(id) || mailbox.denied.has(record.id)) continue
    if (mailbox.wasRestricted || now.link.key !== link.key) continue
    const flows = flowsOf(world, mailbox, link, record, item)
    for (const part of ['title', 'note'] as const) {
      const [ours, theirs] = [saidByRecord(record)[part], saidByItem(item)[part]]
      const [oursNow, theirsNow] = [saidByRecord(now.record)[part], saidByItem(now.item)[part]]
      const edited = { record: ours !== last.record[part], item: theirs !== last.item[part] }
      const about = { part, ours, theirs, oursNow, theirsNow, last, flows, link, trace: deed?.trace }
      if (edited.record && !edited.item && flows.toItem) must(theirsNow === ours, 'An edit of the CRM is lost.', about)
      if (edited.item && !edited.record && flows.toRecord)
        must(oursNow === theirs, 'An edit in Outlook is lost.', about)
      if (!edited.record && !flows.isFirst)
        must(oursNow === ours || (edited.item && oursNow === theirs), 'A record was changed for nothing.', about)
      if (!edited.item)
        must(theirsNow === theirs || (edited.record && theirsNow === ours), 'An item was changed for nothing.', about)
      if (edited.record && edited.item && flows.toItem && flows.toRecord && ours !== theirs) {
        must(oursNow === theirsNow && [ours, theirs].includes(oursNow), 'A conflict was not settled.', about)
        must((deed?.conflicts.length ?? 0) > 0, 'What lost a conflict was not kept.', about)
      }
    }
  }
  const last = [...after].flatMap(([id, { record, item }]) => {
    const said = held.has(id) ? mailbox.last.get(id) : { record: saidByRecord(record), item: saidByItem(item) }
    return said ? [[id, said] as const] : []
  })
  mailbox.last = new Map(last)
}

/** AP-94: who comes back has its way. */
export function checkRevived(world: World, mailbox: Mailbox, done: readonly Done[]): void {
  for (const { deed } of done) {
    const { link } = deed.pairing
    const after = deed.link === 'none' ? undefined : deed.link?.state
    if (link?.state !== 'dormant' || after !== 'linked' || deed.failure || deed.item?.do === 'create') continue
    const [record, item] = [world.records.get(link.recordId), mailbox.items.get(link.itemId ?? '')]
    if (!record || !item || mailbox.wasRestricted || !flowsOf(world, mailbox, link, record, item).toItem) continue
    // What was changed while it was over, or closed, stays in the CRM (AP-37, AP-52).
    const isClosed = world.odd.closed.has(tokenOf(nameOfRecord(record)) ?? '')
    if (item.kind === 'event' && (!world.settings.updatePastMeetings || isClosed)) continue
    const [ours, theirs] = [saidByRecord(record), saidByItem(item)]
    must(ours.title === theirs.title, 'AP-94: revived, and the item says otherwise.', ours, theirs, deed.trace)
  }
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

function flowsOf(world: World, mailbox: Mailbox, link: Link, record: RecordView, item: Item) {
  const flows = { toItem: !mailbox.readOnly.has(item.ref.folder), toRecord: mailbox.may.write, isFirst: false }
  if (item.kind !== 'event') return flows
  const organizerLinked = world.mailboxes.some((other) =>
    other.links.some((one) => one.recordId === record.id && one.organizes && one.state === 'linked'),
  )
  if (item.role === 'attendee' && organizerLinked) return { ...flows, toItem: false, toRecord: false }
  if (organizerIn(record) === undefined && link.organizes) return { ...flows, toItem: false, toRecord: false }
  if ([1, 2].includes(Number(record.row['statecode']))) flows.toRecord = false
  const isOver = !isFuture(item, world) && startOf(record) <= world.now.getTime()
  if (isOver && !world.settings.updatePastMeetings) flows.toItem = false
  return flows
}

// Deeds

/** Nothing is made, deleted or told that the rules do not allow. */
export function checkDeed(world: World, mailbox: Mailbox, { deed, before }: Done): void {
  const { item, record } = before
  const about = {
    deed: { ...deed, pairing: undefined },
    link: deed.pairing.link,
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
  if (deed.record?.do === 'delete') checkRecordDeleted(world, mailbox, deed, record, about)
  if (deed.item?.do === 'remove') checkItemRemoved(world, mailbox, deed, item, record, about)
  if (deed.item && deed.item.do !== 'remove' && deed.item.notify !== 'none') {
    must(
      deed.pairing.matchedBy === undefined || deed.pairing.link !== undefined,
      'AP-72: linking told somebody.',
      about,
    )
    const organizer = typeof record === 'object' ? organizerIn(record) : undefined
    const isOrganizer = organizer === undefined || organizer.id === mailbox.user.id || item?.kind === 'event'
    must(isOrganizer && (item?.kind !== 'event' || item.role !== 'attendee'), 'AP-35: invited by somebody else.', about)
    const written = deed.item.do === 'create' ? deed.item.item : mailbox.items.get(item?.ref.id ?? '')
    if (written?.kind === 'event') must(isFuture(written, world), 'AP-35: invited to a past meeting.', about)
  }
  if (deed.item?.do === 'create' && deed.item.item.kind === 'event' && typeof record === 'object') {
    const isDue =
      organizerIn(record)?.id === mailbox.user.id &&
      startOf(record) > world.now.getTime() &&
      ![1, 2].includes(Number(record.row['statecode'])) &&
      (deed.item.item.fields.attendees?.length ?? 0) > 0
    const isHushed = deed.trace.some(({ rule }) => rule === 'B-43')
    must((deed.item.notify === 'all') === (isDue && !isHushed), 'AP-35: invitations of a new meeting.', about)
  }
}

/** AP-5: of a record that was deleted the item goes as well, where the rules of its type say so. */
function checkRecordGone(world: World, mailbox: Mailbox, deed: Done['deed'], item: Item, about: unknown): void {
  const { link } = deed.pairing
  if (link?.state !== 'linked' && link?.state !== 'creating') return
  const isRefused = deed.trace.some(({ rule }) => rule === 'B-40' || rule === 'B-43')
  if (mailbox.readOnly.has(item.ref.folder) || isRefused) return
  const isDue =
    item.kind === 'event'
      ? item.role !== 'attendee' && link.organizes !== false && isFuture(item, world)
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
  if (view.table !== 'appointment') return
  const isOwn = deed.pairing.link?.organizes === true
  const isOpen = ![1, 2].includes(Number(view.row['statecode']))
  must(isOwn && isOpen && startOf(view) > world.now.getTime(), 'AP-54: an appointment was deleted.', about)
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
    const isOthers = item?.kind === 'event' && organizerIn(view)?.id !== mailbox.user.id
    must(!world.returns(mailbox, view) || isOthers, 'AP-5: an item was removed whose record is returned.', about)
  }
  if (record !== 'gone' && !isCancelled)
    must(!world.settings.distinctDeletes, 'AP-91: removed by a logical delete.', about)
  if (item?.kind === 'contact')
    must((view?.owner.id ?? link?.ownerId) !== mailbox.user.id, 'CT-30: the owner lost a contact.', about)
  if (item?.kind === 'task') must(item.fields.status !== 'completed', 'TK-30: a completed task was removed.', about)
  if (item?.kind !== 'event') return
  must(
    item.role !== 'attendee' && link?.organizes !== false,
    'AP-41: removed by somebody else than the organizer.',
    about,
  )
  must(isFuture(item, world) || isCancelled, 'AP-41: a past meeting was removed.', about)
  const isTold = isFuture(item, world) && (item.fields.attendees?.length ?? 0) > 0
  must((deed.item?.notify === 'all') === isTold, 'AP-42: cancellations.', about)
}

function isFuture({ fields: { time } }: Pick<CalendarItem, 'fields'>, world: World): boolean {
  return instantOf(time.start, time.zone) > world.now.getTime()
}

function startOf({ row }: RecordView): number {
  return row['scheduledstart'] instanceof Date ? row['scheduledstart'].getTime() : Number.POSITIVE_INFINITY
}

// At rest

/** Nothing is there twice, and what is linked agrees. */
export function checkEnd(world: World): void {
  const simple = (token: string | undefined) =>
    token !== undefined && !world.odd.copied.has(token) && !world.odd.passedOn.has(token)
  const seen = new Set<string>()
  for (const view of world.records.values()) {
    const token = tokenOf(nameOfRecord(view))
    must(
      !simple(token) || !seen.has(token ?? ''),
      'B-60: a record is there twice.',
      token,
      [...world.records.values()].map(nameOfRecord),
    )
    seen.add(token ?? '')
  }
  for (const mailbox of world.mailboxes) checkMailbox(world, mailbox, simple)
}

function checkMailbox(world: World, mailbox: Mailbox, simple: (token: string | undefined) => boolean): void {
  const { links, items } = mailbox
  must(isUnique(links.map(({ recordId }) => recordId)), 'AP-9: a record is linked twice.', links)
  must(isUnique(links.flatMap(({ itemId }) => itemId ?? [])), 'AP-9: an item is linked twice.', links)
  const tokens = [...items.values()].flatMap((item) => tokenOf(titleOf(item)) ?? []).filter(simple)
  must(isUnique(tokens), 'An item is there twice.', tokens, links)
  for (const link of links) {
    const [record, item] = [world.records.get(link.recordId), items.get(link.itemId ?? '')]
    if (link.state !== 'linked' || mailbox.wasRestricted) continue
    must(record !== undefined && item !== undefined, 'A link has lost a side.', link)
    const isPlain = item.kind !== 'event' || (link.organizes === true && organizerIn(record)?.id === mailbox.user.id)
    const wasOpen =
      item.kind !== 'event' ||
      (world.settings.updatePastMeetings && !world.odd.closed.has(tokenOf(nameOfRecord(record)) ?? ''))
    if (!isPlain || !wasOpen) continue
    must(
      saidByRecord(record).title === saidByItem(item).title,
      'Both sides do not agree.',
      saidByRecord(record),
      saidByItem(item),
      link,
    )
  }
}

function isUnique(all: readonly string[]): boolean {
  return new Set(all).size === all.length
}
