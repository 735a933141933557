import { sql } from 'kysely'
import { explainItems, type ItemDecision, openConflicts, openQuestions } from '#items'
import { PARTICIPATION, SYSTEM, type Values } from '#records'
import type { Contact, Item, User, World } from '#sandbox'
import { confirmItems, type Regarding, runActMailbox } from '#sync'
import { CRM_MEETINGS, CRM_TASKS } from './company/outlook.ts'
import { addressOf } from './company/users.ts'
import { mailboxId } from './configuration.ts'
import { idOf, type RecordKey, referenceTo } from './ids.ts'
import { asUser } from './organization.ts'
import { person } from './people.ts'

/** Whose calendar, contacts and tasks the demo synchronizes. */
const OWNER = 'mira'
const DAY = 24 * 60 * 60 * 1000

/** What was synchronized besides mail (spec 60). */
export interface ItemsReport {
  /** What the first synchronization announced before it did anything (B-42). */
  first: string
  decisions: readonly ItemDecision[]
  /** What it still asks her. */
  questions: readonly string[]
  /** Fields that both sides had changed (B-70). */
  conflicts: readonly { record: string; field: string; inCrm: string; inOutlook: string; taken: 'record' | 'item' }[]
}

/**
 * Plays calendar, contacts and tasks: plans in the CRM, a first synchronization that only announces itself until Mira
 * confirms it, and changes on either side and on both.
 */
export async function playItems(regarding: Regarding, world: World): Promise<void> {
  const mailbox = await mailboxId(regarding, OWNER)
  await plan(regarding)
  const cycle = () => runActMailbox(regarding, mailbox, { guard: () => Promise.resolve() })
  await cycle()
  await confirmItems(regarding, asUser(OWNER), mailbox)
  await cycle()
  const crm = regarding.records.as(asUser(OWNER))
  const user = world.user(addressOf(OWNER))
  await crm.update('contact', idOf('contact/lars'), { jobtitle: 'Head of purchasing' })
  changeContact(user, 'ingrid', { businessPhones: ['+45 5550 1200'] })
  await crm.update('contact', idOf('contact/oddvar'), { mobilephone: '+47 5550 1331' })
  changeContact(user, 'oddvar', { mobilePhone: '+47 5550 1332' })
  await cycle()
}

/** What Mira has planned in the CRM; done again it changes nothing. */
async function plan(regarding: Regarding): Promise<void> {
  const crm = regarding.records.as(asUser(OWNER))
  const now = regarding.clock.now().getTime()
  const at = (day: number, time = '12:00') =>
    new Date(`${new Date(now + day * DAY).toISOString().slice(0, 10)}T${time}:00Z`)
  for (const { key, subject, day, from, to, with: guest } of CRM_MEETINGS) {
    const id = idOf(`appointment/${key}` as RecordKey)
    if (await crm.retrieve('appointment', id)) continue
    await crm.create('appointment', {
      activityid: id,
      subject,
      scheduledstart: at(day, from),
      scheduledend: at(day, to),
    })
    const party = (role: number, record: RecordKey, address: string): Values => ({
      activityid: { table: 'appointment', id },
      participationtypemask: role,
      partyid: referenceTo(record),
      addressused: address,
    })
    await crm.createMany('activityparty', [
      party(PARTICIPATION.organizer, `systemuser/${OWNER}`, addressOf(OWNER)),
      party(PARTICIPATION.required, `contact/${guest}`, person(guest).address),
    ])
  }
  for (const { key, table, subject, due } of CRM_TASKS) {
    const id = idOf(`${table}/${key}` as RecordKey)
    if (!(await crm.retrieve(table, id))) await crm.create(table, { activityid: id, subject, scheduledend: at(due) })
  }
}

function changeContact({ mailbox }: User, who: string, change: Partial<Contact>): void {
  const { address } = person(who)
  const isHim = (item: Item) => item.kind === 'contact' && item.emails.some((email) => email.address === address)
  const contact = mailbox.items(mailbox.wellKnown('contacts').id).find(isHim)
  if (!contact) throw new Error(`The Outlook of the demo has lost its contact ${address}.`)
  mailbox.update<Contact>(contact.id, change)
}

/** What `playItems` came to, as its owner may read it. */
export async function itemsReport(regarding: Regarding): Promise<ItemsReport | undefined> {
  const mailbox = await mailboxId(regarding, OWNER)
  const { rows } = await sql<{ question: string }>`select question from tracelog where code = 'FirstSynchronization'
    and regardingobjectid = ${mailbox}`.execute(regarding.database.sql)
  if (!rows[0]) return undefined
  const conflicts = await openConflicts(regarding, asUser(OWNER), mailbox)
  return {
    first: rows[0].question,
    questions: (await openQuestions(regarding, asUser(OWNER), mailbox)).map(({ text }) => text),
    decisions: await explainItems(regarding, asUser(OWNER), { mailboxIds: [mailbox], top: 100 }),
    conflicts: await Promise.all(
      conflicts.map(async ({ table, recordId, pair, record, item, winner }) => {
        const { primaryName } = regarding.records.catalogue.table(table)
        const row = await regarding.records.as(SYSTEM).retrieve(table, recordId, [primaryName])
        return {
          record: String(row?.[primaryName] ?? recordId),
          field: pair,
          inCrm: shown(record),
          inOutlook: shown(item),
          taken: winner,
        }
      }),
    ),
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
