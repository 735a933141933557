import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeLines } from '../../../src/sync/items/merge/mergeLines.ts'

const text = (...lines: string[]) => lines.join('\n')

describe('notes that both sides changed', () => {
  it.each([
    ['different lines', text('a', 'b', 'c'), text('A', 'b', 'c'), text('a', 'b', 'C'), text('A', 'b', 'C')],
    ['lines beside each other', text('a', 'b'), text('A', 'b'), text('a', 'B'), text('A', 'B')],
    ['one put in, one taken out', text('a', 'b', 'c'), text('a', 'x', 'b', 'c'), text('a', 'b'), text('a', 'x', 'b')],
    ['the same on both', text('a', 'b'), text('a', 'x'), text('a', 'x'), text('a', 'x')],
    ['the same and more', text('a', 'b', 'c'), text('x', 'b', 'c'), text('x', 'b', 'z'), text('x', 'b', 'z')],
    ['the beginning and the end', 'a', text('new', 'a'), text('a', 'last'), text('new', 'a', 'last')],
    [
      'lines that come often',
      text('', '-', '', '-', ''),
      text('', '-', 'x', '', '-', ''),
      text('', '-', '', '-', '', 'y'),
      text('', '-', 'x', '', '-', '', 'y'),
    ],
  ])('B-71: %s', (_name, base, ours, theirs, merged) => {
    expect(mergeLines(base, ours, theirs)).toBe(merged)
    expect(mergeLines(base, theirs, ours)).toBe(merged)
  })

  it.each([
    ['one line', text('a', 'b'), text('A', 'b'), text('AA', 'b')],
    ['two beginnings', 'a', text('x', 'a'), text('y', 'a')],
    ['something put in beside what was changed', text('a', 'b'), text('a', 'x', 'b'), text('A', 'b')],
    ['everything from nothing', '', 'x', 'y'],
  ])('B-71: %s is a conflict', (_name, base, ours, theirs) => {
    expect(mergeLines(base, ours, theirs)).toBeUndefined()
    expect(mergeLines(base, theirs, ours)).toBeUndefined()
  })

  it('B-71: whoever changed nothing, the other side is the result; and no side comes before the other', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '', 'x'), { maxLength: 8 }).map((all) => all.join('\n'))
    fc.assert(
      fc.property(lines, lines, lines, (base, ours, theirs) => {
        expect(mergeLines(base, base, theirs)).toBe(theirs)
        expect(mergeLines(base, ours, base)).toBe(ours)
        expect(mergeLines(base, ours, ours)).toBe(ours)
        expect(mergeLines(base, ours, theirs)).toBe(mergeLines(base, theirs, ours))
      }),
      { numRuns: 2000 },
    )
  })

  it('B-71: 5 MB of lines take no long time, whether they are alike or all different', () => {
    const count = 100_000
    const alike = Array.from({ length: count }, () => 'the same line as every other one, fifty characters')
    const different = alike.map((line, at) => `${at} ${line}`)
    for (const lines of [alike, different]) {
      const base = lines.join('\n')
      const ours = ['first', ...lines].join('\n')
      const theirs = [...lines, 'last'].join('\n')
      expect(mergeLines(base, ours, theirs)).toBe(['first', ...lines, 'last'].join('\n'))
    }
  }, 20_000)
})
