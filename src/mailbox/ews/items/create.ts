import { unsupported } from '../../failures.ts'
import type { ItemFolder, ItemRef, NewEvent, NewItem, NotifyWhom, OccurrencePatch } from '../../items/index.ts'
import { childrenOf } from '../node.ts'
import { folderId } from '../pieces.ts'
import { inFolder, type Place } from '../place.ts'
import { xml } from '../xml.ts'
import { fileAs, writeContact } from './contact.ts'
import { writeEvent, writeReminder } from './event.ts'
import { withExtended } from './extended.ts'
import { attemptOf, type Where } from './find.ts'
import { refOf } from './frame.ts'
import { KEY, MAKING, writeMarks } from './marks.ts'
import { INVITATIONS } from './notify.ts'
import { changeOccurrences, checkOrder } from './occurrences.ts'
import { newItem, type Property, plain } from './property.ts'
import { writeRecurrence } from './recurrence.ts'
import { writeRest } from './rest.ts'
import { writeTask } from './task.ts'
import { spanOf, writeTime, zoneContext } from './times.ts'
import { setProperties } from './update.ts'
import { isZone, itemError, ofItem } from './version.ts'

/**
 * See `ItemMailbox.create`. A series whose occurrences differ is made in several steps; until the last its key says so,
 * and whoever creates it again goes on where the attempt broke off (law 2).
 */
export async function createItem(
  place: Place,
  folder: ItemFolder,
  item: NewItem,
  key: string,
  { notify, where }: { notify: NotifyWhom /** Where an earlier attempt may have made it. */; where?: Where },
): Promise<ItemRef> {
  const before = where && (await attemptOf(place, key, where))
  if (before?.isWhole) return before.ref
  const occurrences = item.kind === 'event' ? occurrencesOf(item) : []
  const mark = withExtended(occurrences.length > 0 ? MAKING : KEY, key)
  const ref = before?.ref ?? (await make(place, folder, item, mark, notify))
  if (item.kind !== 'event' || !item.series || occurrences.length === 0) return ref
  const plan = { recurrence: item.series.recurrence, start: item.fields.time.start }
  await changeOccurrences(place, ref, plan, occurrences, notify)
  return setProperties(place, ref, 'event', [withExtended(KEY, key), withExtended(MAKING, undefined)], {
    notify: 'none',
    overwrite: true,
  })
}

async function make(
  place: Place,
  folder: ItemFolder,
  item: NewItem,
  mark: Property,
  notify: NotifyWhom,
): Promise<ItemRef> {
  try {
    return await attempt(place, folder, item, mark, notify, false)
  } catch (error) {
    // The Windows beneath knows the zone by no name, or by an older one.
    if (item.kind !== 'event' || !isZone(error)) throw itemError('', error)
    return ofItem('', attempt(place, folder, item, mark, notify, true))
  }
}

async function attempt(
  place: Place,
  folder: ItemFolder,
  item: NewItem,
  mark: Property,
  notify: NotifyWhom,
  spelt: boolean,
): Promise<ItemRef> {
  const properties = [
    ...propertiesOf(place, item, spelt),
    ...writeMarks(item.marks),
    mark,
    ...writeRest(item.kind, item.rest),
  ]
  // A zone that was meant twice: what a patch or the rest says of it does not count.
  const whole = newItem(item.kind, unique(properties))
  const where = xml`<m:SavedItemFolderId>${folderId(folder.id)}</m:SavedItemFolderId>`
  const sends = item.kind === 'event' ? xml` SendMeetingInvitations="${INVITATIONS[notify]}"` : undefined
  const around = {
    before: xml`<m:CreateItem MessageDisposition="SaveOnly"${sends}>${where}<m:Items>`,
    after: xml`</m:Items></m:CreateItem>`,
  }
  const zone =
    item.kind === 'event'
      ? zoneContext(item.fields.time.zone, { ...spanOf(item.fields.time, item.series?.recurrence), spelt })
      : undefined
  const call = place.client.callWithOthers({
    name: 'CreateItem',
    ...around,
    part: whole,
    doing: 'Making an item',
    zone,
  })
  return refOf(folder.id, childrenOf(await inFolder(folder.id, call), 'Items')[0])
}

function propertiesOf({ client }: Place, item: NewItem, spelt: boolean): Property[] {
  switch (item.kind) {
    case 'event': {
      const { time, ...fields } = item.fields
      const { series } = item
      const span = { ...spanOf(time, series?.recurrence), spelt }
      return [
        ...writeTime(time, span),
        // Exchange reminds of what does not say that it shall not.
        ...(fields.reminder === undefined ? writeReminder(undefined) : []),
        ...writeEvent(client, fields),
        ...(series ? [plain('calendar:Recurrence', writeRecurrence(series.recurrence, time.start))] : []),
      ]
    }
    case 'contact':
      return [fileAs(item.fields), ...writeContact(item.fields)]
    case 'task': {
      const { status, ...fields } = item.fields
      // It is so without a word, and the word would undo the percentage.
      return writeTask(status === 'notStarted' ? fields : item.fields)
    }
  }
}

/** The last one said of each element and extended property counts; entries of dictionaries are many of one name. */
function unique(properties: readonly Property[]): Property[] {
  const last = new Map(properties.map((one) => [one.path.text, one]))
  return [...last.values()]
}

/** What of a new series differs from its pattern, as changes of it. @throws MailboxError `unsupported` */
function occurrencesOf({ series, fields }: NewEvent): OccurrencePatch[] {
  if (!series) return []
  checkOrder(fields.time, series)
  if (series.added?.length) throw unsupported(`add single dates (${series.added.join(', ')}) to a series`, 'ews')
  return [
    ...series.exceptions.map(({ originalStart, fields, cleared }) => ({
      originalStart,
      set: fields,
      ...(cleared && { clear: cleared }),
    })),
    ...series.cancelled.map((originalStart) => ({ originalStart, cancel: true as const })),
  ]
}
