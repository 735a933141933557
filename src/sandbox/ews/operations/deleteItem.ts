import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { strikeOne } from '../strikeOne.ts'
import type { Content, Element } from '../xml.ts'
import { deleteEvent } from './calendar.ts'
import { children } from './items.ts'
import type { Operation } from './operation.ts'

export const deleteItem: Operation = async (call, request) =>
  answer('DeleteItem', await forEach('DeleteItem', children(request, 'ItemIds'), (id) => remove(call, request, id)))

async function remove(call: Call, request: Element, id: Element): Promise<Content> {
  strikeOne(call, 'DeleteItem', id)
  const { owner, item } = itemOf(call, id)
  const { mailbox } = owner
  if (item.kind === 'task' && !request.attributes.has('AffectedTaskOccurrences'))
    throw new EwsFailure('ErrorAffectedTaskOccurrencesRequired')
  if (item.kind === 'event') {
    await deleteEvent(call, request, { owner, item })
    return undefined
  }
  const type = request.attributes.get('DeleteType')
  if (type === 'HardDelete') mailbox.purge(item.id)
  else if (type === 'SoftDelete') mailbox.move(item.id, mailbox.wellKnown('recoverableitemsdeletions').id)
  else mailbox.delete(item.id)
  return undefined
}
