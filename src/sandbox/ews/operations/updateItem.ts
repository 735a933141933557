import { type Message, submit } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { strikeOne } from '../strikeOne.ts'
import type { ItemTarget } from '../targets.ts'
import { contactSetters, setContactProperty } from '../writing/contact.ts'
import { Draft } from '../writing/draft.ts'
import { changesOf, MessageDraft, messageSetters, setExtended } from '../writing/message.ts'
import { setTaskProperty, taskSetters } from '../writing/task.ts'
import { type Content, type Element, tag } from '../xml.ts'
import { updateEvent } from './calendar.ts'
import { children, idsOf, NO_ITEMS } from './items.ts'
import type { Operation } from './operation.ts'
import { savedIn } from './savedIn.ts'
import { applyUpdates } from './updates.ts'

export const updateItem: Operation = async (call, request) => {
  const messages = await forEach(
    'UpdateItem',
    children(request, 'ItemChanges'),
    async (change) => {
      strikeOne(call, 'UpdateItem', change)
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
  if (item.kind === 'event') return updated(await updateEvent(call, request, { owner, item }, updates))
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

function updated(items: Content): Content {
  return [items, tag('m:ConflictResults', {}, tag('t:Count', {}, 0))]
}
