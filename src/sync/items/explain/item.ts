import { sql } from 'kysely'
import { TRACKED_CATEGORY } from '#incoming'
import { codeEntry } from '#mailboxes'
import type { Principal } from '#records'
import type { ItemDependencies } from '../context.ts'
import type { ItemTable } from '../model.ts'
import type { ItemDecision } from '../store/decisions.ts'
import { linksAtItem, type StoredLink } from '../store/links.ts'
import { questionById } from '../store/questions.ts'
import { explainItems, readableMailboxes } from './decisions.ts'
import { type Pending, pendingOf } from './pending.ts'
import type { Facts, WhyNot } from './whyNot.ts'

/** What is known of an item of a mailbox (MO-94, B-23). */
export interface ItemSeen {
  mailboxId: string
  /** The record that it is linked to. */
  record?: { table: ItemTable; id: string }
  link?: Pick<StoredLink, 'state' | 'folder' | 'itemId' | 'uid' | 'synchronizedOn' | 'direction'>
  pending?: Pending
  decision?: ItemDecision
  why: WhyNot[]
}

/** Explains an item by its id in the mailbox, in every mailbox that the person may read and that knows it. */
export async function explainItem(
  dependencies: ItemDependencies,
  principal: Principal,
  itemId: string,
): Promise<ItemSeen[]> {
  const { sql: executor } = dependencies.database
  const mailboxIds = await readableMailboxes(dependencies, principal)
  const links = await linksAtItem(executor, [...mailboxIds.keys()], itemId)
  const { rows } = await sql<{ mailbox: string; folder: string }>`select mailbox_id as mailbox, folder_id as folder
    from item_identity where item_id = ${itemId} and mailbox_id = any(${[...mailboxIds.keys()]}::uuid[])`.execute(
    executor,
  )
  const decisions = await explainItems(dependencies, principal, { itemId })
  const places = new Set([
    ...links.map((link) => link.mailboxId),
    ...rows.map(({ mailbox }) => mailbox),
    ...decisions.map((decision) => decision.mailboxId),
  ])
  const found: ItemSeen[] = []
  for (const mailboxId of places) {
    const link = links.find((one) => one.mailboxId === mailboxId)
    const decision = decisions.find((one) => one.mailboxId === mailboxId)
    const pending = await pendingOf(dependencies, mailboxId, { itemId, linkId: link?.id })
    const record = link ? { table: link.table, id: link.recordId } : undefined
    const question = pending?.questionId && (await questionById(executor, pending.questionId))
    found.push({
      mailboxId,
      ...(record && link?.state !== 'ignored' ? { record } : {}),
      ...(link ? { link } : {}),
      ...(pending ? { pending } : {}),
      ...(decision ? { decision } : {}),
      why: ofItem({ link, decision, question: question || undefined }),
    })
  }
  return found
}

function ofItem({
  link,
  decision,
  question,
}: {
  link: StoredLink | undefined
  decision: ItemDecision | undefined
  question: Facts['question']
}): WhyNot[] {
  if (question)
    return [
      {
        rule: 'MO-117',
        why: `Synchronization asks: ${question.text}`,
        remedy: `Answer it (items answer ${question.id} yes|no).`,
      },
    ]
  if (decision?.outcome === 'failed')
    return [{ rule: 'SC-56', why: decision.text ?? 'It failed.', remedy: codeEntry(decision.code ?? '').remedy }]
  if (link?.state === 'ignored')
    return [
      {
        rule: 'AP-95',
        why: link.untilChange
          ? 'A person answered that it is to be left alone until it changes.'
          : 'A person untracked it, or answered that it is to be left alone.',
        remedy: link.untilChange ? 'Change it; then it is looked at again.' : 'Track it again.',
      },
    ]
  if (link) return []
  const last = decision?.trace.at(-1)?.rule
  const unwanted = last === undefined ? undefined : NOT_TAKEN.get(last)
  if (last !== undefined && unwanted) return [{ rule: last, ...unwanted }]
  return [
    {
      rule: 'MO-117',
      why: 'Nobody has tracked it: it is its owner’s own, and nothing of it is read into the CRM.',
      remedy: `Put the category ${TRACKED_CATEGORY === '$Tracked' ? '“Tracked to Regarding”' : TRACKED_CATEGORY} on it, where it is an appointment or a task.`,
    },
  ]
}

/** What somebody tracked, and is not taken for a reason that is no failure. */
const NOT_TAKEN: ReadonlyMap<string, Pick<WhyNot, 'why' | 'remedy'>> = new Map([
  [
    'TK-10',
    { why: 'A task that repeats is not synchronized.', remedy: 'Make a task without repetition, and track that.' },
  ],
  [
    'AP-11',
    {
      why: 'It is a copy of an item that is linked.',
      remedy: 'Make a new one instead of a copy; or set IgnoreCopiedItemsInSSSForMailbox to no.',
    },
  ],
])
