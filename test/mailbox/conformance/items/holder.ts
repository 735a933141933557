import { expect, test } from 'vitest'
import type { ItemBench } from './bench.ts'
import { use } from './use.ts'

export function holderConforms(setup: () => Promise<ItemBench>): void {
  test('MB-77: the mailbox itself keeps which organization synchronizes its items, until another takes its place', async () => {
    const { items } = await use(setup)
    const { holder } = items
    if (!holder) throw new Error('Every connector of items keeps it')
    expect(await holder.read()).toBeUndefined()
    const ours = { organization: 'a', name: 'Contoso <& “Söhne”>', on: new Date('2026-03-01T08:00:00Z') }
    await holder.write(ours)
    expect(await holder.read()).toEqual(ours)
    const theirs = { ...ours, organization: 'b', name: 'Fabrikam' }
    await holder.write(theirs)
    expect(await holder.read()).toEqual(theirs)
  })
}
