import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/run.ts'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { fetchXml } from '../options/filters/support.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

// What a command answers is looked into freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Data = any

async function run(...words: string[]): Promise<{ code: number; data: Data; text: string; said: string }> {
  const said: string[] = []
  let data: unknown
  let text = ''
  const output = {
    result: (shown: string, given: unknown) => {
      text = shown
      data = given
    },
    say: (line: string) => void said.push(line),
    progress: () => undefined,
  }
  const code = await runCommand(company.regarding, words, output, new AbortController().signal)
  return { code, data: JSON.parse(JSON.stringify(data ?? null)), text, said: said.join('\n') }
}
const anna = ['--user', 'anna@adatum.example']

it('SF-52: reset gives a user the default filters', async () => {
  expect(await run('filter', 'reset', ...anna)).toMatchObject({ code: 0, data: { filters: 8, kind: 'online' } })
  expect(await run('filter', 'reset', ...anna, '--kind', 'offline')).toMatchObject({ code: 0 })
  expect(await run('filter', 'reset')).toMatchObject({ code: 64 })
})

it('SF-22: filters are listed with name, table, state and when they changed; the inactive ones when asked for', async () => {
  const { data, text } = await run('filter', 'list', ...anna)
  expect(data).toHaveLength(8)
  expect(data[0]).toEqual({
    id: expect.any(String),
    name: 'My Appointments',
    table: 'appointment',
    kind: 'online',
    state: 'active',
    modified: expect.stringMatching(/^2026-01-05T/),
  })
  expect(text).toMatch(/^Name +Table +State +Modified\n/)
  expect((await run('filter', 'list', ...anna, '--inactive')).data).toEqual([])
  expect((await run('filter', 'list', '--template')).data).toHaveLength(8)
  expect((await run('filter', 'list', '--template', '--kind', 'offline')).data[0]).toMatchObject({ default: true })
})

it('SF-23, SF-26: filters are made, changed, deactivated, activated and deleted, several at once', async () => {
  const xml = fetchXml('task', '<filter><condition attribute="prioritycode" operator="eq" value="2"/></filter>')
  expect(await run('filter', 'set', 'Urgent', ...anna, `--file=${xml}`)).toMatchObject({
    code: 0,
    data: { warnings: [] },
  })
  expect((await run('filter', 'show', 'Urgent', ...anna)).data).toMatchObject({ table: 'task', fetchxml: xml })
  const everything = await run('filter', 'set', 'Urgent', ...anna, `--file=${fetchXml('task')}`, '--description=All')
  expect(everything).toMatchObject({ code: 0, said: expect.stringContaining('no criteria') })
  expect((await run('filter', 'show', 'Urgent', ...anna)).data).toMatchObject({
    description: 'All',
    fetchxml: fetchXml('task'),
  })

  expect(await run('filter', 'deactivate', 'Urgent', 'My Tasks', ...anna)).toMatchObject({ code: 0 })
  const names = async (...more: string[]) =>
    (await run('filter', 'list', ...anna, ...more)).data.map((row: Data) => row.name)
  expect(await names('--inactive')).toEqual(['My Tasks', 'Urgent'])
  expect(await names()).not.toContain('Urgent')
  expect(await run('filter', 'activate', 'Urgent', ...anna)).toMatchObject({ code: 0 })
  expect(await names()).toContain('Urgent')

  expect(await run('filter', 'delete', 'Urgent', ...anna)).toMatchObject({
    code: 64,
    said: expect.stringContaining('--yes'),
  })
  expect(await run('filter', 'delete', 'Urgent', 'My Tasks', ...anna, '--yes')).toMatchObject({ code: 0 })
  expect([...(await names()), ...(await names('--inactive'))]).toHaveLength(7)
})

it('SF-34: what is wrong is said, with an exit code', async () => {
  expect(await run('filter', 'set', 'Bad', ...anna, `--file=${fetchXml('email')}`)).toMatchObject({
    code: 1,
    said: expect.stringContaining('email'),
  })
  expect(await run('filter', 'set', 'Bad', ...anna)).toMatchObject({ code: 64 })
  expect(await run('filter', 'show', 'Bad', ...anna)).toMatchObject({ code: 66 })
  expect(await run('filter', 'list', '--kind', 'sideways')).toMatchObject({ code: 64 })
  expect(await run('filter', 'list', ...anna, '--template')).toMatchObject({ code: 64 })
})
