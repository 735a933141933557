import { inTransaction, onServer } from '#incoming'
import { MailboxError, type SentReference } from '#mailbox'
import { buildMessage } from '#mime'
import { concludeSending } from '#outgoing'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { beginLetter, concludeLetter, lettersIn } from '../store/letters.ts'
import type { Letter } from './letter.ts'
import type { Post } from './post.ts'
import { tellNotSent, tellUncertain } from './tell.ts'

/**
 * Sends what is due, each letter once, and files it in Sent Items where the server does not. That one is being sent is
 * committed before the server hears of it. What fails for now waits for a later cycle, and keeps no item waiting.
 */
export async function sendLetters(dependencies: ItemDependencies, cycle: ItemCycle): Promise<void> {
  const { post, setup } = cycle
  if (!post) return
  const { database, clock } = dependencies
  for (const letter of await lettersIn(database, setup.id, 'due', clock.now())) {
    cycle.signal?.throwIfAborted()
    if ((await sendOne(dependencies, cycle, post, letter)) === 'stop') break
  }
  for (const letter of await lettersIn(database, setup.id, 'sent', clock.now()))
    await fileOne(dependencies, cycle, post, letter)
}

/** What a server files may take some seconds to be found. */
const SETTLE = 60_000

async function sendOne(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  post: Post,
  letter: Letter,
): Promise<'next' | 'stop'> {
  const { messageId, content } = letter
  const source = await messageOf(letter)
  const askAfter = new Date(dependencies.clock.now().getTime() + SETTLE)
  const isBegun = await inTransaction(dependencies, cycle, 'begin letter', (tx) => beginLetter(tx, letter.id, askAfter))
  if (!isBegun) return 'next'
  let sent: SentReference
  try {
    const to = content.to.map(({ address }) => address)
    sent = await onServer(dependencies, 'send letter', () =>
      post.mailbox.send({ messageId, from: content.from.address, to, source }),
    )
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    return concludeFailure(dependencies, cycle, post, letter, error)
  }
  await inTransaction(dependencies, cycle, 'letter sent', async (tx) => {
    await concludeLetter(tx, letter.id, { state: 'sent' })
    const { refused = [] } = sent
    if (refused.length > 0)
      await tellNotSent(dependencies, tx, cycle, letter, `The mail server refused ${refused.slice(0, 20).join(', ')}.`)
  })
  return 'next'
}

/** OE-42 … OE-44, SC-43 */
async function concludeFailure(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { mailbox }: Post,
  letter: Letter,
  error: MailboxError,
): Promise<'next' | 'stop'> {
  const { email, stops } = concludeSending(error, {
    now: dependencies.clock.now(),
    attempts: letter.attempts + 1,
    canAsk: mailbox.can.filesSent,
    othersWent: true,
    transient: 0,
  })
  await inTransaction(dependencies, cycle, 'conclude letter', async (tx) => {
    // What the server may have taken is asked about before it is sent again.
    if (error.uncertain && email.status === 'pending') return
    if (email.status === 'pending') return concludeLetter(tx, letter.id, { state: 'due', notBefore: email.until })
    await concludeLetter(tx, letter.id, { state: email.status })
    const tell = email.status === 'failed' ? tellNotSent : tellUncertain
    await tell(dependencies, tx, cycle, letter, email.text)
  })
  return stops === 'cycle' ? 'stop' : 'next'
}

async function fileOne(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { mailbox }: Post,
  letter: Letter,
): Promise<void> {
  if (!mailbox.can.filesSent && mailbox.can.write) {
    const sent = (await mailbox.folders()).find(({ use }) => use === 'sent')
    const source = await messageOf(letter)
    const options = { seen: true, received: letter.madeOn }
    try {
      if (sent) await onServer(dependencies, 'file letter', () => mailbox.append(sent.id, source, options))
    } catch (error) {
      // Sent it is; a full mailbox takes no copy.
      if (!(error instanceof MailboxError) || error.kind === 'transient' || error.kind === 'throttled') throw error
    }
  }
  await inTransaction(dependencies, cycle, 'letter done', (tx) => concludeLetter(tx, letter.id, { state: 'done' }))
}

/** The same bytes however often it is made. */
function messageOf({ messageId, madeOn, content }: Letter): Promise<Buffer> {
  const { from, to, subject, text, calendar, method } = content
  const shown = ({ address, name = '' }: (typeof to)[number]) => ({ address, name })
  return buildMessage({
    messageId,
    date: madeOn,
    from: shown(from),
    to: to.map(shown),
    subject,
    text,
    calendar: { method, content: calendar },
  })
}
