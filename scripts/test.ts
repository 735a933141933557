// `npm test`: the servers, the checks of the house, the tests. With arguments, only the tests that they name.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mayMount } from '../test/support/disk.ts'
import { ensureServers } from './servers.ts'

interface Counts {
  passed: number
  failed: number
}

const CHECKS = ['check:types', 'check:lint', 'check:format', 'check:rooms', 'check:rules']

const advice = ensureServers((line) => console.log(line))
if (advice !== undefined) {
  console.error(advice)
  process.exit(1)
}
const wanted = process.argv.slice(2)
const checks = wanted.length ? [] : CHECKS
// Side by side: the tests often wait, and the checks, which yield to them, use that time.
const checked = failing(checks)
const tests = await runTests(wanted)
const failedChecks = await checked
if (process.getuid?.() !== 0) console.log('Not run: the tests of submission, since Postfix starts as root only.')
if (!mayMount()) console.log('Not run: the tests of full disks, since this user or container may not mount one.')
for (const name of failedChecks) console.log(`Failed: npm run ${name}`)
const failed = tests.failed + failedChecks.length
console.log(`${tests.passed + checks.length - failedChecks.length} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0

/** All at once: some use one processor, some all. What each says is said in one piece, when all have ended. */
async function failing(names: readonly string[]): Promise<string[]> {
  const results = await Promise.all(
    names.map(async (name) => ({ name, ...(await told('npm', ['run', '--silent', name])) })),
  )
  for (const { said } of results) process.stdout.write(said)
  return results.filter(({ ok }) => !ok).map(({ name }) => name)
}

async function told(program: string, args: readonly string[]): Promise<{ ok: boolean; said: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  return { ok: code === 0, said }
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code === 0)))
}

/** The tests' own counts. A run that fails beyond its tests (an error outside of them, no report) counts as one failure. */
async function runTests(args: readonly string[]): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), 'regarding-report-'))
  const report = join(directory, 'tests.json')
  try {
    const ok = await succeeds('node_modules/.bin/vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ])
    const counts = countsOf(report)
    return ok || counts.failed ? counts : { ...counts, failed: 1 }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function countsOf(report: string): Counts {
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8')) as Record<
      string,
      number
    >
    return { passed: passed ?? 0, failed: failed ?? 0 }
  } catch (error) {
    console.error(`The tests left no report: ${String(error)}`)
    return { passed: 0, failed: 1 }
  }
}
