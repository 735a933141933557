// Holds the house against its plan: arrows downward, faces only. Fails too when it read fewer files than there are.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

interface Report {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] }
  modules: { source: string }[]
}

const options = ['src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json', '--no-progress']
const output = execFileSync('node_modules/.bin/depcruise', options, { encoding: 'utf8', maxBuffer: 2 ** 28 })
const report = JSON.parse(output) as Report
const read = report.modules.filter(({ source }) => source.startsWith('src/') && source.endsWith('.ts')).length
const exist = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).length

for (const { rule, from, to } of report.summary.violations) console.error(`${rule.name}: ${from} → ${to}`)
if (read < exist) console.error(`Read ${read} of ${exist} files: the check did not see the whole house.`)
if (report.summary.violations.length || read < exist) process.exit(1)
console.log(`Rooms: ${read} files, every arrow downward and through a face.`)
