import { describe, expect, it } from 'vitest'
import { match, type Observed } from '#items'
import type { Item } from '#mailbox'
import { contactItem, recordView } from '../support/map.ts'
import { appointment, contextWith, FILTERS, linkOf, meeting, OTHER } from './support.ts'

const context = contextWith()
const seen = (item: Item, id = item.ref.id) => ({
  folder: item.ref.folder,
  id,
  state: { ...item, ref: { ...item.ref, id } },
})
const record = (view: ReturnType<typeof recordView>, filters = FILTERS) => ({
  table: view.table,
  id: view.id,
  state: view,
  filters,
})
const person = (id: string, lastname: string, emailaddress1: string | null = null) =>
  recordView('contact', { lastname, emailaddress1 }, { id })
const card = (id: string, lastName: string, email1?: string) =>
  seen(contactItem({ lastName, ...(email1 && { email1 }) }), id)
const dora = (id: string, filters?: typeof FILTERS) => record(person(id, 'Lind', 'dora@x.example'), filters)
const matched = (observed: Partial<Observed>, of = context) =>
  match({ links: [], records: [], items: [], ...observed }, of)

describe('what belongs together', () => {
  it('AP-9: is what a link says, wherever its item has been moved', () => {
    const link = linkOf(appointment(), meeting(), context)
    const moved = seen(meeting({ marks: { key: 'key' } }), 'moved')
    const items = [{ folder: 'calendar', id: 'i', state: 'gone' as const }, moved]
    const [pairing, ...more] = matched({ links: [link], records: [record(appointment())], items })
    expect(pairing).toMatchObject({ link: { id: 'link' }, item: { ref: { id: 'moved' } }, matchedBy: 'key' })
    expect(more).toEqual([])
  })

  it('AP-11: is not a copy of an item that is linked', () => {
    const link = linkOf(appointment(), meeting(), context)
    const marks = { key: 'key', organization: 'organization', recordId: appointment().id }
    const found = matched({ links: [link], items: [seen(meeting({ marks })), seen(meeting({ marks }), 'copy')] })
    expect(found.map(({ copy }) => copy)).toEqual([undefined, true])
  })

  it('AP-10: is not what an unknown link says, before a person has been asked', () => {
    const marks = { key: 'old', organization: 'another', recordId: 'r' }
    expect(matched({ items: [seen(meeting({ marks }))] })).toMatchObject([{ matchedBy: 'key' }])
  })

  it('AP-57, B-60: is a meeting with its UID, an occurrence by itself, and no second one', () => {
    const view = appointment({ globalobjectid: 'uid-1', recurrenceid: 'series' })
    const found = matched({ records: [record(view)], items: [seen(meeting(), 'a'), seen(meeting(), 'b')] })
    expect(found.map(({ matchedBy, copy }) => matchedBy ?? copy)).toEqual(['uid', true])
    const alone = meeting({ recurrenceId: '2026-03-12T10:00:00' })
    expect(matched({ records: [record(view)], items: [seen(alone)] }).every((one) => !one.record || !one.item)).toBe(
      true,
    )
  })

  it('AP-10, AP-57, law 8: is a meeting with its UID also where its marks name another link; none is made beside one that is asked about', () => {
    const view = appointment({ globalobjectid: 'uid-1', recurrenceid: 'series' })
    const marks = { key: 'old', organization: 'organization', recordId: 'gone', recordType: 'appointment' }
    const item = seen(meeting({ marks }))
    expect(matched({ records: [record(view)], items: [item] })).toMatchObject([{ matchedBy: 'uid', record: view }])
    const answer = { question: 'previouslyLinked' as const, yes: false }
    const refused = matched({ records: [record(view)], items: [{ ...item, answer }] })
    expect(refused).toMatchObject([{ matchedBy: 'key' }])
    expect(refused.some((one) => one.record)).toBe(false)
  })

  it('AP-12, B-42: are people by address, then by name, and never by guessing', () => {
    const one = matched({
      records: [record(person('p', 'Adams', 'Ada@x.example'))],
      items: [card('c', 'Adams', 'ada@x.example')],
    })
    expect(one).toMatchObject([{ matchedBy: 'address' }])
    const named = matched({ records: [record(person('p', 'Müller'))], items: [card('c', 'muller', 'm@x.example')] })
    expect(named).toMatchObject([{ matchedBy: 'name' }])
    const two = matched({ records: [record(person('p', 'Adams'))], items: [card('c', 'Adams'), card('d', 'Adams')] })
    expect(two).toMatchObject([{ ambiguous: 2 }])
    const shared = matched({
      records: [record(person('p', 'Adams', 'info@x.example'))],
      items: [card('c', 'Brown', 'info@x.example')],
    })
    expect(shared).toMatchObject([{ ambiguous: 1 }])
    const others = matched({
      records: [record(person('p', 'Smith', 'a@x.example'))],
      items: [card('c', 'Smith', 'b@x.example')],
    })
    expect(others).toHaveLength(1)
    expect(others[0]).not.toHaveProperty('ambiguous')
  })

  it('AP-12, B-42: of two people who are alike, who is to be in the mailbox is the one whose card is there', () => {
    const cards = [card('c', 'Lind', 'dora@x.example')]
    const one = matched({ records: [dora('a', []), dora('b')], items: cards })
    expect(one).toContainEqual(
      expect.objectContaining({ matchedBy: 'address', record: expect.objectContaining({ id: 'b' }) }),
    )
    expect(one.some(({ ambiguous }) => ambiguous)).toBe(false)
    const both = matched({ records: [dora('a'), dora('b')], items: cards })
    expect(both).toMatchObject([{ ambiguous: 1 }, { ambiguous: 1 }])
  })

  it('AP-3, CT-2: is nothing to an item that nobody tracks, and no category tracks a contact', () => {
    expect(matched({ items: [seen(meeting({}, { categories: [] }))] })).toEqual([])
    expect(matched({ items: [seen(contactItem({ lastName: 'A', categories: ['Tracked'] }))] })).toEqual([])
    expect(matched({ items: [seen(contactItem({ lastName: 'A' }, { marks: { state: 'pending' } }))] })).toHaveLength(1)
  })

  it('AP-4: is not tracked by category outside of the main calendar', () => {
    expect(matched({ items: [seen(meeting())] })).toHaveLength(1)
    expect(matched({ items: [seen(meeting())] }, { ...context, categoryFolders: new Set() })).toEqual([])
  })

  it('B-4: is found by its UID when ids and marks mean nothing any more', () => {
    const { itemId: _id, ...link } = linkOf(appointment({}, OTHER), meeting(), context, { uid: 'uid-1' })
    expect(matched({ links: [link], items: [seen(meeting(), 'new')] })).toMatchObject([
      { link: { id: 'link' }, item: { ref: { id: 'new' } }, matchedBy: 'uid' },
    ])
  })
})
