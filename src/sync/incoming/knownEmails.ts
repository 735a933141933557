import { type RawBuilder, sql } from 'kysely'
import { type Executor, textArray } from '#database'
import type { Reference } from '#records'
import { subjectKey } from './decide/index.ts'
import type { KnownEmail } from './model.ts'

/** By what stored emails are looked for; an empty list asks nothing. */
export interface EmailLookup {
  /** Message-IDs and surrogates: for duplicates, In-Reply-To and References. */
  keys: readonly string[]
  tokens: readonly string[]
  threadHashes: readonly number[]
}

interface EmailRow {
  activityid: string
  messageid: string | null
  directioncode: boolean
  regardingobjectid: string | null
  regardingobjectid_table: string | null
  ownerid: string
  ownerid_table: string
  trackingtoken: string | null
  conversationindex: string | null
  threadid: string | null
  createdon: Date
  senton: Date | null
  subjecthashes: number[] | null
  addresshashes: number[] | null
  baseconversationindexhash: number | null
  regardingchosenby: string | null
  related: Reference[] | null
  automatic: boolean
  untracked: boolean | null
  queues: string[] | null
  mappingid: string | null
  mappingapplies: boolean | null
}

export interface StoredEmail extends KnownEmail {
  threadHash?: number
  regardingChosenBy?: string
}

/** At most this many emails, the newest: a token or a mailing list's thread may have gathered many. */
const MOST = 2000

const columns = sql`e.activityid, e.messageid, e.directioncode, e.regardingobjectid, e.regardingobjectid_table, e.ownerid,
  e.ownerid_table, e.trackingtoken, e.conversationindex, e.threadid, e.createdon, e.senton, e.subjecthashes,
  e.addresshashes, e.baseconversationindexhash, e.regardingchosenby,
  (select json_agg(json_build_object('table', p.partyid_table, 'id', p.partyid))
     from activityparty p where p.activityid = e.activityid and p.participationtypemask = 13) as related,
  e.acceptingentityid is not null as automatic,
  exists (select from email_copy c
           where c.message_key = e.messageid and c.outgoing = e.directioncode and c.state = 'untracked')
    and not exists (select from email_copy c where c.email_id = e.activityid and c.state = 'tracked') as untracked,
  (select json_agg(q.queueid) from queueitem q where q.objectid = e.activityid) as queues,
  r.mapping_id as mappingid,
  exists (select 1 from mailboxtrackingfolder m
            join email_copy c on c.mailbox_id = m.mailboxid and c.folder_id = m.exchangefolderid
           where m.mailboxtrackingfolderid = r.mapping_id and c.email_id = e.activityid and c.gone_on is null) as mappingapplies`

/** Stored emails, most recently created first. */
export async function knownEmails(executor: Executor, ids: readonly string[]): Promise<StoredEmail[]> {
  if (!ids.length) return []
  const { rows } = await sql<EmailRow>`
    select ${columns} from email e left join email_folder_rule r on r.email_id = e.activityid
    where e.activityid = any(${[...ids]}::uuid[])
    order by e.createdon desc, e.activityid desc
  `.execute(executor)
  return rows.map(emailOf)
}

/** Which stored emails one of the look-ups hits, in one statement that asks nothing else: mostly it is none. */
export async function emailsFound(executor: Executor, lookup: EmailLookup): Promise<string[]> {
  const hits = [
    lookup.keys.length
      ? sql`select activityid from email where messageid = any(${textArray(lookup.keys)}::text[])`
      : undefined,
    lookup.tokens.length
      ? sql`select activityid from email where trackingtoken = any(${[...lookup.tokens]})`
      : undefined,
    lookup.threadHashes.length
      ? sql`select activityid from email where baseconversationindexhash = any(${[...lookup.threadHashes]}::int[])`
      : undefined,
  ].filter((part) => part !== undefined)
  if (!hits.length) return []
  return idsOf(
    executor,
    sql`select activityid from email where activityid in (${sql.join(hits, sql` union `)})
      order by createdon desc, activityid desc limit ${MOST}`,
  )
}

/**
 * For every subject, the newest emails since `since` whose subject has the same hashes or, when a difference is allowed,
 * one of them (T-60, T-61). One statement for all subjects.
 */
export async function emailsWithSubjectHashes(
  executor: Executor,
  subjects: readonly (readonly number[])[],
  options: { since: Date; exact: boolean; limit: number },
): Promise<string[]> {
  if (!subjects.length) return []
  const wanted = new Map(subjects.map((hashes) => [subjectKey(hashes), `{${hashes.join(',')}}`]))
  const hit = options.exact ? sql`m.subjectkey = q.key` : sql`m.subjecthashes && q.hashes::int[]`
  return idsOf(
    executor,
    sql`select distinct hit.activityid
      from unnest(${[...wanted.keys()]}::int[], ${textArray([...wanted.values()])}::text[]) as q(key, hashes),
        lateral (select m.activityid from email m where ${hit} and m.createdon >= ${options.since}
                 order by m.createdon desc limit ${options.limit}) as hit`,
  )
}

async function idsOf(executor: Executor, statement: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await (statement as RawBuilder<{ activityid: string }>).execute(executor)
  return rows.map((row) => row.activityid)
}

function emailOf(row: EmailRow): StoredEmail {
  return {
    id: row.activityid,
    key: row.messageid ?? '',
    direction: row.directioncode ? 'outgoing' : 'incoming',
    related: row.related ?? [],
    owner: { table: row.ownerid_table, id: row.ownerid },
    threadId: row.threadid ?? row.activityid,
    createdOn: row.createdon,
    subjectHashes: row.subjecthashes ?? [],
    addressHashes: row.addresshashes ?? [],
    automatic: row.automatic,
    untracked: row.untracked === true,
    queues: row.queues ?? [],
    ...(row.mappingid ? { folderRule: { mappingId: row.mappingid, applies: row.mappingapplies === true } } : {}),
    ...(row.regardingobjectid && row.regardingobjectid_table
      ? { regarding: { table: row.regardingobjectid_table, id: row.regardingobjectid } }
      : {}),
    ...(row.trackingtoken ? { token: row.trackingtoken } : {}),
    ...(row.conversationindex ? { threadIndex: row.conversationindex } : {}),
    ...(row.senton ? { sentOn: row.senton } : {}),
    ...(row.baseconversationindexhash === null ? {} : { threadHash: row.baseconversationindexhash }),
    ...(row.regardingchosenby ? { regardingChosenBy: row.regardingchosenby } : {}),
  }
}
