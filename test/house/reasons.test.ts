import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { reasonsPage } from '../../scripts/reasons.ts'

it('MO-77: docs/reasons.md tells every reason and alert as the product does (else: npm run docs:reasons)', () => {
  expect(readFileSync('docs/reasons.md', 'utf8')).toBe(reasonsPage())
})

it('MO-77: no reason and no alert takes people for men or women', () => {
  expect(reasonsPage().match(/^.*\b(?:she|her|hers|herself|he|him|his|himself)\b.*$/gim) ?? []).toEqual([])
})
