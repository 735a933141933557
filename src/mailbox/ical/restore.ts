import { itemRefused } from '../failures.ts'
import type { ContactPatch, EventPatch, ItemMarks, ItemPatch, NewItem, SeriesParts, TaskPatch } from '../items/index.ts'
import { type Component, linesOf, newLine, parseComponents, printComponent, replaceLines } from './lines.ts'
import { readContact } from './readContact.ts'
import { readEvent } from './readEvent.ts'
import { readTask } from './readTask.ts'
import { patchContact } from './writeContact.ts'
import { patchEvent } from './writeEvent.ts'
import type { WriteOptions } from './writeFields.ts'
import { patchTask } from './writeTask.ts'

/**
 * The text of a lost item again (B-41): what was read of it, with the fields, marks and UID that it shall have now. What
 * is the same in both is not touched.
 */
export function restoreText(
  rest: string,
  item: NewItem & { marks?: ItemMarks },
  uid: string,
  options: WriteOptions,
): string {
  const text = withUid(inCrlf(rest), uid)
  switch (item.kind) {
    case 'event': {
      const before = readEvent(text, options)
      const patch: EventPatch = {
        kind: 'event',
        ...difference<EventPatch>(before, item),
        ...seriesPatch(before.series, item.series),
      }
      return patchEvent(text, patch, options)
    }
    case 'contact':
      return patchContact(text, { kind: 'contact', ...difference<ContactPatch>(readContact(text), item) }, options.now)
    case 'task':
      return patchTask(text, { kind: 'task', ...difference<TaskPatch>(readTask(text, options), item) }, options)
  }
}

/** Lines end as the standards want them: XML takes the carriage returns away. */
export function inCrlf(text: string): string {
  return text.includes('\r\n') ? text : text.replace(/\n/g, '\r\n')
}

function difference<Patch extends ItemPatch>(
  before: { fields: object; marks: ItemMarks },
  item: NewItem & { marks?: ItemMarks },
): Pick<Patch, 'set' | 'clear' | 'marks'> {
  const fields = before.fields as Record<string, unknown>
  const set = Object.entries(item.fields).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(fields[name]),
  )
  const clear = Object.keys(fields).filter((name) => !(name in item.fields))
  const gone = Object.keys(before.marks).map((mark) => [mark, null])
  return {
    set: Object.fromEntries(set),
    clear,
    marks: { ...Object.fromEntries(gone), ...item.marks },
  } as Pick<Patch, 'set' | 'clear' | 'marks'>
}

function seriesPatch(before: unknown, now: SeriesParts | undefined): Pick<EventPatch, 'recurrence' | 'occurrences'> {
  // A pattern that we cannot say is in the text alone.
  if (!now || JSON.stringify(before) === JSON.stringify(now)) return {}
  const cancelled = now.cancelled.map((originalStart) => ({ originalStart, cancel: true }) as const)
  const changed = now.exceptions.map(({ originalStart, fields: set, cleared: clear = [] }) => ({
    originalStart,
    set,
    clear,
  }))
  return { recurrence: now.recurrence, occurrences: [...cancelled, ...changed] }
}

function withUid(text: string, uid: string): string {
  const top = parseComponents(text)
  if (top.length === 0) throw itemRefused('What was kept of the lost item is no iCalendar or vCard text.')
  const owners = top.flatMap((one): Component[] =>
    one.name === 'VCARD' ? [one] : one.parts.filter((part) => 'parts' in part),
  )
  for (const owner of owners) if (linesOf(owner, 'UID').length > 0) replaceLines(owner, ['UID'], [newLine('UID', uid)])
  return top.map(printComponent).join('')
}
