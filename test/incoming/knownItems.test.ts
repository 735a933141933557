import { expect, it } from 'vitest'
import type { ChangePage } from '#mailbox'
import { KnownItems } from '../../src/sync/incoming/knownItems.ts'

const page = (...ids: string[]): ChangePage => ({
  upserts: ids.map((id) => ({
    id,
    received: new Date('2026-01-05T08:00:00Z'),
    size: 1,
    categories: [],
    seen: false,
    deleted: false,
    draft: false,
  })),
  removals: [],
  cursor: ids.join(),
  more: true,
})

it('B-13, law 1: items of pages that are being decided and saved are believed to be in the folder already', async () => {
  const saved: string[] = ['1']
  const known = new KnownItems(() => Promise.resolve([...saved]))
  async function* pages() {
    yield page('2', '3')
    yield page('4')
    expect(await known.all()).toEqual(['1', '2', '3', '4'])
    saved.push('2', '3')
    yield page('5')
    expect(await known.all()).toEqual(['1', '2', '3', '4', '5'])
  }
  const read: string[] = []
  for await (const { cursor } of known.noting(pages())) read.push(cursor)
  expect(read).toEqual(['2,3', '4', '5'])
})
