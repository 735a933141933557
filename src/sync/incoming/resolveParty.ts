import { type Filter, type Principal, RecordError, type Reference } from '#records'
import type { IncomingDependencies } from './context.ts'

/** Emails changed by one resolution, at most; the rest is asked for again. */
const MOST = 5000

/**
 * Gives an unresolved address of an email its record, by hand; by the organization's setting also in every other email
 * that holds the same unresolved address and that the person may change (T-70).
 * @returns how many parties were resolved
 * @throws RecordError when the email has no such unresolved address, or the person may not read the record
 */
export async function resolveParty(
  { records, options, database }: Pick<IncomingDependencies, 'records' | 'options' | 'database'>,
  principal: Principal,
  wish: { emailId: string; address: string; record: Reference },
): Promise<number> {
  const access = records.as(principal)
  if (!(await access.retrieve(wish.record.table, wish.record.id)))
    throw new RecordError('NotFound', `There is no ${wish.record.table} ${wish.record.id} that you may read.`, {
      table: wish.record.table,
    })
  const everywhere = (await options.organization())['ApplyToAllSimilarUnresolved'] === true
  const own = await access.query({
    table: 'activityparty',
    columns: ['activitypartyid'],
    filter: unresolved(wish.address, wish.emailId),
    top: MOST,
  })
  if (!own.rows.length)
    throw new RecordError('NotFound', `This email has no unresolved address ${wish.address} that you may change.`, {
      table: 'activityparty',
    })
  const found = everywhere
    ? await access.query({
        table: 'activityparty',
        columns: ['activitypartyid'],
        filter: unresolved(wish.address),
        top: MOST,
      })
    : own
  await database.transaction((tx) =>
    access.in(tx).updateMany(
      'activityparty',
      found.rows.map((row) => ({
        activitypartyid: String(row['activitypartyid']),
        partyid: wish.record,
        unresolvedpartyname: null,
        candidates: null,
      })),
    ),
  )
  return found.rows.length
}

function unresolved(address: string, emailId?: string): Filter {
  return {
    kind: 'filter',
    type: 'and',
    items: [
      { kind: 'condition', column: 'addressused', operator: 'eq', values: [address.trim()] },
      { kind: 'condition', column: 'partyid', operator: 'null', values: [] },
      ...(emailId === undefined
        ? []
        : [{ kind: 'condition' as const, column: 'activityid', operator: 'eq' as const, values: [emailId] }]),
    ],
  }
}
