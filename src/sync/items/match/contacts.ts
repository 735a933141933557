import type { Pairing } from '../model.ts'
import { isTracked } from '../plan/tracked.ts'
import { type Identity, identitiesOfItem, identitiesOfRecord } from './identities.ts'
import type { Pool } from './pool.ts'
import {
  answerOf,
  isReturned,
  type MatchContext,
  type SeenRecord,
  type SeenWholeItem,
  seenItem,
  seenRecord,
} from './seen.ts'

/**
 * People whom both sides have: by an address when the names do not speak against it, else by the name when one of them has
 * no address. One with several, or an address under two names, is never settled silently: whoever is to be created says how
 * many are alike (AP-12).
 */
export function matchContacts(
  records: readonly SeenRecord[],
  items: readonly SeenWholeItem[],
  context: MatchContext,
  pool: Pick<Pool, 'take'>,
): Pairing[] {
  const people = records.flatMap((seen) =>
    typeof seen.state === 'object' ? [{ seen, ...known(identitiesOfRecord(seen.state)) }] : [],
  )
  const cards = items.map((seen) => ({ seen, ...known(identitiesOfItem(seen.state)) }))
  const likeness = alikeOnes(people, cards)
  const pairings: Pairing[] = []
  const paired = new Set<Card>()
  for (const person of people) {
    const alike = likeness.ofPerson.get(person) ?? []
    const [best] = strongest(alike)
    const card = best && strongest(alike).length === 1 ? best.card : undefined
    const isMutual = card !== undefined && isAlone(person, likeness.ofCard.get(card) ?? [])
    const isSure = best !== undefined && best.strength > 0 && isMutual
    if (card && isSure && (isReturned(person.seen) || isTracked(card.seen, context))) {
      pool.take(person.seen)
      pool.take(card.seen)
      paired.add(card)
      const both = { ...seenItem(card.seen), ...seenRecord(person.seen), ...answerOf(person.seen, card.seen) }
      pairings.push({ ...both, matchedBy: best.by })
    } else if (isReturned(person.seen) && alike.length > 0) {
      pool.take(person.seen)
      pairings.push({ ...seenRecord(person.seen), ...answerOf(person.seen), ambiguous: alike.length })
    }
  }
  for (const card of cards) {
    const alike = likeness.ofCard.get(card) ?? []
    if (alike.length === 0 || paired.has(card) || !isTracked(card.seen, context)) continue
    pool.take(card.seen)
    pairings.push({ ...seenItem(card.seen), ...answerOf(card.seen), tracked: true, ambiguous: alike.length })
  }
  return pairings
}

interface Known {
  addresses: readonly Identity[]
  names: readonly Identity[]
}
type Person = Known & { seen: SeenRecord }
type Card = Known & { seen: SeenWholeItem }
interface Alike {
  person: Person
  card: Card
  by: 'address' | 'name'
  /** 0: not surely the same. */
  strength: 0 | 1 | 2 | 3
}

function known(identities: readonly Identity[]): Known {
  const of = (prefix: string) => identities.filter((identity) => identity.startsWith(prefix))
  return { addresses: of('address:'), names: of('name:') }
}

/** Who is like whom, both ways; only those that share an identity are held against each other. */
function alikeOnes(people: readonly Person[], cards: readonly Card[]) {
  const holders = new Map<Identity, Card[]>()
  for (const card of cards)
    for (const identity of [...card.addresses, ...card.names])
      holders.set(identity, [...(holders.get(identity) ?? []), card])
  const ofPerson = new Map<Person, Alike[]>()
  const ofCard = new Map<Card, Alike[]>()
  for (const person of people) {
    const near = new Set([...person.addresses, ...person.names].flatMap((identity) => holders.get(identity) ?? []))
    for (const card of near) {
      const alike = likeness(person, card)
      if (!alike) continue
      ofPerson.set(person, [...(ofPerson.get(person) ?? []), alike])
      ofCard.set(card, [...(ofCard.get(card) ?? []), alike])
    }
  }
  return { ofPerson, ofCard }
}

function likeness(person: Person, card: Card): Alike | undefined {
  const sameName = shares(person.names, card.names)
  const oneUnnamed = person.names.length === 0 || card.names.length === 0
  if (shares(person.addresses, card.addresses))
    return { person, card, by: 'address', strength: sameName ? 3 : oneUnnamed ? 2 : 0 }
  const oneWithoutAddress = person.addresses.length === 0 || card.addresses.length === 0
  return sameName && oneWithoutAddress ? { person, card, by: 'name', strength: 1 } : undefined
}

/** Whether nobody else is as much like the card; of several, whom the filters return is meant. */
function isAlone(person: Person, alike: readonly Alike[]): boolean {
  const best = strongest(alike)
  const returned = best.filter((one) => isReturned(one.person.seen))
  const meant = returned.length > 0 ? returned : best
  return meant.length === 1 && meant[0]?.person === person
}

function strongest(alike: readonly Alike[]): Alike[] {
  const most = Math.max(0, ...alike.map(({ strength }) => strength))
  return alike.filter(({ strength }) => strength === most)
}

function shares(a: readonly Identity[], b: readonly Identity[]): boolean {
  return a.some((one) => b.includes(one))
}
