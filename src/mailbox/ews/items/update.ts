import { itemChanged, itemNotFound, unsupported } from '../../failures.ts'
import {
  applyPatch,
  type CalendarItem,
  type ContactFields,
  type EventFields,
  type EventPatch,
  type ItemKind,
  type ItemPatch,
  type ItemRef,
  type NotifyWhom,
  type TaskFields,
  type TaskPatch,
} from '../../items/index.ts'
import { childrenOf } from '../node.ts'
import type { Place } from '../place.ts'
import { type Xml, xml } from '../xml.ts'
import { addAttachments, removeAttachments } from './attachments.ts'
import { writeContact } from './contact.ts'
import { named, writeEvent } from './event.ts'
import { refOf } from './frame.ts'
import { writeMarks } from './marks.ts'
import { UPDATES } from './notify.ts'
import { changeOccurrences, checkOrder, isMoved, type Plan, planOf } from './occurrences.ts'
import { changesOf, type Property, plain } from './property.ts'
import { readItems } from './read.ts'
import { writeRecurrence } from './recurrence.ts'
import { writeTask } from './task.ts'
import { spanOf, writeTime, zoneContext } from './times.ts'
import { checkVersion, isZone, ofItem, refNow } from './version.ts'

/**
 * See `ItemMailbox.update`. The item itself first, if it is in the version that was meant; then its occurrences and
 * attachments, which Exchange changes only one by one: whoever breaks off there finds another version and decides anew.
 */
export async function updateItem(place: Place, ref: ItemRef, patch: ItemPatch, notify: NotifyWhom): Promise<ItemRef> {
  const change = patch.kind === 'event' ? await eventChange(place, ref, patch) : await otherChange(place, ref, patch)
  const { add = [], remove = [] } = patch.attachments ?? {}
  const occurrences = (patch.kind === 'event' && patch.occurrences) || []
  const isMore = occurrences.length > 0 || add.length > 0 || remove.length > 0
  let now = ref
  if (change.properties.length > 0) now = await changeOnce(place, ref, patch.kind, change, notify)
  else if (!change.isSeen) await checkVersion(place, ref)
  if (!isMore) return now
  if (change.plan) await changeOccurrences(place, ref, change.plan, occurrences, notify)
  await removeAttachments(place, remove)
  await addAttachments(place, ref, add)
  return refNow(place, ref)
}

interface Change {
  properties: Property[]
  /** The item was read, in the version that was meant. */
  isSeen: boolean
  zone?: Xml
  /** The same, with its zone spelt out. */
  spelt?: { properties: Property[]; zone: Xml }
  plan?: Plan | undefined
}

/** An Exchange whose Windows does not know the zone is told its rules. */
async function changeOnce(
  place: Place,
  ref: ItemRef,
  kind: ItemKind,
  { properties, zone, spelt }: Change,
  notify: NotifyWhom,
): Promise<ItemRef> {
  try {
    return await setProperties(place, ref, kind, properties, { notify, zone })
  } catch (error) {
    if (!spelt || !(error instanceof Error) || !isZone(error.cause ?? error)) throw error
    return setProperties(place, ref, kind, spelt.properties, { notify, zone: spelt.zone })
  }
}

/** @throws MailboxError `conflict` unless `overwrite` */
export async function setProperties(
  { client }: Place,
  { folder, id, version }: ItemRef,
  kind: ItemKind,
  properties: readonly Property[],
  { notify, zone, overwrite = false }: { notify: NotifyWhom; zone?: Xml | undefined; overwrite?: boolean },
): Promise<ItemRef> {
  const sends = kind === 'event' ? xml` SendMeetingInvitationsOrCancellations="${UPDATES[notify]}"` : undefined
  const how = overwrite ? 'AlwaysOverwrite' : 'NeverOverwrite'
  const changes = changesOf(kind, properties)
  const item = xml`<t:ItemChange><t:ItemId Id="${id}" ChangeKey="${version}"/><t:Updates>${changes}</t:Updates></t:ItemChange>`
  const around = {
    before: xml`<m:UpdateItem ConflictResolution="${how}" MessageDisposition="SaveOnly"${sends}><m:ItemChanges>`,
    after: xml`</m:ItemChanges></m:UpdateItem>`,
  }
  const call = client.callWithOthers({ name: 'UpdateItem', ...around, part: item, doing: 'Changing an item', zone })
  return refOf(folder, childrenOf(await ofItem(id, call), 'Items')[0])
}

async function otherChange(place: Place, ref: ItemRef, patch: Exclude<ItemPatch, EventPatch>): Promise<Change> {
  const marks = writeMarks(patch.marks)
  if (patch.kind === 'contact') {
    const fields = named<ContactFields>(patch.set, patch.clear)
    return { properties: [...writeContact(fields), ...marks], isSeen: false }
  }
  const { percent, isSeen } = await percentNow(place, ref, patch)
  return { properties: [...writeTask(named<TaskFields>(patch.set, patch.clear), percent), ...marks], isSeen }
}

/** A status takes the percentage with it, unless it is said again. */
async function percentNow(place: Place, ref: ItemRef, { set, clear }: TaskPatch) {
  const isNamed = set?.percent !== undefined || clear?.includes('percent')
  if (!set?.status || set.status === 'completed' || isNamed) return { percent: undefined, isSeen: false }
  const item = await itemNow(place, ref, 'task')
  const percent = item.kind === 'task' && item.fields.status !== 'completed' ? item.fields.percent : undefined
  return { percent, isSeen: true }
}

async function eventChange(place: Place, ref: ItemRef, patch: EventPatch): Promise<Change> {
  const { time, ...set } = patch.set ?? {}
  const rest = [...writeEvent(place.client, named<EventFields>(set, patch.clear)), ...writeMarks(patch.marks)]
  const hasPattern = time !== undefined || patch.recurrence !== undefined
  if (!hasPattern && !patch.occurrences?.length) return { properties: rest, isSeen: false }
  const before = (await itemNow(place, ref, 'event')) as CalendarItem
  const plan = planAfter(before, patch)
  if (patch.occurrences?.length && !plan) throw unsupported('change occurrences of what does not repeat', 'ews')
  if (patch.occurrences?.some(isMoved)) {
    const { fields, series } = applyPatch(before, patch)
    if (series && 'recurrence' in series) checkOrder(fields.time, series)
  }
  if (!hasPattern) return { properties: rest, isSeen: true, plan }
  const now = time ?? before.fields.time
  const pattern = patternOf(before, patch, plan)
  const span = spanOf(now, plan?.recurrence)
  const written = (spelt: boolean) => ({
    properties: [...(time ? writeTime(time, { ...span, spelt }) : []), ...pattern, ...rest],
    zone: zoneContext(now.zone, { ...span, spelt }),
  })
  return { ...written(false), spelt: written(true), isSeen: true, plan }
}

/** The pattern is said again where the time is: so Exchange forgets the former exceptions (AP-71). */
function patternOf(before: CalendarItem, { recurrence }: EventPatch, plan: Plan | undefined): Property[] {
  if (recurrence === null) return before.series ? [plain('calendar:Recurrence', undefined)] : []
  if (plan) return [plain('calendar:Recurrence', writeRecurrence(plan.recurrence, plan.start))]
  if (before.series && 'cannot' in before.series)
    throw unsupported(`move a series that repeats like this: ${before.series.cannot}`, 'ews')
  return []
}

function planAfter(before: CalendarItem, { recurrence, set }: EventPatch): Plan | undefined {
  if (recurrence === null) return undefined
  const pattern = recurrence ?? planOf(before)?.recurrence
  return pattern && { recurrence: pattern, start: set?.time?.start ?? before.fields.time.start }
}

/** @throws MailboxError `conflict` when it is in another version than `ref` */
async function itemNow(place: Place, ref: ItemRef, kind: ItemKind) {
  const [item] = await readItems(place, { id: ref.folder, kind }, [ref.id])
  if (!item) throw itemNotFound(ref.id)
  if (item.kind === 'unreadable') throw item.error
  if (item.ref.version !== ref.version) throw itemChanged(ref.id)
  return item
}
