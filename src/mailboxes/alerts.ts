import type { Executor } from '#database'
import type { Settings } from '#options'
import { type Access, type Filter, type Principal, type Reference, type Row, SYSTEM } from '#records'
import type { Clock } from '#time'
import { type AlertLevel, type AlertScope, codeEntry } from './codes.ts'
import type { MailboxSetup } from './setup.ts'

const LEVEL: Record<AlertLevel, number> = { information: 1, warning: 2, error: 3 }
const SCOPE: Record<AlertScope, number> = { email: 1, mailbox: 2, profile: 3, webhook: 4 }
const ONE_DAY = 24 * 60 * 60 * 1000
const LONGEST_TEXT = 4000

export interface NewAlert {
  code: string
  /** Usually the entry's own; a retried profile error is an error at one and a warning at the other (MO-69). */
  level?: AlertLevel
  /** What exactly happened, naming the item, and what to do. */
  text: string
  regarding: Reference
  /** On whose wall it appears. */
  owner: Reference
  question?: string
}

interface Records {
  as(principal: Principal): Access
}

/**
 * An alert about a mailbox: on the profile when the server is at fault, and on the wall of the mailbox's owner when that
 * is not the profile owner's business or the organization wants it there (MO-3, MO-4).
 */
export function alertAbout(
  setup: MailboxSetup,
  given: { code: string; level?: AlertLevel; text: string },
  settings: Settings,
): NewAlert {
  const entry = codeEntry(given.code)
  const profile = setup.profile
  if (entry.scope === 'profile' && profile)
    return { ...given, regarding: { table: 'emailserverprofile', id: profile.id }, owner: profile.owner }
  const isOwners = (given.level ?? entry.level) === 'information' || settings['NotifyMailboxOwner'] === true
  const owner = isOwners ? setup.owner : (profile?.owner ?? setup.owner)
  return { ...given, regarding: { table: 'mailbox', id: setup.id }, owner }
}

/** The alerts wall (MO §1). */
export class Alerts {
  readonly #records: Records
  readonly #clock: Clock

  constructor(records: Records, clock: Clock) {
    this.#records = records
    this.#clock = clock
  }

  /** Writes an alert unless its level is off (MO-5); the same code for the same record within a day counts up (MO-7). */
  async raise(alert: NewAlert, settings: Settings, executor?: Executor): Promise<void> {
    const entry = codeEntry(alert.code)
    const level = alert.level ?? entry.level
    if (!levelIsOn(level, settings)) return
    const access = this.#system(executor)
    const now = this.#clock.now()
    const text = `${alert.text}\n\n${entry.cause} ${entry.remedy}`.slice(0, LONGEST_TEXT)
    const open = await this.#open(access, alert.regarding, alert.code)
    const recent = open.find((row) => now.getTime() - time(row['occurredon']) < ONE_DAY)
    if (recent) {
      await access.update('tracelog', String(recent['tracelogid']), {
        occurredon: now,
        occurrences: Number(recent['occurrences']) + 1,
        level: LEVEL[level], // what was tried again until now may have been given up (MO-68)
        text,
      })
      return
    }
    await access.create('tracelog', {
      level: LEVEL[level],
      scope: SCOPE[entry.scope],
      code: alert.code,
      title: entry.title,
      text,
      helplink: `/help/alerts#${alert.code}`,
      regardingobjectid: alert.regarding,
      ownerid: alert.owner,
      occurredon: now,
      occurrences: 1,
      ...(alert.question === undefined ? {} : { question: alert.question }),
    })
  }

  /** Marks the open alerts of a record as resolved, after a success (MO-8). */
  async resolve(regarding: Reference, codes: readonly string[] | 'all', executor?: Executor): Promise<void> {
    const access = this.#system(executor)
    const open = await this.#open(access, regarding)
    const resolved = open.filter((row) => codes === 'all' || codes.includes(String(row['code'])))
    const resolvedon = this.#clock.now()
    if (resolved.length)
      await access.updateMany(
        'tracelog',
        resolved.map((row) => ({ tracelogid: String(row['tracelogid']), resolvedon })),
      )
  }

  /** A person's wall, newest first; with a level, only alerts of that level (MO-6). */
  async wall(principal: Principal, level?: AlertLevel, top = 100): Promise<Row[]> {
    const page = await this.#records.as(principal).query({
      table: 'tracelog',
      filter: levelFilter(level),
      order: [{ column: 'occurredon', descending: true }],
      top,
    })
    return page.rows
  }

  /** The alerts about a record, for whoever may read the record, newest first (MO-3, MO-4). */
  async about(principal: Principal, regarding: Reference, top = 100): Promise<Row[]> {
    if (!(await this.#records.as(principal).may('read', regarding.table, regarding.id))) return []
    const page = await this.#records.as(SYSTEM).query({
      table: 'tracelog',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [regarding.id] }],
      },
      order: [{ column: 'occurredon', descending: true }],
      top,
    })
    return page.rows
  }

  /** Deletes the alerts of the current filter (MO-6). Never touches the mailbox (MO-9). */
  async clear(principal: Principal, level?: AlertLevel): Promise<number> {
    const access = this.#records.as(principal)
    const rows = await this.wall(principal, level, 1000)
    for (const row of rows) await access.delete('tracelog', String(row['tracelogid']))
    return rows.length
  }

  #system(executor?: Executor): Access {
    const access = this.#records.as(SYSTEM)
    return executor ? access.in(executor) : access
  }

  async #open(access: Access, regarding: Reference, code?: string): Promise<Row[]> {
    const items: Filter['items'] = [
      { kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [regarding.id] },
      { kind: 'condition', column: 'resolvedon', operator: 'null', values: [] },
      ...(code === undefined
        ? []
        : [{ kind: 'condition' as const, column: 'code', operator: 'eq' as const, values: [code] }]),
    ]
    const page = await access.query({
      table: 'tracelog',
      columns: ['tracelogid', 'code', 'occurredon', 'occurrences'],
      filter: { kind: 'filter', type: 'and', items },
      order: [{ column: 'occurredon', descending: true }],
    })
    return page.rows
  }
}

function levelIsOn(level: AlertLevel, settings: Settings): boolean {
  const name = { error: 'ErrorAlerts', warning: 'WarningAlerts', information: 'InformationAlerts' }[level]
  return settings[name] === true
}

function levelFilter(level: AlertLevel | undefined): Filter {
  const items = level
    ? [{ kind: 'condition' as const, column: 'level', operator: 'eq' as const, values: [LEVEL[level]] }]
    : []
  return { kind: 'filter', type: 'and', items }
}

function time(value: unknown): number {
  return value instanceof Date ? value.getTime() : 0
}
