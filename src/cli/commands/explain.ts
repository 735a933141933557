import { type Explanation, explain, explainDecision, explainRecord } from '#incoming'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

const explainCommand: RegardingCommand = {
  name: 'explain',
  takes: '[message-id]',
  says: 'Why a message was tracked or not; with --record and --user, what a user’s mailbox knows of a record',
  positionals: [0, 1],
  flags: {
    mailbox: { type: 'string', value: 'mailbox', says: 'Only in this mailbox' },
    record: { type: 'string', value: 'table:record', says: 'Explain a record instead of a message' },
    user: { type: 'string', value: 'user', says: 'With --record: for whom' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    if (flags['record']) {
      const record = await findRecord(regarding, principal, String(flags['record']))
      const user = await findUser(regarding, String(flags['user'] ?? ''))
      const found = await explainRecord(regarding, principal, record, user)
      const heading = found.readable ? 'The user may read this record.' : 'The user may not read this record.'
      output.result([heading, ...found.emails.map(describe)].join('\n\n'), found)
      return undefined
    }
    const mailbox = flags['mailbox'] ? await regarding.mailboxes.find(principal, String(flags['mailbox'])) : undefined
    const found = await explain(regarding, principal, {
      ...(positionals[0] ? { messageId: positionals[0] } : {}),
      ...(mailbox ? { mailboxId: String(mailbox['mailboxid']) } : {}),
    })
    output.result(found.map(describe).join('\n\n') || notSeen(positionals[0]), found)
    return found.length ? undefined : 1
  },
}

function notSeen(messageId: string | undefined): string {
  return `No mailbox has seen ${messageId ?? 'such a message'}. It may lie in a folder that is not searched, be older than the mailbox’s start date, or not have arrived.`
}

/** One decision in words: outcome, cause, what to do, and the rules in their order. */
export function describe(explanation: Explanation): string {
  const words = explainDecision(explanation)
  return [
    `${explanation.messageId} in ${explanation.mailbox} (${explanation.direction}, ${explanation.decidedOn.toISOString()})`,
    `  ${words.title}`,
    `  ${words.text}`,
    ...(explanation.error ? [`  ${explanation.error}`] : []),
    ...words.remedies.map((remedy) => `  → ${remedy.label}`),
    ...explanation.trace.map((step) => `    ${MARK[step.result]} ${step.rule.padEnd(6)} ${step.says}`),
  ].join('\n')
}

const MARK = { yes: '✓', no: '✗', hit: '✓', miss: '·', info: '·' } as const

const failures: RegardingCommand = {
  name: 'failures',
  takes: '[mailbox]',
  says: 'Messages that were seen and not tracked, with the reason of each',
  positionals: [0, 1],
  flags: { top: { type: 'string', value: 'n', says: 'At most so many (50)' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const mailbox = positionals[0] ? await regarding.mailboxes.find(principal, positionals[0]) : undefined
    const found = await explain(regarding, principal, {
      outcomes: ['notTracked', 'suggested', 'failed', 'pending'],
      top: Number(flags['top'] ?? 50),
      ...(mailbox ? { mailboxId: String(mailbox['mailboxid']) } : {}),
    })
    const lines = found.map((item) => [
      item.decidedOn.toISOString(),
      item.mailbox,
      item.subject,
      item.reason,
      item.retries,
      item.messageId,
    ])
    output.result(table(['Time', 'Mailbox', 'Subject', 'Reason', 'Retries', 'Message'], lines), found)
    return undefined
  },
}

export const explainCommands = [explainCommand, failures]
