import type { Executor } from '#database'
import type { Options } from '#options'
import { type Access, type Principal, RecordError, type Reference, type Row, SYSTEM, type Values } from '#records'
import { approvalOfNew, decideApproval } from './approval.ts'
import { INCOMING, KIND } from './rules.ts'
import { loadSetups, type MailboxSetup } from './setup.ts'

interface Records {
  as(principal: Principal): Access
}

/** Server profiles and mailbox records (spec 20): saved only when their rules hold. */
export class Mailboxes {
  readonly #records: Records
  readonly #options: Options

  constructor(records: Records, options: Options) {
    this.#records = records
    this.#options = options
  }

  /** @throws MailboxRuleError, RecordError */
  createProfile(principal: Principal, values: Values): Promise<string> {
    return this.#records.as(principal).create('emailserverprofile', values)
  }

  /** @throws MailboxRuleError, RecordError */
  updateProfile(principal: Principal, id: string, values: Values): Promise<void> {
    return this.#records.as(principal).update('emailserverprofile', id, values)
  }

  /**
   * Gives a user or queue its mailbox, with the organization's default methods (MB-30, MB-34). Returns the existing one
   * when there is one.
   */
  async createFor(
    regarding: Reference,
    name: string,
    address: string | undefined,
    executor?: Executor,
  ): Promise<string> {
    const access = this.#system(executor)
    const existing = await this.#mailboxOf(access, regarding)
    if (existing) return existing
    const settings = await this.#options.organization(executor)
    const queue = regarding.table === 'queue'
    const owner = queue ? await ownerOf(access, regarding) : regarding
    const incoming = Number(settings['DefaultIncomingMethod'])
    const outgoing = Number(settings['DefaultOutgoingMethod'])
    return access.create('mailbox', {
      name,
      kind: queue ? KIND.queue : KIND.user,
      regardingobjectid: regarding,
      ownerid: owner,
      incomingemaildeliverymethod: queue && incoming === INCOMING.client ? INCOMING.none : incoming,
      outgoingemaildeliverymethod: queue && outgoing === 1 ? 0 : outgoing,
      actdeliverymethod: queue ? 2 : Number(settings['DefaultActMethod']),
      emailrouteraccessapproval: approvalOfNew(address),
      ...(address === undefined ? {} : { emailaddress: address }),
      ...(await this.#defaultProfile(access)),
    })
  }

  /** A further mailbox of a user (B-3): its email is the user's, its address is not the user's first. */
  async createFurther(principal: Principal, userId: string, name: string, address: string): Promise<string> {
    const user = { table: 'systemuser', id: userId }
    const id = await this.#records.as(principal).create('mailbox', {
      name,
      kind: KIND.user,
      regardingobjectid: user,
      ownerid: user,
      isprimary: false,
      emailaddress: address,
      incomingemaildeliverymethod: INCOMING.serverSide,
      outgoingemaildeliverymethod: 0,
      actdeliverymethod: 2,
    })
    await this.#system().update('mailbox', id, { emailrouteraccessapproval: approvalOfNew(address) })
    return id
  }

  async createForward(principal: Principal, name: string, address: string, values: Values = {}): Promise<string> {
    const id = await this.#records.as(principal).create('mailbox', {
      name,
      kind: KIND.forward,
      emailaddress: address,
      incomingemaildeliverymethod: INCOMING.serverSide,
      outgoingemaildeliverymethod: 0,
      actdeliverymethod: 2,
      ...values,
    })
    // Only the system sets it; until then the address counts as empty, which lets nothing through.
    await this.#system().update('mailbox', id, { emailrouteraccessapproval: approvalOfNew(address) })
    return id
  }

  /** Changes a mailbox when its rules allow it; what follows from it is in reactions.ts. @throws MailboxRuleError */
  update(principal: Principal, id: string, values: Values): Promise<void> {
    return this.#records.as(principal).update('mailbox', id, values)
  }

  approve(principal: Principal, ids: readonly string[]): Promise<void> {
    return decideApproval(this.#records, principal, ids, 'approved')
  }

  reject(principal: Principal, ids: readonly string[]): Promise<void> {
    return decideApproval(this.#records, principal, ids, 'rejected')
  }

  /** Mailboxes with their profiles, read as the system. */
  setups(ids: readonly string[], executor?: Executor): Promise<Map<string, MailboxSetup>> {
    return loadSetups(this.#records, ids, executor)
  }

  /** Finds a mailbox by id, address or name. @throws RecordError naming what was looked for. */
  async find(principal: Principal, wanted: string): Promise<Row> {
    const columns = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(wanted) ? ['mailboxid'] : ['emailaddress', 'name']
    const page = await this.#records.as(principal).query({
      table: 'mailbox',
      filter: {
        kind: 'filter',
        type: 'or',
        items: columns.map((column) => ({
          kind: 'condition' as const,
          column,
          operator: 'eq' as const,
          values: [wanted],
        })),
      },
      top: 2,
    })
    if (page.rows.length === 1) return page.rows[0] as Row
    throw new RecordError(
      page.rows.length ? 'Conflict' : 'NotFound',
      page.rows.length
        ? `Several mailboxes are called “${wanted}”; name one by its id.`
        : `There is no mailbox “${wanted}”.`,
      { table: 'mailbox' },
    )
  }

  async #defaultProfile(access: Access): Promise<Values> {
    const page = await access.query({
      table: 'emailserverprofile',
      columns: ['emailserverprofileid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [
          { kind: 'condition', column: 'isdefault', operator: 'eq', values: [true] },
          { kind: 'condition', column: 'statecode', operator: 'eq', values: [0] },
        ],
      },
      top: 1,
    })
    const id = page.rows[0]?.['emailserverprofileid']
    return typeof id === 'string' ? { emailserverprofile: { table: 'emailserverprofile', id } } : {}
  }

  async #mailboxOf(access: Access, regarding: Reference): Promise<string | undefined> {
    const page = await access.query({
      table: 'mailbox',
      columns: ['mailboxid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [regarding.id] }],
      },
      order: [{ column: 'isprimary', descending: true }],
      top: 1,
    })
    const id = page.rows[0]?.['mailboxid']
    return typeof id === 'string' ? id : undefined
  }

  #system(executor?: Executor): Access {
    const access = this.#records.as(SYSTEM)
    return executor ? access.in(executor) : access
  }
}

async function required(access: Access, table: string, id: string): Promise<Row> {
  const row = await access.retrieve(table, id)
  if (row) return row
  throw new RecordError('NotFound', `There is no ${table} ${id} that you may read.`, { table })
}

async function ownerOf(access: Access, record: Reference): Promise<Reference> {
  const row = await required(access, record.table, record.id)
  return { table: String(row['ownerid_table']), id: String(row['ownerid']) }
}
