import type { Local, Recurrence } from '#calendar'
import type { ItemKind, ItemMarks, NewAttachment } from './common.ts'
import type { ContactFields } from './contact.ts'
import type { ClearableEventField, EventFields, Person, SeriesParts } from './event.ts'
import type { TaskFields } from './task.ts'

/** An item to be made. */
export type NewItem = NewEvent | NewContact | NewTask

interface NewFrame {
  /** Where `can.choosesUid`; elsewhere the server gives one. */
  uid?: string
  marks?: Omit<ItemMarks, 'key'>
  /** What `rest` of a lost item said. */
  rest?: string
}

export interface NewEvent extends NewFrame {
  kind: 'event'
  fields: EventFields
  series?: SeriesParts
  /** Where others than the mailbox's owner may be the organizer; else it is the owner. */
  organizer?: Person
}

export interface NewContact extends NewFrame {
  kind: 'contact'
  fields: ContactFields
}

export interface NewTask extends NewFrame {
  kind: 'task'
  fields: TaskFields
}

/** What is to be changed, and nothing else: whatever a patch does not name stays as it is, known to us or not. */
export type ItemPatch = EventPatch | ContactPatch | TaskPatch

interface PatchFrame<Kind extends ItemKind, Fields, Clearable extends keyof Fields> {
  kind: Kind
  set?: Partial<Fields>
  /** Fields to be emptied (FD-13). */
  clear?: readonly Clearable[]
  /** Marks to be written, each by itself; `null` takes one off. */
  marks?: { [Name in keyof ItemMarks]?: string | null }
  attachments?: { add?: readonly NewAttachment[]; remove?: readonly string[] }
}

/**
 * Where `recurrence` or `set.time` is named for a series, its former exceptions and cancellations are gone and only those
 * in `occurrences` hold, as Exchange has it. Else the occurrences named are changed and all others stay.
 */
export interface EventPatch extends PatchFrame<'event', EventFields, ClearableEventField> {
  /** How it repeats from now on; `null`: it does not repeat any more. */
  recurrence?: Recurrence | null
  occurrences?: readonly OccurrencePatch[]
}

/** A change of one occurrence, by the start that the recurrence gives it. What it sets differs from the master from then on. */
export type OccurrencePatch =
  | { originalStart: Local; cancel: true }
  | { originalStart: Local; set?: Partial<EventFields>; clear?: readonly ClearableEventField[] }

export type ContactPatch = PatchFrame<'contact', ContactFields, keyof ContactFields>
export type TaskPatch = PatchFrame<
  'task',
  TaskFields,
  Exclude<keyof TaskFields, 'status' | 'importance' | 'sensitivity'>
>
