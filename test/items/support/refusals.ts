import { sql } from 'kysely'
import { expect } from 'vitest'
import type { ItemsOutcome } from '#items'
import type { Reference, Values } from '#records'
import type { Regarding } from '#sync'
import type { Person } from '../../incoming/support/company.ts'
import { failuresOf } from './failures.ts'

/** An office whose mail system can be made to refuse single items. */
export interface RefusingOffice {
  regarding: Regarding
  person: Person
  cycle(): Promise<ItemsOutcome>
  later(minutes: number): Promise<void>
  create(table: string, values: Values): Promise<Reference>
  change(record: Reference, values: Values): Promise<void>
  /** How the mail system refuses whatever holds the mark; returns how often it did, and takes it back. */
  refuse(name: string, mark: string): { times: () => number; end: () => void }
}

const ATTEMPTS = 10

/**
 * Contacts each of which is refused in another way, among others that are not, as new ones and as changed ones: each is
 * told by its name with cause and remedy, the others are written, it is sent ten times in all, and again once it changes.
 * @param refusals how they are called, and what is told of each
 * @returns what is left to be done in the end: nothing
 */
export async function refusalsAreTold(
  office: RefusingOffice,
  refusals: readonly (readonly [string, RegExp])[],
): Promise<string[]> {
  let left: string[] = []
  const names = refusals.map(([name]) => name).sort()
  const records = new Map<string, Reference>()
  const told = async () => {
    const all = await failuresOf(office.regarding, office.person)
    return all.filter(({ subject }) => names.includes(subject))
  }
  const make = async (lastname: string, jobtitle: string) =>
    records.set(lastname, await office.create('contact', { lastname, jobtitle }))

  for (const step of ['new', 'changed'] as const) {
    const refused = refusals.map(([name]) => office.refuse(name, markOf(step, name)))
    const [first, ...others] = names
    if (step === 'new') {
      await make(first as string, markOf(step, first as string))
      await make('Good', 'at once')
      for (const name of others) await make(name, markOf(step, name))
    } else {
      for (const name of names) await office.change(records.get(name) as Reference, { jobtitle: markOf(step, name) })
      await office.change(records.get('Good') as Reference, { jobtitle: 'again' })
    }
    const done = step === 'new' ? { createdItems: 1 } : { updatedItems: 1 }
    // One request may say it in two ways; what counts is in how many cycles it is sent.
    const sent = new Map<string, number>()
    const cycle = async () => {
      const before = refused.map(({ times }) => times())
      await office.later(1)
      const outcome = await office.cycle()
      for (const [index, [name]] of refusals.entries())
        if (refused[index]?.times() !== before[index]) sent.set(name, (sent.get(name) ?? 0) + 1)
      return outcome
    }
    expect(await cycle()).toMatchObject({ ...done, removedItems: 0, deletedRecords: 0 })
    for (let round = 1; round < ATTEMPTS + 2; round++) {
      expect(await cycle()).toMatchObject({ createdItems: 0, updatedItems: 0, removedItems: 0 })
      if (round === 3) expect((await told()).map(({ subject }) => subject)).toEqual(names)
    }
    for (const [name, words] of refusals) {
      const [one, ...more] = (await told()).filter(({ subject }) => subject === name)
      expect(more).toEqual([])
      expect(one).toMatchObject({ code: 'ItemRefused', text: expect.stringMatching(words) as string })
    }
    expect(Object.fromEntries(sent)).toEqual(Object.fromEntries(names.map((name) => [name, ATTEMPTS])))

    // It changes, and is sent again; it is still refused, and told.
    await office.change(records.get(first as string) as Reference, { description: `${step}, said otherwise` })
    await cycle()
    expect(sent.get(first as string)).toBe(ATTEMPTS + 1)
    expect([...sent.values()].filter((times) => times > ATTEMPTS)).toHaveLength(1)

    for (const { end } of refused) end()
    for (const name of names) await office.change(records.get(name) as Reference, { jobtitle: `${step}, corrected` })
    const all = names.length
    const well = step === 'new' ? { createdItems: all, linked: all } : { updatedItems: all }
    expect(await office.cycle()).toMatchObject({ ...well, failed: 0, conflicts: 0 })
    expect(await told()).toEqual([])
    // What was tried before is looked at once more.
    await office.cycle()
    expect(await office.cycle()).toMatchObject({ seen: 0 })
    const { rows } = await sql<{ about: string }>`select about from item_work`.execute(office.regarding.database.sql)
    left = [...left, ...rows.map(({ about }) => `${step}: ${about}`)]
  }
  return left
}

/** What stands in the item, and nowhere else. */
const markOf = (step: string, name: string): string => `${step}-${name.replaceAll(/\W/g, '')}`
