import { sql } from 'kysely'
import type { World } from './world.ts'

/** What the database holds at the end, in plain rows. */
export interface State {
  emails: EmailRow[]
  decisions: DecisionRow[]
  copies: CopyRow[]
  queueItems: { queue: string; email: string }[]
  /** Addresses of contacts made during the run. */
  people: string[]
  /** Parties that are said to be a contact that is not there. */
  strays: number
  /** Requests to track that nobody tried to carry out. */
  requests: number
}

interface EmailRow {
  id: string
  subject: string
  messageId: string
  outgoing: boolean
  regarding: string | null
  chosenBy: string | null
  automatic: boolean
  method: number
  owner: string
  parent: string | null
  parties: { mask: number; address: string | null; record: string | null }[]
}

export interface DecisionRow {
  mailboxId: string
  key: string
  outgoing: boolean
  outcome: string
  reason: string
  emailId: string | null
}

export interface CopyRow {
  mailboxId: string
  folderId: string
  itemId: string
  key: string
  outgoing: boolean
  state: string
  byPerson: boolean
  emailId: string | null
  trackedCategory: boolean
  wants: boolean
  gone: boolean
}

export async function readState(world: World): Promise<State> {
  const { rows } = await sql<State>`select
    coalesce((select json_agg(json_build_object('id', e.activityid, 'subject', e.subject, 'messageId', e.messageid,
        'outgoing', e.directioncode, 'regarding', e.regardingobjectid, 'chosenBy', e.regardingchosenby,
        'automatic', e.acceptingentityid is not null, 'method', e.correlationmethod, 'owner', e.ownerid,
        'parent', (select p.subject from email p where p.activityid = e.parentactivityid),
        'parties', coalesce((select json_agg(json_build_object('mask', p.participationtypemask, 'address', p.addressused,
            'record', p.partyid) order by p.participationtypemask, p.addressused)
          from activityparty p where p.activityid = e.activityid), '[]')) order by e.messageid, e.directioncode)
      from email e), '[]') as emails,
    coalesce((select json_agg(json_build_object('mailboxId', mailbox_id, 'key', message_key, 'outgoing', outgoing,
        'outcome', outcome, 'reason', reason, 'emailId', email_id) order by mailbox_id, message_key, outgoing)
      from decision), '[]') as decisions,
    coalesce((select json_agg(json_build_object('mailboxId', mailbox_id, 'folderId', folder_id, 'itemId', item_id,
        'key', message_key, 'outgoing', outgoing, 'state', state, 'byPerson', by_person, 'emailId', email_id,
        'trackedCategory', tracked_category, 'wants', want_tracked is not null or want_undeliverable is not null,
        'gone', gone_on is not null) order by mailbox_id, folder_id, item_id) from email_copy), '[]') as copies,
    coalesce((select json_agg(json_build_object('queue', queueid, 'email', objectid) order by queueid, objectid)
      from queueitem), '[]') as "queueItems",
    coalesce((select json_agg(emailaddress1 order by emailaddress1) from contact
      where emailaddress1 like 'stranger%'), '[]') as people,
    (select count(*)::int from activityparty p where p.partyid is not null and p.addressused like 'stranger%'
      and not exists (select from contact where contactid = p.partyid)) as strays,
    (select count(*)::int from track_request where attempts = 0) as requests`.execute(
    world.ground.regarding.database.sql,
  )
  return rows[0] as State
}

/** The same without ids that differ from run to run, for comparing two runs. */
export function comparable(state: State): unknown {
  const subjects = new Map(state.emails.map((email) => [email.id, `${email.subject}${email.outgoing ? ' sent' : ''}`]))
  const subjectOf = (id: string | null) => (id === null ? null : (subjects.get(id) ?? 'deleted'))
  return {
    emails: state.emails.map(({ id: _id, parties, ...email }) => ({
      ...email,
      parties: parties.map((party) => ({ ...party, record: lasting(party.record, party.address) })),
    })),
    decisions: state.decisions.map(({ emailId, ...row }) => ({ ...row, email: subjectOf(emailId) })),
    copies: state.copies
      .filter((copy) => !copy.gone)
      .map(({ emailId, ...row }) => ({ ...row, email: subjectOf(emailId) })),
    queueItems: state.queueItems.map(({ queue, email }) => `${queue} ${subjectOf(email)}`).sort(),
    people: state.people,
  }
}

/** Contacts made on the way have other ids in every run. */
function lasting(record: string | null, address: string | null): string | boolean | null {
  return address?.startsWith('stranger') ? record !== null : record
}
