import type { Executor } from '#database'
import { type Principal, type Reference, type Row, reachesRecord } from '#records'
import { type OutgoingDependencies, rowsWhere, systemIn } from './context.ts'
import type { Sender, SendingRights } from './model.ts'
import { SEND_AS_USER, SEND_EMAIL } from './validate.ts'

const EVERYTHING: SendingRights = { isOwn: true, sendEmail: true, sendAsUser: true, consent: true, readsQueue: true }

/** What somebody may do about the sender of an email (OE-20, PO-38, SE-60). */
export async function sendingRights(
  dependencies: Pick<OutgoingDependencies, 'records' | 'options'>,
  executor: Executor,
  principal: Principal,
  sender: Sender | undefined,
): Promise<SendingRights> {
  if (principal.kind === 'system') return EVERYTHING
  const { records, options } = dependencies
  const access = records.as(principal).in(executor)
  const sendEmail = await access.holds(SEND_EMAIL)
  const record = sender?.record
  if (!record) return { ...EVERYTHING, sendEmail }
  if (record.table === 'systemuser' && record.id === principal.id) return { ...EVERYTHING, sendEmail }
  const isUser = record.table === 'systemuser'
  const context = await records.securityOf(principal, executor)
  const consent = isUser && (await options.personal([record.id], executor)).get(record.id)?.['SendOnBehalf'] === true
  return {
    isOwn: false,
    sendEmail,
    sendAsUser: reachesRecord(context, SEND_AS_USER, await placeOf(dependencies, executor, record)),
    consent,
    readsQueue: !isUser && (await access.may('read', 'queue', record.id)),
  }
}

/** Where a user or queue stands: what the depth of a privilege is measured by. */
async function placeOf(
  dependencies: Pick<OutgoingDependencies, 'records'>,
  executor: Executor,
  { table, id }: Reference,
): Promise<{ owner?: string; businessUnit?: string }> {
  const [row] = await rowsWhere(systemIn(dependencies, executor), table, `${table}id`, [id])
  if (table === 'systemuser') return { owner: id, ...unit(row, 'businessunitid') }
  const owner = row?.['ownerid']
  return { ...(typeof owner === 'string' ? { owner } : {}), ...unit(row, 'owningbusinessunit') }
}

function unit(row: Row | undefined, column: string): { businessUnit?: string } {
  const businessUnit = row?.[column]
  return typeof businessUnit === 'string' ? { businessUnit } : {}
}
