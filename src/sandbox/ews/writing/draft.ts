import { type ExtendedProperty, type Item, type Patch, type PropertyName, withProperties } from '../../model/index.ts'
import { EwsFailure } from '../failure.ts'
import { propertyName } from '../properties/path.ts'
import { child, type Element, textOf } from '../xml.ts'

/** What a request wants to change of an item, or of one that is to be made; the model gets it when all is said. */
export class Draft<T extends Item = Item> {
  /** The item as it is; for a new one what its kind begins with. */
  readonly before: T
  /** Whether there is no such item yet. */
  readonly isNew: boolean
  #changes: Patch<T> = {}

  constructor(before: T, isNew: boolean) {
    this.before = before
    this.isNew = isNew
  }

  /** As it will be. */
  get now(): T {
    return { ...this.before, ...this.#changes }
  }

  get changes(): Patch<T> {
    return this.#changes
  }

  set(changes: Patch<T>): void {
    this.#changes = { ...this.#changes, ...changes }
  }

  setProperty(property: PropertyName, value: ExtendedProperty['value'] | undefined): void {
    this.set({ properties: withProperties(this.now.properties, [{ property, value }]) } as unknown as Patch<T>)
  }

  setCategories(names: readonly string[]): void {
    this.set({ categories: [...new Set(names.filter((name) => name !== ''))] } as unknown as Patch<T>)
  }
}

/** Applies an element of an item; without one the property is taken away. */
export type Setter<D> = (draft: D, element: Element | undefined) => void

/** Setters of a kind of items, by the name of the element. */
export type Setters<D> = Readonly<Record<string, Setter<D>>>

/** Name and value of an ExtendedProperty element. */
export function readExtended(element: Element): { property: PropertyName; value: ExtendedProperty['value'] } {
  const property = propertyName(child(element, 'ExtendedFieldURI') as Element)
  const values = child(element, 'Values')?.children.map(({ text }) => text)
  return { property, value: values ?? textOf(element, 'Value') ?? '' }
}

export function stringsIn(element: Element | undefined): string[] {
  return (element?.children ?? []).map(({ text }) => text.trim())
}

/** Fields that only the server sets. */
export function refuse(): never {
  throw new EwsFailure('ErrorInvalidPropertySet')
}

/** Fields of whichever kind that only the server sets. */
export const SERVERS_OWN: Setters<Draft> = Object.fromEntries(
  [
    'ItemId',
    'ParentFolderId',
    'DateTimeReceived',
    'Size',
    'IsSubmitted',
    'IsDraft',
    'IsFromMe',
    'IsResend',
    'IsUnmodified',
    'DateTimeSent',
    'DateTimeCreated',
    'ResponseObjects',
    'DisplayCc',
    'DisplayTo',
    'HasAttachments',
    'EffectiveRights',
    'LastModifiedName',
    'LastModifiedTime',
    'IsAssociated',
    'ConversationId',
    'UniqueBody',
    'InstanceKey',
    'Preview',
    'TextBody',
    'ReceivedBy',
    'ReceivedRepresenting',
  ].map((name) => [name, refuse]),
)
