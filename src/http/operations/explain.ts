import { z } from 'zod'
import { type Explanation, explain, explainDecision, explainRecord } from '#incoming'
import type { Call } from '../api/call.ts'
import { id, instant, reference, text } from '../fields.ts'
import { operation } from './operation.ts'
import { readReference, record, showReference } from './references.ts'

const MOST = 1000
const name = text(100)

const decision = z.object({
  MailboxId: id,
  Mailbox: z.string(),
  MessageId: z.string(),
  Direction: z.enum(['incoming', 'outgoing']),
  Outcome: z.string(),
  Reason: z.string(),
  Title: z.string(),
  Text: z.string(),
  Remedies: z.array(z.object({ Kind: z.string(), Label: z.string(), Who: z.enum(['owner', 'administrator']) })),
  Trigger: z.string(),
  Trace: z.array(
    z.object({
      Rule: z.string(),
      Says: z.string(),
      Result: z.string(),
      With: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  Suggestion: z.object({ Regarding: record, EmailId: z.string(), Because: z.string() }).optional(),
  Error: z.string().optional(),
  Subject: z.string(),
  EmailId: id.optional(),
  Retries: z.int(),
  ReceivedOn: instant.optional(),
  DecidedOn: instant,
})

const explainOperation = operation({
  name: 'Explain',
  kind: 'function',
  says: 'Why messages were tracked or not, newest first, in mailboxes that the caller may read (B-20, B-23, MO-93).',
  input: z.strictObject({
    MessageId: text(1000).optional(),
    EmailId: id.optional(),
    MailboxId: id.optional(),
    Outcomes: z.array(name).max(10).optional(),
    Reasons: z.array(name).max(50).optional(),
    Since: instant.optional(),
    Top: z.int().min(1).max(MOST).default(100),
  }),
  output: z.object({ value: z.array(decision) }),
  async run(call, input) {
    const found = await explain(call.regarding, call.principal, {
      top: input.Top,
      ...(input.MessageId === undefined ? {} : { messageId: input.MessageId }),
      ...(input.EmailId === undefined ? {} : { emailId: input.EmailId }),
      ...(input.MailboxId === undefined ? {} : { mailboxId: input.MailboxId }),
      ...(input.Outcomes === undefined ? {} : { outcomes: input.Outcomes }),
      ...(input.Reasons === undefined ? {} : { reasons: input.Reasons }),
      ...(input.Since === undefined ? {} : { since: new Date(input.Since) }),
    })
    return { value: found.map((each) => show(call, each)) }
  },
})

const explainRecordOperation = operation({
  name: 'ExplainRecord',
  kind: 'function',
  says: 'What is known between a record and a user: whether it is readable, and the emails about it (MO-94).',
  input: z.strictObject({ Record: reference, UserId: id.optional() }),
  output: z.object({ Readable: z.boolean(), Emails: z.array(decision) }),
  async run(call, input) {
    const about = readReference(call, input.Record)
    const user = input.UserId ?? call.userId
    const { readable, emails } = await explainRecord(call.regarding, call.principal, about, user)
    return { Readable: readable, Emails: emails.map((each) => show(call, each)) }
  },
})

const itemFailures = operation({
  name: 'RetrieveItemFailures',
  kind: 'function',
  says: 'Messages that were not tracked, each with its reason and what can be done (MO-70 … MO-77).',
  input: z.strictObject({ MailboxId: id.optional(), Top: z.int().min(1).max(MOST).default(100) }),
  output: z.object({ value: z.array(decision) }),
  async run(call, input) {
    const found = await explain(call.regarding, call.principal, {
      outcomes: ['notTracked', 'suggested', 'pending', 'failed'],
      top: input.Top,
      ...(input.MailboxId === undefined ? {} : { mailboxId: input.MailboxId }),
    })
    return { value: found.map((each) => show(call, each)) }
  },
})

function show(call: Call, of: Explanation): z.input<typeof decision> {
  const words = explainDecision(of)
  return {
    MailboxId: of.mailboxId,
    Mailbox: of.mailbox,
    MessageId: of.messageId,
    Direction: of.direction,
    Outcome: of.outcome,
    Reason: of.reason,
    Title: words.title,
    Text: words.text,
    Remedies: words.remedies.map(({ kind, label, who }) => ({ Kind: kind, Label: label, Who: who })),
    Trigger: of.trigger,
    Trace: of.trace.map((step) => ({
      Rule: step.rule,
      Says: step.says,
      Result: step.result,
      ...(step.with ? { With: step.with } : {}),
    })),
    Subject: of.subject,
    Retries: of.retries,
    DecidedOn: of.decidedOn.toISOString(),
    ...(of.receivedOn ? { ReceivedOn: of.receivedOn.toISOString() } : {}),
    ...(of.error ? { Error: of.error } : {}),
    ...(of.emailId ? { EmailId: of.emailId } : {}),
    ...(of.suggestion
      ? {
          Suggestion: {
            Regarding: showReference(call, of.suggestion.regarding),
            EmailId: of.suggestion.emailId,
            Because: of.suggestion.because,
          },
        }
      : {}),
  }
}

export const explainOperations = [explainOperation, explainRecordOperation, itemFailures]
