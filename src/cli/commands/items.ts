import { fieldOfConflict, fieldsOfCopy, inWords, nameOfCopy, openConflicts, openQuestions, restorable } from '#items'
import { namesOfRecords } from '#records'
import { answerItemQuestion, confirmItems, planItems, resolveItemConflict, restoreItem } from '#sync'
import { UsageError } from '../command.ts'
import type { RegardingCommand } from '../context.ts'
import { table } from '../terminal.ts'
import { explain, failures, when } from './itemReasons.ts'
import { reply } from './reply.ts'

type PlannedDeed = NonNullable<Awaited<ReturnType<typeof planItems>>>['guarded']['go'][number]

/** What people know by name what is to be done to. */
function nameOfDeed({ pairing: { record, item, link } }: PlannedDeed): string {
  if (typeof record === 'object') return nameOfCopy({ copy: { record } })
  if (typeof item === 'object' && item.kind !== 'unreadable') return nameOfCopy({ copy: { item } })
  return link?.subject ?? ''
}

function kindOf({ pairing: { record, item, link } }: PlannedDeed): string {
  return typeof record === 'object' ? record.table : (link?.table ?? (typeof item === 'object' ? item.kind : ''))
}

/** A value of a field, as short as it can be said. */
function valueOf(value: Parameters<typeof inWords>[0]): string {
  const text = inWords(value, 'UTC').replaceAll(/\s+/g, ' ')
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

const plan: RegardingCommand = {
  name: 'items plan',
  takes: '<mailbox>',
  says: 'What the next synchronization of appointments, contacts and tasks would do, and why; nothing is written',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const planned = await planItems(regarding, String(row['mailboxid']))
    const deeds = planned ? [...planned.guarded.go, ...planned.guarded.held] : []
    const held = new Set(planned?.guarded.held)
    const shown = deeds.map((deed) => ({
      name: nameOfDeed(deed),
      kind: kindOf(deed),
      mailbox: deed.item?.do ?? null,
      record: deed.record?.do ?? null,
      link: deed.link === 'none' ? 'none' : (deed.link?.state ?? null),
      held: held.has(deed),
      question: deed.question?.text ?? null,
      failure: deed.failure ?? null,
      trace: deed.trace,
    }))
    const lines = shown.map((one) => [
      one.kind,
      one.name,
      one.mailbox ?? '–',
      one.record ?? '–',
      one.held ? 'held back' : one.question ? 'asks' : one.failure ? 'fails' : (one.link ?? '–'),
      // That all of it waits for the confirmation is said above.
      (planned?.summary ? undefined : one.question) ??
        one.failure?.text ??
        one.trace.at(-1)?.finding ??
        'noticed, and nothing differs',
    ])
    const heads = ['Kind', 'Name', 'Mailbox', 'CRM', 'Then', 'Why']
    const waiting = (await openQuestions(regarding, principal, String(row['mailboxid']))).filter(
      ({ kind }) => kind !== 'firstSync',
    )
    const parts = [
      ...(planned?.summary ? [planned.summary.text] : []),
      lines.length ? table(heads, lines) : 'Nothing is to be done.',
      ...(waiting.length
        ? [
            `Waits for an answer (regarding items answer <question> yes|no):\n${table(
              ['Question', 'Text'],
              waiting.map(({ id, text }) => [id, text]),
            )}`,
          ]
        : []),
    ]
    output.result(parts.join('\n\n'), { summary: planned?.summary ?? null, deeds: shown, questions: waiting })
    return undefined
  },
}

const confirm: RegardingCommand = {
  name: 'items confirm',
  takes: '<mailbox>…',
  says: 'Confirm the first synchronization of appointments, contacts and tasks of mailboxes',
  positionals: [1, 1000],
  async run({ regarding, principal }, { positionals }, output) {
    const confirmed: string[] = []
    for (const name of positionals) {
      const row = await regarding.mailboxes.find(principal, name)
      await confirmItems(regarding, principal, String(row['mailboxid']))
      confirmed.push(String(row['mailboxid']))
    }
    output.result(`${confirmed.length} confirmed; they are synchronized now.`, { confirmed })
    return undefined
  },
}

const questions: RegardingCommand = {
  name: 'items questions',
  takes: '[mailbox]',
  says: 'What synchronization asks the owners of mailboxes',
  positionals: [0, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = positionals[0] ? await regarding.mailboxes.find(principal, positionals[0]) : undefined
    const found = await openQuestions(regarding, principal, row && String(row['mailboxid']))
    const lines = found.map((one) => [one.id, when(one.askedOn), one.text])
    const text = `${table(['Question', 'Asked (UTC)', 'Text'], lines)}\n\nAnswer: regarding items answer <question> yes|no`
    output.result(found.length ? text : 'Nothing is asked.', found)
    return undefined
  },
}

const answer: RegardingCommand = {
  name: 'items answer',
  takes: '<question> yes|no',
  says: 'Answer a question of synchronization; carried out with the next cycle',
  positionals: [2, 2],
  async run({ regarding, principal }, { positionals: [id = '', said = ''] }, output) {
    if (said !== 'yes' && said !== 'no') throw new UsageError('Answer yes or no.', 'items answer')
    await answerItemQuestion(regarding, principal, id, said === 'yes')
    output.result('Noted; it is carried out with the next synchronization.', { question: id, answer: said })
    return undefined
  },
}

const conflicts: RegardingCommand = {
  name: 'items conflicts',
  takes: '[mailbox]',
  says: 'Fields that both sides had changed, with the value that lost',
  positionals: [0, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = positionals[0] ? await regarding.mailboxes.find(principal, positionals[0]) : undefined
    const found = await openConflicts(regarding, principal, row && String(row['mailboxid']))
    const names = await namesOfRecords(
      regarding.records,
      principal,
      found.map((one) => ({ table: one.table, id: one.recordId })),
    )
    const lines = found.map((one) => [
      one.id,
      `${one.table}:${names.get(one.recordId) ?? one.recordId}`,
      fieldOfConflict(one),
      valueOf(one.record),
      valueOf(one.item),
      one.winner === 'record' ? 'CRM' : 'mailbox',
    ])
    const heads = ['Conflict', 'Record', 'Field', 'In the CRM (UTC)', 'In the mailbox (UTC)', 'Taken']
    const text = `${table(heads, lines)}\n\nTake the other: regarding items resolve <conflict> record|item`
    output.result(found.length ? text : 'There are no conflicts.', found)
    return undefined
  },
}

const resolve: RegardingCommand = {
  name: 'items resolve',
  takes: '<conflict> record|item',
  says: 'Settle a conflict: take the value of the CRM (record) or of the mailbox (item)',
  positionals: [2, 2],
  async run({ regarding, principal }, { positionals: [id = '', side = ''] }, output) {
    if (side !== 'record' && side !== 'item') throw new UsageError('Take record or item.', 'items resolve')
    await resolveItemConflict(regarding, principal, id, side)
    output.result(`The value of the ${side === 'record' ? 'CRM' : 'mailbox'} stands.`, { conflict: id, taken: side })
    return undefined
  },
}

const restore: RegardingCommand = {
  name: 'items restore',
  takes: '<mailbox> [copy]',
  says: 'Copies of what synchronization deleted or overwrote in 30 days; with a copy, bring it back without invitations',
  positionals: [1, 2],
  flags: {
    overwrite: {
      type: 'boolean',
      says: 'With a copy: also what somebody has changed since; that is kept as a copy too',
    },
  },
  async run({ regarding, principal }, { positionals: [name = '', copy], flags }, output) {
    const row = await regarding.mailboxes.find(principal, name)
    const found = await restorable(regarding, principal, String(row['mailboxid']))
    if (copy !== undefined) {
      const { left } = await restoreItem(regarding, principal, copy, { overwrite: flags['overwrite'] === true })
      const one = found.find(({ id }) => id === copy)
      const where = one?.side === 'record' ? 'in the CRM' : 'in the mailbox'
      const said = one ? `“${nameOfCopy(one)}” is restored ${where}. Nobody was told.` : 'It is restored.'
      const files = left.length > 0 ? [`Without these files, which could not be brought back: ${left.join('; ')}`] : []
      output.result([said, ...files].join('\n'), { restored: copy, ...(left.length > 0 && { left }) })
      return undefined
    }
    const shown = found.map(({ copy: _copy, loss: _loss, ...one }) => ({
      ...one,
      name: nameOfCopy({ copy: _copy }),
      fields: fieldsOfCopy({ ...one, loss: _loss }),
    }))
    const lines = shown.map((one) => [
      one.id,
      when(one.madeOn),
      one.record?.table ?? one.kind,
      one.name,
      one.fields.length ? `${one.deed}: ${one.fields.join(', ')}` : one.deed,
      one.side === 'record' ? 'CRM' : 'mailbox',
    ])
    const heads = ['Copy', 'Made (UTC)', 'Kind', 'Name', 'Was', 'In the']
    output.result(found.length ? table(heads, lines) : 'Nothing was deleted or overwritten.', shown)
    return undefined
  },
}

export const itemCommands = [plan, confirm, questions, answer, conflicts, resolve, restore, explain, failures, reply]
