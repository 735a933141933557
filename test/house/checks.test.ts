import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** Each check of the house, run over a copy with a seeded fault: a check that finds nothing any more is noticed here. */

function copyOf(...paths: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'regarding-house-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const path of ['package.json', 'tsconfig.json', ...paths])
    cpSync(path, join(directory, path), { recursive: true })
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  return directory
}

function write(directory: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}

function run(directory: string, program: string, ...args: string[]): { ok: boolean; says: string } {
  const done = spawnSync(resolve('node_modules/.bin', program), args, { cwd: directory, encoding: 'utf8' })
  return { ok: done.status === 0, says: `${done.stdout}${done.stderr}` }
}

const lint = (directory: string) => run(directory, 'oxlint', '--type-aware', '--quiet', 'src')
const rooms = (directory: string) => run(directory, 'tsx', 'scripts/check-rooms.ts')
const rules = (directory: string) => run(directory, 'tsx', 'scripts/rules.ts')

test('the linter knows types: it finds a promise that nobody waits for', () => {
  const directory = copyOf('.oxlintrc.json')
  write(directory, { 'src/fine.ts': `export const fine = async (): Promise<void> => {}\nawait fine()\n` })
  expect(lint(directory)).toMatchObject({ ok: true })
  write(directory, { 'src/floating.ts': `import { fine } from './fine.ts'\n\nfine()\n` })
  expect(lint(directory)).toMatchObject({ ok: false, says: expect.stringContaining('no-floating-promises') })
})

const face = (name: string) => `export const ${name} = 1\n`

test('the rooms are checked: an arrow upward, a way beside the face, a file that nobody uses, an effect in deciding', () => {
  const directory = copyOf('scripts', '.dependency-cruiser.cjs')
  // A small house: the plan goes by names of rooms, and the check of the true one is a check of its own.
  write(directory, {
    'src/time/index.ts': face('clock'),
    'src/text/index.ts': face('text'),
    'src/database/index.ts': `export { Retry } from './transaction.ts'\nexport { clock } from '#time'\n`,
    'src/database/transaction.ts': face('Retry'),
    'src/records/index.ts': `export { Retry as openRecords } from '#database'\n`,
    'src/sync/incoming/index.ts': `export { rule } from './decide/rule.ts'\n`,
    'src/sync/incoming/decide/rule.ts': face('rule'),
  })
  expect(rooms(directory)).toMatchObject({ ok: true })
  const seeded = {
    'time-looks-down-only': ['src/time/upward.ts', `export { openRecords } from '#records'`],
    'database-through-its-face': ['src/records/beside.ts', `export { Retry } from '../database/transaction.ts'`],
    'no-orphans': ['src/text/alone.ts', 'export const alone = 1'],
    'deciding-is-pure': ['src/sync/incoming/decide/effect.ts', `export { readFileSync } from 'node:fs'`],
  } as const
  write(directory, Object.fromEntries(Object.values(seeded)))
  const { ok, says } = rooms(directory)
  const found = Object.entries(seeded).map(([rule, [path]]) => says.includes(`${rule}: ${path}`))
  expect([ok, ...found]).toEqual([false, true, true, true, true])
})

const rule = (number: number, more = '') => `- **T-${number}** A rule.\n${more}`
const listed = (more: string) => ({ 'docs/rules.md': `- **T-1** A rule.\n- **T-2** Another.\n${more}` })
const titles = (...names: string[]) => ({
  'test/a.test.ts': names.map((name) => `it(${JSON.stringify(name)}, () => {})\n`).join(''),
})

test('the rules are checked: one without test and reason, a reason that is no longer true, a rule that is not listed', () => {
  const directory = copyOf('scripts')
  write(directory, { ...listed('  - Without test: later.\n'), ...titles('T-1: works, unlike T-9') })
  expect(rules(directory)).toMatchObject({ ok: true, says: expect.stringContaining('T-2     later.') })
  // The fault of each rule is told beside those of others.
  write(directory, {
    'docs/rules.md': `${rule(1)}${rule(2)}${rule(4, '  - Without test: later.\n')}${rule(5)}${rule(6, '  - Without test: later.\n')}`,
    ...titles('T-1: works', 'T-3: works', 'T-4…T-5: work'),
  })
  const { ok, says } = rules(directory)
  expect(ok).toBe(false)
  expect(says).toContain('T-2: no test names it')
  expect(says).toContain('T-3: named by a test')
  expect(says).toContain('T-4: has a test')
  expect(says).not.toMatch(/T-[156]:/)
})
