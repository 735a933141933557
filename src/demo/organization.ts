import { threadIndexHash } from '#mime'
import { PARTICIPATION, type Principal, type Reference, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import type { Regarding } from '#sync'
import { instant } from './calendar.ts'
import { ACCOUNTS } from './company/accounts.ts'
import { CASES } from './company/cases.ts'
import { CONTACTS } from './company/contacts.ts'
import { LEADS } from './company/leads.ts'
import { OPPORTUNITIES } from './company/opportunities.ts'
import { caseNumber, SENT_EMAILS, type SentEmail } from './company/sentEmails.ts'
import { addressOf, BUSINESS_UNITS, DOMAIN, QUEUES, USERS, type UserKey } from './company/users.ts'
import { idOf, referenceTo } from './ids.ts'
import { person } from './people.ts'

const owner = (key: UserKey): Reference => referenceTo(`systemuser/${key}`)

/** Records that hold one address are told apart by their age (T-63): each is an hour younger than the one before. */
const bornAt = (index: number): Date => new Date(Date.UTC(2026, 0, 2) + index * 3_600_000)

/** As whom somebody works. */
export const asUser = (key: UserKey): Principal => ({ kind: 'user', id: idOf(`systemuser/${key}`) })

/**
 * Creates the company: business units, people with their roles, queues, customers, deals, cases, and the email sent from
 * the CRM so far. All in one transaction, so that it is there whole or not at all; nothing when it is there.
 */
export async function createOrganization(regarding: Regarding): Promise<void> {
  const access = regarding.records.as(SYSTEM)
  if (await access.retrieve('systemuser', idOf('systemuser/mira'), ['systemuserid'])) return
  await regarding.database.transaction(async (tx) => {
    const inTransaction = access.in(tx)
    await inTransaction.update('businessunit', ROOT_BUSINESS_UNIT, { name: 'Halden & Voss' })
    for (const [table, rows] of tables()) await inTransaction.createMany(table, rows)
  })
}

/** Rows in an order in which each points only to those before it. */
function tables(): [table: string, rows: Values[]][] {
  return [
    ['businessunit', BUSINESS_UNITS.map(unitRow)],
    ['systemuser', USERS.map(userRow)],
    ['systemuserroles', USERS.map(roleRow)],
    ['queue', QUEUES.map(queueRow)],
    ['account', ACCOUNTS.map(accountRow)],
    ['contact', CONTACTS.map(contactRow)],
    ['lead', LEADS.map(leadRow)],
    ['opportunity', OPPORTUNITIES.map(opportunityRow)],
    ['incident', CASES.map(caseRow)],
    ['email', SENT_EMAILS.map(emailRow)],
    ['activityparty', SENT_EMAILS.flatMap(partyRows)],
  ]
}

const unitRow = ({ key, name, division }: (typeof BUSINESS_UNITS)[number]): Values => ({
  businessunitid: idOf(`businessunit/${key}`),
  name,
  divisionname: division,
  parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
})

const userRow = (user: (typeof USERS)[number]): Values => ({
  systemuserid: idOf(`systemuser/${user.key}`),
  firstname: user.first,
  lastname: user.last,
  jobtitle: user.title,
  internalemailaddress: addressOf(user.key),
  domainname: addressOf(user.key),
  businessunitid: referenceTo(`businessunit/${user.unit}`),
  isdisabled: user.disabled ?? false,
  personalemailaddress: user.alias ?? null,
})

const roleRow = ({ key, role }: (typeof USERS)[number]): Values => ({
  systemuserroleid: idOf(`systemuserroles/${key}`),
  systemuserid: owner(key),
  roleid: { table: 'role', id: role },
})

const queueRow = (queue: (typeof QUEUES)[number]): Values => ({
  queueid: idOf(`queue/${queue.key}`),
  name: queue.name,
  emailaddress: addressOf(queue.key),
  ownerid: owner(queue.owner),
})

const accountRow = (account: (typeof ACCOUNTS)[number], index: number): Values => ({
  accountid: idOf(`account/${account.key}`),
  name: account.name,
  accountnumber: `HV-${10_001 + index}`,
  emailaddress1: `info@${account.domain}`,
  // A contact has the same address: one of the ambiguous ones (T-63).
  emailaddress2: account.key === 'dupre' ? `bureau@${account.domain}` : null,
  websiteurl: `https://www.${account.domain}`,
  address1_city: account.city,
  address1_country: account.country,
  ownerid: owner(account.owner),
  createdon: bornAt(index),
})

const contactRow = (contact: (typeof CONTACTS)[number], index: number): Values => ({
  contactid: idOf(`contact/${contact.key}`),
  firstname: contact.first,
  lastname: contact.last,
  jobtitle: contact.title,
  emailaddress1: contact.address,
  parentcustomerid: referenceTo(`account/${contact.account}`),
  ownerid: owner(contact.owner),
  createdon: bornAt(100 + index),
  ...(contact.inactive ? { statecode: 1, statuscode: 2 } : {}),
})

const leadRow = (lead: (typeof LEADS)[number], index: number): Values => ({
  leadid: idOf(`lead/${lead.key}`),
  firstname: lead.first,
  lastname: lead.last,
  companyname: lead.company,
  subject: lead.topic,
  emailaddress1: lead.address,
  ownerid: owner(lead.owner),
  createdon: bornAt(200 + index),
})

const opportunityRow = (deal: (typeof OPPORTUNITIES)[number]): Values => ({
  opportunityid: idOf(`opportunity/${deal.key}`),
  name: deal.name,
  customerid: referenceTo(`account/${deal.account}`),
  parentaccountid: referenceTo(`account/${deal.account}`),
  parentcontactid: referenceTo(`contact/${deal.contact}`),
  estimatedvalue: deal.value,
  customerneed: deal.offer,
  ownerid: owner(deal.seller),
})

const caseRow = (one: (typeof CASES)[number], index: number): Values => ({
  incidentid: idOf(`incident/${one.key}`),
  title: one.title,
  ticketnumber: caseNumber(index),
  customerid: referenceTo(`account/${one.account}`),
  primarycontactid: referenceTo(`contact/${one.contact}`),
  caseorigincode: 2,
  ownerid: owner(index % 2 === 0 ? 'elena' : 'priya'),
  ...(one.resolved ? { statecode: 1, statuscode: 5 } : {}),
})

/** As sending from the CRM leaves it (50): sent, with token and conversation index. */
function emailRow(sent: SentEmail): Values {
  const id = idOf(`email/${sent.id}`)
  const date = instant(sent.when)
  return {
    activityid: id,
    subject: sent.subject,
    description: sent.text,
    mimetype: 'text/plain',
    directioncode: true,
    statecode: 1,
    statuscode: 3,
    messageid: `<${sent.id}@${DOMAIN}>`,
    threadid: id,
    trackingtoken: sent.token,
    conversationindex: sent.threadIndex,
    baseconversationindexhash: threadIndexHash(sent.threadIndex) ?? null,
    correlationmethod: 0,
    sender: addressOf(sent.from),
    torecipients: person(sent.to).address,
    senton: date,
    createdon: date,
    regardingobjectid: referenceTo(sent.regarding),
    regardingchosenby: 'person',
    emailsender: referenceTo(senderOf(sent)),
    ownerid: ownerOf(sent),
  }
}

function partyRows(sent: SentEmail): Values[] {
  const to = person(sent.to)
  const party = (role: number, record: Reference, address?: string): Values => ({
    activityid: { table: 'email', id: idOf(`email/${sent.id}`) },
    participationtypemask: role,
    partyid: record,
    ...(address === undefined ? {} : { addressused: address }),
  })
  return [
    party(PARTICIPATION.sender, referenceTo(senderOf(sent)), addressOf(sent.from)),
    party(PARTICIPATION.to, referenceTo(`contact/${sent.to}`), to.address),
    party(PARTICIPATION.owner, ownerOf(sent)),
    party(PARTICIPATION.regarding, referenceTo(sent.regarding)),
  ]
}

const senderOf = ({ from }: SentEmail) =>
  from === 'support' ? ('queue/support' as const) : (`systemuser/${from}` as const)

const ownerOf = ({ from }: SentEmail): Reference => owner(from === 'support' ? 'elena' : from)
