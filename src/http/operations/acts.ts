import { z } from 'zod'
import { setRegarding, trackMessage, untrack } from '#sync'
import type { Call } from '../api/call.ts'
import { RequestError } from '../failure.ts'
import { id, reference, text } from '../fields.ts'
import { ownMailboxes } from '../ownMailboxes.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

const LONGEST_MESSAGE_ID = 1000

const track = operation({
  name: 'Track',
  kind: 'action',
  says: 'Tracks a message of a mailbox, at once where possible, optionally against a record (T-93).',
  input: z.strictObject({
    MailboxId: id.optional().describe('The caller’s own mailbox without it'),
    MessageId: text(LONGEST_MESSAGE_ID).describe('The header Message-ID'),
    Regarding: reference.optional(),
  }),
  output: z.object({ Outcome: z.string(), Reason: z.string(), Text: z.string(), EmailId: id.optional() }),
  async run(call, input) {
    const result = await trackMessage(call.regarding, call.userId, {
      mailboxId: await mailboxFor(call, input.MailboxId),
      messageId: input.MessageId,
      ...(input.Regarding ? { regarding: readReference(call, input.Regarding) } : {}),
    })
    return {
      Outcome: result.outcome,
      Reason: result.reason,
      Text: result.text,
      ...(result.emailId ? { EmailId: result.emailId } : {}),
    }
  },
})

const setRegardingOperation = operation({
  name: 'SetRegarding',
  kind: 'action',
  says: 'Changes what an email and its conversation regard; null for nothing (T-96, B-50).',
  input: z.strictObject({ EmailId: id, Regarding: reference.nullable() }),
  output: nothing,
  async run(call, input) {
    const regarding = input.Regarding ? readReference(call, input.Regarding) : undefined
    await setRegarding(call.regarding, call.principal, input.EmailId, regarding)
    return {}
  },
})

const untrackOperation = operation({
  name: 'Untrack',
  kind: 'action',
  says: 'Untracks an email or its conversation, in one mailbox or for everyone (T-98, B-54).',
  input: z.strictObject({
    EmailId: id,
    What: z.enum(['message', 'thread']).default('message'),
    Whose: z.enum(['mine', 'everyone']).default('mine'),
    MailboxId: id.optional().describe('With “mine”; the caller’s own mailbox without it'),
    DeleteEmail: z.boolean().default(false),
  }),
  output: z.object({ Copies: z.int(), Deleted: z.boolean() }),
  async run(call, input) {
    const mine = input.Whose === 'mine'
    const mailboxId = mine ? await mailboxFor(call, input.MailboxId) : undefined
    const { copies, deleted } = await untrack(call.regarding, call.principal, input.EmailId, {
      what: input.What,
      whose: input.Whose,
      deleteEmail: input.DeleteEmail,
      ...(mailboxId === undefined ? {} : { mailboxId }),
    })
    return { Copies: copies, Deleted: deleted }
  },
})

async function mailboxFor({ access }: Call, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  const [own, another] = await ownMailboxes(access)
  if (own && !another) return String(own['mailboxid'])
  throw new RequestError(400, 'ParameterInvalid', `You have ${own ? 'several mailboxes' : 'no mailbox'}; name one.`, {
    target: 'MailboxId',
  })
}

export const actOperations = [track, setRegardingOperation, untrackOperation]
