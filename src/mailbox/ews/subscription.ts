import type { FolderId } from '../port.ts'
import { ExchangeError, failureOf, faultError } from './failures.ts'
import { childOf, isTrue, type Node, textOf } from './node.ts'
import { folderId } from './pieces.ts'
import type { Place } from './place.ts'
import { AnswerReader } from './reader.ts'
import { type Xml, xml } from './xml.ts'

const EVENTS = ['NewMail', 'Created', 'Deleted', 'Modified', 'Moved', 'Copied'].map(
  (name) => xml`<t:EventType>${name}Event</t:EventType>`,
)
/** Minutes after which a pull subscription that nobody asks ends. */
const PULL_LIFETIME = 30

export interface Subscription {
  id: string
  /** Where pulling goes on; absent for streaming. */
  watermark?: string | undefined
}

/** @throws ExchangeError `unsupported` where the server, or this kind of access, has no such notifications */
export async function subscribe(
  { client }: Place,
  folders: readonly FolderId[] | 'all',
  kind: 'streaming' | 'pull',
): Promise<Subscription> {
  const all = folders === 'all' ? xml` SubscribeToAllFolders="true"` : undefined
  const named = folders === 'all' ? undefined : xml`<t:FolderIds>${folders.map(folderId)}</t:FolderIds>`
  const where = xml`${named}<t:EventTypes>${EVENTS}</t:EventTypes>`
  const request: Xml =
    kind === 'streaming'
      ? xml`<m:StreamingSubscriptionRequest${all}>${where}</m:StreamingSubscriptionRequest>`
      : xml`<m:PullSubscriptionRequest${all}>${where}<t:Timeout>${PULL_LIFETIME}</t:Timeout></m:PullSubscriptionRequest>`
  const doing = 'Subscribing to notifications'
  const message = await client.callOne({ name: 'Subscribe', body: xml`<m:Subscribe>${request}</m:Subscribe>`, doing })
  const id = textOf(message, 'SubscriptionId')
  if (!id) throw new ExchangeError('ErrorInternalServerError', doing, 'the answer has no subscription')
  return { id, watermark: textOf(message, 'Watermark') }
}

export async function unsubscribe({ client }: Place, { id }: Subscription): Promise<void> {
  const body = xml`<m:Unsubscribe><m:SubscriptionId>${id}</m:SubscriptionId></m:Unsubscribe>`
  await client.call({ name: 'Unsubscribe', body, doing: 'Ending a subscription' })
}

/** Asks once what happened. @returns the folders that changed */
export async function pull({ client }: Place, subscription: Subscription, signal: AbortSignal): Promise<Set<FolderId>> {
  const changed = new Set<FolderId>()
  for (let more = true; more; ) {
    const body = xml`<m:GetEvents><m:SubscriptionId>${subscription.id}</m:SubscriptionId><m:Watermark>${subscription.watermark}</m:Watermark></m:GetEvents>`
    const message = await client.callOne(
      { name: 'GetEvents', body, doing: 'Asking for notifications' },
      { again: true, signal },
    )
    const notification = childOf(message, 'Notification')
    for (const folder of foldersIn(notification)) changed.add(folder)
    const marks = (notification?.children ?? []).flatMap((event) => textOf(event, 'Watermark') ?? [])
    more = isTrue(textOf(notification, 'MoreEvents')) && marks.length > 0
    subscription.watermark = marks.at(-1) ?? subscription.watermark
  }
  return changed
}

export interface Told {
  folders: Set<FolderId>
  /** The server ends this connection because its time is over. */
  closed: boolean
}

/** What one envelope of a stream tells. @throws MailboxError for an error, UnreadableAnswer for what is no envelope */
export function readNotifications(envelope: string): Told {
  const told: Told = { folders: new Set(), closed: false }
  const doing = 'Listening for notifications'
  const onNode = (node: Node) => {
    if (node.name === 'Fault') throw faultError(node, doing)
    const failure = failureOf(node, doing)
    if (failure) throw failure
    if (textOf(node, 'ConnectionStatus') === 'Closed') told.closed = true
    for (const notification of childOf(node, 'Notifications')?.children ?? [])
      for (const folder of foldersIn(notification)) told.folders.add(folder)
  }
  const reader = new AnswerReader({ wanted: new Set(['GetStreamingEventsResponseMessage', 'Fault']), onNode })
  reader.push(Buffer.from(envelope))
  reader.end()
  return told
}

function foldersIn(notification: Node | undefined): FolderId[] {
  return (notification?.children ?? []).flatMap((event) =>
    ['ParentFolderId', 'OldParentFolderId'].flatMap((name) => childOf(event, name)?.attributes['Id'] ?? []),
  )
}
