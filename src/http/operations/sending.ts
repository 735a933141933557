import { z } from 'zod'
import {
  attachFile,
  confirmSent,
  deliveryOf,
  draftAnswer,
  instantiateTemplate,
  MOST_DIRECT_RECIPIENTS,
  sendAgain,
  sendDirectEmail,
  submitEmail,
  withdrawEmail,
} from '#outgoing'
import { RecordError, type Reference } from '#records'
import { id, instant, reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

const none = z.strictObject({})
/** Base64 of the largest attachment that any organization allows (MB-92). */
const LONGEST_BODY = 180_000_000

const sendEmail = operation({
  name: 'SendEmail',
  kind: 'action',
  bound: 'email',
  says: 'Sends a draft, or one that failed: checks it, gives it its tracking token and leaves it to the mailbox of its sender (OE-1).',
  atomic: true,
  input: z.strictObject({
    IssueSend: z.boolean().default(true).describe('With false it is only noted as sent'),
    TrackingToken: z.string().max(50).optional().describe('In place of a new one'),
  }),
  output: z.object({ Subject: z.string() }),
  async run(call, input, row) {
    const { subject } = await submitEmail(
      call.regarding,
      call.principal,
      idOf(row),
      { issue: input.IssueSend, ...(input.TrackingToken ? { token: input.TrackingToken } : {}) },
      call.executor,
    )
    return { Subject: subject }
  },
})

const withdraw = operation({
  name: 'WithdrawEmail',
  kind: 'action',
  bound: 'email',
  says: 'Takes an email that waits to be sent back to Draft (OE-4).',
  atomic: true,
  silent: true,
  input: none,
  output: nothing,
  run: (call, _, row) => done(withdrawEmail(call.regarding, call.principal, idOf(row), call.executor)),
})

const again = operation({
  name: 'SendEmailAgain',
  kind: 'action',
  bound: 'email',
  says: 'Of an email with status Delivery Uncertain: it was not sent, and goes out again under the same Message-ID (OE-3).',
  atomic: true,
  silent: true,
  input: none,
  output: nothing,
  run: (call, _, row) => done(sendAgain(call.regarding, call.principal, idOf(row), call.executor)),
})

const confirm = operation({
  name: 'ConfirmEmailSent',
  kind: 'action',
  bound: 'email',
  says: 'Of an email with status Delivery Uncertain: it was sent (OE-3).',
  atomic: true,
  silent: true,
  input: none,
  output: nothing,
  run: (call, _, row) => done(confirmSent(call.regarding, call.principal, idOf(row), call.executor)),
})

const status = operation({
  name: 'RetrieveDeliveryStatus',
  kind: 'function',
  says: 'Where an email stands on its way out, and why it does not go on (OE-11).',
  input: z.strictObject({ EmailId: id }),
  output: z.object({
    StatusCode: z.int(),
    Reason: z.string(),
    Title: z.string(),
    Text: z.string(),
    Attempts: z.int(),
    LastAttempt: instant.optional(),
    NotBefore: instant.optional(),
    MailboxId: id.optional(),
    Mailbox: z.string().optional(),
  }),
  async run(call, input) {
    const of = await deliveryOf(call.regarding, call.principal, input.EmailId, call.executor)
    return {
      StatusCode: of.status,
      Reason: of.reason,
      Title: of.title,
      Text: `${of.cause} ${of.toDo}`,
      Attempts: of.attempts,
      ...(of.lastAttempt ? { LastAttempt: of.lastAttempt.toISOString() } : {}),
      ...(of.notBefore ? { NotBefore: of.notBefore.toISOString() } : {}),
      ...(of.mailboxId ? { MailboxId: of.mailboxId } : {}),
      ...(of.mailbox ? { Mailbox: of.mailbox } : {}),
    }
  },
})

const answer = (name: string, kind: 'reply' | 'replyAll' | 'forward', says: string) =>
  operation({
    name,
    kind: 'action',
    bound: 'email',
    says,
    atomic: true,
    input: none,
    output: z.object({ EmailId: id }),
    run: async (call, _, row) => ({
      EmailId: await draftAnswer(call.regarding, call.principal, idOf(row), kind, call.executor),
    }),
  })

const reply = answer('ReplyToEmail', 'reply', 'Makes the draft of a reply, with the original quoted (OE-34).')
const replyAll = answer('ReplyAllToEmail', 'replyAll', 'Makes the draft of a reply to everybody (OE-34).')
const forward = answer('ForwardEmail', 'forward', 'Makes the draft of a forward, attachments included.')

const attach = operation({
  name: 'AddEmailAttachment',
  kind: 'action',
  bound: 'email',
  says: 'Adds a file to a draft.',
  atomic: true,
  input: z.strictObject({
    FileName: text(255),
    MimeType: text(256).optional(),
    Body: z.base64().max(LONGEST_BODY).describe('The content, in base64'),
    ContentId: text(250).optional().describe('Makes it a picture that the HTML shows by cid:'),
  }),
  output: z.object({ AttachmentId: id }),
  async run(call, input, row) {
    const file = {
      fileName: input.FileName,
      content: Buffer.from(input.Body, 'base64'),
      ...(input.MimeType ? { mimeType: input.MimeType } : {}),
      ...(input.ContentId ? { contentId: input.ContentId } : {}),
    }
    return { AttachmentId: await attachFile(call.regarding, call.principal, idOf(row), file, call.executor) }
  },
})

const instantiate = operation({
  name: 'InstantiateTemplate',
  kind: 'action',
  says: 'What an email template makes of a record: subject and body with its placeholders filled in (OE-52).',
  atomic: true,
  input: z.strictObject({
    TemplateId: id,
    ObjectType: text(64).describe('The table of the record, e.g. contact'),
    ObjectId: id,
  }),
  output: z.object({
    value: z.array(z.object({ '@odata.type': z.string(), subject: z.string(), description: z.string() })),
  }),
  async run(call, input) {
    const table = call.regarding.records.catalogue.table(input.ObjectType.toLowerCase()).name
    const record = { table, id: input.ObjectId }
    const filled = await instantiateTemplate(call.regarding, call.principal, input.TemplateId, record, call.executor)
    const email = { '@odata.type': '#Microsoft.Dynamics.CRM.email', subject: filled.subject, description: filled.body }
    return { value: [email] }
  },
})

const direct = operation({
  name: 'SendDirectEmail',
  kind: 'action',
  says: 'Sends one email to each of several records by a template (OE-50).',
  atomic: true,
  input: z.strictObject({
    TemplateId: id,
    Sender: reference.optional().describe('A user or queue; the caller without it'),
    Recipients: z.array(reference).min(1).max(MOST_DIRECT_RECIPIENTS),
  }),
  output: z.object({ EmailIds: z.array(id) }),
  async run(call, input) {
    const recipients = input.Recipients.map((each) => readReference(call, each))
    const sender = input.Sender ? { sender: readReference(call, input.Sender) } : {}
    const given = { templateId: input.TemplateId, recipients, ...sender }
    return { EmailIds: await sendDirectEmail(call.regarding, call.principal, given, call.executor) }
  },
})

async function done(work: Promise<void>): Promise<Record<string, never>> {
  await work
  return {}
}

/** The row at whose address the action was found. */
function idOf(row: Reference | undefined): string {
  if (row) return row.id
  throw new RecordError('NotFound', 'The action belongs to an email: emails(<id>)/Microsoft.Dynamics.CRM.…', {
    table: 'email',
  })
}

export const sendingOperations = [
  sendEmail,
  withdraw,
  again,
  confirm,
  status,
  reply,
  replyAll,
  forward,
  attach,
  instantiate,
  direct,
]
