import { type RawBuilder, sql } from 'kysely'
import { letterContext, undoContext } from '#items'
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
  const copies = idArray(await sealedNaming(erasing, people, COPIES))
  await removed('item_undo', sql`record_id = any(${ids}) or undo_id = any(${copies})`, 'sealed copies')
  const letters = idArray(await sealedNaming(erasing, people, LETTERS))
  await removed('item_letter', sql`record_id = any(${ids}) or letter_id = any(${letters})`, 'sealed mails')
  await removed(
    'item_conflict',
    sql`record_id = any(${ids}) or ${mentions('record_value')} or ${mentions('item_value')}`,
  )
  await removed('item_decision', sql`record_id = any(${ids}) or ${mentions('trace')} or ${mentions('text')}`)
  await removed('item_question', mentions('text'))
  await removed('series_answer', sql`series_id = any(${ids}) or party_id = any(${ids}) or ${mentions('address')}`)
}

const BATCH = 500

interface Sealed {
  table: 'item_undo' | 'item_letter'
  id: string
  column: string
  context: (id: string) => string
}
const COPIES: Sealed = { table: 'item_undo', id: 'undo_id', column: 'copy', context: undoContext }
const LETTERS: Sealed = { table: 'item_letter', id: 'letter_id', column: 'content', context: letterContext }

async function sealedNaming(
  { tx, regarding, subject }: Erasing,
  people: readonly string[],
  { table, id, column, context }: Sealed,
): Promise<string[]> {
  const words = [...people, ...subject.addresses].map((word) => word.toLowerCase())
  const found: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<{ id: string; text: string }>`
      select ${sql.id(id)} as id, ${sql.id(column)} as text from ${sql.table(table)}
      where ${sql.id(id)} > ${after}::uuid and ${sql.id(column)} is not null
      order by ${sql.id(id)} limit ${BATCH}`.execute(tx)
    for (const row of rows) {
      const text = regarding.database.secrets.open(row.text, context(row.id)).toLowerCase()
      if (words.some((word) => text.includes(word))) found.push(row.id)
    }
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return found
    after = last.id
  }
}
