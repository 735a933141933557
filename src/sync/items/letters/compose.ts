import { createHash } from 'node:crypto'
import {
  type CalendarItem,
  cancelText,
  type EventFields,
  type Item,
  type NewEvent,
  type Person,
  patchEvent,
  printEvent,
  readEvent,
  requestText,
  type Series,
  sequenceOf,
  shownToAttendees,
  uidOfKey,
  type WriteOptions,
} from '#mailbox'
import type { ItemDeed } from '../model.ts'
import type { Letter, LetterContent, LetterSubject } from './letter.ts'
import { type Occasion, titleOf, wordsOf } from './words.ts'

/** Recipients of one mail: the largest meetings go in several. */
const AT_ONCE = 100
const ADDRESS = /^[^\p{Cc}\s<>(),;:\\"[\]@]+@[^\p{Cc}\s<>(),;\\"@]+$/u

export interface Composing {
  /** The organizer: the mailbox's owner. */
  from: Person
  now: Date
  /** The key of the link. */
  key: string
}

type Composed = Pick<Letter, 'messageId' | 'about' | 'content'>

/**
 * Who is told what of a deed, where the calendar's server tells nobody: who is new is invited, who stays is told of the
 * change, who is taken off and whose meeting is gone that it is off (AP-35, AP-36, AP-42). Nobody is told of what attendees
 * do not see. Pure.
 */
export function lettersOf(deed: ItemDeed, item: Item | undefined, composing: Composing): Composed[] {
  if (deed.notify === 'none') return []
  const options = optionsOf(composing)
  if (deed.do === 'create') return deed.item.kind === 'event' ? ofNew(deed.item, deed.folder, composing, options) : []
  if (item?.kind !== 'event' || item.rest === undefined) return []
  if (deed.do === 'remove') return ofRemoval(item, item.rest, composing, options)
  return deed.patch.kind === 'event'
    ? ofChange(item, item.rest, patchEvent(item.rest, deed.patch, options), deed.notify, composing, options)
    : []
}

/** Hash of what attendees see of a meeting as it lies in the calendar. */
export function shownOf({ rest = '' }: Pick<CalendarItem, 'rest'>, address: string): string {
  return hashOf(shownToAttendees(rest, { address, fallback: 'UTC' }))
}

function ofNew(item: NewEvent, folder: string, composing: Composing, options: WriteOptions): Composed[] {
  const uid = item.uid ?? uidOfKey(composing.key)
  const text = printEvent(item, uid, options)
  const about: LetterSubject = { deed: 'create', folder, uid }
  return compose(text, composing, about, [{ occasion: 'invitation', to: invited(item.fields) }])
}

function ofChange(
  item: CalendarItem,
  before: string,
  after: string,
  notify: 'changed' | 'all',
  composing: Composing,
  options: WriteOptions,
): Composed[] {
  const [was, is] = [before, after].map((text) => shownToAttendees(text, options))
  if (was === is || is === undefined) return []
  const [former, now] = [item.fields, readEvent(after, options).fields].map(invited) as [Person[], Person[]]
  const added = now.filter((one) => !isIn(former)(one))
  const kept = notify === 'all' ? now.filter(isIn(former)) : []
  const gone = former.filter((one) => !isIn(now)(one))
  const about: LetterSubject = { ...placeOf(item), deed: 'update', shown: hashOf(is) }
  return [
    ...compose(after, composing, about, [
      { occasion: 'update', to: kept },
      { occasion: 'invitation', to: added },
    ]),
    // Those who are taken off stand in the former text alone.
    ...compose(before, composing, about, [{ occasion: 'cancellation', to: gone, sequence: sequenceOf(after) }]),
  ]
}

function ofRemoval(item: CalendarItem, text: string, composing: Composing, options: WriteOptions): Composed[] {
  const { fields } = readEvent(text, options)
  const about: LetterSubject = { ...placeOf(item), deed: 'remove' }
  return compose(text, composing, about, [{ occasion: 'cancellation', to: invited(fields) }])
}

const isIn = (people: readonly Person[]) => (one: Person) => people.some(({ address }) => address === one.address)

interface Group {
  occasion: Occasion
  to: readonly Person[]
  /** Of the meeting as it goes on without them. */
  sequence?: number
}

function compose(text: string, composing: Composing, about: LetterSubject, groups: readonly Group[]): Composed[] {
  const { from, key, now } = composing
  const { fields, series } = readEvent(text, optionsOf(composing))
  return groups.flatMap(({ occasion, to, sequence }) =>
    chunksOf(to).map((people, part): Composed => {
      const telling = { now, ...(from.name !== undefined && { organizerName: from.name }) }
      const uninvited = sequence !== undefined && { uninvited: { sequence, addresses: people.map(addressOf) } }
      const isOff = occasion === 'cancellation'
      const calendar = isOff ? cancelText(text, { ...telling, ...uninvited }) : requestText(text, telling)
      const content = { from, to: people, ...saidOf(occasion, fields, series, from), calendar }
      const name = [key, String(sequenceOf(calendar)), occasion, ...(part > 0 ? [String(part)] : [])].join('.')
      return { messageId: `<${name}@${domainOf(from)}>`, about, content }
    }),
  )
}

function saidOf(
  occasion: Occasion,
  fields: EventFields,
  series: Series | undefined,
  from: Person,
): Pick<LetterContent, 'method' | 'subject' | 'text'> {
  return {
    method: occasion === 'cancellation' ? 'CANCEL' : 'REQUEST',
    subject: titleOf(occasion, fields),
    text: wordsOf(occasion, fields, series, from),
  }
}

/** Everybody who can be written to, each once. */
function invited({ attendees = [] }: EventFields): Person[] {
  const all = attendees.filter(({ address }) => address.length <= 320 && ADDRESS.test(address))
  return [
    ...new Map(all.map(({ address, name }) => [address, { address, ...(name !== undefined && { name }) }])).values(),
  ]
}

function chunksOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) => all.slice(n * AT_ONCE, (n + 1) * AT_ONCE))
}

const placeOf = ({ ref, uid }: CalendarItem): Omit<LetterSubject, 'deed'> => ({
  folder: ref.folder,
  itemId: ref.id,
  ...(uid !== undefined && { uid }),
})

const addressOf = ({ address }: Person): string => address
const optionsOf = ({ from, now }: Composing): WriteOptions => ({ address: from.address, now, fallback: 'UTC' })
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22)
export const domainOf = ({ address }: Person): string => /@([a-z0-9.-]+)$/.exec(address)?.[1] ?? 'localhost'
