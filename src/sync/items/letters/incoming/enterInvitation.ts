import { onServer } from '#incoming'
import {
  type CalendarItem,
  type CalendarMail,
  cancelledText,
  type Invitation,
  type ItemRef,
  invitedText,
  MailboxError,
  readInvitation,
  revisionOf,
  updatedText,
  type WriteOptions,
} from '#mailbox'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import { itemsNow } from '../../itemsNow.ts'
import { lettersSeen } from '../../store/mail.ts'
import { envelopeOf } from './envelope.ts'
import { houseOf } from './house.ts'
import { type InvitationAction, invitationOf } from './invitationOf.ts'
import type { MailDesk } from './mailDesk.ts'
import { type LetterOutcome, outcomeOf } from './outcome.ts'
import { isOfItem, ofLetter, readLetter } from './readLetter.ts'

const ATTEMPTS = 3
const RULE = 'AP-57'
const NO_CALENDAR = 'The mailbox has no calendar that Regarding may write to. Take it over in the mail program.'

/**
 * An invitation of somebody else goes into the calendar of its owner, unanswered; its updates and its cancellation follow it
 * there. Whether a record is made of it is for the ordinary cycle to say (AP-3, AP-57).
 */
export async function enterInvitation(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  desk: MailDesk,
  mail: CalendarMail,
): Promise<LetterOutcome> {
  const options: WriteOptions = { address: desk.owner, now: dependencies.clock.now(), fallback: 'UTC' }
  const tell = (why: string) =>
    outcomeOf(dependencies, cycle, {
      outcome: 'failed',
      trace: [{ rule: RULE, finding: why }],
      failure: { code: 'InvitationNotTaken', text: `An invitation or cancellation was not taken. ${why}` },
    })
  const read = readLetter(mail, (text) => readInvitation(text, options, mail.received))
  if ('why' in read) return tell(read.why)
  const { letter, text } = read
  const house = letter.sentBy === undefined ? undefined : await houseOf(dependencies)
  const envelope = { ...envelopeOf(mail), ...(house && { house }) }
  const key = cycle.standing.hash(`put ${letter.uid} ${letter.revision.sequence}`)
  const seen = await lettersSeen(dependencies.database.sql, cycle.setup.id, [key])
  for (let attempt = 1; ; attempt++) {
    try {
      const item = await meetingOf(cycle, letter.uid)
      const lying = item?.rest
      const revision = lying === undefined ? undefined : ofLetter(() => revisionOf(lying, text, options))
      const standing = { ...(item && { item }), ...(revision && { revision }), wasPut: seen.has(key) }
      const action = ofLetter(() => invitationOf(letter, standing, envelope, desk.owner, options.now))
      const ref = await carryOut(dependencies, cycle, desk, { action, item, letter, text, options })
      const isThere = item !== undefined || ref !== undefined
      return { ...becameOf(dependencies, cycle, action, ref), ...(isThere && { also: [key] }) }
    } catch (error) {
      if (!(error instanceof MailboxError) || !isOfItem(error)) throw error
      if (error.kind !== 'conflict' && error.kind !== 'notFound') return tell(error.message)
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function meetingOf({ items }: ItemCycle, uid: string): Promise<CalendarItem | undefined> {
  for (const { folder, id } of await items.find({ uid })) {
    const [item] = await itemsNow(items, folder, [id])
    if (item?.kind === 'event') return item
  }
  return undefined
}

interface Entering {
  action: InvitationAction
  item: CalendarItem | undefined
  letter: Invitation
  text: string
  options: WriteOptions
}

async function carryOut(
  dependencies: ItemDependencies,
  { items }: ItemCycle,
  { texts }: MailDesk,
  { action, item, letter, text, options }: Entering,
): Promise<ItemRef | undefined> {
  if (action.do === 'leave') return undefined
  if (action.do === 'add') {
    const folder = (await items.folders()).find(({ kind, main, writable }) => kind === 'event' && main && writable)
    if (!folder) throw new MailboxError('permanent', 'ItemRefused', NO_CALENDAR, { scope: 'item' })
    const made = ofLetter(() => invitedText(text, options))
    return onServer(dependencies, 'put invitation into calendar', () => texts.add(folder.id, letter.uid, made))
  }
  const change = action.do === 'update' ? updatedText : cancelledText
  return (
    item &&
    onServer(dependencies, 'change invitation', () =>
      texts.rewrite(item.ref, (now) => ofLetter(() => change(now, text, options))),
    )
  )
}

/** Nothing is kept of what the meeting is about: it may be private (SE-43). */
function becameOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  action: InvitationAction,
  ref: ItemRef | undefined,
): LetterOutcome {
  const tell = action.do === 'leave' ? action.tell : undefined
  return outcomeOf(dependencies, cycle, {
    outcome: action.do !== 'leave' ? 'synchronized' : tell === undefined ? 'ignored' : 'failed',
    trace: [{ rule: RULE, finding: action.finding }],
    ...(ref && { item: { folder: ref.folder, id: ref.id } }),
    ...(tell !== undefined && {
      failure: { code: 'InvitationNotTaken', text: `An invitation or cancellation was not taken. ${tell}` },
    }),
  })
}
