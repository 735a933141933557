import type { AddressMatch, Reference } from '#records'
import type { Actor, Knowledge, TraceStep } from '../model.ts'
import { referenceOf, sameRecord, step } from './trace.ts'

/** More matches than this leave an address unresolved (T-63). */
const MOST_MATCHES = 100

/** T-63, step 5; every other email-enabled table comes after these. */
const tableOrder = ['systemuser', 'contact', 'account', 'lead', 'equipment', 'team', 'businessunit']

/** What resolving an address asks. */
export type Resolving = Pick<Knowledge, 'settings' | 'matches'> & { processing: Pick<Actor, 'owner'> }

export interface Resolution {
  /** The record or records that stand for the address; empty: unresolved. */
  records: AddressMatch[]
  /** Every match that takes part, also when ambiguity left the address unresolved. */
  pool: AddressMatch[]
  /** Nobody at all holds the address (T-75). */
  unknown: boolean
  trace: TraceStep[]
}

/** The sender: exactly one record, or none (T-63, T-64). `place` names the address in the trace. */
export function resolveSender(address: string, knowledge: Resolving, place = 'from'): Resolution {
  return resolve(address, knowledge, place, SENDER)
}

/** A recipient: every matching active record becomes a party (T-65). */
export function resolveRecipient(address: string, knowledge: Resolving, place: string): Resolution {
  return resolve(address, knowledge, place, RECIPIENT)
}

interface Manner {
  rule: string
  inactiveAlone: boolean
  ambiguousIsUnresolved: 'unresolveSenderInCaseOfMultipleMatch' | 'unresolveRecipientsInCaseOfMultipleMatch'
  choose(pool: AddressMatch[], knowledge: Resolving): AddressMatch[]
}

const SENDER: Manner = {
  rule: 'T-63',
  // One match stands whatever its state (T-63, step 3).
  inactiveAlone: true,
  ambiguousIsUnresolved: 'unresolveSenderInCaseOfMultipleMatch',
  choose: (pool, { processing: { owner } }) =>
    [...pool].sort((a, b) => senderRank(a, owner) - senderRank(b, owner) || byAge(a, b)).slice(0, 1),
}

const RECIPIENT: Manner = {
  rule: 'T-65',
  inactiveAlone: false,
  ambiguousIsUnresolved: 'unresolveRecipientsInCaseOfMultipleMatch', // T-66
  choose: (pool) => [...pool].sort((a, b) => tableRank(a) - tableRank(b) || byAge(a, b)),
}

function resolve(address: string, knowledge: Resolving, place: string, manner: Manner): Resolution {
  const matches = address ? knowledge.matches(address) : []
  const pool = participants(matches, knowledge, manner.inactiveAlone)
  const why = whyUnresolved(address, matches, pool, knowledge.settings[manner.ambiguousIsUnresolved])
  if (why) {
    return {
      records: [],
      pool: matches.length > MOST_MATCHES ? [] : pool,
      unknown: matches.length === 0,
      trace: [step(manner.rule, 'miss', `${place}: ${why}`, { matches: matches.length })],
    }
  }
  const records = manner.choose(pool, knowledge)
  const names = records.map((record) => record.name).join(', ')
  const others = pool.length - records.length
  return {
    records,
    pool,
    unknown: false,
    trace: [
      step(manner.rule, 'hit', `${place}: ${names}${others ? ` (and ${others} more hold the address)` : ''}`, {
        records: records.map(referenceOf),
        ...(others ? { others: pool.filter((match) => !records.includes(match)).map(referenceOf) } : {}),
      }),
    ],
  }
}

function whyUnresolved(
  address: string,
  matches: readonly AddressMatch[],
  pool: readonly AddressMatch[],
  ambiguousIsUnresolved: boolean,
): string | undefined {
  if (!address) return 'a group or list without address stays unresolved' // T-72
  if (!matches.length) return 'no record holds the address'
  if (matches.length > MOST_MATCHES) return `more than ${MOST_MATCHES} records hold the address`
  if (!pool.length) return 'only disabled users or inactive records hold the address' // T-67, T-68
  if (pool.length > 1 && ambiguousIsUnresolved)
    return `${pool.length} records hold the address, and ambiguous addresses stay unresolved`
  return undefined
}

/** Disabled users never take part (T-67); inactive records only by T-63 step 3 or T-68. */
function participants(
  matches: readonly AddressMatch[],
  { settings }: Resolving,
  inactiveAlone: boolean,
): AddressMatch[] {
  if (!matches.length) return []
  const able = matches.filter((match) => match.active || match.table !== 'systemuser')
  if (settings.resolveForInactiveEntities || (able.length === 1 && inactiveAlone)) return able
  return able.filter((match) => match.active)
}

/** Records of the mailbox's owner come before all others; inside each group the order of tables decides. */
function senderRank(match: AddressMatch, owner: Reference | undefined): number {
  return (sameRecord(match.owner, owner) ? 0 : 100) + tableRank(match)
}

function tableRank(match: AddressMatch): number {
  const rank = tableOrder.indexOf(match.table)
  return rank < 0 ? tableOrder.length : rank
}

function byAge(a: AddressMatch, b: AddressMatch): number {
  return a.createdOn.getTime() - b.createdOn.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
