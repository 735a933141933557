import {
  explainItemRecord,
  explainItems,
  fieldsOfCopy,
  nameOfCopy,
  openConflicts,
  openQuestions,
  restorable,
} from '#items'
import { answerItemQuestion, confirmItems, planItems, resolveItemConflict, restoreItem } from '#sync'
import { UsageError } from '../command.ts'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

/** UTC, to the minute. */
const when = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ')

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
      mailbox: deed.item?.do ?? null,
      record: deed.record?.do ?? null,
      link: deed.link === 'none' ? 'none' : (deed.link?.state ?? null),
      held: held.has(deed),
      question: deed.question?.text ?? null,
      failure: deed.failure ?? null,
      trace: deed.trace,
    }))
    const lines = shown.map((one) => [
      one.mailbox ?? '–',
      one.record ?? '–',
      one.link ?? '–',
      one.held ? 'held back' : '',
      one.trace.at(-1)?.finding ?? '',
    ])
    const text = lines.length ? table(['Mailbox', 'CRM', 'Link', '', 'Why'], lines) : 'Nothing is to be done.'
    output.result(planned?.summary ? `${planned.summary.text}\n\n${text}` : text, {
      summary: planned?.summary ?? null,
      deeds: shown,
    })
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
    const lines = found.map((one) => [one.id, one.askedOn.toISOString(), one.kind, one.text])
    output.result(found.length ? table(['Question', 'Asked', 'Kind', 'Text'], lines) : 'Nothing is asked.', found)
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
    const lines = found.map((one) => [
      one.id,
      `${one.table}:${one.recordId}`,
      one.pair,
      JSON.stringify(one.record),
      JSON.stringify(one.item),
      one.winner,
    ])
    const heads = ['Conflict', 'Record', 'Field', 'In the CRM', 'In the mailbox', 'Taken']
    output.result(found.length ? table(heads, lines) : 'There are no conflicts.', found)
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
      await restoreItem(regarding, principal, copy, { overwrite: flags['overwrite'] === true })
      const one = found.find(({ id }) => id === copy)
      const where = one?.side === 'record' ? 'in the CRM' : 'in the mailbox'
      output.result(one ? `“${nameOfCopy(one)}” is restored ${where}. Nobody was told.` : 'It is restored.', {
        restored: copy,
      })
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

const explain: RegardingCommand = {
  name: 'items explain',
  takes: '<table:record or item>',
  says: 'What is known between a record and a user’s mailbox, or of an item of a mailbox',
  positionals: [1, 1],
  flags: { user: { type: 'string', value: 'user', says: 'Of a record: for whom' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const wanted = positionals[0] as string
    if (flags['user'] === undefined) {
      const found = await explainItems(regarding, principal, { itemId: wanted })
      output.result(found.map(describe).join('\n\n') || 'Nothing is known of this item.', found)
      return found.length ? undefined : 1
    }
    const record = await findRecord(regarding, principal, wanted)
    const found = await explainItemRecord(
      regarding,
      principal,
      record,
      await findUser(regarding, String(flags['user'])),
    )
    const text = found.map((one) =>
      [
        one.readable ? 'The user may read the record.' : 'The user may not read the record.',
        one.filters.length ? `Returned by: ${one.filters.join(', ')}.` : 'No filter of the user returns it.',
        one.link
          ? `Linked (${one.link.state}) to the item ${one.link.itemId ?? '–'}; last ${one.link.direction ?? '–'} ${one.link.synchronizedOn?.toISOString() ?? ''}.`
          : 'Not linked.',
        ...(one.pending
          ? [`Pending since ${one.pending.since.toISOString()}${one.pending.waits ? ', waiting' : ''}.`]
          : []),
        ...(one.decision ? [describe(one.decision)] : []),
      ].join('\n'),
    )
    output.result(text.join('\n\n') || 'The user has no mailbox that you may read.', found)
    return found.length ? undefined : 1
  },
}

function describe(decision: Awaited<ReturnType<typeof explainItems>>[number]): string {
  return [
    `${decision.subject ?? decision.about}: ${decision.outcome} (${decision.decidedOn.toISOString()})`,
    ...(decision.text ? [`  ${decision.text}`] : []),
    ...decision.trace.map(({ rule, finding }) => `    ${rule.padEnd(6)} ${finding}`),
  ].join('\n')
}

export const itemCommands = [plan, confirm, questions, answer, conflicts, resolve, restore, explain]
