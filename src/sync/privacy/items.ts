import { type RawBuilder, sql } from 'kysely'
import { undoContext } from '#items'
import { idArray } from '#records'
import type { Erasing } from './receipt.ts'
import type { Erased } from './records.ts'

interface Hands {
  people: readonly string[]
  removed: (place: string, where: RawBuilder<unknown>, why?: string) => Promise<void>
  mentions: (column: string) => RawBuilder<unknown>
}

/**
 * What the synchronization of items keeps (B-82). Links stay, without what was agreed on: so the mailbox's item of a record
 * that is gone goes by the rules of its type. Sealed copies are opened to see whom they name.
 */
export async function eraseItems(erasing: Erasing, erased: Erased, hands: Hands): Promise<void> {
  const { tx, note } = erasing
  const { people, removed, mentions } = hands
  const ids = idArray([...new Set([...people, ...erased.ids])])
  const { rows: links } = await sql`
    update item_link set agreed = '{"record":{},"item":{}}'::json, subject = null
    where record_id = any(${ids}) or ${mentions('agreed')} or ${mentions('subject')} returning 1`.execute(tx)
  note('item_link', 'anonymised', links.length, 'that two belong together stays, not what they held')
  const copies = idArray(await copiesNaming(erasing, people))
  await removed('item_undo', sql`record_id = any(${ids}) or undo_id = any(${copies})`, 'sealed copies')
  await removed(
    'item_conflict',
    sql`record_id = any(${ids}) or ${mentions('record_value')} or ${mentions('item_value')}`,
  )
  await removed('item_decision', sql`record_id = any(${ids}) or ${mentions('trace')} or ${mentions('text')}`)
  await removed('item_question', mentions('text'))
}

const BATCH = 500

async function copiesNaming({ tx, regarding, subject }: Erasing, people: readonly string[]): Promise<string[]> {
  const words = [...people, ...subject.addresses].map((word) => word.toLowerCase())
  const found: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<{ undo_id: string; copy: string }>`
      select undo_id, copy from item_undo where undo_id > ${after}::uuid order by undo_id limit ${BATCH}`.execute(tx)
    for (const { undo_id, copy } of rows) {
      const text = regarding.database.secrets.open(copy, undoContext(undo_id)).toLowerCase()
      if (words.some((word) => text.includes(word))) found.push(undo_id)
    }
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return found
    after = last.undo_id
  }
}
