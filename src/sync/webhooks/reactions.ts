import { sql } from 'kysely'
import type { Executor } from '#database'
import { currentCursor, type Reaction, type Records, SYSTEM } from '#records'
import type { Clock } from '#time'
import { faultOf, type Networks } from './address.ts'
import { checkWants, refuse, setupFrom } from './setup.ts'

const SHORTEST_SECRET = 16
const CHECKED: ReadonlySet<string> = new Set(['url', 'ownerid', 'secret', 'tables', 'filteringattributes'])

/** What holds of webhooks by whatever interface they are written, in the same transaction. */
export function webhookReactions(records: () => Records, networks: Networks, clock: Clock): Reaction[] {
  const check = async (id: string, tx: Executor) => {
    const row = await records().as(SYSTEM).in(tx).retrieve('webhook', id)
    if (!row) return
    const setup = setupFrom(row)
    const fault = faultOf(setup.url, networks)
    if (fault !== undefined) refuse('url', `The address of the webhook ${fault}.`)
    if (row['ownerid_table'] !== 'systemuser')
      refuse('ownerid', 'A webhook belongs to a user: it is told what that user may read.')
    const secret = (await records().openSecret('webhook', id, 'secret', tx)) ?? ''
    if (secret.length < SHORTEST_SECRET)
      refuse('secret', `The key of the signatures has at least ${SHORTEST_SECRET} characters.`)
    checkWants(records().catalogue, setup)
  }
  return [
    {
      table: 'webhook',
      kinds: ['create', 'update'],
      async react(change, tx) {
        for (const { id, columns } of change.rows)
          if (change.kind === 'create' || columns.some((name) => CHECKED.has(name))) await check(id, tx)
        if (change.kind !== 'create') return
        // From now on: what was before it is not told.
        const cursor = await currentCursor(tx)
        for (const { id } of change.rows)
          await sql`insert into webhook_state (webhook_id, cursor, moved_on)
            values (${id}, ${cursor}, ${clock.now().toISOString()}::timestamptz)`.execute(tx)
      },
    },
    {
      table: 'webhook',
      kinds: ['delete'],
      async react(change, tx) {
        for (const { id } of change.rows) {
          await sql`delete from webhook_state where webhook_id = ${id}`.execute(tx)
          await sql`delete from webhook_delivery where webhook_id = ${id}`.execute(tx)
        }
      },
    },
  ]
}
