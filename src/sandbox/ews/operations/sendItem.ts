import { submit } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { isTrue } from '../properties/shape.ts'
import type { Content, Element } from '../xml.ts'
import { children } from './items.ts'
import type { Operation } from './operation.ts'
import { savedIn } from './savedIn.ts'

export const sendItem: Operation = async (call, request) =>
  answer(
    'SendItem',
    await forEach('SendItem', children(request, 'ItemIds'), (id) => send(call, request, id), {
      codes: { denied: 'ErrorSendAsDenied', invalid: 'ErrorMissingRecipients' },
    }),
  )

async function send(call: Call, request: Element, id: Element): Promise<Content> {
  const { owner, item } = itemOf(call, id)
  const changeKey = id.attributes.get('ChangeKey')
  if (!changeKey) throw new EwsFailure('ErrorChangeKeyRequired')
  if (changeKey !== item.changeKey) throw new EwsFailure('ErrorStaleObject')
  if (item.kind !== 'message' || !item.draft)
    throw new EwsFailure('ErrorInvalidItemForOperationSendItem', 'The item cannot be sent.')
  const copies = isTrue(request.attributes.get('SaveItemToFolder'))
  const folder = savedIn(call, request)?.folder ?? owner.mailbox.wellKnown('sentitems')
  await submit(call.world, { user: owner, mime: item.mime, draft: item, saveTo: copies && folder.id })
  return undefined
}
