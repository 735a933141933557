import { expect, it } from 'vitest'
import type { Carried } from '../../src/sync/items/apply/carried.ts'
import { settledLink } from '../../src/sync/items/apply/settledLink.ts'
import type { LinkDeed } from '../../src/sync/items/model.ts'

const NOW = new Date('2026-03-10T09:00:00Z')
const BEFORE: NonNullable<Carried['link']> = {
  id: 'link',
  mailboxId: 'mailbox',
  kind: 'contact',
  table: 'contact',
  recordId: 'record',
  key: 'key',
  state: 'linked',
  folder: 'first',
  itemId: 'old',
  itemVersion: 'v3',
  agreed: { record: {}, item: {} },
  returned: true,
  returnedEver: true,
  parts: [],
}

function settled(link: LinkDeed) {
  const deed: Carried['deed'] = { pairing: {}, conflicts: [], trace: [], link }
  return settledLink({ deed, work: [], before: BEFORE, link: BEFORE }, new Map(), NOW).link
}

it('B-4: of an item that is only known to be elsewhere the version of its old place is forgotten: it is still looked at', () => {
  const place = { state: 'linked', folder: 'second', itemId: 'new' } as const
  expect(settled(place)).toMatchObject(place)
  expect(settled(place)).not.toHaveProperty('itemVersion')
  expect(settled({ ...place, itemVersion: 'v3' })).toMatchObject({ ...place, itemVersion: 'v3' })
  expect(settled({ state: 'linked' })).toMatchObject({ folder: 'first', itemId: 'old', itemVersion: 'v3' })
})
