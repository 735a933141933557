import { dateTime } from '../properties/property.ts'
import { tag, type Xml } from '../xml.ts'
import type { QueuedEvent, Subscription } from './subscription.ts'

/** A watermark: opaque to clients. */
export function watermark(number: number): string {
  return Buffer.from(`w${number}`).toString('base64')
}

/** The number of a watermark; nothing for what is none. */
export function readWatermark(text: string): number | undefined {
  const match = /^w(\d{1,15})$/.exec(Buffer.from(text, 'base64').toString())
  return match ? Number(match[1]) : undefined
}

/** A Notification with its events, with watermarks when it was asked for. */
export function writeNotification(
  subscription: Subscription,
  events: readonly QueuedEvent[],
  pull?: { previous: number; more: boolean },
): Xml {
  return tag(
    'm:Notification',
    {},
    tag('t:SubscriptionId', {}, subscription.id),
    pull && [tag('t:PreviousWatermark', {}, watermark(pull.previous)), tag('t:MoreEvents', {}, pull.more)],
    events.length
      ? events.map((event) => writeEvent(event, pull !== undefined))
      : tag('t:StatusEvent', {}, pull && tag('t:Watermark', {}, watermark(pull.previous))),
  )
}

function writeEvent({ number, type, notice }: QueuedEvent, marked: boolean): Xml {
  const isFolder = notice.about === 'folder'
  const id = isFolder ? 't:FolderId' : 't:ItemId'
  const old = isFolder ? 't:OldFolderId' : 't:OldItemId'
  const from = notice.from ?? { folder: notice.folder, entryId: notice.entryId }
  const moved = type === 'MovedEvent' || type === 'CopiedEvent'
  return tag(
    `t:${type}`,
    {},
    marked ? tag('t:Watermark', {}, watermark(number)) : undefined,
    tag('t:TimeStamp', {}, dateTime(notice.at)),
    tag(id, { Id: notice.entryId, ChangeKey: notice.changeKey }),
    tag('t:ParentFolderId', { Id: notice.folder, ChangeKey: 'AQAAAA==' }),
    moved ? [tag(old, { Id: from.entryId }), tag('t:OldParentFolderId', { Id: from.folder })] : undefined,
  )
}
