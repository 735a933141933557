import { inTransaction } from '#incoming'
import type { Mailbox } from '#mailbox'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { itemsNow } from '../itemsNow.ts'
import { concludeLetter, forgetLetters, lettersIn, makeLettersDue } from '../store/letters.ts'
import { shownOf } from './compose.ts'
import type { Letter } from './letter.ts'
import type { Post } from './post.ts'
import { tellUncertain } from './tell.ts'

/**
 * Letters that an earlier cycle left on their way when it died (law 2). Of what was meant the calendar is asked whether it
 * has taken the change: then it is due, else nobody is told. Of what was being sent the mail server is asked; where it
 * cannot say, it is never just sent again, and its owner is told.
 */
export async function settleLetters(dependencies: ItemDependencies, cycle: ItemCycle): Promise<void> {
  const { post, setup, standing } = cycle
  if (!post || !standing.hasLetters) return
  const { database, clock } = dependencies
  for (const letter of await lettersIn(database, setup.id, 'meant', clock.now())) {
    const isTaken = await isCarriedOut(cycle, post, letter)
    await inTransaction(dependencies, cycle, 'settle letter', (tx) =>
      isTaken ? makeLettersDue(tx, [letter.id]) : forgetLetters(tx, [letter.id]),
    )
  }
  for (const letter of await lettersIn(database, setup.id, 'sending', clock.now())) {
    const answer = await wasSent(post.mailbox, letter.messageId)
    await inTransaction(dependencies, cycle, 'settle letter', async (tx) => {
      if (answer === 'unknown') await tellUncertain(dependencies, tx, cycle, letter, CRASHED)
      const state = answer === 'yes' ? 'sent' : answer === 'no' ? 'due' : 'uncertain'
      await concludeLetter(tx, letter.id, { state })
    })
  }
}

const CRASHED = 'The process that was sending it ended before the mail server’s answer was noted.'

/** Whether the calendar is as it was to be when the letter was written. */
async function isCarriedOut({ items }: ItemCycle, { owner }: Post, { about }: Letter): Promise<boolean> {
  const { deed, folder, itemId, uid, shown } = about
  const here = folder === undefined || itemId === undefined ? [] : await itemsNow(items, folder, [itemId])
  const elsewhere = here.length > 0 || uid === undefined ? [] : await items.find({ uid })
  if (deed === 'create') return elsewhere.length > 0
  if (deed === 'remove') return here.length + elsewhere.length === 0
  const [item] = here.length > 0 ? here : await readAt(items, elsewhere)
  return item?.kind === 'event' && shownOf(item, owner.address) === shown
}

async function readAt(items: ItemCycle['items'], [ref]: Awaited<ReturnType<ItemCycle['items']['find']>>) {
  return ref ? itemsNow(items, ref.folder, [ref.id]) : []
}

/** By its copy in Sent Items; that there is none proves something only where the server itself files what it sends (OE-3). */
async function wasSent(mailbox: Mailbox, messageId: string): Promise<'yes' | 'no' | 'unknown'> {
  const sent = (await mailbox.folders()).filter(({ use }) => use === 'sent').map(({ id }) => id)
  const found = sent.length > 0 ? await mailbox.find(messageId, sent) : []
  return found.length > 0 ? 'yes' : mailbox.can.filesSent && sent.length > 0 ? 'no' : 'unknown'
}
