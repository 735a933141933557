import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  checkFieldDirections,
  effectiveDirections,
  fieldPairs,
  type ItemTable,
  type StoredDirections,
  setSyncField,
  syncFields,
  withoutWriting,
} from '#items'
import { fieldDirections, SettingError } from '#options'
import { SYSTEM } from '#records'
import { runCommand } from '../../src/cli/run.ts'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { SETTINGS } from './support/map.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

const options = () => company.regarding.options
const fieldOf = async (table: ItemTable, pair: string) =>
  syncFields(table, await options().organization()).find((one) => one.pair === pair)
const turn = (pair: string, table: ItemTable = 'contact') =>
  setSyncField(options(), SYSTEM, { table, pair, direction: 'next' })

describe('the table of synchronized fields', () => {
  it('FD-20…FD-28: has a line for every pair, and says what is fixed', async () => {
    const settings = await options().organization()
    const counts = Object.keys(fieldPairs).map((table) => [table, syncFields(table as ItemTable, settings).length])
    expect(Object.fromEntries(counts)).toEqual({
      appointment: 11,
      recurringappointmentmaster: 10,
      serviceappointment: 10,
      contact: 34,
      task: 9,
      phonecall: 8,
      letter: 8,
      fax: 8,
    })
    expect(syncFields('serviceappointment', settings).every(({ allowed }) => allowed.join() === 'toItem')).toBe(true)
    const open = syncFields('task', settings).flatMap(({ pair, allowed }) => (allowed.length > 1 ? pair : []))
    expect(open.sort()).toEqual(['completed', 'due', 'notes', 'percent', 'start', 'subject'])
  })

  it('FD-5: names the columns of a computed field', async () => {
    expect((await fieldOf('appointment', 'time'))?.columns).toContain('scheduledend')
  })

  it('FD-3: each step takes the next direction, and after the last the first', async () => {
    const steps = [await turn('jobTitle'), await turn('jobTitle'), await turn('jobTitle'), await turn('jobTitle')]
    expect(steps.map(({ direction }) => direction)).toEqual(['toRecord', 'toItem', 'none', 'both'])
  })

  it('FD-6: the choice is the whole organization’s, and stays', async () => {
    await setSyncField(options(), SYSTEM, { table: 'task', pair: 'due', direction: 'toItem' })
    expect(fieldDirections(await options().organization())['task']).toEqual({ due: 'toItem' })
    const stored = fieldDirections(await options().organization())['task'] as StoredDirections
    expect(effectiveDirections('task', stored, SETTINGS)['due']).toBe('toItem')
  })

  it('FD-7: a fixed pair is refused with the direction that it has', async () => {
    const refused = setSyncField(options(), SYSTEM, { table: 'contact', pair: 'fullName', direction: 'none' })
    await expect(refused).rejects.toThrow(/Full name.*of contact is fixed: two-way/)
    await expect(turn('importance', 'task')).rejects.toBeInstanceOf(SettingError)
    expect(checkFieldDirections('{"contact":{"fullName":"none"}}')).toMatch(/Full name/)
    const direct = options().setOrganization(SYSTEM, { SynchronizedFieldDirections: '{"contact":{"fullName":"none"}}' })
    await expect(direct).rejects.toThrow(/SynchronizedFieldDirections/)
  })

  it('FD-4: only who may change the organization changes it', async () => {
    const anna = { kind: 'user', id: company.anna.id } as const
    const refused = setSyncField(options(), anna, { table: 'contact', pair: 'pager', direction: 'none' })
    await expect(refused).rejects.toThrow(/prvWriteOrganization/)
    expect(await fieldOf('contact', 'pager')).toMatchObject({ direction: 'both' })
  })

  it('FD-11: there is no field but those', async () => {
    const refused = setSyncField(options(), SYSTEM, { table: 'contact', pair: 'new_shoesize', direction: 'both' })
    await expect(refused).rejects.toThrow(/There is no synchronized field "new_shoesize"/)
  })

  it('FD-2: the command line shows and changes it', async () => {
    const said: unknown[] = []
    const output = {
      result: (_shown: string, data: unknown) => void said.push(data),
      say: () => undefined,
      progress: () => undefined,
    }
    const run = (...words: string[]) => runCommand(company.regarding, words, output, new AbortController().signal)
    expect(await run('options', 'direct', 'contact', 'pager', 'toItem')).toBe(0)
    expect(await run('options', 'fields', 'contact')).toBe(0)
    expect(said[1]).toContainEqual(expect.objectContaining({ pair: 'pager', direction: 'toItem' }))
    expect(await run('options', 'direct', 'contact', 'pager', 'sideways')).toBe(64)
  })
})

const right = (read: boolean, create: boolean, update: boolean) => ({ jobtitle: { read, create, update } })

describe('the direction for one user', () => {
  it.each([
    ['SE-21: nothing is read', right(false, false, false), 'none', 'none'],
    ['FD-34, SE-22: read, not updated', right(true, true, false), 'enforced', 'both'],
    ['SE-23: read, not created', right(true, false, true), 'both', 'enforced'],
    ['SE-24: updated, not read', right(false, true, true), 'toRecord', 'toRecord'],
    ['SE-20: everything', right(true, true, true), 'both', 'both'],
  ])('%s', (_name, rights, update, create) => {
    expect(effectiveDirections('contact', {}, SETTINGS, rights)['jobTitle']).toBe(update)
    expect(effectiveDirections('contact', {}, SETTINGS, rights, 'create')['jobTitle']).toBe(create)
    expect(effectiveDirections('contact', {}, SETTINGS, rights)['pager']).toBe('both')
  })

  it('FD-8: what must not be empty is copied to something new, whatever its direction', () => {
    const stored = { subject: 'none' } as const
    expect(effectiveDirections('task', stored, SETTINGS, {}, 'create')['subject']).toBe('both')
    expect(effectiveDirections('task', stored, SETTINGS)['subject']).toBe('none')
  })

  it('SF-64, CT-5: home and other address count with all three addresses only', () => {
    const three = { ...SETTINGS, allThreeAddresses: true }
    expect(effectiveDirections('contact', { address2: 'both' }, SETTINGS)['address2']).toBe('none')
    expect(effectiveDirections('contact', {}, three)['address2']).toBe('both')
    expect(effectiveDirections('contact', { address3: 'toItem' }, three)['address3']).toBe('toItem')
  })

  it('SE-13: who may only read lets the CRM have its way', () => {
    const directions = withoutWriting({ a: 'both', b: 'toRecord', c: 'toItem', d: 'none', e: 'enforced' })
    expect(directions).toEqual({ a: 'toItem', b: 'none', c: 'toItem', d: 'none', e: 'enforced' })
  })
})
