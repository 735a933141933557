import type { MessageHeaders } from '#mime'
import { hash32 } from '#text'
import type { KnownEmail, TrackingSettings } from '../model.ts'
import { addressKey } from './addresses.ts'
import { type LinearExpression, linearExpression } from './linearExpression.ts'
import { remembered } from './remembered.ts'

const DEFAULT_KEYWORD_FILTER = '^[\\s]*([\\w]+\\s?:[\\s]*)+'
/** Longest expression an administrator may save. */
const LONGEST_KEYWORD_FILTER = 500
/** Characters of a subject that are looked at. */
const LONGEST_SUBJECT = 1000

type HashSettings = Pick<
  TrackingSettings,
  'hashFilterKeywords' | 'hashMaxCount' | 'hashDeltaSubjectCount' | 'hashMinAddressCount' | 'smartMatchWindowDays'
>

/** What is wrong with an expression for `HashFilterKeywords`; undefined when it may be saved (T-57). */
export function validateKeywordFilter(expression: string): string | undefined {
  if (expression.length > LONGEST_KEYWORD_FILTER)
    return `The expression is longer than ${LONGEST_KEYWORD_FILTER} characters; shorten it`
  try {
    linearExpression(expression)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Hashes of the words of a subject (T-58). */
export function subjectHashes(subject: string, settings: HashSettings): readonly number[] {
  const filter = keywordFilter(settings.hashFilterKeywords)
  const known = filter.hashes.get(subject) ?? remember(filter, subject)
  return known.length > settings.hashMaxCount ? known.slice(0, settings.hashMaxCount) : known
}

/** A subject is hashed once though several rules ask for it. */
function remember({ expression, hashes }: KeywordFilter, subject: string): readonly number[] {
  const words = expression.removeFrom(subject.slice(0, LONGEST_SUBJECT)).split(/\s+/)
  const found = words.filter((word) => word !== '').map((word) => hash32(word.toLowerCase()))
  if (hashes.size >= MOST_REMEMBERED) hashes.clear()
  hashes.set(subject, found)
  return found
}

/** One number for all hashes of a subject, by which subjects of the same words are found at once (T-60). */
export const subjectKey = remembered((hashes: readonly number[]): number =>
  hash32([...new Set(hashes)].sort((a, b) => a - b).join(',')),
)

/**
 * Numbers of which two subjects that may look alike have one in common: where no word may differ the one number of all
 * words, else each word's (T-60).
 */
export function subjectGroups(
  hashes: readonly number[],
  { hashDeltaSubjectCount }: Pick<HashSettings, 'hashDeltaSubjectCount'>,
): readonly number[] {
  if (!hashes.length) return []
  return hashDeltaSubjectCount === 0 ? [subjectKey(hashes)] : [...new Set(hashes)]
}

/** Hashes of the addresses of From, To, Cc and Bcc (T-59). */
export function addressHashes(
  headers: Pick<MessageHeaders, 'from' | 'to' | 'cc' | 'bcc'>,
  settings: HashSettings,
): number[] {
  const addresses = [...headers.from, ...headers.to, ...headers.cc, ...headers.bcc]
    .map((address) => addressKey(address.address))
    .filter((address) => address !== '')
  return [...new Set(addresses)].slice(0, settings.hashMaxCount).map((address) => hash32(address))
}

/** Whether a stored email and a new one look like one conversation (T-60). */
export function looksAlike(
  stored: Pick<KnownEmail, 'subjectHashes' | 'addressHashes'>,
  fresh: Pick<KnownEmail, 'subjectHashes' | 'addressHashes'>,
  settings: HashSettings,
): boolean {
  const [shorter, longer] = [stored.subjectHashes, fresh.subjectHashes].sort((a, b) => a.length - b.length) as [
    readonly number[],
    readonly number[],
  ]
  if (!shorter.length || longer.length - shorter.length > settings.hashDeltaSubjectCount) return false
  if (!shorter.every((hash) => longer.includes(hash))) return false
  const addresses = new Set(stored.addressHashes)
  return fresh.addressHashes.filter((hash) => addresses.has(hash)).length >= settings.hashMinAddressCount
}

/** The email is young enough to be compared with (T-61). */
export function isWithinWindow(stored: Pick<KnownEmail, 'createdOn'>, now: Date, settings: HashSettings): boolean {
  const days = settings.smartMatchWindowDays
  return days === undefined || stored.createdOn.getTime() >= now.getTime() - days * 86_400_000
}

interface KeywordFilter {
  expression: LinearExpression
  /** Of subjects seen lately. */
  hashes: Map<string, readonly number[]>
}

const MOST_REMEMBERED = 2_000
const filters = new Map<string, KeywordFilter>()

/** Read once per expression. One that was stored unchecked and cannot be read gives way to the default. */
function keywordFilter(source: string): KeywordFilter {
  const known = filters.get(source)
  if (known) return known
  const usable = validateKeywordFilter(source) === undefined ? source : DEFAULT_KEYWORD_FILTER
  const filter: KeywordFilter = { expression: linearExpression(usable), hashes: new Map() }
  if (filters.size >= 16) filters.clear()
  filters.set(source, filter)
  return filter
}
