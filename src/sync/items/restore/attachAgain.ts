import { onServer } from '#incoming'
import { type ItemRef, MailboxError, type NotifyWhom } from '#mailbox'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { itemsNow } from '../itemsNow.ts'
import type { UndoCopy } from '../store/undo.ts'
import type { Restored } from './common.ts'

/**
 * Attaches the lost files of a copy that the item lacks, each by itself; those that came back with it, or with an attempt
 * before, are not attached twice.
 * @returns where the item is, and why files are left out: the server refuses them, or did not give them before
 */
export async function attachAgain(
  dependencies: ItemDependencies,
  { items }: ItemCycle,
  at: ItemRef,
  { files = [], kind }: UndoCopy,
  notify: NotifyWhom,
): Promise<Restored & { ref: ItemRef }> {
  const left: string[] = []
  let ref = at
  if (files.length === 0) return { ref, left }
  const [item] = await itemsNow(items, ref.folder, [ref.id])
  const there = item && item.kind !== 'unreadable' ? item.attachments : []
  const { blobs, sql } = dependencies.database
  for (const { name, type, size, hash } of files) {
    if (there.some((one) => one.name === name && (one.size === size || one.hash === hash))) continue
    const content = hash === undefined ? undefined : await blobs.get(sql, hash)
    if (!content) {
      left.push(`“${name}”: the mail server did not give it when the item went.`)
      continue
    }
    const patch = { kind, attachments: { add: [{ name, type, content }] } }
    try {
      ref = await onServer(dependencies, 'attach file', () => items.update(ref, patch, { notify }))
    } catch (error) {
      if (!(error instanceof MailboxError) || (error.scope !== 'item' && error.kind !== 'unsupported')) throw error
      left.push(`“${name}”: ${error.message}`)
    }
  }
  return { ref, left }
}
