import type { Answer } from '#mailbox'
import { type Principal, RecordError, type Reference } from '#records'
import { clip } from '#text'
import type { ItemDependencies } from '../../context.ts'
import { ownMailboxIds } from '../../mayAct.ts'
import type { ItemTable } from '../../model.ts'
import { saveAsked } from '../../store/letters.ts'
import { linksOfRecord } from '../../store/links.ts'

/** Characters of what somebody says with an answer. */
const MOST = 2_000

export interface GivenAnswer {
  /** An appointment, a series, or an instance of one. */
  record: Reference
  answer: Exclude<Answer, 'none'>
  comment?: string
}

/**
 * Takes a person's answer to an invitation of the own calendar (AP-57); the next cycle writes it there, and the organizer is
 * told. It is given in nobody else's name.
 * @returns the mailbox, which is to be made due
 * @throws RecordError `NotFound` for what is in no calendar of the person's, `ValidationFailed` for the own meetings
 */
export async function askAnswer(
  dependencies: ItemDependencies,
  principal: Principal,
  { record, answer, comment }: GivenAnswer,
): Promise<string> {
  const { database, clock, newId } = dependencies
  const { about, originalStart } = await meetingOf(dependencies, principal, record)
  const own = await ownMailboxIds(dependencies, principal)
  const links = await linksOfRecord(database.sql, about)
  const link = links.find(({ mailboxId, state }) => state === 'linked' && own.includes(mailboxId))
  if (!link)
    throw new RecordError('NotFound', `The ${record.table} ${record.id} is in no calendar of yours.`, {
      table: record.table,
    })
  if (link.organizes)
    throw new RecordError('ValidationFailed', 'The meeting is your own; there is nobody to be answered.', {
      table: record.table,
    })
  const said = comment?.trim()
  const asked = {
    answer,
    whole: about.table === 'appointment' ? ('meeting' as const) : ('series' as const),
    ...(said && { comment: clip(said, MOST) }),
    ...(originalStart !== undefined && { originalStart }),
  }
  await saveAsked(database, { id: newId(), mailboxId: link.mailboxId, record: about, asked, madeOn: clock.now() })
  return link.mailboxId
}

/** An instance is answered in the item of its series. */
async function meetingOf(
  { records }: ItemDependencies,
  principal: Principal,
  { table, id }: Reference,
): Promise<{ about: { table: ItemTable; id: string }; originalStart?: string }> {
  const isSeries = table === 'recurringappointmentmaster'
  if (!isSeries && table !== 'appointment')
    throw new RecordError('ValidationFailed', 'Appointments and their series are answered, and nothing else.', {
      table,
    })
  const columns = isSeries ? ['activityid'] : ['activityid', 'seriesid', 'recurrenceid']
  const row = await records.as(principal).retrieve(table, id, columns)
  if (!row) throw new RecordError('NotFound', `There is no ${table} ${id} that you may read.`, { table })
  const { seriesid, recurrenceid } = row
  if (isSeries || typeof seriesid !== 'string') return { about: { table, id } }
  return {
    about: { table: 'recurringappointmentmaster', id: seriesid },
    ...(typeof recurrenceid === 'string' && { originalStart: recurrenceid }),
  }
}
