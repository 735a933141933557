// Which rules of docs/rules.md have a test that names them, and why the others have none.
import { readdirSync, readFileSync } from 'node:fs'
import { titlesIn } from './titles.ts'

interface Rule {
  id: string
  /** Why no test can or does name it yet. */
  without?: string
}

const RULE = /^- \*\*([A-Z]{1,2}-\d+[a-z]?)\*\* /
const WITHOUT = /^\s+- Without test: (.*)$/
/** Where a title names its rules: before its first colon, e.g. `T-98, T-100: …`, `FT-40…FT-45: …`, or where it begins. */
const LEADING = /^[^:]*(?=: )|^(?:[A-Z]{1,2}-\d+[a-z]?\b(?:, |…)?)+/
const NAMED = /([A-Z]{1,2}-\d+[a-z]?)(?:\s*…\s*([A-Z]{1,2}-\d+[a-z]?))?/g

const rules = readRules('docs/rules.md')
const named = rulesNamedInTests('test')
const untested = rules.filter((rule) => !named.has(rule.id))
const faults = [
  ...untested
    .filter((rule) => rule.without === undefined)
    .map(({ id }) => `${id}: no test names it, and no reason is given`),
  ...rules
    .filter(({ id, without }) => without && named.has(id))
    .map(({ id }) => `${id}: has a test; remove its “Without test”`),
  ...[...named]
    .filter((id) => !rules.some((rule) => rule.id === id))
    .map((id) => `${id}: named by a test, not in docs/rules.md`),
  ...rules
    .filter(({ id }, index) => rules.findIndex((rule) => rule.id === id) !== index)
    .map(({ id }) => `${id}: listed twice`),
]

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ rules: rules.length, tested: rules.length - untested.length, untested, faults }))
} else {
  if (!process.argv.includes('--quiet'))
    for (const rule of untested) if (rule.without) console.log(`${rule.id.padEnd(7)} ${rule.without}`)
  for (const fault of faults) console.error(fault)
  console.log(`Rules: ${rules.length}, ${rules.length - untested.length} with a test, ${untested.length} without.`)
}
if (faults.length) process.exitCode = 1

function readRules(path: string): Rule[] {
  const found: Rule[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const rule = RULE.exec(line)
    const without = WITHOUT.exec(line)
    const last = found.at(-1)
    if (rule) found.push({ id: rule[1] as string })
    else if (without && last) last.without = without[1] as string
  }
  return found
}

/** Rules that the titles of tests name; a range such as `FT-40…FT-45` names all between. */
function rulesNamedInTests(folder: string): Set<string> {
  const found = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    for (const title of titlesIn(`${folder}/${file}`))
      for (const match of (LEADING.exec(title)?.[0] ?? '').matchAll(NAMED))
        for (const id of between(match[1] as string, match[2])) found.add(id)
  }
  return found
}

function between(first: string, last: string | undefined): string[] {
  const [letters, from] = first.split('-') as [string, string]
  const to = last?.split('-')[1] ?? from
  if (!/^\d+$/.test(from) || !/^\d+$/.test(to)) return last ? [first, last] : [first]
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${letters}-${Number(from) + index}`)
}
