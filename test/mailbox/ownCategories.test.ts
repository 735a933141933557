import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ListedCategory, OwnCategories } from '../../src/mailbox/ownCategories.ts'

const TRACKED = 'Tracked to Regarding'
const ID = '0b9d7c1e-0000-4000-8000-000000000001'
const listed = (name: string, id = ID): ListedCategory => ({ id, name })

describe('own categories', () => {
  test('T-94: without a list, and in an empty one, the category goes by its name for people', () => {
    for (const list of [undefined, []]) {
      const own = new OwnCategories(list, undefined)
      expect(own.nameOf('$Tracked')).toBe(TRACKED)
      expect(own.nameOf('$TrackedUndeliverable')).toBe(`${TRACKED} (Undeliverable)`)
      expect(own.categoriesOf(['Blue', TRACKED.toUpperCase(), '$Tracked'])).toEqual(['Blue', '$Tracked'])
      expect(own.toRemember).toBeUndefined()
    }
    expect(new OwnCategories([], undefined).missing(['$Tracked', 'Blue', '$Tracked'], [])).toMatchObject([
      { category: '$Tracked', name: TRACKED, colour: 4 },
      { category: 'Blue', name: 'Blue' },
    ])
  })

  test('T-94: the id is remembered, so that a renamed category goes on, under each name it had', () => {
    const first = new OwnCategories([listed(TRACKED)], undefined)
    expect(first.missing(['$Tracked'], [listed(TRACKED)])).toEqual([])
    const second = new OwnCategories([listed('In the CRM', `{${ID.toUpperCase()}}`)], first.toRemember)
    expect(second.nameOf('$Tracked')).toBe('In the CRM')
    expect(second.categoriesOf(['In the CRM', TRACKED, 'Other'])).toEqual(['$Tracked', 'Other'])
    const third = new OwnCategories([listed('CRM')], second.toRemember)
    expect(third.categoriesOf(['In the CRM'])).toEqual(['$Tracked'])
    expect(new OwnCategories([listed('CRM')], third.toRemember).toRemember).toBeUndefined()
  })

  test('T-94: a former name that another category has by now is that other', () => {
    const before = new OwnCategories([listed(TRACKED)], undefined).toRemember
    const own = new OwnCategories([listed('CRM'), listed(TRACKED, 'another')], before)
    expect(own.categoriesOf([TRACKED, 'CRM'])).toEqual([TRACKED, '$Tracked'])
  })

  test('T-94: deleted from the list it begins anew, and items keep what they carry', () => {
    const before = new OwnCategories([listed('CRM')], new OwnCategories([listed(TRACKED)], undefined).toRemember)
    const own = new OwnCategories([], before.toRemember)
    expect(own.missing(['$Tracked'], [])).toMatchObject([{ name: TRACKED }])
    expect(own.categoriesOf(['CRM'])).toEqual(['$Tracked'])
  })

  test('T-94: a change keeps every other name and takes off all names of what is removed', () => {
    const own = new OwnCategories([listed('CRM')], new OwnCategories([listed(TRACKED)], undefined).toRemember)
    expect(own.changed(['Blue'], { add: ['$Tracked'] })).toEqual(['Blue', 'CRM'])
    expect(own.changed(['Blue', TRACKED], { add: ['$Tracked'] })).toBeUndefined()
    expect(own.changed([TRACKED, 'Blue', 'CRM', '$Tracked'], { remove: ['$Tracked'] })).toEqual(['Blue'])
    expect(own.changed(['CRM'], { add: ['$Tracked'], remove: ['$Tracked'] })).toBeUndefined()
  })

  test('T-94: whatever the Inbox remembers, what is added is read again', () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"$Tracked":null}'),
      fc.constant('{"$Tracked":{"id":"x"}}'),
    )
    fc.assert(
      fc.property(json, fc.array(fc.string(), { maxLength: 5 }), (remembered, names) => {
        const list = names.map((name, index) => listed(name, `id${index}`))
        const own = new OwnCategories(list, remembered)
        const after = own.changed(names, { add: ['$Tracked'] }) ?? names
        expect(own.categoriesOf(after)).toContain('$Tracked')
        expect(own.changed(after, { add: ['$Tracked'] })).toBeUndefined()
      }),
    )
  })
})
