import { expect, it } from 'vitest'
import { inWords } from '#items'

const berlin = (value: Parameters<typeof inWords>[0]) => inWords(value, 'Europe/Berlin')

it('B-70: values of both sides are told as people write them', () => {
  expect([undefined, null, '', [], {}, { note: null }].map(berlin)).toEqual(Array(6).fill('(empty)'))
  expect(['Room 1', true, false, 15].map(berlin)).toEqual(['Room 1', 'yes', 'no', '15'])
  expect(berlin('2026-07-01T08:00:00.000Z')).toBe('1 Jul 2026, 10:00')
  expect(berlin('2026-07-01T08:00:00')).toBe('1 Jul 2026, 08:00')
  expect(berlin('2026-99-01T08:00:00Z')).toBe('2026-99-01T08:00:00Z')
  expect(berlin({ start: '2026-01-01T08:00:00.000Z', end: '2026-01-01T09:30:00.000Z', allDay: false })).toBe(
    '1 Jan 2026, 09:00 to 1 Jan 2026, 10:30',
  )
  expect(berlin({ start: '2026-01-01', end: '2026-01-03', allDay: true })).toBe('1 Jan 2026 to 2 Jan 2026, all day')
  expect(berlin({ start: '2026-01-01', end: '2026-01-02', allDay: true })).toBe('1 Jan 2026, all day')
  const guests = [
    { address: 'ada@adatum.example', name: 'Ada Adams', answer: 'accepted' },
    { address: 'bob@adatum.example', role: 'required' },
  ]
  expect(berlin(guests)).toBe('Ada Adams <ada@adatum.example>, accepted; bob@adatum.example')
  expect(berlin({ street: 'Main 1', city: '', open: true })).toBe('street: Main 1, open: yes')
})
