import { ROLES } from '#records'

export const DOMAIN = 'haldenvoss.example'

export type UserKey = 'mira' | 'jonas' | 'elena' | 'tomasz' | 'priya' | 'henrik' | 'lotte'
export type QueueKey = 'support' | 'orders'
/** Whose mailboxes the demo synchronizes. */
export type MailboxKey = 'mira' | 'jonas' | 'elena' | 'support'

/** In the order in which they are visited. */
export const MAILBOXES: readonly MailboxKey[] = ['mira', 'jonas', 'elena', 'support']

/** Where each lives: in Exchange Online (by Graph), on an Exchange Server (by EWS), or in a Maildir. */
export const SERVED_BY = { mira: 'graph', jonas: 'graph', elena: 'ews', support: 'maildir' } as const

export const BUSINESS_UNITS = [
  { key: 'north', name: 'Halden & Voss North', division: 'Sales and service for Northern Europe' },
  { key: 'south', name: 'Halden & Voss South', division: 'Sales and service for Central and Southern Europe' },
] as const

export interface User {
  key: UserKey
  first: string
  last: string
  title: string
  unit: 'north' | 'south'
  role: string
  /** Personal options (PO-22, PO-24). */
  track: 'All' | 'Replies' | 'LeadsContactsAccounts' | 'EmailEnabled' | 'None'
  create: 'Off' | 'Contacts' | 'Leads'
  /** A second address at which mail reaches the user. */
  alias?: string
  disabled?: boolean
}

export const USERS: readonly User[] = [
  {
    key: 'mira',
    first: 'Mira',
    last: 'Solberg',
    title: 'Sales engineer',
    unit: 'north',
    role: ROLES.salesperson,
    track: 'LeadsContactsAccounts',
    create: 'Contacts',
    alias: `m.solberg@${DOMAIN}`,
  },
  {
    key: 'jonas',
    first: 'Jonas',
    last: 'Brandt',
    title: 'Head of sales',
    unit: 'north',
    role: ROLES.salesManager,
    track: 'All',
    create: 'Leads',
  },
  {
    key: 'elena',
    first: 'Elena',
    last: 'Marchetti',
    title: 'Service engineer',
    unit: 'south',
    role: ROLES.customerServiceRepresentative,
    track: 'Replies',
    create: 'Off',
  },
  {
    key: 'tomasz',
    first: 'Tomasz',
    last: 'Nowak',
    title: 'Sales engineer',
    unit: 'south',
    role: ROLES.salesperson,
    track: 'None',
    create: 'Off',
  },
  {
    key: 'priya',
    first: 'Priya',
    last: 'Raman',
    title: 'Service engineer',
    unit: 'south',
    role: ROLES.customerServiceRepresentative,
    track: 'EmailEnabled',
    create: 'Off',
  },
  {
    key: 'henrik',
    first: 'Henrik',
    last: 'Dahl',
    title: 'Administrator',
    unit: 'north',
    role: ROLES.systemAdministrator,
    track: 'Replies',
    create: 'Off',
  },
  {
    key: 'lotte',
    first: 'Lotte',
    last: 'Jansen',
    title: 'Sales engineer (left in June)',
    unit: 'south',
    role: ROLES.salesperson,
    track: 'Replies',
    create: 'Off',
    disabled: true,
  },
]

/** `filter`: which email becomes activities (PO-35), by code. Orders has no mailbox connected. */
export const QUEUES: readonly { key: QueueKey; name: string; owner: UserKey; filter: number }[] = [
  { key: 'support', name: 'Support', owner: 'elena', filter: 0 },
  { key: 'orders', name: 'Orders', owner: 'jonas', filter: 2 },
]

export const addressOf = (key: UserKey | QueueKey): string => `${key}@${DOMAIN}`
