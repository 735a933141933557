import { type CalendarEvent, type Fault, type Item, type User, viewOf, type World } from '../model/index.ts'
import { imapUid } from './imapUids.ts'
import { type ItemShape, needsView, type Rendering, writeItem } from './properties/shape.ts'
import type { Subscriptions } from './subscriptions/subscription.ts'
import type { Xml } from './xml.ts'

/** One request: as whom it is made, and what it may count on. */
export interface Call {
  readonly world: World
  /** Whose rights count: who signed in, or whom he impersonates. */
  readonly user: User
  /** Windows name of the zone that times without one are in. */
  readonly timeZone: string | undefined
  /** RequestServerVersion. */
  readonly version: string | undefined
  /** What was injected for this request and concerns its effect. */
  readonly faults: readonly Fault[]
  readonly subscriptions: Subscriptions
}

/** The item as a shape wants it. */
export async function rendered(call: Call, owner: User, item: Item, shape: ItemShape): Promise<Xml> {
  return writeItem(await renderingOf(call, owner, item, shape), shape)
}

async function renderingOf(call: Call, owner: User, item: Item, shape: ItemShape): Promise<Rendering> {
  const view = item.kind === 'message' && needsView(item, shape) ? await viewOf(item.mime) : undefined
  return renderingWith(call, owner, item, shape, view)
}

/** Without body and attachments of a message: for searches, which know none. */
export function renderingWith(
  call: Call,
  owner: User,
  item: Item,
  shape: Pick<ItemShape, 'bodyType'>,
  view?: Rendering['view'],
): Rendering {
  return {
    item,
    owner: { name: owner.name, address: owner.address },
    view,
    meeting: meetingOf(calendarOf(call, owner, item), item),
    bodyType: shape.bodyType,
    isInternal: (address) => call.world.find(address) !== undefined,
    imapUid: () => imapUid(owner.mailbox, item),
  }
}

/** Whose calendar a message is about: that of whose mailbox it lies in, or of the owner a delegate got it for. */
export function calendarOf({ world }: Call, owner: User, item: Item): User {
  const principal = item.kind === 'message' ? item.meeting?.principal : undefined
  return (principal && world.find(principal.address)) ?? owner
}

function meetingOf({ mailbox }: User, item: Item): CalendarEvent | undefined {
  const id = item.kind === 'message' ? item.meeting?.event : undefined
  return id !== undefined && mailbox.has(id) ? (mailbox.item(id) as CalendarEvent) : undefined
}
