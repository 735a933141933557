import { sql } from 'kysely'
import { type Executor, rowset, type Secrets } from '#database'
import type { Asked, Letter, LetterContent, LetterState, LetterSubject } from '../letters/letter.ts'
import type { ItemTable } from '../model.ts'
import { letterContext } from './mailboxState.ts'

/** Keeps what is meant to be told. What was meant before under the same Message-ID is forgotten; what is on its way stays. */
export async function saveLetters(tx: Executor, secrets: Secrets, letters: readonly Letter[]): Promise<void> {
  if (!letters.length) return
  const rows = letters.map(({ id, about, record, content, ...letter }) => ({
    letter_id: id,
    mailbox_id: letter.mailboxId,
    message_id: letter.messageId,
    state: letter.state,
    deed: about.deed,
    folder_id: about.folder,
    item_id: about.itemId,
    uid: about.uid,
    shown: about.shown,
    record_table: record.table,
    record_id: record.id,
    content: secrets.seal(JSON.stringify(content), letterContext(id)),
    made_on: letter.madeOn,
  }))
  await sql`delete from item_letter l using ${rowset(rows, COLUMNS, 'r')}
    where l.mailbox_id = r.mailbox_id and l.message_id = r.message_id and l.state = 'meant'`.execute(tx)
  await sql`insert into item_letter (${NAMES}) select ${NAMES} from ${rowset(rows, COLUMNS, 'r')}
    on conflict (mailbox_id, message_id) do nothing`.execute(tx)
}
const COLUMNS = [
  { name: 'letter_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'message_id', type: 'text' },
  { name: 'state', type: 'text' },
  { name: 'deed', type: 'text' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'uid', type: 'text' },
  { name: 'shown', type: 'text' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'content', type: 'text' },
  { name: 'made_on', type: 'timestamptz' },
]
const NAMES = sql.join(COLUMNS.map(({ name }) => sql.id(name)))

interface LetterRow {
  letter_id: string
  mailbox_id: string
  message_id: string
  state: LetterState
  deed: LetterSubject['deed']
  folder_id: string | null
  item_id: string | null
  uid: string | null
  shown: string | null
  record_table: ItemTable
  record_id: string
  content: string
  attempts: number
  made_on: Date
}

/** Letters of a mailbox in a state, the oldest first; of those that wait, the ones whose time has come. */
export async function lettersIn(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  mailboxId: string,
  state: LetterState,
  now: Date,
): Promise<Letter[]> {
  const { rows } = await sql<LetterRow>`
    select * from item_letter where mailbox_id = ${mailboxId} and state = ${state} and content is not null
      and coalesce(not_before, made_on) <= ${now.toISOString()}::timestamptz
    order by made_on, message_id limit 1000`.execute(executor)
  return rows.map((row) => ({
    id: row.letter_id,
    mailboxId: row.mailbox_id,
    messageId: row.message_id,
    state: row.state,
    about: {
      deed: row.deed,
      ...(row.folder_id === null ? {} : { folder: row.folder_id }),
      ...(row.item_id === null ? {} : { itemId: row.item_id }),
      ...(row.uid === null ? {} : { uid: row.uid }),
      ...(row.shown === null ? {} : { shown: row.shown }),
    },
    record: { table: row.record_table, id: row.record_id },
    content: JSON.parse(secrets.open(row.content, letterContext(row.letter_id))) as LetterContent,
    attempts: row.attempts,
    madeOn: row.made_on,
  }))
}

/** The calendar has taken the change: they may go. */
export async function makeLettersDue(tx: Executor, ids: readonly string[]): Promise<void> {
  if (!ids.length) return
  await sql`update item_letter set state = 'due' where letter_id = any(${[...ids]}::uuid[]) and state = 'meant'`.execute(
    tx,
  )
}

/** The calendar has not taken the change: nobody is told of it. */
export async function forgetLetters(tx: Executor, ids: readonly string[]): Promise<void> {
  if (!ids.length) return
  await sql`delete from item_letter where letter_id = any(${[...ids]}::uuid[]) and state = 'meant'`.execute(tx)
}

/**
 * @param askAfter what a server files may take a while to be found
 * @returns false where it is in another state meanwhile
 */
export async function beginLetter(tx: Executor, id: string, askAfter: Date): Promise<boolean> {
  const { rows } = await sql`update item_letter set state = 'sending', attempts = attempts + 1,
    not_before = ${askAfter.toISOString()}::timestamptz where letter_id = ${id} and state = 'due' returning 1`.execute(
    tx,
  )
  return rows.length > 0
}

/** What became of a letter. Of one that is done, or never goes, nothing is kept but that it was. */
export async function concludeLetter(
  tx: Executor,
  id: string,
  { state, notBefore }: { state: LetterState; notBefore?: Date },
): Promise<void> {
  const isKept = state === 'due' || state === 'sent'
  await sql`update item_letter set state = ${state}, not_before = ${notBefore?.toISOString() ?? null}::timestamptz
    ${isKept ? sql`` : sql`, content = null`} where letter_id = ${id}`.execute(tx)
}

/** An answer that a person gave, and the calendar may not have yet. */
export interface AskedAnswer {
  /** Of the letter that it becomes. */
  id: string
  mailboxId: string
  record: { table: ItemTable; id: string }
  asked: Asked
  /** How often a server that tells organizers itself was about to be given it. */
  attempts: number
  madeOn: Date
}

/** Keeps an answer until a cycle carries it out; what was answered about the same before, and not carried out yet, goes. */
export async function saveAsked(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  { id, mailboxId, record, asked, madeOn }: Omit<AskedAnswer, 'attempts'>,
): Promise<void> {
  const occurrence = asked.originalStart ?? null
  const content = secrets.seal(JSON.stringify(asked), letterContext(id))
  await sql`with former as (delete from item_letter where mailbox_id = ${mailboxId} and record_id = ${record.id}
      and state = 'asked' and shown is not distinct from ${occurrence}::text)
    insert into item_letter (letter_id, mailbox_id, message_id, state, deed, shown, record_table, record_id, content, made_on)
    values (${id}, ${mailboxId}, ${`answer ${id}`}, 'asked', 'answer', ${occurrence}::text, ${record.table}, ${record.id},
      ${content}, ${madeOn.toISOString()}::timestamptz)`.execute(executor)
}

/** The oldest first. */
export async function askedIn(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  mailboxId: string,
): Promise<AskedAnswer[]> {
  const { rows } = await sql<LetterRow>`select * from item_letter
    where mailbox_id = ${mailboxId} and state = 'asked' and content is not null
    order by made_on, letter_id limit 1000`.execute(executor)
  return rows.map((row) => ({
    id: row.letter_id,
    mailboxId: row.mailbox_id,
    record: { table: row.record_table, id: row.record_id },
    asked: JSON.parse(secrets.open(row.content, letterContext(row.letter_id))) as Asked,
    attempts: row.attempts,
    madeOn: row.made_on,
  }))
}

/** Whatever the server does with it from now on, somebody may have been told. */
export async function beginAnswer(
  tx: Executor,
  secrets: Secrets,
  { id, asked }: Pick<AskedAnswer, 'id' | 'asked'>,
): Promise<void> {
  const content = secrets.seal(JSON.stringify(asked), letterContext(id))
  await sql`update item_letter set attempts = attempts + 1, content = ${content}
    where letter_id = ${id} and state = 'asked'`.execute(tx)
}

/** The calendar has the answer: its mail may go. */
export async function makeAnswerDue(
  tx: Executor,
  secrets: Secrets,
  id: string,
  { messageId, content }: Pick<Letter, 'messageId' | 'content'>,
): Promise<void> {
  await sql`update item_letter set state = 'due', message_id = ${messageId},
    content = ${secrets.seal(JSON.stringify(content), letterContext(id))} where letter_id = ${id} and state = 'asked'`.execute(
    tx,
  )
}
