import type { Link, RecordView } from '#items'
import type { CalendarItem, Item } from '#mailbox'
import type { Done } from './cycle.ts'
import { isFilePart } from './files.ts'
import { beginningOf, CANCELLED, isFuture, must, type Seen, saidByItem, saidByRecord, snapshot } from './said.ts'
import { instant, SERIES, startsOfRecord } from './series.ts'
import { isMeeting, type Mailbox, nameOfRecord, organizerIn, SERVICE, titleOf, tokenOf, type World } from './world.ts'

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
    // Nothing is over for a folder that takes no changes now (AP-2).
    const isLocked = mailbox.readOnly.has(item.ref.folder)
    if (hasLeft && isSettled && !isLocked)
      must(!now, 'AP-5: what no filter returns any more is still linked.', link, deed?.trace)
    if (!now || !last || deed?.failure || held.has(id) || mailbox.denied.has(record.id)) continue
    if (mailbox.wasRestricted || now.link.key !== link.key) continue
    if (isTurned(now)) continue
    const flows = flowsOf(world, mailbox, link, record, item)
    // What ceases to repeat may be past from then on (AP-37).
    if (isTurned({ record, item })) flows.toItem &&= flowsOf(world, mailbox, link, now.record, now.item).toItem
    const [ours, theirs, oursNow, theirsNow] = [
      saidByRecord(world, record),
      saidByItem(world, item),
      saidByRecord(world, now.record),
      saidByItem(world, now.item),
    ]
    const isPassedOn = world.odd.passedOn.has(tokenOf(nameOfRecord(record)) ?? '')
    for (const part of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const was = { record: last.record[part], item: last.item[part] }
      const told = { ours: ours[part], theirs: theirs[part], oursNow: oursNow[part], theirsNow: theirsNow[part] }
      if (isFilePart(part) && !areFilesAgreed({ link, record, item })) continue
      const about = { part, was, ...told, flows, link, trace: deed?.trace }
      // What waited for the mailbox of one organizer may pass with that of the next (AP-31, AP-43).
      if (isPassedOn && was.record !== was.item) continue
      // What an occurrence had of its own ends with the series.
      if (isOccurrence(part) && isTurned({ record, item })) continue
      if (isOccurrence(part) && isApart(world, part, told, was, { link, record, item })) continue
      if (isOccurrence(part) && hasEnded(part, told, was, flows, now, deed)) continue
      if (record.table === SERVICE && flows.toItem) {
        checkCopy(record.version !== link.recordVersion, told, was.record, about)
        continue
      }
      const toItem = flows.toItem && !(isOccurrence(part) && item.kind === 'event' && item.role === 'attendee')
      checkPart(told, was, { ...flows, toItem }, deed, about)
    }
  }
  const last = [...after].flatMap(([id, { record, item }]) => {
    const stays = held.has(id) || isTurned({ record, item })
    const said = stays ? mailbox.last.get(id) : { record: saidByRecord(world, record), item: saidByItem(world, item) }
    return said ? [[id, said] as const] : []
  })
  mailbox.last = new Map(last)
}

/** One side repeats, and the other does not follow it yet (AP-71): nothing passes meanwhile. */
function isTurned({ record, item }: Pick<Seen, 'record' | 'item'>): boolean {
  return item.kind === 'event' && (record.table === SERIES) !== (item.series !== undefined)
}

/** AP-74: of the files of what repeats nothing is agreed on, nor of those of what has ceased to just now. */
function areFilesAgreed({ link, record, item }: Seen): boolean {
  return record.attachments !== undefined && !isTurned({ record, item }) && 'attachments' in link.agreed.item
}

interface Told {
  ours: string | undefined
  theirs: string | undefined
  oursNow: string | undefined
  theirsNow: string | undefined
}
interface Was {
  record: string | undefined
  item: string | undefined
}

function checkPart(
  { ours, theirs, oursNow, theirsNow }: Told,
  was: Was,
  flows: { toItem: boolean; toRecord: boolean },
  deed: Done['deed'] | undefined,
  about: unknown,
): void {
  const edited = { record: ours !== was.record, item: theirs !== was.item }
  if (edited.record && !edited.item && flows.toItem) must(theirsNow === ours, 'An edit of the CRM is lost.', about)
  if (edited.item && !edited.record && flows.toRecord) must(oursNow === theirs, 'An edit in Outlook is lost.', about)
  if (!edited.record)
    must(oursNow === ours || (edited.item && oursNow === theirs), 'A record was changed for nothing.', about)
  if (!edited.item)
    must(theirsNow === theirs || (edited.record && theirsNow === ours), 'An item was changed for nothing.', about)
  if (!edited.record || !edited.item || !flows.toItem || !flows.toRecord || ours === theirs) return
  must(oursNow === theirsNow && [ours, theirs].includes(oursNow), 'A conflict was not settled.', about)
  // Who cancels an occurrence while the other side changes it has the last word (AP-13).
  if (ours === CANCELLED || theirs === CANCELLED) must(oursNow === CANCELLED, 'AP-13: an occurrence is back.', about)
  else must((deed?.conflicts.length ?? 0) > 0, 'What lost a conflict was not kept.', about)
}

/** AP-81: what the CRM says is there after its next change, and until then what somebody put into the calendar. */
function checkCopy(
  isNews: boolean,
  { ours, theirs, oursNow, theirsNow }: Told,
  was: string | undefined,
  about: unknown,
) {
  must(oursNow === ours, 'AP-81: something of a calendar reached a service activity.', about)
  must(
    theirsNow === (isNews ? ours : theirs),
    'AP-81: a copy of a service activity is another one.',
    isNews,
    was,
    about,
  )
}

const isOccurrence = (part: string): boolean => part.startsWith('20')

/** AP-54: an occurrence that is cancelled in Outlook alone, because it was over or is not for its owner to cancel. */
function isApart(world: World, start: string, told: Told, was: Was, { link, record }: Seen): boolean {
  const isClosed = [1, 2].includes(Number(record.row['statecode']))
  const stays = isClosed || link.organizes === false || instant(start) < world.now.getTime()
  if (told.theirs === CANCELLED && told.ours !== CANCELLED && stays)
    must(told.oursNow === told.ours, 'AP-54: an occurrence was deleted.', start, told, link)
  if (told.theirs === CANCELLED && told.ours !== CANCELLED && (stays || was.item === CANCELLED)) return true
  return told.ours === CANCELLED && was.record === CANCELLED
}

/** What was said of an occurrence that a new recurrence does not have any more is kept (B-70). */
function hasEnded(
  start: string,
  told: Told,
  was: Was,
  flows: { toRecord: boolean },
  { record }: Seen,
  deed: Done['deed'] | undefined,
): boolean {
  const isSaid = told.theirs === was.item ? told.ours !== was.record : told.ours === was.record
  if (!isSaid || record.table !== SERIES || startsOfRecord(record).includes(start)) return false
  // It stands where it was said: what the organizer's mailbox brings is no end of it (AP-31).
  if (!flows.toRecord && told.theirs !== was.item && told.theirsNow === told.theirs) return true
  const isKept = deed?.conflicts.some(({ pair }) => pair.startsWith(`occurrences ${start}`))
  must(isKept === true, 'What was said of an occurrence that ended is lost.', start, told, was, deed?.trace)
  return true
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
    if (isMeeting(record) && (!world.settings.updatePastMeetings || isClosed)) continue
    const [ours, theirs] = [saidByRecord(world, record), saidByItem(world, item)]
    must(ours.title === theirs.title, 'AP-94: revived, and the item says otherwise.', ours, theirs, deed.trace)
  }
}

/** AP-31, AP-21: of a meeting that others track the name that was given last stays, or is kept (B-70). */
export function checkTakenUp(world: World, mailbox: Mailbox, done: readonly Done[]): void {
  for (const { deed, before } of done) {
    const { record, item } = before
    if (deed.pairing.link || deed.pairing.matchedBy !== 'uid' || typeof record !== 'object' || !item) continue
    // What is only linked, and looked at again, has said nothing yet.
    if (typeof deed.link === 'object' && deed.link.recordVersion === undefined) continue
    const others = world.mailboxes.flatMap(({ links }) =>
      links.filter(({ recordId, state }) => links !== mailbox.links && recordId === record.id && state === 'linked'),
    )
    // An attendee's copy follows its organizer's mailbox, which has heard by then or will.
    if (others.length === 0 || others.some(({ organizes }) => organizes)) continue
    const token = tokenOf(nameOfRecord(record)) ?? ''
    const isOdd = [world.odd.closed, world.odd.copied, world.odd.own].some((tokens) => tokens.has(token))
    const isOver = !isFuture(item as CalendarItem, world) || beginningOf(record) <= world.now.getTime()
    if (isOdd || isOver || isTurned({ record, item }) || mailbox.wasRestricted) continue
    const [ours, theirs] = [nameOfRecord(record), titleOf(item) ?? '']
    const last = numberOf(ours) > numberOf(theirs) ? ours : theirs
    const now = world.records.get(record.id)
    const isKept = deed.conflicts.some((one) => one.record === last || one.item === last)
    must(
      isKept || (now !== undefined && nameOfRecord(now) === last),
      'What was said last is lost by linking.',
      ours,
      theirs,
      deed,
    )
  }
}

const numberOf = (name: string): number => Number(name.split('.')[1] ?? 0)

function flowsOf(world: World, mailbox: Mailbox, link: Link, record: RecordView, item: Item) {
  const flows = { toItem: !mailbox.readOnly.has(item.ref.folder), toRecord: mailbox.may.write }
  if (record.table === SERVICE) return { ...flows, toRecord: false }
  if (item.kind !== 'event') return flows
  const organizerLinked = world.mailboxes.some((other) =>
    other.links.some((one) => one.recordId === record.id && one.organizes && one.state === 'linked'),
  )
  if (item.role === 'attendee' && organizerLinked) return { ...flows, toItem: false, toRecord: false }
  const organizer = organizerIn(record)
  // What the CRM says comes with the organizer's mailbox (AP-31), and everybody's is synchronized.
  if (item.role === 'attendee' && organizer && organizer.id !== mailbox.user.id) flows.toItem = false
  if (organizerIn(record) === undefined && link.organizes) return { ...flows, toItem: false, toRecord: false }
  if ([1, 2].includes(Number(record.row['statecode']))) flows.toRecord = false
  const isOver = !isFuture(item, world) && beginningOf(record) <= world.now.getTime()
  if (isOver && !world.settings.updatePastMeetings) flows.toItem = false
  return flows
}
