import { describe, expect, test } from 'vitest'
import type { RecordView } from '#items'
import type { Item } from '#mailbox'
import { isApart } from '../../src/sync/items/load/concerns.ts'
import type { Observed } from '../../src/sync/items/match/seen.ts'
import { allowsMore } from '../../src/sync/items/planWork.ts'
import type { StoredQuestion } from '../../src/sync/items/store/questions.ts'
import { contactItem, eventItem, PEOPLE, recordView } from './support/map.ts'

const seen = (...states: readonly (Item | RecordView)[]): Observed => ({
  links: [],
  records: states.flatMap((state) =>
    'table' in state ? [{ table: state.table, id: state.id, state, filters: ['mine'] }] : [],
  ),
  items: states.flatMap((state) => ('ref' in state ? [{ folder: state.ref.folder, id: state.ref.id, state }] : [])),
})

const at = (id: string) => ({ ref: { folder: 'f', id, version: '1' } })
const card = (id: string, email1: string, displayName = id) => contactItem({ displayName, email1 }, at(id))
const contact = (id: string, emailaddress1: string) => recordView('contact', { emailaddress1 }, { id })
const ADA = PEOPLE['ada@adatum.example']?.id ?? ''

const answered = (...kinds: StoredQuestion['kind'][]) => ({
  loaded: { answers: kinds.map((kind) => ({ kind, answer: true }) as StoredQuestion) },
  guarded: { held: [] },
})

describe('a page of work is planned while another is carried out (SC-32)', () => {
  test('SC-32: where they have nothing to do with each other', () => {
    const [one, other] = [seen(card('a', 'a@adatum.example')), seen(card('b', 'b@adatum.example'))]
    expect(isApart(one, other)).toBe(true)
    expect(isApart(seen(contact('a', 'a@adatum.example')), seen(contact('b', 'b@adatum.example')))).toBe(true)
  })

  test('AP-9: not where both are about the same record, item or link', () => {
    const page = seen(card('a', 'a@adatum.example'))
    expect(isApart(page, page)).toBe(false)
    expect(isApart(seen(contact('a', 'x@adatum.example')), seen(contact('a', 'y@adatum.example')))).toBe(false)
  })

  test('AP-12, AP-57: not where something of one may be told to be something of the other', () => {
    const meeting = (id: string) => seen(eventItem({}, { ...at(id), uid: 'same' }))
    expect(isApart(meeting('a'), meeting('b'))).toBe(false)
    expect(isApart(seen(card('a', 'a@adatum.example')), seen(contact('b', 'a@adatum.example')))).toBe(false)
    const [one, other] = [card('a', 'a@adatum.example', 'Ada Adams'), card('b', 'b@adatum.example', 'Adams, Ada')]
    expect(isApart(seen(one), seen(other))).toBe(false)
  })

  test('AP-50: not where a meeting speaks of somebody whom the other makes or changes', () => {
    const attendee = { address: 'ada@adatum.example', role: 'required', answer: 'none' } as const
    const meeting = seen(eventItem({ attendees: [attendee] }, at('m')))
    expect(isApart(meeting, seen(card('a', 'Ada@adatum.example')))).toBe(false)
    expect(isApart(meeting, seen(card('b', 'b@adatum.example')))).toBe(true)
    const party = { role: 5, party: { table: 'contact', id: ADA } }
    const appointment = recordView('appointment', {}, { id: 'm', parties: [party] })
    expect(isApart(seen(appointment), seen(contact(ADA, 'new@adatum.example')))).toBe(false)
    expect(isApart(seen(contact(ADA, 'new@adatum.example')), seen(appointment))).toBe(true)
  })

  test('SC-32, B-42: the whole first synchronization long; not where another answer holds for one page', () => {
    expect(allowsMore(answered())).toBe(true)
    expect(allowsMore(answered('firstSync'))).toBe(true)
    expect(allowsMore(answered('firstSync', 'deleteBrake'))).toBe(false)
    expect(allowsMore(answered('invitations'))).toBe(false)
    const held = { pairing: {}, conflicts: [], trace: [] }
    expect(allowsMore({ ...answered(), guarded: { held: [held] } })).toBe(false)
  })
})
