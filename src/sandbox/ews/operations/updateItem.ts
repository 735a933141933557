import { type Message, submit } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { propertyOf } from '../properties/all.ts'
import { pathIn } from '../properties/path.ts'
import type { ItemTarget } from '../targets.ts'
import { setterOf } from '../writing/apply.ts'
import { contactSetters, setContactProperty } from '../writing/contact.ts'
import { Draft, type Setters } from '../writing/draft.ts'
import { changesOf, MessageDraft, messageSetters, setExtended } from '../writing/message.ts'
import { setTaskProperty, taskSetters } from '../writing/task.ts'
import { type Content, type Element, tag } from '../xml.ts'
import { savedIn } from './createItem.ts'
import { children, idsOf, NO_ITEMS } from './items.ts'
import type { Operation } from './operation.ts'

export const updateItem: Operation = async (call, request) => {
  const messages = await forEach(
    'UpdateItem',
    children(request, 'ItemChanges'),
    async (change) => {
      const element = change.children[0] as Element
      const target = itemOf(call, element)
      checkChangeKey(request, element, target)
      return update(call, request, target, children(change, 'Updates'))
    },
    { ...NO_ITEMS, codes: { denied: 'ErrorSendAsDenied' } },
  )
  return answer('UpdateItem', messages)
}

/** With NeverOverwrite nothing that was changed since is changed; AlwaysOverwrite needs no change key. */
function checkChangeKey(request: Element, id: Element, { item }: ItemTarget): void {
  const resolution = request.attributes.get('ConflictResolution')
  const changeKey = id.attributes.get('ChangeKey')
  if (resolution === 'AlwaysOverwrite') return
  if (!changeKey) throw new EwsFailure('ErrorChangeKeyRequired')
  if (resolution === 'NeverOverwrite' && changeKey !== item.changeKey) throw new EwsFailure('ErrorIrresolvableConflict')
}

async function update(call: Call, request: Element, target: ItemTarget, updates: readonly Element[]): Promise<Content> {
  const { item, owner } = target
  if (item.kind === 'message') return updateMessage(call, request, { owner, item }, updates)
  if (item.kind === 'contact') {
    const draft = new Draft(item, false)
    applyUpdates(draft, updates, contactSetters, (property, value) => setContactProperty(draft, property, value))
    return updated(await idsOf(call, { owner, item: owner.mailbox.update(item.id, draft.changes) }))
  }
  if (item.kind === 'task') {
    const draft = new Draft(item, false)
    applyUpdates(draft, updates, taskSetters, (property, value) => setTaskProperty(draft, property, value))
    return updated(await idsOf(call, { owner, item: owner.mailbox.update(item.id, draft.changes) }))
  }
  throw new EwsFailure('ErrorInvalidPropertySet')
}

async function updateMessage(
  call: Call,
  request: Element,
  { owner, item }: ItemTarget & { item: Message },
  updates: readonly Element[],
): Promise<Content> {
  const disposition = request.attributes.get('MessageDisposition')
  if (!disposition) throw new EwsFailure('ErrorMessageDispositionRequired')
  const draft = new MessageDraft(item, false)
  applyUpdates(draft, updates, messageSetters, (property, value) => setExtended(draft, property, value))
  const changed = owner.mailbox.update<Message>(item.id, await changesOf(draft))
  if (disposition === 'SaveOnly') return updated(await idsOf(call, { owner, item: changed }))
  const saveTo = savedIn(call, request)?.folder.id ?? owner.mailbox.wellKnown('sentitems').id
  const copies = disposition === 'SendAndSaveCopy'
  await submit(call.world, { user: owner, mime: changed.mime, draft: changed, saveTo: copies && saveTo })
  return updated(NO_ITEMS.empty)
}

export function updated(items: Content): Content {
  return [items, tag('m:ConflictResults', {}, tag('t:Count', {}, 0))]
}

type SetProperty = (property: Parameters<typeof setExtended>[1], value: Parameters<typeof setExtended>[2]) => void

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
