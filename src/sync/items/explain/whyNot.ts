import type { Finding, ItemTable, Link } from '../model.ts'
import type { StoredQuestion } from '../store/questions.ts'
import type { HandedOver } from './handedOver.ts'

/** Why a record, or part of it, is not in a user's mailbox as its CRM has it, and what to do about it. */
export interface WhyNot {
  rule: string
  why: string
  remedy: string
}

/** What is known between a record and a mailbox. */
export interface Facts {
  table: ItemTable
  /** Why the mailbox does not synchronize items; absent: it does. */
  obstacle?: Omit<WhyNot, 'rule'>
  confirmed: boolean
  /** The meeting stands in the calendar of another than its organizer; `where`: in this mailbox, or its owner is the organizer. */
  handedOver?: HandedOver & { where: 'here' | 'elsewhere' }
  readable: boolean
  /** Names of the filters that return the record, and how many are active for its table. */
  filters: readonly string[]
  active: number
  /** It is a meeting, and has none in the CRM. */
  lacksOrganizer?: boolean
  link?: Pick<Link, 'state' | 'returnedEver' | 'untilChange'>
  question?: Pick<StoredQuestion, 'id' | 'text'>
  /** Left alone after many failures. */
  exhausted: boolean
  decision?: { outcome: string; text?: string; remedy?: string; trace: readonly Finding[] }
  /** DistinctPhysicalAndLogicalDeletesForExchangeSync. */
  distinctDeletes: boolean
  /** UpdateCompanyField. */
  writesCompany: boolean
  /** Fields that do not go both ways for this user though they usually do, as people call them. */
  withheld: readonly string[]
}

/** Everything that stands between a record and the user's mailbox, the most general first (MO-94, MO-115…MO-125). */
export function whyNot(facts: Facts): WhyNot[] {
  return [
    ...ofMailbox(facts),
    ...ofOrganizer(facts),
    ...ofRecord(facts),
    ...ofLink(facts),
    ...ofDecision(facts),
    ...ofFields(facts),
  ]
}

function ofMailbox({ obstacle, confirmed }: Facts): WhyNot[] {
  if (obstacle) return [{ rule: 'MO-116', ...obstacle }]
  if (confirmed) return []
  return [
    {
      rule: 'B-42',
      why: 'The first synchronization of the mailbox is not confirmed.',
      remedy: 'Look at what it would do (items plan), and confirm it (items confirm).',
    },
  ]
}

/** AP-43, for the former organizer and for the new one. */
function ofOrganizer({ handedOver }: Facts): WhyNot[] {
  if (!handedOver) return []
  const { holder, organizer, where } = handedOver
  const rule = 'AP-43'
  const place = where === 'here' ? 'this calendar' : `the calendar of ${holder.address}`
  const why = `${organizer.address} is its organizer in the CRM, and the old meeting still stands in ${place}`
  if (!holder.synchronizes)
    return [
      {
        rule,
        why: `${why}, whose mailbox does not synchronize: nothing cancels it, and the guests keep its invitation.`,
        remedy:
          'Have that mailbox synchronize again, or have the meeting canceled in that calendar; or choose the former organizer again.',
      },
    ]
  if (organizer.synchronizes)
    return [
      {
        rule,
        why: `${why}, whose mailbox has not called it off yet.`,
        remedy: 'Nothing is to be done: once it is called off, the new one is made.',
      },
    ]
  return [
    {
      rule,
      why: `${why}: the mailbox of ${organizer.address} does not synchronize, so that no new one is made.`,
      remedy: `Have the mailbox of ${organizer.address} synchronize appointments, or choose an organizer whose mailbox does.`,
    },
  ]
}

function ofRecord({ readable, filters, active, link, table, lacksOrganizer }: Facts): WhyNot[] {
  if (!readable)
    return [{ rule: 'SE-11', why: 'The user may not read the record.', remedy: 'Give a role or share it.' }]
  if (filters.length || link?.state === 'linked') return []
  if (!active)
    return [
      { rule: 'SF-13', why: `The user has no active filter for ${table}.`, remedy: 'Activate or reset the filters.' },
    ]
  if (lacksOrganizer && !link)
    return [
      {
        rule: 'AP-32',
        why: 'It has no organizer, and no filter of the user returns it.',
        remedy: 'Enter its organizer: the mailbox of that user makes it.',
      },
    ]
  const isCancelledMeeting = link === undefined && table === 'appointment'
  return [
    {
      rule: isCancelledMeeting ? 'MO-116' : 'MO-124',
      why: 'No filter of the user returns the record.',
      remedy: 'Change a filter, or the record, so that one returns it (filter list, filter show).',
    },
  ]
}

function ofLink({ link, table, distinctDeletes, decision }: Facts): WhyNot[] {
  if (link?.state === 'deleted')
    return [
      {
        rule: 'MO-121',
        why: 'Its item was deleted in the mailbox, and is not made again as long as a filter returns the record.',
        remedy:
          'Bring the item back from Deleted Items, or let the filters leave the record out for one synchronization.',
      },
    ]
  if (link?.state === 'ignored')
    return [
      {
        rule: 'AP-95',
        why: link.untilChange
          ? 'A person answered that it is to be left alone until it changes.'
          : 'A person untracked it, or answered that it is to be left alone.',
        remedy: link.untilChange ? 'Change it; then it is looked at again.' : 'Track the item again.',
      },
    ]
  if (link?.state === 'dormant')
    return [
      {
        rule: 'AP-94',
        why: 'It left the filters; the item stays as it was.',
        remedy: 'Change a filter so that it is returned again.',
      },
    ]
  if (link?.state === 'linked' && table === 'serviceappointment')
    return [
      {
        rule: 'MO-120',
        why: 'Service activities go to the mailbox only: what is changed there is overwritten.',
        remedy: 'Change it in the CRM.',
      },
    ]
  const hasLeft = decision?.trace.some(({ rule }) => rule === 'AP-92') === true && link === undefined
  if (!hasLeft || distinctDeletes) return []
  return [
    {
      rule: 'MO-115',
      why: 'Its item was deleted because the record left the filters, or another is its organizer.',
      remedy:
        'Restore the item (items restore). With DistinctPhysicalAndLogicalDeletesForExchangeSync such records are unlinked only.',
    },
  ]
}

function ofDecision({ question, exhausted, decision, link }: Facts): WhyNot[] {
  if (question)
    return [
      {
        rule: 'MO-117',
        why: `Synchronization asks: ${question.text}`,
        remedy: `Answer it (items answer ${question.id} yes|no).`,
      },
    ]
  if (decision?.outcome === 'failed')
    return [
      {
        rule: 'SC-56',
        why: decision.text ?? 'It failed.',
        remedy: `${decision.remedy ?? 'Correct what the text names.'}${exhausted ? ' It is tried again when it changes.' : ''}`,
      },
    ]
  const last = decision?.trace.at(-1)
  if (!last || link?.state === 'linked' || !HELD.has(last.rule)) return []
  return [{ rule: last.rule, why: `Not made: ${last.finding}.`, remedy: HELD.get(last.rule) as string }]
}

/** What is not made for a reason that is no failure. */
const HELD: ReadonlyMap<string, string> = new Map([
  ['AP-31', 'Nothing is to be done: the invitation is linked when it arrives.'],
  ['AP-39', 'Send the draft.'],
  ['AP-40', 'Nothing is to be done: the meeting is canceled.'],
  ['AP-2', 'Give the mailbox a folder that takes such items.'],
])

function ofFields({ link, table, writesCompany, withheld }: Facts): WhyNot[] {
  if (link?.state !== 'linked') return []
  const company = {
    rule: 'MO-122',
    why: 'Company is overwritten with the name of the parent account, as the user’s option says.',
    remedy: 'Set UpdateCompanyField to no.',
  }
  const fields = {
    rule: 'MO-123',
    why: `Not synchronized both ways for this user: ${withheld.join(', ')}.`,
    remedy: 'Change the direction (options direct), or the user’s rights to these columns.',
  }
  return [...(table === 'contact' && writesCompany ? [company] : []), ...(withheld.length ? [fields] : [])]
}
