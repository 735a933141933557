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

const book = (path: string, other: Partial<Collection> = {}) => collection(path, { kinds: ['contact'], ...other })
const mainOf = (...books: Collection[]) => foldersOf(books, undefined).find(({ main }) => main)?.id

it('CT-1: new contacts go to the address book that the server made, not to the first by the alphabet', () => {
  const family = book('/dav/addressbooks/anna/Archive/')
  expect(mainOf(family, book('/dav/addressbooks/anna/Default/'))).toBe('contact:/dav/addressbooks/anna/Default/')
  expect(mainOf(family, book('/dav/anna/contacts/'))).toBe('contact:/dav/anna/contacts/')
  expect(mainOf(book('/SOGo/dav/anna/Contacts/A/'), book('/SOGo/dav/anna/Contacts/personal/'))).toBe(
    'contact:/SOGo/dav/anna/Contacts/personal/',
  )
  expect(mainOf(family, book('/dav/anna/Default/', { writable: false }))).toBe(`contact:${family.path}`)
  expect(mainOf(book('/dav/anna/b/'), family)).toBe(`contact:${family.path}`)
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
