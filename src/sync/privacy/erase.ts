import { sql } from 'kysely'
import type { Transaction } from '#database'
import { type Principal, RecordError, type Reference } from '#records'
import type { Regarding } from '../regarding.ts'
import { rehearse } from '../rehearse.ts'
import { addressHasher } from './addressHash.ts'
import { eraseEngine } from './engine.ts'
import type { Erasing, Receipt, ReceiptLine } from './receipt.ts'
import { eraseRecords } from './records.ts'
import { subjectOf } from './subject.ts'

const PRIVILEGE = 'prvErasePerson'

/**
 * Removes or anonymises everything that is held about a person: an address, or the addresses of a contact or lead. One
 * transaction. A rehearsal does the same and undoes it, so that both tell the same.
 * @throws RecordError `PrivilegeDenied` without prvErasePerson; see `subjectOf`.
 */
export async function erasePerson(
  regarding: Regarding,
  principal: Principal,
  given: string | Reference,
  options: { rehearse: boolean },
): Promise<Receipt> {
  const { catalogue } = regarding.records
  if (!(await regarding.records.as(principal).holds(PRIVILEGE)))
    throw new RecordError('PrivilegeDenied', `Erasing a person needs the privilege ${PRIVILEGE}.`, {
      privilege: PRIVILEGE,
    })
  const { userId } = await regarding.records.securityOf(principal)
  let receipt: Receipt | undefined
  const work = async (tx: Transaction) => {
    const lines = new Map<string, ReceiptLine>()
    const subject = await subjectOf(tx, catalogue, given)
    const hashOf = await addressHasher(regarding.database, tx)
    const erasing: Erasing = {
      regarding,
      tx,
      subject,
      note: (place, did, count, why) => {
        const known = lines.get(`${place} ${did}`)
        if (count > 0)
          lines.set(`${place} ${did}`, { place, did, count: count + (known?.count ?? 0), ...(why ? { why } : {}) })
      },
    }
    const erased = await eraseRecords(erasing)
    await eraseEngine(erasing, erased)
    receipt = {
      id: regarding.newId(),
      at: regarding.clock.now(),
      rehearsal: options.rehearse,
      addresses: subject.addresses.length,
      addressHashes: subject.addresses.map(hashOf),
      lines: [...lines.values()].sort((a, b) => (a.place < b.place ? -1 : 1)),
    }
    if (!options.rehearse) await noteErasure(tx, receipt, userId)
  }
  await (options.rehearse ? rehearse(regarding.database, work) : regarding.database.transaction(work))
  if (!receipt) throw new Error('The person was not looked for.')
  return receipt
}

const ERASE = 4

/** B-83: that and how much was erased, by whom; not of whom. */
async function noteErasure(tx: Transaction, receipt: Receipt, userId: string): Promise<void> {
  const at = receipt.at.toISOString()
  await sql`insert into audit (auditid, objectid, objecttypecode, operation, action, userid, attributemask, changedata,
      createdon, createdby, modifiedon, modifiedby)
    values (${receipt.id}::uuid, ${receipt.id}::uuid, 'erasure', 3, ${ERASE}, ${userId}::uuid, '',
      ${JSON.stringify({ addressHashes: receipt.addressHashes, lines: receipt.lines })}::text::jsonb,
      ${at}::timestamptz, ${userId}::uuid, ${at}::timestamptz, ${userId}::uuid)`.execute(tx)
}
