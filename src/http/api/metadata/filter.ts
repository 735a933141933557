import { TokenReader, tokenize, type Value } from '#records'
import type { Json } from '../rows.ts'

type Test = (of: Json) => boolean

const DEPTH = 50
const COMPARISONS: ReadonlyMap<string, (found: unknown, value: Value) => boolean> = new Map([
  ['eq', (found: unknown, value: Value) => (found ?? null) === value],
  ['ne', (found: unknown, value: Value) => (found ?? null) !== value],
  ['gt', (found: unknown, value: Value) => comparable(found, value) && Number(found) > Number(value)],
  ['ge', (found: unknown, value: Value) => comparable(found, value) && Number(found) >= Number(value)],
  ['lt', (found: unknown, value: Value) => comparable(found, value) && Number(found) < Number(value)],
  ['le', (found: unknown, value: Value) => comparable(found, value) && Number(found) <= Number(value)],
])
const FUNCTIONS: ReadonlyMap<string, (found: string, text: string) => boolean> = new Map([
  ['contains', (found: string, text: string) => found.includes(text)],
  ['startswith', (found: string, text: string) => found.startsWith(text)],
  ['endswith', (found: string, text: string) => found.endsWith(text)],
])

/**
 * A `$filter` over definitions, which are no rows: comparisons of properties (`IsCustomizable/Value eq true`), `in`,
 * text functions, `and`, `or`, `not`. Members of enumerations may have their type before them.
 * @throws RecordError `QueryInvalid` with the position of what is not understood.
 */
export function parseTest(text: string): Test {
  const reader = new TokenReader(tokenize(text))
  const test = readOr(reader, 0)
  if (reader.peek().kind !== 'end') throw reader.unexpected('the end')
  return test
}

function readOr(reader: TokenReader, depth: number): Test {
  const tests = [readAnd(reader, depth)]
  while (reader.takeWord('or')) tests.push(readAnd(reader, depth))
  return (of) => tests.some((test) => test(of))
}

function readAnd(reader: TokenReader, depth: number): Test {
  const tests = [readOne(reader, depth)]
  while (reader.takeWord('and')) tests.push(readOne(reader, depth))
  return (of) => tests.every((test) => test(of))
}

function readOne(reader: TokenReader, depth: number): Test {
  if (depth > DEPTH) throw reader.error('the filter is nested too deep', reader.peek())
  if (reader.takeWord('not')) {
    const test = readOne(reader, depth + 1)
    return (of) => !test(of)
  }
  if (reader.takeMark('(')) {
    const test = readOr(reader, depth + 1)
    reader.expectMark(')')
    return test
  }
  const token = reader.peek()
  const named = token.kind === 'word' && reader.isMark('(', 1) ? FUNCTIONS.get(token.text) : undefined
  if (named) return readFunction(reader, named)
  const path = readPath(reader)
  const word = reader.word()
  if (word.text === 'in') {
    reader.expectMark('(')
    const values = reader.literals(')')
    return (of) => values.includes((valueAt(of, path) ?? null) as Value)
  }
  const compare = COMPARISONS.get(word.text)
  if (!compare) throw reader.error('eq, ne, gt, ge, lt, le or in is expected', word)
  const type = reader.peek()
  if (type.kind === 'word' && type.text.startsWith('Microsoft.Dynamics.CRM.')) reader.word()
  const value = reader.literal()
  return (of) => compare(valueAt(of, path), value)
}

function readFunction(reader: TokenReader, test: (found: string, text: string) => boolean): Test {
  reader.word()
  reader.expectMark('(')
  const path = readPath(reader)
  reader.expectMark(',')
  const text = String(reader.literal())
  reader.expectMark(')')
  return (of) => {
    const found = valueAt(of, path)
    return typeof found === 'string' && test(found, text)
  }
}

function readPath(reader: TokenReader): string[] {
  const path = [reader.word().text]
  while (reader.takeMark('/')) path.push(reader.word().text)
  return path
}

function valueAt(of: Json, path: readonly string[]): unknown {
  let found: unknown = of
  for (const name of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, name)) return undefined
    found = (found as Json)[name]
  }
  return found
}

function comparable(found: unknown, value: Value): boolean {
  return typeof found === 'number' && typeof value === 'number'
}
