import { ACCOUNTS } from './company/accounts.ts'
import { CONTACTS } from './company/contacts.ts'
import { LEADS } from './company/leads.ts'
import { addressOf, DOMAIN, QUEUES, USERS } from './company/users.ts'
import type { RecordKey } from './ids.ts'

export interface Person {
  name: string
  address: string
  record?: RecordKey
}

/** Addresses of the company behind which no record stands: lists, and an alias that nobody wrote down. */
const lists: Readonly<Record<string, Person>> = {
  everybody: { name: 'Everybody', address: `all@${DOMAIN}` },
  salesteam: { name: 'Sales team', address: `sales-team@${DOMAIN}` },
  lunch: { name: 'Lunch', address: `lunch@${DOMAIN}` },
  salesalias: { name: 'Sales', address: `sales@${DOMAIN}` },
}

const known = new Map<string, Person>([
  ...Object.entries(lists),
  ...USERS.map((user): [string, Person] => [
    user.key,
    { name: `${user.first} ${user.last}`, address: addressOf(user.key), record: `systemuser/${user.key}` },
  ]),
  ...QUEUES.map((queue): [string, Person] => [
    queue.key,
    { name: `Halden & Voss ${queue.name}`, address: addressOf(queue.key), record: `queue/${queue.key}` },
  ]),
  ...ACCOUNTS.map((account): [string, Person] => [
    `info@${account.key}`,
    { name: account.name, address: `info@${account.domain}`, record: `account/${account.key}` },
  ]),
  ...CONTACTS.map((contact): [string, Person] => [
    contact.key,
    { name: `${contact.first} ${contact.last}`, address: contact.address, record: `contact/${contact.key}` },
  ]),
  ...LEADS.map((lead): [string, Person] => [
    lead.key,
    { name: `${lead.first} ${lead.last}`, address: lead.address, record: `lead/${lead.key}` },
  ]),
])

/**
 * Who is meant: the key of a user, queue, contact, lead or list, `info@` and the key of an account, or a stranger
 * written as `Name <address>`.
 * @throws RangeError for a key that nobody has
 */
export function person(who: string): Person {
  const stranger = /^(.*)<([^<>]+)>$/.exec(who)
  if (stranger) return { name: (stranger[1] as string).trim(), address: stranger[2] as string }
  const found = known.get(who)
  if (!found) throw new RangeError(`Nobody in the demo is called “${who}”.`)
  return found
}
