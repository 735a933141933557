import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { isTrue } from '../properties/shape.ts'
import type { Interest, Subscription } from '../subscriptions/subscription.ts'
import { readWatermark, watermark, writeNotification } from '../subscriptions/writing.ts'
import { folderOf } from '../targets.ts'
import { type Element, tag, textOf } from '../xml.ts'
import { children } from './items.ts'
import type { Operation } from './operation.ts'

/** Events of one answer of GetEvents. */
const MOST_EVENTS = 50

export const subscribe: Operation = async (call, request) => {
  const messages = await forEach('Subscribe', [request.children[0] as Element], (element) => {
    if (element.name === 'PushSubscriptionRequest')
      throw new EwsFailure('ErrorInvalidPushSubscriptionUrl', 'Push subscriptions are not served here.')
    const pull = element.name === 'PullSubscriptionRequest'
    const timeout = pull ? Number(textOf(element, 'Timeout')) : undefined
    const subscription = call.subscriptions.add(interestOf(call, element), timeout)
    return [
      tag('m:SubscriptionId', {}, subscription.id),
      pull ? tag('m:Watermark', {}, watermark(subscription.lastNumber)) : undefined,
    ]
  })
  return answer('Subscribe', messages)
}

function interestOf(call: Call, element: Element): Interest {
  const events = new Set(children(element, 'EventTypes').map(({ text }) => text.trim()))
  const ids = children(element, 'FolderIds')
  const all = isTrue(element.attributes.get('SubscribeToAllFolders'))
  if (all === ids.length > 0)
    throw new EwsFailure('ErrorInvalidSubscriptionRequest', 'Subscribe to all folders, or name some.')
  const targets = ids.map((id) => folderOf(call, id))
  const owner = targets[0]?.owner ?? call.user
  if (targets.some((target) => target.owner !== owner))
    throw new EwsFailure('ErrorInvalidSubscriptionRequest', 'All folders must be of one mailbox.')
  return { mailbox: owner.address, folders: all ? undefined : new Set(targets.map(({ folder }) => folder.id)), events }
}

export const unsubscribe: Operation = async (call, request) => {
  const messages = await forEach('Unsubscribe', [textOf(request, 'SubscriptionId') ?? ''], (id) => {
    if (!call.subscriptions.remove(id)) throw new EwsFailure('ErrorSubscriptionNotFound')
    return undefined
  })
  return answer('Unsubscribe', messages)
}

export const getEvents: Operation = async (call, request) => {
  const messages = await forEach('GetEvents', [textOf(request, 'SubscriptionId') ?? ''], (id) => {
    const subscription = pulled(call.subscriptions.get(id))
    const previous = readWatermark(textOf(request, 'Watermark') ?? '')
    const found = previous === undefined ? undefined : subscription.after(previous, MOST_EVENTS)
    if (!found || previous === undefined) throw new EwsFailure('ErrorInvalidWatermark')
    return writeNotification(subscription, found.events, { previous, more: found.more })
  })
  return answer('GetEvents', messages)
}

function pulled(subscription: Subscription | undefined): Subscription {
  if (!subscription) throw new EwsFailure('ErrorSubscriptionNotFound')
  if (subscription.timeout === undefined) throw new EwsFailure('ErrorInvalidSubscription')
  return subscription
}
