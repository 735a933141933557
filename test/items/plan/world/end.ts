import type { Link, RecordView } from '#items'
import { checkAnswers } from './answers.ts'
import { isFilePart } from './files.ts'
import { must, saidByItem, saidByRecord } from './said.ts'
import { instant } from './series.ts'
import { isMeeting, type Mailbox, nameOfRecord, organizerIn, type Said, titleOf, tokenOf, type World } from './world.ts'

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
  const linked = new Set(links.map(({ recordId }) => recordId))
  for (const view of world.records.values())
    if (!isMeeting(view) && world.returns(mailbox, view))
      must(linked.has(view.id), 'AP-5, AP-80: what the filters return is not in the mailbox.', view, links)
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
    if (!world.odd.closed.has(tokenOf(nameOfRecord(record)) ?? '')) checkAnswers(world, mailbox, record, item)
    if (!isPlain || !wasOpen) continue
    const [ours, theirs] = [saidByRecord(world, record), saidByItem(world, item)]
    if (ours.repeats !== theirs.repeats && !mailbox.may.create) continue
    must(ours.repeats === theirs.repeats, 'AP-71: one side repeats and the other does not.', ours, theirs, link)
    must(ours.title === theirs.title, 'Both sides do not agree.', ours, theirs, link)
    if (world.odd.joined.has(tokenOf(ours.title) ?? '')) continue
    checkFiles(world, record, ours, theirs, link)
    for (const [part, said] of Object.entries(ours))
      if (part.startsWith('20') && instant(part) > world.now.getTime())
        must(said === theirs[part], 'Both sides do not agree on an occurrence.', part, ours, theirs, link)
  }
}

/** AP-24, AP-85: of a single appointment each file is on both sides. */
function checkFiles(world: World, { attachments }: RecordView, ours: Said, theirs: Said, link: Link): void {
  if (!attachments || !world.settings.appointmentAttachments) return
  must(isUnique(attachments.map(({ name }) => name)), 'AP-85: a file is there twice.', attachments, link)
  for (const part of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
    if (isFilePart(part))
      must(ours[part] === theirs[part], 'AP-85: both sides do not agree on a file.', part, ours, theirs, link)
}

function isUnique(all: readonly string[]): boolean {
  return new Set(all).size === all.length
}
