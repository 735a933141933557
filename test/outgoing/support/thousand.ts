import { expect } from 'vitest'
import { confirmSent, deliveryOf, sendAgain, submitEmail } from '#outgoing'
import { EMAIL_STATUS, PARTICIPATION, type Principal, type Reference, SYSTEM } from '#records'
import type { Regarding } from '#sync'

/** A way on which mail travels, with one mailbox that sends and one recipient. */
export interface Ground {
  regarding: Regarding
  sender: { id: string; mailboxId: string }
  recipient: Reference
  /** Message-IDs of what has arrived, doubles included, once nothing is on its way any more. */
  arrived(): Promise<string[]>
  close(): Promise<void>
}

/** Emails that are submitted, by their Message-ID. */
export async function submitMany(ground: Ground, count: number): Promise<Map<string, string>> {
  const { regarding, sender, recipient } = ground
  const owner = { table: 'systemuser', id: sender.id }
  const who: Principal = { kind: 'user', id: sender.id }
  const system = regarding.records.as(SYSTEM)
  const ids: string[] = []
  for (let at = 0; at < count; at += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - at) }, (_, index) => ({
      subject: `Letter ${at + index}`,
      description: `This is letter ${at + index}.`,
      ownerid: owner,
    }))
    const made = await system.createMany('email', rows)
    await system.createMany(
      'activityparty',
      made.flatMap((id) => [party(id, PARTICIPATION.sender, owner), party(id, PARTICIPATION.to, recipient)]),
    )
    await regarding.database.transaction(async (tx) => {
      for (const id of made) await submitEmail(regarding, who, id, {}, tx)
    })
    ids.push(...made)
  }
  return keysOf(regarding, ids)
}

const CHUNK = 100

const party = (id: string, participationtypemask: number, partyid: Reference) => ({
  activityid: { table: 'email', id },
  participationtypemask,
  partyid,
})

async function keysOf(regarding: Regarding, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await emailsIn(regarding, ids)
  return new Map(rows.map((row) => [String(row['messageid']), String(row['activityid'])]))
}

async function emailsIn(regarding: Regarding, ids: readonly string[]) {
  const filter = {
    kind: 'filter' as const,
    type: 'and' as const,
    items: [{ kind: 'condition' as const, column: 'activityid', operator: 'in' as const, values: [...ids] }],
  }
  const columns = ['activityid', 'messageid', 'statuscode']
  return (await regarding.records.as(SYSTEM).query({ table: 'email', filter, columns, top: 5000 })).rows
}

/** Emails by their status reason. */
export async function byStatus(ground: Ground, letters: ReadonlyMap<string, string>): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>()
  for (const row of await emailsIn(ground.regarding, [...letters.values()])) {
    const status = Number(row['statuscode'])
    found.set(status, [...(found.get(status) ?? []), String(row['messageid'])])
  }
  return found
}

/** Whether everything is sent, or waits for a person. */
export async function isSettled(ground: Ground, letters: ReadonlyMap<string, string>): Promise<boolean> {
  const found = await byStatus(ground, letters)
  const settled = [EMAIL_STATUS.sent, EMAIL_STATUS.uncertain].flatMap((status) => found.get(status) ?? [])
  return settled.length === letters.size
}

/** Nothing has come twice, what counts as sent has come, and what never went is known. */
export async function checkNeverTwice(ground: Ground, letters: ReadonlyMap<string, string>): Promise<string[]> {
  const arrived = await ground.arrived()
  expect(new Set(arrived).size).toBe(arrived.length)
  const found = await byStatus(ground, letters)
  const here = new Set(arrived)
  expect((found.get(EMAIL_STATUS.sent) ?? []).filter((key) => !here.has(key))).toEqual([])
  return found.get(EMAIL_STATUS.uncertain) ?? []
}

/** A person looks whether each uncertain email has come, and says so. */
export async function answer(
  ground: Ground,
  letters: ReadonlyMap<string, string>,
  uncertain: readonly string[],
): Promise<{ again: number; sent: number }> {
  const who: Principal = { kind: 'user', id: ground.sender.id }
  const here = new Set(await ground.arrived())
  const told = { again: 0, sent: 0 }
  for (const key of uncertain) {
    const id = letters.get(key) as string
    expect(await deliveryOf(ground.regarding, who, id)).toMatchObject({ reason: 'DeliveryUncertain' })
    if (here.has(key)) {
      await confirmSent(ground.regarding, who, id)
      told.sent++
    } else {
      await sendAgain(ground.regarding, who, id)
      told.again++
    }
  }
  return told
}
