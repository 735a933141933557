import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContactFields, ItemKind, ItemMarks, NewItem, TaskFields } from '#mailbox'
import { expectFailure } from '../use.ts'
import type { ItemBench } from './bench.ts'
import { contact, event, sample, task, titleOf } from './samples.ts'
import { mainFolder, QUIET, readOne, retitle, use, writable } from './use.ts'

const FULL: Record<ItemKind, NewItem> = {
  event: event('Everything', {
    body: { text: 'Agenda\n\n1. Welcome' },
    location: 'Room 5',
    showAs: 'outOfOffice',
    importance: 'high',
    sensitivity: 'private',
    reminder: 30,
    categories: ['Blue', '$Tracked'],
  }),
  contact: contact('Ada Adler', {
    prefix: 'Dr.',
    lastName: 'Adler',
    suffix: 'jr.',
    email2: 'ada@home.example',
    businessPhone: '+49 30 1',
    mobile: '+49 171 2',
    company: 'Adatum',
    jobTitle: 'CEO',
    businessAddress: { street: 'Am Markt 1\nHof', city: 'Berlin', postalCode: '10115', country: 'Germany' },
    birthday: '1980-02-29',
    children: ['Bo', 'Cy'],
    body: { text: 'Met at the fair.' },
    categories: ['Blue'],
  }),
  task: task('Everything', {
    body: { text: 'Call back' },
    start: '2026-03-01',
    due: '2026-03-29',
    status: 'inProgress',
    percent: 40,
    importance: 'low',
    reminder: { at: '2026-03-28T09:00:00', zone: 'Europe/Berlin' },
    categories: ['Blue'],
  }),
}

/** Fields of a new item that the system can keep. */
function kept(item: NewItem, { can }: ItemBench['items']): NewItem {
  const fields = Object.fromEntries(
    Object.entries(item.fields).filter(([name]) => !can.lacks[item.kind]?.includes(name)),
  )
  return { ...item, fields } as NewItem
}

export function itemWritingConforms(setup: () => Promise<ItemBench>): void {
  describe('writing items', () => {
    test('FD-20, FD-23, FD-26: every field is read as it was written', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        const item = kept(FULL[kind], items)
        const ref = await items.create(id, item, `full-${kind}`, QUIET)
        const read = await readOne(items, ref)
        expect(read.fields).toMatchObject(item.fields)
        expect(read.marks.key).toBe(`full-${kind}`)
        expect((await other.list(path)).map(titleOf)).toEqual([titleOf(item)])
      }
    })

    test('law 2: what is created twice with one key is one item, also when the first answer was lost', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        if (other.loseNextAnswer) {
          other.loseNextAnswer()
          await expectFailure(() => items.create(id, sample(kind, 'Once'), `once-${kind}`, QUIET), 'transient')
        }
        const first = await items.create(id, sample(kind, 'Once'), `once-${kind}`, QUIET)
        const second = await items.create(id, sample(kind, 'Twice'), `once-${kind}`, QUIET)
        expect(second).toEqual(first)
        expect((await other.list(path)).map(titleOf)).toEqual(['Once'])
        expect(await items.find({ key: `once-${kind}` })).toEqual([first])
      }
    })

    test('AP-20: a patch changes what it names; everything else stays, what we do not know included', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        const made = await items.create(id, kept(FULL[kind], items), `patch-${kind}`, QUIET)
        await other.putUnknown(path, titleOf(FULL[kind]))
        const before = await readOne(items, made)
        const ref = await items.update(before.ref, retitle(kind, 'Renamed'), QUIET)
        const after = await readOne(items, ref)
        expect(after.ref).toEqual(ref)
        expect(ref.version).not.toBe(before.ref.version)
        expect(after.fields).toEqual({ ...before.fields, ...retitle(kind, 'Renamed').set })
        expect(after.marks).toEqual(before.marks)
        expect(await other.hasUnknown(path, 'Renamed')).toBe(true)
      }
    })

    test('FD-13: a field that is cleared is empty, and only that', async () => {
      const { items } = await use(setup)
      for (const kind of writable(items)) {
        const { id } = await mainFolder(items, kind)
        const made = await items.create(id, kept(FULL[kind], items), `clear-${kind}`, QUIET)
        const before = await readOne(items, made)
        const ref = await items.update(made, { kind, clear: ['body', 'categories'] }, QUIET)
        const { body: _body, categories: _categories, ...rest } = before.fields
        expect((await readOne(items, ref)).fields).toEqual(rest)
      }
    })

    test('B-70: whoever writes to a version that is gone is told `conflict`, and nothing happens', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        const stale = await items.create(id, sample(kind, 'Mine'), `conflict-${kind}`, QUIET)
        await other.change(path, 'Mine', retitle(kind, 'Yours'))
        await expectFailure(() => items.update(stale, retitle(kind, 'Ours'), QUIET), 'conflict')
        await expectFailure(() => items.remove(stale, QUIET), 'conflict')
        expect((await other.list(path)).map(titleOf)).toEqual(['Yours'])
        await other.delete(path, 'Yours')
        await expectFailure(() => items.update(stale, retitle(kind, 'Ours'), QUIET), 'notFound')
      }
    })

    test('AP-8: marks are written one by one, taken off by null, and do not show in the fields', async () => {
      const { items } = await use(setup)
      for (const kind of writable(items)) {
        const { id } = await mainFolder(items, kind)
        // An appointment over CalDAV is for others to read (AP-8).
        const keeps = (marks: ItemMarks): ItemMarks =>
          Object.fromEntries(Object.entries(marks).filter(([name]) => !items.can.lacks[kind]?.includes(name)))
        const lasting = keeps({ organization: 'o1', regardingName: 'Ümläut „A“' })
        const item = { ...sample(kind, 'Marked'), marks: { ...lasting, ...keeps({ recordId: 'r1' }) } }
        const made = await items.create(id, item, `marks-${kind}`, QUIET)
        const ref = await items.update(made, { kind, marks: { recordId: null, state: 'tracked' } }, QUIET)
        const { marks, fields } = await readOne(items, ref)
        expect(marks).toEqual({ key: `marks-${kind}`, ...lasting, state: 'tracked' })
        expect(fields).toEqual((await readOne(items, ref)).fields)
      }
    })

    test('B-41: a deleted item comes back whole from what was read of it', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        const made = await items.create(id, kept(FULL[kind], items), `lost-${kind}`, QUIET)
        await other.putUnknown(path, titleOf(FULL[kind]))
        const copy = await readOne(items, made)
        await items.remove(copy.ref, QUIET)
        const again = { ...kept(FULL[kind], items), ...(copy.rest !== undefined && { rest: copy.rest }) }
        const ref = await items.create(id, again, `back-${kind}`, QUIET)
        expect((await readOne(items, ref)).fields).toEqual(copy.fields)
        expect(await other.hasUnknown(path, titleOf(FULL[kind]))).toBe(true)
      }
    })

    test('B-60: an item is found by its UID', async () => {
      const { items } = await use(setup)
      for (const kind of writable(items)) {
        const { id } = await mainFolder(items, kind)
        const made = await items.create(id, sample(kind, 'Found'), `uid-${kind}`, QUIET)
        const { uid } = await readOne(items, made)
        if (uid !== undefined) expect(await items.find({ uid }, [id])).toEqual([made])
        expect(await items.find({ uid: 'nobody@nowhere.example' })).toEqual([])
      }
    })

    test('law 10: what is wrong is refused by name, and nothing is made', async () => {
      const { items, other } = await use(setup)
      const [kind] = writable(items)
      if (!kind) return
      const { id, path } = await mainFolder(items, kind)
      for (const key of ['', 'with space', 'x'.repeat(65), 'ü']) {
        await expectFailure(() => items.create(id, sample(kind, 'Wrong'), key, QUIET), 'permanent')
      }
      const another = kind === 'event' ? task('Wrong') : event('Wrong')
      await expectFailure(() => items.create(id, another, 'wrong-kind', QUIET), 'permanent')
      const time = { allDay: false, start: '2026-03-09T10:00:00', end: '2026-03-09T09:00:00', zone: 'Europe/Berlin' }
      const calendar = await mainFolder(items, 'event')
      for (const broken of [
        time,
        { ...time, zone: 'Europe/Nowhere' },
        { ...time, allDay: true },
        { ...time, start: 'soon' },
      ]) {
        await expectFailure(
          () => items.create(calendar.id, event('Wrong', { time: broken }), 'wrong', QUIET),
          'permanent',
        )
      }
      for (const [lacking, names] of Object.entries(items.can.lacks)) {
        const { id: there } = await mainFolder(items, lacking as ItemKind)
        const item = { ...sample(lacking as ItemKind, 'Wrong') }
        const fields = { ...item.fields, ...Object.fromEntries(names.map((name) => [name, 'x'])) }
        await expectFailure(() => items.create(there, { ...item, fields } as NewItem, 'lacking', QUIET), 'unsupported')
      }
      expect(await other.list(path)).toEqual([])
    })

    test('AP-85: attachments are added, read and taken off', async () => {
      const { items } = await use(setup)
      if (items.can.event !== 'write') return
      const { id } = await mainFolder(items, 'event')
      const made = await items.create(id, event('With a plan'), 'attached', QUIET)
      const content = Buffer.from('The plan')
      const patch = {
        kind: 'event',
        attachments: { add: [{ name: 'plan.txt', type: 'text/plain', content }] },
      } as const
      if (!items.can.attachments) return expectFailure(() => items.update(made, patch, QUIET), 'unsupported')
      const ref = await items.update(made, patch, QUIET)
      const { attachments } = await readOne(items, ref)
      expect(attachments).toMatchObject([{ name: 'plan.txt', type: 'text/plain', inline: false }])
      const [plan] = attachments
      expect(Buffer.from(await items.attachment(ref, plan?.id ?? ''))).toEqual(content)
      const last = await items.update(ref, { kind: 'event', attachments: { remove: [plan?.id ?? ''] } }, QUIET)
      expect((await readOne(items, last)).attachments).toEqual([])
    })

    test('FD-23, FD-26: whatever text and days contacts and tasks hold, they are read as they were written', async () => {
      const bench = await use(setup)
      const { items } = bench
      const text = fc
        .string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...Array.from('aÄß京🙂 ,;:\\"\'<&>%=')) })
        .map((word) => `x${word}x`)
      const day = fc
        .integer({ min: 0, max: 30_000 })
        .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
      const some = { requiredKeys: [] }
      const contacts: fc.Arbitrary<Partial<ContactFields>> = fc.record(
        {
          lastName: text,
          company: text,
          businessPhone: text,
          spouse: text,
          birthday: day,
          children: fc.array(text, { minLength: 1, maxLength: 3 }),
        },
        some,
      )
      const tasks: fc.Arbitrary<Partial<TaskFields>> = fc.record({ due: day, start: day, percent: fc.nat(100) }, some)
      let run = 0
      const writes = writable(items)
      await fc.assert(
        fc.asyncProperty(contacts, tasks, text, async (contactFields, taskFields, title) => {
          run++
          for (const made of [contact(title, contactFields), task(title, taskFields)]) {
            if (!writes.includes(made.kind)) continue
            const { id } = await mainFolder(items, made.kind)
            const item = kept(made, items)
            const ref = await items.create(id, item, `any-${made.kind}-${run}`, QUIET)
            expect((await readOne(items, ref)).fields).toMatchObject(item.fields)
          }
        }),
        { numRuns: 15, endOnFailure: true },
      )
    })
  })
}
