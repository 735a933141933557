import { expect } from 'vitest'
import type { Access } from '#records'
import { mayDo, onJobTitle, ownerOf, reachesOwner } from './oracle.ts'
import { at, type PRIVILEGES, type Principal, type Record } from './organization.ts'
import { type Settled, TIES } from './settle.ts'

/** Tries something as the user, undoes it, and tells "done" or the code of the refusal. */
export type Attempt = (work: (access: Access) => Promise<unknown>) => Promise<string>

/** Holds what a user may change against what the oracle allows. */
export async function agreesOnWriting(
  attempt: Attempt,
  one: Settled,
  user: number,
  levels: number,
  seed: number,
): Promise<void> {
  const { world } = one
  const index = seed % 3
  const may = (privilege: (typeof PRIVILEGES)[number], record: Record) => mayDo(world, levels, user, privilege, record)
  for (const table of ['account', 'contact', 'activity'] as const) {
    const record = { table, index }
    const { table: name, id } = one.record(record)
    const refused = (allowed: boolean) => (may('read', record) ? (allowed ? 'done' : 'PrivilegeDenied') : 'NotFound')
    expect([name, 'update', await attempt((as) => as.update(name, id, { description: 'x' }))]).toEqual([
      name,
      'update',
      refused(may('write', record)),
    ])
    expect([name, 'delete', await attempt((as) => as.delete(name, id))]).toEqual([
      name,
      'delete',
      refused(may('delete', record)),
    ])
    const taker: Principal = { kind: 'user', index: (seed >> 2) % 4 }
    const same = ownerOf(world, record).kind === 'user' && ownerOf(world, record).index === taker.index
    const gives = may('assign', record) && reachesOwner(world, user, 'assign', table, taker)
    expect([name, 'assign', await attempt((as) => as.update(name, id, { ownerid: one.principal(taker) }))]).toEqual([
      name,
      'assign',
      refused(may('write', record) && (same || gives)),
    ])
    const shares = attempt((as) => as.share({ table: name, id }, one.principal(taker), ['read', 'write']))
    expect([name, 'share', await shares]).toEqual([
      name,
      'share',
      refused(may('share', record) && may('write', record)),
    ])
    const creates = attempt((as) =>
      as.create(name, {
        [name === 'contact' ? 'lastname' : name === 'account' ? 'name' : 'subject']: 'x',
        ownerid: one.principal(taker),
      }),
    )
    const allowed =
      reachesOwner(world, user, 'create', table, taker) &&
      (taker.index === user || reachesOwner(world, user, 'assign', table, taker))
    expect([name, 'create', await creates]).toEqual([name, 'create', allowed ? 'done' : 'PrivilegeDenied'])
  }
  await appends(one, may, attempt, index)
  await ties(one, may, attempt, index)
  const columns = onJobTitle(world, user)
  const contact = { table: 'contact', index } as const
  const titled = await attempt((as) => as.update('contact', one.record(contact).id, { jobtitle: 'x' }))
  const written = may('read', contact) ? (may('write', contact) ? 'done' : 'PrivilegeDenied') : 'NotFound'
  expect(titled).toBe(columns.update ? written : 'ColumnSecured')
  const born = await attempt((as) => as.create('contact', { lastname: 'x', jobtitle: 'x' }))
  const own = reachesOwner(world, user, 'create', 'contact', { kind: 'user', index: user })
  expect(born).toBe(columns.create ? (own ? 'done' : 'PrivilegeDenied') : 'ColumnSecured')
}

/** SE-89: tying and untying needs to read and to append both. */
async function ties(
  one: Settled,
  may: (privilege: (typeof PRIVILEGES)[number], record: Record) => boolean,
  attempt: Attempt,
  index: number,
): Promise<void> {
  const { contact } = at(one.world.accounts, index)
  const refusal = (end: Record) => {
    if (!may('read', end)) return 'NotFound'
    return may('append', end) ? undefined : 'PrivilegeDenied'
  }
  const refusals = (other: number) => [
    refusal({ table: 'account', index }),
    refusal({ table: 'contact', index: other }),
  ]
  const free = (contact + 1) % 3
  const values = { accountid: at(one.accounts, index), contactid: at(one.contacts, free) }
  const made = refusals(free).find((each) => each !== undefined) ?? 'done'
  expect(['tie', await attempt((as) => as.create(TIES.table, values))]).toEqual(['tie', made])
  const held = refusals(contact)
  const gone = held.includes('NotFound') ? 'NotFound' : (held.find((each) => each !== undefined) ?? 'done')
  expect(['untie', await attempt((as) => as.delete(TIES.table, at(one.ties, index)))]).toEqual(['untie', gone])
}

/** Regarding needs to append the activity and to append to what it regards; notes follow their record. */
async function appends(
  one: Settled,
  may: (privilege: (typeof PRIVILEGES)[number], record: Record) => boolean,
  attempt: Attempt,
  index: number,
): Promise<void> {
  const activity = { table: 'activity', index } as const
  const account = { table: 'account', index } as const
  const { table, id } = one.record(activity)
  const outcome = await attempt((as) => as.update(table, id, { regardingobjectid: one.record(account) }))
  const onActivity = may('read', activity)
    ? may('write', activity) && may('append', activity)
      ? 'done'
      : 'PrivilegeDenied'
    : 'NotFound'
  const onAccount = may('read', account) ? (may('appendTo', account) ? 'done' : 'PrivilegeDenied') : 'NotFound'
  expect(outcome).toBe(onAccount === 'done' ? onActivity : onAccount)
  const note = at(one.notes, index)
  const changed = may('read', account) ? (may('write', account) ? 'done' : 'PrivilegeDenied') : 'NotFound'
  expect(await attempt((as) => as.update('annotation', note, { subject: 'x' }))).toBe(changed)
  expect(await attempt((as) => as.delete('annotation', note))).toBe(changed)
  const noted = await attempt((as) => as.create('annotation', { objectid: one.record(account), subject: 'x' }))
  expect(noted === 'done').toBe(may('write', account))
}
