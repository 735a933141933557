import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  changeRecord,
  effectiveDirections,
  type ItemTable,
  mergePairs,
  newItem,
  type PairValues,
  patchItem,
  type RecordView,
  readItem,
  readRecord,
} from '#items'
import { applyPatch, type Item } from '#mailbox'
import type { Row } from '#records'
import { changedView, made, mapContext, NOW, OWNER, recordView, SETTINGS } from '../support/map.ts'

const context = mapContext()
/** Fields of an item that are set or, undefined, emptied. */
type Fields = Readonly<Record<string, unknown>>

/** Longer than any column of contacts, with characters of two units at every place. */
const LONG = '😀'.repeat(1200)
const word = fc.constantFrom(null, 'Ada', 'Bea', '  Ada ', 'two\r\nlines', LONG, `x${LONG}`, 'a,b', '\ud800broken\0')
const said = word.map((text) => text ?? undefined)
const day = fc.constantFrom('2026-02-28', '2026-03-29', '2026-10-25')
const instant = day.map((text) => new Date(`${text}T00:30:00Z`))

const rows: Partial<Record<ItemTable, fc.Arbitrary<Row>>> = {
  contact: some({
    firstname: word,
    lastname: word,
    suffix: word,
    jobtitle: word,
    emailaddress1: word,
    description: word,
    childrensnames: word,
    address1_line1: word,
    address1_line3: word,
    address1_country: word,
    birthdate: fc.option(day),
  }),
  task: some({
    subject: word,
    description: word,
    percentcomplete: fc.integer({ min: 0, max: 100 }),
    scheduledend: fc.option(instant),
    scheduledstart: fc.option(instant),
    prioritycode: fc.integer({ min: 0, max: 2 }),
    statuscode: fc.constantFrom(2, 3, 4, 7, 5, 6),
  }).map((row) => ('statuscode' in row ? { ...row, statecode: Math.max(0, row['statuscode'] - 4) % 3 } : row)),
  appointment: some({
    subject: word,
    location: word,
    description: word,
    scheduledstart: instant,
    scheduledend: instant,
    isalldayevent: fc.boolean(),
    statuscode: fc.constantFrom(1, 2, 5, 6),
  }).map((row) => ('statuscode' in row ? { ...row, statecode: row['statuscode'] > 4 ? 3 : 0 } : row)),
}

const fields: Partial<Record<ItemTable, fc.Arbitrary<Fields>>> = {
  contact: some({
    firstName: said,
    lastName: said,
    jobTitle: said,
    email1: said,
    children: fc.constantFrom(undefined, ['Max'], ['Max, Mia'], [LONG, 'b']),
    body: fc.constantFrom(undefined, { text: 'a\r\nb ' }, { text: 'c', html: '<p>c<img alt="d"></p>' }, { text: LONG }),
    businessAddress: fc.constantFrom(
      undefined,
      { street: '1\n2\n3\n4\n5' },
      { street: LONG, city: LONG },
      { country: 'DE' },
    ),
    birthday: fc.option(day, { nil: undefined }),
  }),
  task: some({
    subject: said,
    percent: fc.integer({ min: 0, max: 100 }),
    due: fc.option(day, { nil: undefined }),
    status: fc.constantFrom('notStarted', 'inProgress', 'completed', 'waiting', 'deferred'),
    importance: fc.constantFrom('low', 'normal', 'high'),
  }),
  appointment: some({
    subject: said,
    location: said,
    showAs: fc.constantFrom('free', 'tentative', 'busy', 'outOfOffice', 'workingElsewhere'),
    time: fc.constantFrom(
      { allDay: true, start: '2026-03-29', end: '2026-03-30', zone: 'Asia/Tokyo' },
      { allDay: false, start: '2026-03-29T02:30:00', end: '2026-03-29T03:30:00', zone: 'Europe/Berlin' },
      { allDay: false, start: '2026-10-25T02:30:00', end: '2026-10-25T02:00:00', zone: 'America/New_York' },
    ),
    attendees: fc.constantFrom(
      undefined,
      [{ address: 'ada@adatum.example', role: 'required', answer: 'none' }],
      [
        { address: 'x@else.example', name: 'X', role: 'optional', answer: 'accepted' },
        { address: '', name: 'Room', role: 'resource', answer: 'none' },
      ],
    ),
  }),
}

/** Some of the names, each with a value. */
function some<T extends Record<string, unknown>>(
  all: { [Name in keyof T]: fc.Arbitrary<T[Name]> },
): fc.Arbitrary<Partial<T>> {
  return fc.record(all, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>
}

/** A record and an item of it, as one synchronization left them. */
function linked(table: ItemTable, row: Row) {
  const view = recordView(
    table,
    { percentcomplete: 0, scheduledstart: NOW, scheduledend: NOW, lastname: 'Adams', subject: 'Subject', ...row },
    { parties: [{ role: 7, party: OWNER, address: 'olga@contoso.example' }] },
  )
  const directions = effectiveDirections(table, {}, SETTINGS)
  const first = mergePairs({ table, context, directions, record: readRecord(view, context) })
  return { view, item: made(newItem(table, first.toItem, context)), agreed: first.agreed, directions }
}

function edited(item: Item, changes: Fields): Item {
  const next = Object.entries({ ...item.fields, ...changes }).filter(([, value]) => value !== undefined)
  return { ...item, fields: Object.fromEntries(next) } as unknown as Item
}

function rowed(view: RecordView, row: Row): RecordView {
  return { ...view, row: { ...view.row, ...row } }
}

type Linked = ReturnType<typeof linked>

/** One cycle: merged, written, and what both hold afterwards. */
function cycle(table: ItemTable, { view, item, agreed, directions }: Linked, itemIsLater: boolean) {
  const merged = mergePairs({
    table,
    context,
    directions,
    agreed,
    record: readRecord(view, context),
    item: readItem(item, table, context),
    recordModified: NOW,
    itemModified: new Date(NOW.getTime() + (itemIsLater ? 1 : 0)),
  })
  const after = {
    view: changedView(view, changeRecord(table, merged.toRecord, view, context)),
    item: applyPatch(item, patchItem(table, merged.toItem, item, context)),
    agreed: merged.agreed,
    directions,
  }
  return { merged, after }
}

const same = (a: PairValues, b: PairValues, names: readonly string[]) =>
  names.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]))

/** Made of other fields, which are looked at themselves. */
const derived = ['status', 'reminder']
const tables: ItemTable[] = ['contact', 'task', 'appointment']

describe.each(tables)('merging a %s', (table) => {
  const row = rows[table] ?? fc.constant({})
  const field = fields[table] ?? fc.constant({})
  const both = fc.tuple(row, row, field, fc.boolean())
  const runs = { numRuns: 250 }

  it('AP-20, FD-12: what is written is what is held, and a second cycle has nothing to do', () => {
    fc.assert(
      fc.property(both, ([before, changes, itemChanges, itemIsLater]) => {
        const start = linked(table, before)
        const { merged, after } = cycle(
          table,
          { ...start, view: rowed(start.view, changes), item: edited(start.item, itemChanges) },
          itemIsLater,
        )
        expect(readRecord(after.view, context)).toMatchObject(merged.toRecord)
        const onItem = readItem(after.item, table, context)
        expect(onItem).toMatchObject(merged.toItem)
        const again = cycle(table, after, itemIsLater)
        expect(again.merged).toMatchObject({ toItem: {}, toRecord: {}, conflicts: [] })
        expect(Object.keys(again.merged.toItem)).toEqual([])
        expect(Object.keys(again.merged.toRecord)).toEqual([])
      }),
      runs,
    )
  })

  it('AP-21, B-70: nothing that one side changed is lost but what the conflicts keep', () => {
    fc.assert(
      fc.property(both, ([before, changes, itemChanges, itemIsLater]) => {
        const start = linked(table, before)
        const now = { ...start, view: rowed(start.view, changes), item: edited(start.item, itemChanges) }
        const was = { record: readRecord(start.view, context), item: readItem(start.item, table, context) }
        const is = { record: readRecord(now.view, context), item: readItem(now.item, table, context) }
        const { merged, after } = cycle(table, now, itemIsLater)
        const held = { record: readRecord(after.view, context), item: readItem(after.item, table, context) }
        const kept = merged.conflicts.map(({ pair }) => pair)
        for (const side of ['record', 'item'] as const) {
          const names = Object.keys(is[side]).filter((name) => !same(is[side], was[side], [name]))
          for (const name of names) {
            const isKept = same(held[side], is[side], [name]) || kept.includes(name) || derived.includes(name)
            expect(isKept, `${side} ${name}`).toBe(true)
          }
        }
      }),
      runs,
    )
  })

  it('AP-22: which side is which does not matter but for the later change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('A', 'B', 'C', null),
        fc.constantFrom('A', 'B', 'C', null),
        fc.boolean(),
        (one, other, later) => {
          const name = table === 'contact' ? 'jobTitle' : 'subject'
          const column = table === 'contact' ? 'jobtitle' : 'subject'
          const start = linked(table, { [column]: 'A' })
          const ends = [
            [one, other, later],
            [other, one, !later],
          ].map(([ours, theirs, itemIsLater]) => {
            const now = {
              ...start,
              view: rowed(start.view, { [column]: ours as string | null }),
              item: edited(start.item, { [name]: theirs ?? undefined }),
            }
            const { after, merged } = cycle(table, now, itemIsLater === true)
            const value = readRecord(after.view, context)[name]
            expect(readItem(after.item, table, context)[name]).toEqual(value)
            return { value, conflicts: merged.conflicts.length }
          })
          expect(ends[0]).toEqual(ends[1])
          expect(one === other && (ends[0]?.conflicts ?? 0) > 0).toBe(false)
        },
      ),
      { numRuns: 64 },
    )
  })
})

it('AP-57, AP-70: two mailboxes of one record come to the same, whichever comes first', () => {
  const change = fc.constantFrom<[string, Fields]>(
    ['jobTitle', { jobTitle: 'Boss' }],
    ['email1', { email1: 'new@adatum.example' }],
    ['birthday', { birthday: '2000-02-29' }],
    ['notes', { body: { text: 'Hello' } }],
  )
  fc.assert(
    fc.property(change, change, ([first, ours], [second, theirs]) => {
      fc.pre(first !== second)
      const ends = [
        [0, 1, 0, 1],
        [1, 0, 1, 0],
      ].map((order) => {
        const start = linked('contact', {})
        const boxes = [edited(start.item, ours), edited(start.item, theirs)].map((item) => ({ ...start, item }))
        let { view } = start
        for (const at of order) {
          const { after } = cycle('contact', { ...(boxes[at] as Linked), view }, true)
          boxes[at] = after
          view = after.view
        }
        const all = boxes.map(({ item }) => readItem(item, 'contact', context))
        expect(all[0]).toEqual(all[1])
        return { record: readRecord(view, context), item: all[0] }
      })
      expect(ends[0]).toEqual(ends[1])
    }),
    { numRuns: 30 },
  )
})
