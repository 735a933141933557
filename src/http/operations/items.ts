import { z } from 'zod'
import {
  explainItem,
  explainItemRecord,
  explainItems,
  fieldsOfCopy,
  type ItemDecision,
  nameOfCopy,
  openConflicts,
  openQuestions,
  restorable,
} from '#items'
import { answerInvitation, answerItemQuestion, confirmItems, resolveItemConflict, restoreItem } from '#sync'
import type { Call } from '../api/call.ts'
import { id, instant, reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference, record, showReference } from './references.ts'

const mailbox = z.strictObject({ MailboxId: id.optional() })

const questions = operation({
  name: 'RetrieveItemQuestions',
  kind: 'function',
  says: 'What synchronization asks the caller about appointments, contacts and tasks (MO-15 … MO-18, B-40 … B-43).',
  input: mailbox,
  output: z.object({
    value: z.array(z.object({ QuestionId: id, MailboxId: id, Kind: z.string(), Text: z.string(), AskedOn: instant })),
  }),
  async run(call, input) {
    const found = await openQuestions(call.regarding, call.principal, input.MailboxId)
    return {
      value: found.map((one) => ({
        QuestionId: one.id,
        MailboxId: one.mailboxId,
        Kind: one.kind,
        Text: one.text,
        AskedOn: one.askedOn.toISOString(),
      })),
    }
  },
})

const answer = operation({
  name: 'AnswerItemQuestion',
  kind: 'action',
  says: 'Answers a question of synchronization; carried out with the next cycle (MO-15 … MO-17).',
  input: z.strictObject({ QuestionId: id, Yes: z.boolean() }),
  output: nothing,
  async run(call, input) {
    await answerItemQuestion(call.regarding, call.principal, input.QuestionId, input.Yes)
    return {}
  },
})

const answerMeeting = operation({
  name: 'AnswerInvitation',
  kind: 'action',
  says: 'Answers an invitation of the caller’s own calendar, of a series or of one instance; the next cycle writes it there, and its organizer is told (AP-57).',
  input: z.strictObject({
    Record: reference,
    Answer: z.enum(['accepted', 'tentative', 'declined']),
    Comment: text(2000).optional(),
  }),
  output: nothing,
  async run(call, input) {
    await answerInvitation(call.regarding, call.principal, {
      record: readReference(call, input.Record),
      answer: input.Answer,
      ...(input.Comment === undefined ? {} : { comment: input.Comment }),
    })
    return {}
  },
})

const confirm = operation({
  name: 'ConfirmItemSynchronization',
  kind: 'action',
  says: 'Confirms the first synchronization of appointments, contacts and tasks of mailboxes (B-42).',
  input: z.strictObject({ MailboxIds: z.array(id).min(1).max(1000) }),
  output: z.object({ Confirmed: z.int() }),
  async run(call, input) {
    for (const mailboxId of input.MailboxIds) await confirmItems(call.regarding, call.principal, mailboxId)
    return { Confirmed: input.MailboxIds.length }
  },
})

const conflicts = operation({
  name: 'RetrieveItemConflicts',
  kind: 'function',
  says: 'The conflict tray: fields that both sides had changed, with the value that lost (B-70).',
  input: mailbox,
  output: z.object({
    value: z.array(
      z.object({
        ConflictId: id,
        MailboxId: id,
        Record: record,
        Field: z.string(),
        RecordValue: z.unknown(),
        ItemValue: z.unknown(),
        Winner: z.enum(['record', 'item']),
        OccurredOn: instant,
      }),
    ),
  }),
  async run(call, input) {
    const found = await openConflicts(call.regarding, call.principal, input.MailboxId)
    return {
      value: found.map((one) => ({
        ConflictId: one.id,
        MailboxId: one.mailboxId,
        Record: showReference(call, { table: one.table, id: one.recordId }),
        Field: one.pair,
        RecordValue: one.record,
        ItemValue: one.item,
        Winner: one.winner,
        OccurredOn: one.occurredOn.toISOString(),
      })),
    }
  },
})

const resolve = operation({
  name: 'ResolveItemConflict',
  kind: 'action',
  says: 'Settles a conflict by the value of the record or of the item (B-70).',
  input: z.strictObject({ ConflictId: id, Take: z.enum(['record', 'item']) }),
  output: nothing,
  async run(call, input) {
    await resolveItemConflict(call.regarding, call.principal, input.ConflictId, input.Take)
    return {}
  },
})

const copies = operation({
  name: 'RetrieveItemCopies',
  kind: 'function',
  says: 'What synchronization deleted or overwrote in the last days, and can be restored (B-41).',
  input: z.strictObject({ MailboxId: id }),
  output: z.object({
    value: z.array(
      z.object({
        CopyId: id,
        Side: z.enum(['record', 'item']),
        Was: z.enum(['deleted', 'overwritten']),
        Kind: z.string(),
        Subject: z.string(),
        Fields: z.array(z.string()),
        Record: record.optional(),
        MadeOn: instant,
      }),
    ),
  }),
  async run(call, input) {
    const found = await restorable(call.regarding, call.principal, input.MailboxId)
    return {
      value: found.map((one) => ({
        CopyId: one.id,
        Side: one.side,
        Was: one.deed,
        Kind: one.kind,
        Subject: nameOfCopy(one),
        Fields: fieldsOfCopy(one),
        MadeOn: one.madeOn.toISOString(),
        ...(one.record ? { Record: showReference(call, one.record) } : {}),
      })),
    }
  },
})

const restore = operation({
  name: 'RestoreItemCopy',
  kind: 'action',
  says: 'Brings back what synchronization deleted or overwrote; nobody is invited (B-41). What somebody has changed since stops it, unless Overwrite says so.',
  input: z.strictObject({ CopyId: id, Overwrite: z.boolean().default(false) }),
  output: z.object({ LeftOut: z.array(z.string()) }),
  async run(call, input) {
    const overwrite = input.Overwrite
    const { left } = await restoreItem(call.regarding, call.principal, input.CopyId, { overwrite })
    return { LeftOut: [...left] }
  },
})

const decision = z.object({
  MailboxId: id,
  Outcome: z.string(),
  Code: z.string().optional(),
  Text: z.string().optional(),
  Subject: z.string().optional(),
  Kind: z.string().optional(),
  Record: record.optional(),
  ItemId: z.string().optional(),
  Retries: z.int(),
  DecidedOn: instant,
  Trace: z.array(z.object({ Rule: z.string(), Finding: z.string() })),
})

const why = z.array(z.object({ Rule: z.string(), Why: z.string(), Remedy: z.string() }))
const link = z.object({
  State: z.string(),
  ItemId: z.string().optional(),
  SynchronizedOn: instant.optional(),
  Direction: z.string().optional(),
})
const pending = z.object({ Since: instant, Attempts: z.int(), Waits: z.boolean() })

const explain = operation({
  name: 'ExplainItemRecord',
  kind: 'function',
  says: 'What is known between a record and a user’s mailbox: filters, link, last synchronization, what is pending (MO-94).',
  input: z.strictObject({ Record: reference, UserId: id.optional() }),
  output: z.object({
    value: z.array(
      z.object({
        MailboxId: id,
        Readable: z.boolean(),
        Filters: z.array(z.string()),
        Link: link.optional(),
        Pending: pending.optional(),
        Why: why,
        Decision: decision.optional(),
      }),
    ),
  }),
  async run(call, input) {
    const about = readReference(call, input.Record)
    const found = await explainItemRecord(call.regarding, call.principal, about, input.UserId ?? call.userId)
    return {
      value: found.map((one) => ({
        MailboxId: one.mailboxId,
        Readable: one.readable,
        Filters: one.filters,
        ...showKnown(call, one),
      })),
    }
  },
})

const explainOne = operation({
  name: 'ExplainItem',
  kind: 'function',
  says: 'What is known of an item by its id in the mailbox, and why it is not tracked (MO-94, B-23).',
  input: z.strictObject({ ItemId: text(1024) }),
  output: z.object({
    value: z.array(
      z.object({
        MailboxId: id,
        Record: record.optional(),
        Link: link.optional(),
        Pending: pending.optional(),
        Why: why,
        Decision: decision.optional(),
      }),
    ),
  }),
  async run(call, input) {
    const found = await explainItem(call.regarding, call.principal, input.ItemId)
    return {
      value: found.map((one) => ({
        MailboxId: one.mailboxId,
        ...(one.record ? { Record: showReference(call, one.record) } : {}),
        ...showKnown(call, one),
      })),
    }
  },
})

type Known = Awaited<ReturnType<typeof explainItem>>[number]

function showKnown(call: Call, { link, pending, decision: last, why }: Omit<Known, 'record'>) {
  return {
    ...(link
      ? {
          Link: {
            State: link.state,
            ...(link.itemId === undefined ? {} : { ItemId: link.itemId }),
            ...(link.synchronizedOn ? { SynchronizedOn: link.synchronizedOn.toISOString() } : {}),
            ...(link.direction ? { Direction: link.direction } : {}),
          },
        }
      : {}),
    ...(pending
      ? { Pending: { Since: pending.since.toISOString(), Attempts: pending.attempts, Waits: pending.waits } }
      : {}),
    Why: why.map((one) => ({ Rule: one.rule, Why: one.why, Remedy: one.remedy })),
    ...(last ? { Decision: show(call, last) } : {}),
  }
}

const failures = operation({
  name: 'RetrieveItemSynchronizationFailures',
  kind: 'function',
  says: 'Appointments, contacts and tasks that could not be synchronized, each with its cause (MO-70 … MO-75).',
  input: z.strictObject({ MailboxId: id.optional(), Top: z.int().min(1).max(1000).default(100) }),
  output: z.object({ value: z.array(decision) }),
  async run(call, input) {
    const found = await explainItems(call.regarding, call.principal, {
      outcomes: ['failed', 'asked'],
      top: input.Top,
      ...(input.MailboxId === undefined ? {} : { mailboxIds: [input.MailboxId] }),
    })
    return { value: found.map((one) => show(call, one)) }
  },
})

function show(call: Call, of: ItemDecision): z.input<typeof decision> {
  return {
    MailboxId: of.mailboxId,
    Outcome: of.outcome,
    Retries: of.retries,
    DecidedOn: of.decidedOn.toISOString(),
    Trace: of.trace.map(({ rule, finding }) => ({ Rule: rule, Finding: finding })),
    ...(of.code === undefined ? {} : { Code: of.code }),
    ...(of.text === undefined ? {} : { Text: of.text }),
    ...(of.subject === undefined ? {} : { Subject: of.subject }),
    ...(of.kind === undefined ? {} : { Kind: of.kind }),
    ...(of.record ? { Record: showReference(call, of.record) } : {}),
    ...(of.item ? { ItemId: of.item.id } : {}),
  }
}

export const itemOperations = [
  questions,
  answer,
  answerMeeting,
  confirm,
  conflicts,
  resolve,
  copies,
  restore,
  explain,
  explainOne,
  failures,
]
