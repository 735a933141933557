import { EwsFailure } from '../failure.ts'
import { propertyOf } from '../properties/all.ts'
import { pathIn } from '../properties/path.ts'
import { setterOf } from '../writing/apply.ts'
import type { Draft, Setters } from '../writing/draft.ts'
import type { Element } from '../xml.ts'

type SetProperty = Draft['setProperty']

/** Applies SetItemField, AppendToItemField and DeleteItemField to a draft. */
export function applyUpdates<D extends Draft>(
  draft: D,
  updates: readonly Element[],
  setters: Setters<D>,
  setProperty: SetProperty,
): void {
  for (const update of updates) {
    const path = pathIn(update)
    if (update.name === 'DeleteItemField') {
      if (path.kind === 'extended') setProperty(path.property, undefined)
      else if (path.kind === 'field') remove(draft, path.uri, setters)
      else removeEntry(draft, path, setters)
      continue
    }
    const part = update.children[1]?.children[0]
    if (!part || (update.children[1]?.children.length ?? 0) > 1)
      throw new EwsFailure(
        'ErrorIncorrectUpdatePropertyCount',
        'An object within a change description must contain one and only one property to modify.',
      )
    if (!names(draft, path, part)) throw new EwsFailure('ErrorUpdatePropertyMismatch', MISMATCH)
    if (update.name === 'AppendToItemField') setterOf(setters, part.name)(draft, appended(draft, part))
    else setterOf(setters, part.name)(draft, part)
  }
}

const MISMATCH = 'The property of the change description does not match the property that is set.'

function names(draft: Draft, path: ReturnType<typeof pathIn>, part: Element): boolean {
  if (path.kind === 'extended') return part.name === 'ExtendedProperty'
  if (path.kind === 'indexed') return part.name.startsWith((path.uri.split(':')[1] ?? '').replace(/s$/, ''))
  return part.name === path.uri.split(':')[1] || propertyOf(draft.now, path.uri)?.element === part.name
}

function remove<D extends Draft>(draft: D, uri: string, setters: Setters<D>): void {
  const name = propertyOf(draft.now, uri)?.element ?? uri.split(':')[1] ?? ''
  const setter = setters[name]
  if (!setter || UNDELETABLE.has(name)) throw new EwsFailure('ErrorInvalidPropertyDelete')
  setter(draft, undefined)
}

const UNDELETABLE = new Set(['IsRead', 'ItemClass', 'MimeContent', 'Start', 'End', 'Importance', 'Sensitivity'])

/** An entry of a dictionary is taken away by being set to nothing. */
function removeEntry<D extends Draft>(draft: D, path: { uri: string; index: string }, setters: Setters<D>): void {
  const setter = setters[`delete ${path.uri}`]
  if (!setter) throw new EwsFailure('ErrorInvalidPropertyDelete')
  setter(draft, emptyEntry(path.index))
}

function emptyEntry(index: string): Element {
  return {
    namespace: '',
    name: 'Entry',
    attributes: new Map([['Key', index]]),
    children: [],
    text: '',
    line: 0,
    column: 0,
  }
}

/** Only lists and the body may be appended to; here that is recipients and categories, which are set to more. */
function appended(draft: Draft, part: Element): Element {
  if (part.name !== 'Categories') throw new EwsFailure('ErrorInvalidPropertyAppend')
  const kept = draft.now.categories.map((text) => ({ ...part, name: 'String', children: [], text }))
  return { ...part, children: [...kept, ...part.children] }
}
