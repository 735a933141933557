import { expect, it } from 'vitest'
import { type Collection, foldersOf } from '../../../src/mailbox/dav/collections.ts'

const collection = (path: string, other: Partial<Collection> = {}): Collection => ({
  path,
  name: path.split('/').at(-2) ?? '',
  kinds: ['event'],
  writable: true,
  sync: true,
  card4: false,
  zone: 'UTC',
  addsSingle: false,
  ...other,
})

it('AP-4: further calendars of the same owner lie below the main one; those of somebody else beside it', () => {
  const [anna, ben] = ['/principals/anna/', '/principals/ben/']
  const folders = foldersOf(
    [
      collection('/dav/anna/b/', { owner: anna }),
      collection('/dav/anna/main/', { owner: '/principals/anna' }),
      collection('/dav/anna/of-ben/', { owner: ben }),
      collection('/dav/anna/untold/'),
    ],
    '/dav/anna/main/',
  )
  expect(folders.map(({ path, main }) => [path.join('/'), main])).toEqual([
    ['main', true],
    ['main/b', false],
    ['of-ben', false],
    ['main/untold', false],
  ])
})
