import { MailboxError } from '../errors.ts'
import type { Category, ItemId } from '../port.ts'
import { expectOk } from './failures.ts'
import { itemId, uidsOf } from './itemId.ts'
import type { OpenFolder } from './link.ts'
import { search } from './look.ts'
import type { Response } from './response.ts'
import { quote } from './session.ts'
import { formatUids, groupUids, pairUids } from './uidSet.ts'

const GROUP = 500

/** Sets and clears keywords. Messages that are gone are ignored. */
export async function mark(
  folder: OpenFolder,
  ids: readonly ItemId[],
  change: { add?: readonly Category[]; remove?: readonly Category[] },
): Promise<void> {
  const uids = uidsOf(ids, folder.uidValidity)
  if (change.add && uids.length > 0) checkKeywords(folder, change.add)
  await store(folder, uids, '-', change.remove ?? [])
  await store(folder, uids, '+', change.add ?? [])
}

/** A server forgets, without a word, keywords that it cannot keep (RFC 9051 §7.1). */
function checkKeywords(folder: OpenFolder, keywords: readonly string[]): void {
  const kept = new Set(folder.permanentFlags.map((flag) => flag.toLowerCase()))
  const lost = kept.has('\\*') ? undefined : keywords.find((keyword) => !kept.has(keyword.toLowerCase()))
  if (lost === undefined) return
  throw new MailboxError('unsupported', 'NotSupported', `The folder ${folder.name} cannot keep the category ${lost}.`, {
    scope: 'item',
  })
}

async function store(
  folder: OpenFolder,
  uids: readonly number[],
  sign: '+' | '-',
  flags: readonly string[],
): Promise<void> {
  if (flags.length === 0) return
  for (const group of groupUids(uids, GROUP)) {
    const answer = await folder.session.run([`UID STORE ${formatUids(group)} ${sign}FLAGS.SILENT (${flags.join(' ')})`])
    const gone = answer.name === 'NO' && (answer.code === 'EXPUNGEISSUED' || /no longer exist/i.test(answer.text))
    if (!gone) expectOk(answer, 'Marking messages')
  }
}

/** Moves messages to the folder named `to`, and tells the new ids where the server does. */
export async function move(folder: OpenFolder, ids: readonly ItemId[], to: string): Promise<Map<ItemId, ItemId>> {
  const moved = new Map<ItemId, ItemId>()
  const verb = folder.session.has('MOVE') ? 'MOVE' : 'COPY'
  const onAnswer = (response: Response) => {
    if (response.code !== 'COPYUID') return
    const [uidValidity, from, target] = response.codeText.split(' ')
    for (const [old, now] of pairUids(from ?? '', target ?? '')) {
      moved.set(itemId(folder.uidValidity, old), itemId(Number(uidValidity), now))
    }
  }
  for (const group of groupUids(uidsOf(ids, folder.uidValidity), GROUP)) {
    const there = await search(folder, `UID ${formatUids(group)}`)
    if (there.length === 0) continue
    const command = [`UID ${verb} ${formatUids(there)} `, quote(to)]
    const answer = await folder.session.run(command, { onUntagged: onAnswer })
    onAnswer(expectOk(answer, `Moving messages to ${to}`))
    if (verb === 'COPY') await remove(folder, there)
  }
  return moved
}

/** Deletes messages for good, and no others. */
export async function remove(folder: OpenFolder, uids: readonly number[]): Promise<void> {
  for (const group of groupUids(uids, GROUP)) {
    const set = formatUids(group)
    await store(folder, group, '+', ['\\Deleted'])
    if (folder.session.has('UIDPLUS')) expectOk(await folder.session.run([`UID EXPUNGE ${set}`]), 'Deleting messages')
    else await expungeOnly(folder, group)
  }
}

/**
 * EXPUNGE takes every message that somebody marked as deleted. Those of others lose their mark for that moment: should the
 * connection break meanwhile, they are kept rather than lost (law 8).
 */
async function expungeOnly(folder: OpenFolder, uids: readonly number[]): Promise<void> {
  const mine = new Set(uids)
  const others = (await search(folder, 'DELETED')).filter((uid) => !mine.has(uid))
  await store(folder, others, '-', ['\\Deleted'])
  expectOk(await folder.session.run(['EXPUNGE']), 'Deleting messages')
  await store(folder, others, '+', ['\\Deleted'])
}
