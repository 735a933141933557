import type { CalendarEvent, Item, MessageView, Person } from '../../model/index.ts'
import { type Content, tag, type Xml } from '../xml.ts'

/** An item with what its properties are read from beside itself. */
export interface Subject<T extends Item = Item> {
  readonly item: T
  /** Address of the owner of the mailbox. */
  readonly owner: Person
  /** Body and attachments of a message; for those who asked for properties that need it. */
  readonly view: MessageView | undefined
  /** The event that an invitation or answer is about, as long as the calendar has it. */
  readonly meeting: CalendarEvent | undefined
  /** HTML, text, or as it is kept. */
  readonly bodyType: 'Best' | 'HTML' | 'Text'
  /** Whether somebody has a mailbox here. */
  readonly isInternal: (address: string) => boolean
}

export interface Property<T extends Item = Item> {
  /** As a FieldURI names it. */
  readonly uri: string
  /** The element that holds it. */
  readonly element: string
  /** In which shape it comes unasked; never when absent. */
  readonly shape?: 'Default' | 'AllProperties'
  /** Is not told by FindItem and SyncFolderItems. */
  readonly getOnly?: true
  /** Needs the `view` of a message. */
  readonly viewed?: true
  /** What stands in the element; markup, a text, or nothing when the item does not have it. */
  read(subject: Subject<T>): Content
  /** The attributes of the element. */
  attributes?(subject: Subject<T>): Readonly<Record<string, string>>
  /** What a search compares with; what `read` gives when absent. */
  search?(subject: Subject<T>): string | undefined
}

/** `2026-01-05T08:00:00Z`: Exchange tells whole seconds. */
export function dateTime(date: Date | undefined): string | undefined {
  return date && `${date.toISOString().slice(0, 19)}Z`
}

/** A person as EWS writes one. */
export function mailbox(person: Person, isInternal: (address: string) => boolean): Xml {
  return tag(
    't:Mailbox',
    {},
    tag('t:Name', {}, person.name || person.address),
    person.address && [
      tag('t:EmailAddress', {}, person.address),
      tag('t:RoutingType', {}, 'SMTP'),
      tag('t:MailboxType', {}, isInternal(person.address) ? 'Mailbox' : 'OneOff'),
    ],
  )
}

/** A list of strings as EWS writes one; nothing when it is empty. */
export function strings(values: readonly string[]): Content {
  return values.length ? values.map((value) => tag('t:String', {}, value)) : undefined
}

/** `Normal` of `normal`. */
export function capitalized(word: string): string {
  return `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`
}
