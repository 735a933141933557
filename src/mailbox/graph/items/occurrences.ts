import { instantOf, type Local } from '#calendar'
import { MailboxError } from '../../errors.ts'
import { itemRefused } from '../../failures.ts'
import type { ItemId } from '../../ids.ts'
import type { EventTime } from '../../items/event.ts'
import type { OccurrencePatch } from '../../items/patch.ts'
import { batch } from '../batch.ts'
import { isGone } from '../details.ts'
import { query, segment } from '../query.ts'
import { eventBody } from './eventBody.ts'
import { originalStartOf, timeAt } from './eventSeries.ts'
import type { Kit } from './kit.ts'
import type { RawEvent } from './raw.ts'

const DAY = 86_400_000
const DEED = 'Changing an occurrence'

/**
 * Changes or cancels occurrences of a series, one request each, as Graph has it; what was done stays done when a later one
 * fails. One that is cancelled already is no failure.
 * @throws MailboxError naming a start that the series does not have
 */
export async function changeOccurrences(
  kit: Kit,
  master: ItemId,
  time: EventTime,
  patches: readonly OccurrencePatch[],
): Promise<void> {
  if (patches.length === 0) return
  const found = await findOccurrences(
    kit,
    master,
    time,
    patches.map(({ originalStart }) => originalStart),
  )
  const own = await kit.categories()
  for (const patch of patches) {
    const { originalStart } = patch
    const id = found.get(originalStart)
    if (id === undefined && 'cancel' in patch) continue
    if (id === undefined)
      throw itemRefused(`The series has no occurrence at ${originalStart}. Read it again and decide anew.`)
    const path = `/events/${segment(id)}`
    if ('cancel' in patch) await cancel(kit, path)
    else {
      const body = eventBody(patch.set ?? {}, patch.clear ?? [], own)
      // Hidden properties belong to the master.
      delete body.singleValueExtendedProperties
      await kit.client.json({ method: 'PATCH', path, body, deed: DEED, repeatable: true })
    }
  }
}

async function cancel({ client }: Kit, path: string): Promise<void> {
  try {
    await client.json({ method: 'DELETE', path, deed: DEED, repeatable: true })
  } catch (error) {
    if (!(error instanceof MailboxError && error.kind === 'notFound')) throw error
  }
}

/** The ids of occurrences by their original starts: exceptions are named by their master, others lie where they were planned. */
export async function findOccurrences(
  { client }: Kit,
  master: ItemId,
  time: EventTime,
  starts: readonly Local[],
): Promise<Map<Local, ItemId>> {
  const path = `/events/${segment(master)}`
  const window = (start: Local) => ({
    startDateTime: new Date(instantOf(start, time.zone) - DAY).toISOString(),
    endDateTime: new Date(instantOf(timeAt(start, time).end, time.zone) + DAY).toISOString(),
  })
  const parts = [
    `${path}${query({ $select: 'id', $expand: 'exceptionOccurrences' })}`,
    ...starts.map((start) => `${path}/instances${query({ ...window(start), $top: 100 })}`),
  ].map((one) => ({ method: 'GET' as const, path: one }))
  const answers = await batch(client, parts, 'Looking for an occurrence')
  const found = new Map<Local, ItemId>()
  for (const [index, answer] of answers.entries()) {
    if (answer.error && !(index > 0 && isGone(answer))) throw answer.error
    const body = answer.body as (RawEvent & { value?: RawEvent[] }) | undefined
    for (const one of (index === 0 ? body?.exceptionOccurrences : body?.value) ?? []) {
      const start = originalStartOf(one, time)
      if (start !== undefined && one.id && starts.includes(start)) found.set(start, one.id)
    }
  }
  return found
}
