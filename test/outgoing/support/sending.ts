import type { OutgoingOutcome } from '#outgoing'
import { submitEmail } from '#outgoing'
import { PARTICIPATION, type Principal, type Reference, type Row, SYSTEM, type Values } from '#records'
import { runOutgoingMailbox } from '#sync'
import type { Company, Person } from '../../incoming/support/company.ts'

/** Somebody an email is for: a record, or an address that is none. */
type Party = Reference | string

export interface Parties {
  from?: Person | Reference
  to?: readonly Party[]
  cc?: readonly Party[]
  bcc?: readonly Party[]
}

/** A draft of somebody, with its parties. */
export async function draft(
  company: Company,
  owner: Person,
  { from = owner, to = [], cc = [], bcc = [] }: Parties,
  values: Values = {},
): Promise<string> {
  const system = company.regarding.records.as(SYSTEM)
  const activityid = await system.create('email', {
    subject: 'Offer',
    description: 'Good morning',
    ownerid: { table: 'systemuser', id: owner.id },
    ...values,
  })
  const sender = 'table' in from ? from : { table: from === company.support ? 'queue' : 'systemuser', id: from.id }
  const parties = [
    partyOf(PARTICIPATION.sender, sender),
    ...to.map((party) => partyOf(PARTICIPATION.to, party)),
    ...cc.map((party) => partyOf(PARTICIPATION.cc, party)),
    ...bcc.map((party) => partyOf(PARTICIPATION.bcc, party)),
  ]
  await system.createMany(
    'activityparty',
    parties.map((party) => ({ ...party, activityid: { table: 'email', id: activityid } })),
  )
  return activityid
}

function partyOf(participationtypemask: number, party: Party): Values {
  return typeof party === 'string'
    ? { participationtypemask, addressused: party, unresolvedpartyname: party }
    : { participationtypemask, partyid: party }
}

export const as = (person: Person): Principal => ({ kind: 'user', id: person.id })

/** *Send*, as the person. */
export function submit(company: Company, person: Person, emailId: string) {
  return submitEmail(company.regarding, as(person), emailId)
}

/** One outgoing cycle of a mailbox. */
export function outgoing({ regarding }: Company, person: Person): Promise<OutgoingOutcome> {
  return runOutgoingMailbox(regarding, person.mailboxId, { guard: () => Promise.resolve() })
}

export async function emailRow({ regarding }: Company, id: string): Promise<Row> {
  return (await regarding.records.as(SYSTEM).retrieve('email', id)) as Row
}

/** The alerts about an email, newest first. */
export async function alertsOf({ regarding }: Company, id: string): Promise<string[]> {
  const rows = await regarding.alerts.about(SYSTEM, { table: 'email', id })
  return rows.map((row) => String(row['code']))
}
