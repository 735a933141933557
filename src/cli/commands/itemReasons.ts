import { explainItem, explainItemRecord, explainItems } from '#items'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

/** UTC, to the minute. */
export const when = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ')

export const explain: RegardingCommand = {
  name: 'items explain',
  takes: '<table:record or item>',
  says: 'What is known between a record and a user’s mailbox, or of an item by its id, and why it is not as it should be',
  positionals: [1, 1],
  flags: { user: { type: 'string', value: 'user', says: 'Of a record: for whom' } },
  async run({ regarding, principal }, { positionals: [wanted = ''], flags }, output) {
    if (flags['user'] === undefined) {
      const found = await explainItem(regarding, principal, wanted)
      const text = found.map((one) =>
        [
          one.record ? `Linked to ${one.record.table}:${one.record.id}.` : 'Not linked.',
          ...(one.link ? [linkOf(one.link)] : []),
          ...restOf(one),
        ].join('\n'),
      )
      const nothing = `No mailbox knows the item ${wanted}. Of a record say for whom: --user.`
      output.result(text.join('\n\n') || nothing, found)
      return found.length ? undefined : 1
    }
    const record = await findRecord(regarding, principal, wanted)
    const user = await findUser(regarding, String(flags['user']))
    const found = await explainItemRecord(regarding, principal, record, user)
    const text = found.map((one) =>
      [
        one.readable ? 'The user may read the record.' : 'The user may not read the record.',
        one.filters.length ? `Returned by: ${one.filters.join(', ')}.` : 'No filter of the user returns it.',
        one.link ? linkOf(one.link) : 'Not linked.',
        ...restOf(one),
      ].join('\n'),
    )
    output.result(text.join('\n\n') || 'The user has no mailbox that you may read.', found)
    return found.length ? undefined : 1
  },
}

type Explained = Awaited<ReturnType<typeof explainItem>>[number]

function linkOf({ state, itemId, direction, synchronizedOn }: NonNullable<Explained['link']>): string {
  const way = direction === 'toItem' ? 'to the mailbox' : direction === 'toRecord' ? 'to the CRM' : 'linked'
  const last = synchronizedOn ? ` Last ${way}, ${when(synchronizedOn)} UTC.` : ''
  return `${STATES[state]}${itemId === undefined ? '' : ` (item ${itemId})`}.${last}`
}

const STATES = {
  creating: 'Its item is being made',
  linked: 'Linked',
  removing: 'Its item is being deleted',
  dormant: 'The link sleeps until a filter returns the record again',
  deleted: 'Its item was deleted in the mailbox',
  ignored: 'Left alone, as a person said',
} as const

function restOf({ pending, decision, why }: Pick<Explained, 'pending' | 'decision' | 'why'>): string[] {
  const waits = pending?.waits ? ', waiting for a person or a change' : ''
  const tries = pending?.attempts ? `, tried ${pending.attempts} times` : ''
  return [
    ...(pending ? [`Pending since ${when(pending.since)} UTC${tries}${waits}.`] : []),
    ...why.flatMap((one) => [`${one.rule.padEnd(7)} ${one.why}`, `        → ${one.remedy}`]),
    ...(decision ? [describe(decision)] : []),
  ]
}

function describe({ subject, about, outcome, decidedOn, text, trace }: NonNullable<Explained['decision']>): string {
  return [
    `${subject ?? about}: ${outcome} (${when(decidedOn)} UTC)`,
    ...(text ? [`  ${text}`] : []),
    ...trace.map(({ rule, finding }) => `    ${rule.padEnd(6)} ${finding}`),
  ].join('\n')
}

export const failures: RegardingCommand = {
  name: 'items failures',
  takes: '[mailbox]',
  says: 'Appointments, contacts and tasks that could not be synchronized, each with its cause and remedy',
  positionals: [0, 1],
  flags: { top: { type: 'string', value: 'n', says: 'At most so many (50)' } },
  async run({ regarding, principal }, { positionals: [wanted], flags }, output) {
    const row = wanted ? await regarding.mailboxes.find(principal, wanted) : undefined
    const found = await explainItems(regarding, principal, {
      outcomes: ['failed', 'asked'],
      top: Number(flags['top'] ?? 50),
      ...(row ? { mailboxIds: [String(row['mailboxid'])] } : {}),
    })
    const lines = found.map((one) => [
      when(one.decidedOn),
      one.record ? `${one.record.table}:${one.record.id}` : (one.item?.id ?? one.about),
      one.outcome === 'asked' ? 'asked' : `${one.code ?? 'failed'}, ${one.retries} ×`,
      one.text ?? '',
    ])
    const text = `${table(['Time (UTC)', 'Record or item', 'What', 'Why'], lines)}\n\nMore of one: regarding items explain <record or item>`
    output.result(lines.length ? text : 'Nothing has failed.', found)
    return undefined
  },
}
