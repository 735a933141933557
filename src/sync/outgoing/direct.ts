import type { Executor } from '#database'
import { referenceOf } from '#mailboxes'
import { type Access, PARTICIPATION, type Principal, RecordError, type Reference, type Row, type Table } from '#records'
import { atomically, type OutgoingDependencies, text, userOf } from './context.ts'
import { submitEmail } from './submit.ts'
import { fillTemplate, type Placeholder, placeholdersIn } from './template.ts'

/** More are marketing, for which this is not made (OE-51). */
export const MOST_RECIPIENTS = 250

/** What a template makes of a record. */
export interface Filled {
  subject: string
  body: string
  mimetype: string
}

/** Fills a template in for a record, with what the person may read (OE-52). @throws RecordError */
export async function instantiateTemplate(
  dependencies: OutgoingDependencies,
  principal: Principal,
  templateId: string,
  record: Reference,
  executor: Executor = dependencies.database.sql,
): Promise<Filled> {
  const access = dependencies.records.as(principal).in(executor)
  const template = await retrieved(access, 'template', templateId)
  return fill(dependencies, executor, access, template, record, userOf(principal))
}

async function fill(
  { records, options }: OutgoingDependencies,
  executor: Executor,
  access: Access,
  template: Row,
  record: Reference,
  userId: string | undefined,
): Promise<Filled> {
  const [subject, body] = [text(template, 'subject') ?? '', text(template, 'body') ?? '']
  const mimetype = text(template, 'mimetype') ?? 'text/html'
  const row = await retrieved(access, record.table, record.id)
  const fallsBack = (await options.organization(executor))['EmailTemplateRetrieveFallbackContact'] === true
  const known = new Map<string, Row | undefined>([[record.table, row]])
  for (const { table } of placeholdersIn(subject, body)) {
    if (known.has(table)) continue
    const reference =
      table === 'systemuser'
        ? userId && { table, id: userId }
        : related(records.catalogue.table(record.table), row, table)
    const found = reference || (table === 'contact' && fallsBack ? await fallbackContact(access, row) : undefined)
    known.set(table, found && records.catalogue.find(table) ? await access.retrieve(table, found.id) : undefined)
  }
  const valueOf = ({ table, column }: Placeholder) => known.get(table)?.[column]
  return {
    subject: fillTemplate(subject, valueOf, false).replaceAll(/\s+/g, ' ').trim(),
    body: fillTemplate(body, valueOf, mimetype === 'text/html'),
    mimetype,
  }
}

/** The record of a table that a lookup of the recipient names. */
function related(declared: Table, row: Row, table: string): Reference | undefined {
  const lookups = declared.columns.filter(({ type, name }) => type === 'lookup' && !SYSTEM.has(name))
  return lookups.map(({ name }) => referenceOf(row, name)).find((to) => to?.table === table)
}

const SYSTEM = new Set(['createdby', 'modifiedby', 'owninguser', 'owningteam', 'masterid', 'originatingleadid'])

/** OE-52: the primary contact of the account that the recipient names, or its parent contact. */
async function fallbackContact(access: Access, row: Row): Promise<Reference | undefined> {
  const parent = ['parentcontactid', 'primarycontactid', 'customerid', 'parentcustomerid', 'parentaccountid']
    .map((column) => referenceOf(row, column))
    .filter((to) => to !== undefined)
  const contact = parent.find(({ table }) => table === 'contact')
  if (contact) return contact
  const account = parent.find(({ table }) => table === 'account')
  const found = account && (await access.retrieve('account', account.id, ['primarycontactid']))
  return found && referenceOf(found, 'primarycontactid')
}

export interface DirectEmail {
  templateId: string
  /** A user or queue; the person without it. */
  sender?: Reference
  recipients: readonly Reference[]
}

/**
 * *Send direct email*: one email to each record, by a template (OE-50). All of them or none; they queue on the mailbox of
 * the sender (OE-51).
 * @returns the ids of the emails, in the order of the recipients
 * @throws RecordError naming the recipient that cannot be written to
 */
export async function sendDirectEmail(
  dependencies: OutgoingDependencies,
  principal: Principal,
  { templateId, sender, recipients }: DirectEmail,
  executor?: Executor,
): Promise<string[]> {
  const userId = userOf(principal)
  const from = sender ?? (userId === undefined ? undefined : { table: 'systemuser', id: userId })
  if (!from) throw refused('Name the sender of the direct email.')
  if (recipients.length > MOST_RECIPIENTS)
    throw refused(`At most ${MOST_RECIPIENTS} records get a direct email at once, not ${recipients.length}. (OE-51)`)
  return atomically(dependencies, executor, async (tx) => {
    if ((await dependencies.options.organization(tx))['AllowDirectEmail'] !== true)
      throw refused('Direct email is switched off (AllowDirectEmail). (OE-50)')
    const access = dependencies.records.as(principal).in(tx)
    const template = await retrieved(access, 'template', templateId)
    const ids: string[] = []
    for (const recipient of recipients) {
      const { subject, body, mimetype } = await fill(dependencies, tx, access, template, recipient, userId)
      const id = await access.create('email', {
        subject,
        description: body,
        mimetype,
        directioncode: true,
        templateid: { table: 'template', id: templateId },
        ...regarding(dependencies, recipient),
      })
      const party = (participationtypemask: number, partyid: Reference) => ({
        activityid: { table: 'email', id },
        participationtypemask,
        partyid,
      })
      await access.createMany('activityparty', [party(PARTICIPATION.sender, from), party(PARTICIPATION.to, recipient)])
      await submitEmail(dependencies, principal, id, {}, tx)
      ids.push(id)
    }
    return ids
  })
}

function regarding({ records }: OutgoingDependencies, recipient: Reference) {
  return records.catalogue.table(recipient.table).hasActivities ? { regardingobjectid: recipient } : {}
}

async function retrieved(access: Access, table: string, id: string): Promise<Row> {
  const row = await access.retrieve(table, id)
  if (row) return row
  throw new RecordError('NotFound', `There is no ${table} ${id} that you may read.`, { table })
}

function refused(message: string): RecordError {
  return new RecordError('ValidationFailed', message, { table: 'email' })
}
