// Which rules of docs/rules.md have a test that names them, and why the others have none.
import { readdirSync, readFileSync } from 'node:fs'

interface Rule {
  id: string
  text: string
  /** Why no test can or does name it yet. */
  without?: string
}

const RULE = /^- \*\*([A-Z]{1,2}-\d+[a-z]?)\*\* (.*)$/
const WITHOUT = /^\s+- Without test: (.*)$/
const NAMED = /\b([A-Z]{1,2}-\d+[a-z]?)\b(?:\s*…\s*([A-Z]{1,2}-\d+[a-z]?))?/g

const rules = readRules('docs/rules.md')
const named = rulesNamedInTests('test')
const untested = rules.filter((rule) => !named.has(rule.id))
const unexplained = untested.filter((rule) => rule.without === undefined)
const contradicted = rules.filter((rule) => rule.without !== undefined && named.has(rule.id))
const unknown = [...named].filter((id) => isOurs(id) && !rules.some((rule) => rule.id === id))

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ rules: rules.length, tested: rules.length - untested.length, untested, unknown }))
} else {
  for (const rule of untested) console.log(`${rule.id.padEnd(7)} ${rule.without ?? 'NO REASON GIVEN'}`)
  for (const rule of contradicted) console.log(`${rule.id.padEnd(7)} has a test now: remove its “Without test”`)
  for (const id of unknown) console.log(`${id.padEnd(7)} is named by a test but not in docs/rules.md`)
  console.log(`${rules.length} rules, ${rules.length - untested.length} with a test, ${untested.length} without.`)
}
if (unexplained.length || contradicted.length || unknown.length) process.exitCode = 1

function readRules(path: string): Rule[] {
  const found: Rule[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const rule = RULE.exec(line)
    const without = WITHOUT.exec(line)
    const last = found.at(-1)
    if (rule) found.push({ id: rule[1] as string, text: rule[2] as string })
    else if (without && last) last.without = without[1] as string
  }
  return found
}

/** Rules named in the titles of tests; a range such as `FT-40 … FT-45` names all between. */
function rulesNamedInTests(folder: string): Set<string> {
  const found = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts') && !file.endsWith('conformance.ts')) continue
    for (const title of titlesOf(readFileSync(`${folder}/${file}`, 'utf8')))
      for (const match of title.matchAll(NAMED)) for (const id of between(match[1] as string, match[2])) found.add(id)
  }
  return found
}

function titlesOf(source: string): string[] {
  const titles = source.matchAll(/\b(?:it|test|describe)(?:\.each)?\s*(?:\([^'"`]*\))?\(\s*(['"`])([\s\S]*?)\1/g)
  return [...titles].map((match) => match[2] as string)
}

function between(first: string, last: string | undefined): string[] {
  const [letters, from] = first.split('-') as [string, string]
  const to = last?.split('-')[1] ?? from
  if (!/^\d+$/.test(from) || !/^\d+$/.test(to)) return [first]
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${letters}-${Number(from) + index}`)
}

function isOurs(id: string): boolean {
  const letters = id.split('-')[0]
  return rules.some((rule) => rule.id.startsWith(`${letters}-`))
}
