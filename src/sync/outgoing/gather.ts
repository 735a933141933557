import type { Executor } from '#database'
import { referenceOf } from '#mailboxes'
import { type Access, PARTICIPATION, type Reference, type Row, type Table } from '#records'
import { type OutgoingDependencies, rowsWhere, systemIn, text } from './context.ts'
import type { Draft, OutgoingAttachment, Recipient, Sender } from './model.ts'

type Dependencies = Pick<OutgoingDependencies, 'records'>

const ROLES = { [PARTICIPATION.to]: 'to', [PARTICIPATION.cc]: 'cc', [PARTICIPATION.bcc]: 'bcc' } as const
const MOST_PARTIES = 5_000

/** What is known of a record that takes part in an email. */
interface Person {
  name: string
  /** OE-14: the first column of format email. */
  address?: string
  /** All of its addresses, in lower case. */
  addresses: readonly string[]
  refusesEmail: boolean
  disabled: boolean
}

/** An email with all that sending asks about it, read as the system: as it is now, in a handful of statements. */
export async function gatherDraft(dependencies: Dependencies, executor: Executor, email: Row): Promise<Draft> {
  const access = systemIn(dependencies, executor)
  const id = String(email['activityid'])
  const parties = await partiesOf(access, id)
  const people = await peopleOf(dependencies, access, parties)
  const senders = parties.filter((party) => Number(party['participationtypemask']) === PARTICIPATION.sender)
  return {
    id,
    status: Number(email['statuscode']),
    outgoing: email['directioncode'] !== false,
    subject: text(email, 'subject') ?? '',
    senders: await Promise.all(senders.map((party) => senderOf(access, party, people))),
    recipients: parties.flatMap((party) => recipientOf(party, people) ?? []),
    attachments: await attachmentsOf(access, id),
  }
}

async function partiesOf(access: Access, emailId: string): Promise<Row[]> {
  const page = await access.query({
    table: 'activityparty',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'activityid', operator: 'eq', values: [emailId] }],
    },
    order: [{ column: 'participationtypemask' }, { column: 'activitypartyid' }],
    top: MOST_PARTIES,
  })
  return page.rows
}

async function peopleOf(
  { records }: Dependencies,
  access: Access,
  parties: readonly Row[],
): Promise<Map<string, Person>> {
  const byTable = new Map<string, Set<string>>()
  for (const party of parties) {
    const record = referenceOf(party, 'partyid')
    if (record) byTable.set(record.table, (byTable.get(record.table) ?? new Set()).add(record.id))
  }
  const people = new Map<string, Person>()
  for (const [name, ids] of byTable) {
    const table = records.catalogue.table(name)
    const columns = [
      table.id,
      table.primaryName,
      ...table.emailColumns.map((column) => column.name),
      ...['donotemail', 'isdisabled'].filter((column) => table.byName.has(column)),
    ]
    for (const row of await rowsWhere(access, name, table.id, [...ids], { columns: [...new Set(columns)] }))
      people.set(String(row[table.id]), personOf(table, row))
  }
  return people
}

function personOf(table: Table, row: Row): Person {
  const addresses = table.emailColumns.map(({ name }) => text(row, name)?.trim())
  const [first] = addresses
  return {
    name: text(row, table.primaryName) ?? '',
    addresses: addresses.flatMap((address) => (address ? [address.toLowerCase()] : [])),
    refusesEmail: row['donotemail'] === true,
    disabled: table.name === 'systemuser' && row['isdisabled'] === true,
    ...(first ? { address: first } : {}),
  }
}

function recipientOf(party: Row, people: ReadonlyMap<string, Person>): Recipient | undefined {
  const role = ROLES[Number(party['participationtypemask']) as keyof typeof ROLES]
  if (!role) return undefined
  const record = referenceOf(party, 'partyid')
  const person = record && people.get(record.id)
  const written = text(party, 'addressused')?.trim() ?? addressIn(text(party, 'unresolvedpartyname'))
  const address = person ? addressOf(person, written) : written
  return {
    partyId: String(party['activitypartyid']),
    role,
    name: person?.name ?? text(party, 'unresolvedpartyname') ?? '',
    refusesEmail: person?.refusesEmail === true || party['donotemail'] === true,
    disabled: person?.disabled === true,
    ...(record && person ? { record } : {}),
    ...(address ? { address } : {}),
  }
}

/** The primary address (OE-14), unless an answer goes to another one that the record holds. */
function addressOf(person: Person, written: string | undefined): string | undefined {
  return written && person.addresses.includes(written.toLowerCase()) ? written : person.address
}

function addressIn(name: string | undefined): string | undefined {
  return name?.includes('@') ? name.trim() : undefined
}

async function senderOf(access: Access, party: Row, people: ReadonlyMap<string, Person>): Promise<Sender> {
  const record = referenceOf(party, 'partyid')
  const person = record && people.get(record.id)
  const mailbox = record && (await mailboxFor(access, record, text(party, 'addressused')))
  const address = mailbox && text(mailbox, 'emailaddress')
  return {
    partyId: String(party['activitypartyid']),
    name: person?.name ?? text(party, 'addressused') ?? '',
    disabled: person?.disabled === true,
    ...(record ? { record } : {}),
    ...(mailbox ? { mailboxId: String(mailbox['mailboxid']) } : {}),
    ...(address ? { address } : {}),
  }
}

/** The mailbox of a user or queue: the one whose address is wished (B-3), else the first. */
export async function mailboxFor(access: Access, of: Reference, wished?: string): Promise<Row | undefined> {
  const columns = ['mailboxid', 'emailaddress', 'isprimary']
  const rows = await rowsWhere(access, 'mailbox', 'regardingobjectid', [of.id], { columns })
  const named = rows.find((row) => text(row, 'emailaddress')?.toLowerCase() === wished?.trim().toLowerCase())
  return named ?? rows.find((row) => row['isprimary'] !== false) ?? rows[0]
}

async function attachmentsOf(access: Access, emailId: string): Promise<OutgoingAttachment[]> {
  const rows = await rowsWhere(access, 'activitymimeattachment', 'objectid', [emailId], { order: 'attachmentnumber' })
  return rows.map((row) => {
    const [hash, contentId] = [text(row, 'contenthash'), text(row, 'attachmentcontentid')]
    return {
      id: String(row['activitymimeattachmentid']),
      name: text(row, 'filename') ?? 'attachment',
      type: text(row, 'mimetype') ?? 'application/octet-stream',
      size: Number(row['filesize'] ?? 0),
      inline: row['isinline'] === true,
      ...(hash ? { hash } : {}),
      ...(contentId ? { contentId } : {}),
    }
  })
}
