import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyPatch,
  attachmentsOf,
  type NewTask,
  patchAttachments,
  patchTask,
  printTask,
  readTask,
  type TaskFields,
  type TaskItem,
  type TaskPatch,
} from '#mailbox'

const NOW = new Date('2026-01-05T08:00:00Z')
const options = { address: 'anna@contoso.example', now: NOW, fallback: 'Pacific/Auckland' }

const word = fc
  .string({ minLength: 1, maxLength: 90, unit: fc.constantFrom(...Array.from('aB ;,:"\\\nÄ京🙂=')) })
  .map((text) => `x${text}x`)
const day = fc
  .integer({ min: -9_000, max: 30_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
const moment = fc.record({
  at: fc.integer({ min: 0, max: 2_000_000_000 }).map((minutes) => new Date(minutes * 1_000).toISOString().slice(0, 19)),
  zone: fc.constantFrom('America/Sao_Paulo', 'Asia/Kathmandu', 'UTC'),
})
const fields: fc.Arbitrary<TaskFields> = fc.record(
  {
    subject: word,
    body: fc.record({ text: word }),
    start: day,
    due: day,
    completed: day,
    status: fc.constantFrom('notStarted', 'inProgress', 'completed', 'waiting', 'deferred'),
    percent: fc.nat(100),
    importance: fc.constantFrom('low', 'normal', 'high'),
    sensitivity: fc.constantFrom('normal', 'personal', 'private', 'confidential'),
    reminder: moment,
    categories: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['status', 'importance', 'sensitivity'] },
)
const clearable = ['subject', 'body', 'start', 'due', 'completed', 'percent', 'reminder', 'categories'] as const

/** As Thunderbird and Tasks.org write. */
const FOREIGN = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Other//EN',
  'X-WR-CALNAME:Errands',
  'BEGIN:VTODO',
  'UID:other-1',
  'DTSTAMP:20260101T000000Z',
  'CREATED:20251231T100000Z',
  'LAST-MODIFIED:20260102T030405Z',
  'SUMMARY:Buy milk\\, and a line that is',
  '  folded',
  'DTSTART;TZID=Europe/Berlin:20260301T233000',
  'DUE:20260302T113000Z',
  'STATUS:COMPLETED',
  'COMPLETED:20260302T113000Z',
  'PERCENT-COMPLETE:100',
  'PRIORITY:9',
  'X-APPLE-SORT-ORDER:12',
  'RELATED-TO:parent-1',
  'BEGIN:VALARM',
  'ACTION:DISPLAY',
  'TRIGGER;RELATED=END:-PT15M',
  'END:VALARM',
  'END:VTODO',
  'END:VCALENDAR',
  '',
].join('\r\n')

const lasting = (start: string, duration: string) => FOREIGN.replace(/DTSTART.*/, start).replace(/DUE.*/, duration)

describe('tasks as iCalendar', () => {
  test('FD-26: whatever is written is read again as it was', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const item: NewTask = { kind: 'task', fields: given }
        expect(readTask(printTask({ ...item, marks: { key: 'k' } }, 'uid-1', options), options)).toMatchObject({
          uid: 'uid-1',
          marks: { key: 'k' },
          fields: given,
          assigned: false,
        })
      }),
      { numRuns: 200 },
    )
  })

  test('AP-20: a patch in the text is the patch of what is read, in tasks of ours and of others', () => {
    const patch = fc.record({ set: fc.option(fields, { nil: undefined }), clear: fc.subarray([...clearable]) })
    fc.assert(
      fc.property(fields, fc.boolean(), patch, (given, foreign, { set = {}, clear }) => {
        const text = foreign ? FOREIGN : printTask({ kind: 'task', fields: given }, 'uid-1', options)
        const named = Object.fromEntries(Object.entries(set).filter(([name]) => !clear.some((one) => one === name)))
        const wanted: TaskPatch = { kind: 'task', set: named, clear }
        const before = readTask(text, options) as TaskItem
        expect(readTask(patchTask(text, wanted, options), options).fields).toEqual(applyPatch(before, wanted).fields)
      }),
      { numRuns: 200 },
    )
  })

  test('AP-20: lines that a patch does not name stay byte for byte, sub-tasks and odd folds included', () => {
    const patched = patchTask(FOREIGN, { kind: 'task', set: { percent: 50 } }, options)
    const changed = /^(PERCENT-COMPLETE|DTSTAMP|LAST-MODIFIED|SEQUENCE)/
    const others = (text: string) => text.split('\r\n').filter((line) => !changed.test(line))
    expect(others(patched)).toEqual(others(FOREIGN))
  })

  test('FD-26, AP-60: what other programs write is understood: days of times are those of the owner', () => {
    expect(readTask(FOREIGN, options)).toMatchObject({
      uid: 'other-1',
      created: new Date('2025-12-31T10:00:00Z'),
      modified: new Date('2026-01-02T03:04:05Z'),
      fields: {
        subject: 'Buy milk, and a line that is folded',
        start: '2026-03-01',
        due: '2026-03-03',
        completed: '2026-03-03',
        status: 'completed',
        percent: 100,
        importance: 'low',
      },
    })
    const repeated = FOREIGN.replace('STATUS', 'RRULE:FREQ=DAILY\r\nATTENDEE:mailto:ben@contoso.example\r\nSTATUS')
    expect(readTask(repeated, options)).toMatchObject({ recurrence: { frequency: 'daily' }, assigned: true })
  })

  test('TK-3, FD-26: a task that says how long it takes is due by that, until it is given another day', () => {
    const days = lasting('DTSTART;VALUE=DATE:20260301', 'DURATION:P2D')
    expect(readTask(days, options).fields).toMatchObject({ start: '2026-03-01', due: '2026-03-03' })
    const hours = lasting('DTSTART;TZID=Europe/Berlin:20260301T233000', 'DURATION:PT45M')
    expect(readTask(hours, options).fields).toMatchObject({ start: '2026-03-01', due: '2026-03-02' })
    const patched = patchTask(days, { kind: 'task', set: { due: '2026-03-05' } }, options)
    expect(patched).not.toContain('DURATION')
    expect(readTask(patched, options).fields).toMatchObject({ start: '2026-03-01', due: '2026-03-05' })
    expect(patchTask(days, { kind: 'task', clear: ['due'] }, options)).not.toContain('DURATION')
  })

  test('AP-85: attachments lie within the text; links into the web are none', () => {
    const content = Buffer.from('The plan, and more of it. '.repeat(20))
    const link = FOREIGN.replace('STATUS', 'ATTACH:https://example.org/plan.pdf\r\nSTATUS')
    const text = patchAttachments(link, { add: [{ name: 'plan; a, b.txt', type: 'text/plain', content }] })
    const [only, second] = attachmentsOf(text)
    expect(second).toBeUndefined()
    expect(only).toMatchObject({ info: { name: 'plan; a, b.txt', type: 'text/plain', size: content.length }, content })
    expect(patchAttachments(text, { remove: [only?.info.id ?? ''] })).toBe(link)
    expect(() => patchAttachments(text, { remove: ['other'] })).toThrow('not in the folder')
  })
})
