import { MailboxError } from '../../errors.ts'
import { itemChanged, itemNotFound, itemRefused } from '../../failures.ts'
import type { ItemRef } from '../../items/index.ts'
import { ExchangeError } from '../failures.ts'
import { childrenOf } from '../node.ts'
import { itemId, itemShape } from '../pieces.ts'
import type { Place } from '../place.ts'
import { isStumble } from '../responseCodes.ts'
import { xml } from '../xml.ts'
import { refOf } from './frame.ts'

/** The item as it is now. @throws MailboxError `notFound` */
export async function refNow({ client }: Place, { folder, id }: Pick<ItemRef, 'folder' | 'id'>): Promise<ItemRef> {
  const around = { before: xml`<m:GetItem>${itemShape([])}<m:ItemIds>`, after: xml`</m:ItemIds></m:GetItem>` }
  const asked = { name: 'GetItem', ...around, part: itemId(id), doing: 'Looking at an item' }
  const call = client.callWithOthers(asked, { again: true })
  return refOf(folder, childrenOf(await ofItem(id, call), 'Items')[0])
}

/** @throws MailboxError `conflict` when the item is in another version, `notFound` when it is gone (B-70) */
export async function checkVersion(place: Place, ref: ItemRef): Promise<void> {
  const { version } = await refNow(place, ref)
  if (version !== ref.version) throw itemChanged(ref.id)
}

/** Runs what is done to one item, and words its failures as those of the port. */
export async function ofItem<T>(id: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw itemError(id, error)
  }
}

export function itemError(id: string, error: unknown): unknown {
  if (!(error instanceof MailboxError)) return error
  if (error.kind === 'conflict') return itemChanged(id, error)
  if (error.kind === 'notFound' && error.code !== 'FolderNotFound') return itemNotFound(id, error)
  if (!(error instanceof ExchangeError)) return error
  // What Exchange does not take of one item is no failure of the mailbox (SC-56).
  const { kind, code, message } = error
  if (kind === 'permanent') {
    if (error.scope === 'item' || code === 'NotSupported') return itemRefused(message, error)
    if (error.ofOne && code === 'MailboxNotFound')
      return itemRefused(`${error.said} Correct the addresses of the item.`, error)
  }
  if (error.ofOne && kind === 'denied') return new MailboxError(kind, code, message, { scope: 'item', cause: error })
  if (error.ofOne && kind === 'transient' && isStumble(error.responseCode)) {
    const words = `${error.said} It is tried again; if it lasts, correct the item.`
    return new MailboxError(kind, code, words, { scope: 'item', cause: error })
  }
  return error
}

/** Exchange, or the Windows beneath, does not know the zone by the name it was given. */
export function isZone(error: unknown): boolean {
  return error instanceof ExchangeError && /TimeZone/.test(error.responseCode)
}
