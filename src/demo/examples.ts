import { sql } from 'kysely'
import { type Explanation, explain, explainDecision } from '#incoming'
import { SYSTEM } from '#records'
import type { Regarding } from '#sync'
import { messageIdFor } from './acts.ts'
import { MAILBOXES, type MailboxKey, type UserKey } from './company/users.ts'
import { mailboxId } from './configuration.ts'
import { asUser } from './organization.ts'
import { methodName } from './summary.ts'

/** What was tracked against what. */
export interface TrackedExample {
  subject: string
  from: string
  /** The record's name and what it is, e.g. `Case Leaking shaft seal`. */
  regarding: string
  rule: string
}

/** Messages that were not tracked for one reason. */
export interface RefusedGroup {
  reason: string
  title: string
  count: number
  /** The subject of one; empty where none is kept (B-21). */
  example: string
}

interface TrackedRow {
  subject: string | null
  sender: string
  reason: string
  method: number
  chosen: string | null
  record: string
  record_table: string
}

const HOW: Readonly<Record<string, string>> = {
  inReplyTo: 'answers a tracked email (In-Reply-To)',
  token: 'tracking token in the subject',
  conversationIndex: 'same conversation (Thread-Index)',
}
const CHOSEN: Readonly<Record<string, string>> = {
  folder: 'lies in a mapped folder',
  person: 'chosen by a person',
  thread: 'chosen for the conversation',
}

/** Tracked messages and what they regard, as different from each other as there are; at most `top`. */
export async function trackedExamples(regarding: Regarding, top: number): Promise<TrackedExample[]> {
  const { rows } = await sql<TrackedRow>`
    select subject, sender, reason, method, chosen, record, record_table from (
      select e.subject, e.sender, d.reason, e.correlationmethod as method, e.regardingchosenby as chosen,
        e.regardingobjectid as record, e.regardingobjectid_table as record_table, e.senton,
        row_number() over (partition by d.reason, e.correlationmethod, e.regardingchosenby, e.regardingobjectid_table
          order by e.senton desc, e.messageid) as place
      from decision d join email e on e.activityid = d.email_id
      where d.outcome = 'tracked' and e.regardingobjectid is not null) as tracked
    order by place, senton desc, subject limit ${top}
  `.execute(regarding.database.sql)
  const names = await namesOf(regarding, rows)
  return rows.map((row) => ({
    subject: row.subject ?? '',
    from: row.sender,
    regarding: names.get(row.record) ?? row.record_table,
    rule: CHOSEN[row.chosen ?? ''] ?? HOW[methodName(row.method)] ?? row.reason,
  }))
}

/** The names of records, each with the label of its table. */
async function namesOf({ records }: Regarding, rows: readonly TrackedRow[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const name of new Set(rows.map((row) => row.record_table))) {
    const table = records.catalogue.table(name)
    const ids = rows.filter((row) => row.record_table === name).map((row) => row.record)
    const page = await records.as(SYSTEM).query({
      table: name,
      columns: [table.id, table.primaryName],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: table.id, operator: 'in', values: ids }],
      },
    })
    for (const row of page.rows) names.set(String(row[table.id]), `${table.label} “${String(row[table.primaryName])}”`)
  }
  return names
}

/** What was not tracked, by reason, the commonest first. Subjects are read as the owner of each mailbox, who alone may. */
export async function refusedGroups(regarding: Regarding): Promise<RefusedGroup[]> {
  const groups = new Map<string, RefusedGroup>()
  for (const key of MAILBOXES)
    for (const one of await decisionsOf(regarding, key, ['notTracked', 'suggested', 'pending', 'failed'])) {
      const group = groups.get(one.reason)
      if (group) group.count += 1
      else
        groups.set(one.reason, {
          reason: one.reason,
          title: explainDecision(one).title,
          count: 1,
          example: one.subject,
        })
    }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
}

/** Two decisions worth reading whole, with why. */
export async function highlights(regarding: Regarding): Promise<{ about: string; explanation: Explanation }[]> {
  const wanted = [
    {
      letter: 'token-flanges',
      mailbox: 'elena' as const,
      about:
        'A reply with another subject, without headers, from an address that two people share: tracked by its token',
    },
    {
      letter: 'everybody-2',
      mailbox: 'mira' as const,
      about: 'A message to a distribution list: not tracked',
    },
  ]
  const found = await Promise.all(
    wanted.map(async ({ letter, mailbox, about }) => {
      const [explanation] = await explain(regarding, ownerOf(mailbox), {
        messageId: messageIdFor(letter),
        mailboxId: await mailboxId(regarding, mailbox),
      })
      return explanation ? [{ about, explanation }] : []
    }),
  )
  return found.flat()
}

async function decisionsOf(
  regarding: Regarding,
  mailbox: MailboxKey,
  outcomes: readonly string[],
): Promise<Explanation[]> {
  return explain(regarding, ownerOf(mailbox), {
    mailboxId: await mailboxId(regarding, mailbox),
    outcomes,
    top: 1000,
  })
}

/** The queue belongs to Elena. */
const ownerOf = (mailbox: MailboxKey) => asUser(mailbox === 'support' ? 'elena' : (mailbox satisfies UserKey))
