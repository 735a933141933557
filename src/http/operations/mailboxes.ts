import { z } from 'zod'
import { RecordError, type Values } from '#records'
import { syncNow, testMailboxes } from '#sync'
import type { Call } from '../api/call.ts'
import { RequestError } from '../failure.ts'
import { id, ids, instant, reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

/** Tests run one after the other within the request. */
const MOST_TESTED = 20
const MOST_APPROVED = 1000

const addMailbox = operation({
  name: 'AddMailbox',
  kind: 'action',
  says: 'Connects the mailbox of a user or queue, or adds a forward mailbox, through an existing server profile (MB-30).',
  input: z.strictObject({
    Regarding: reference.optional().describe('The user or queue; a forward mailbox without it'),
    Name: text(160),
    EmailAddress: z.email().max(100),
    // A profile, never a server: nobody can make us connect to an address of the request.
    ServerProfileId: id.optional(),
    UserName: text(320).optional(),
    Password: text(500).optional(),
    ReceivedAfter: instant.optional().describe('Messages received earlier are not looked at; now without it'),
  }),
  output: z.object({ MailboxId: id }),
  async run(call, input) {
    await requireCreate(call)
    const { mailboxes, clock } = call.regarding
    const values: Values = {
      processemailreceivedafter: input.ReceivedAfter ? new Date(input.ReceivedAfter) : clock.now(),
      ...(input.ServerProfileId
        ? { emailserverprofile: { table: 'emailserverprofile', id: input.ServerProfileId } }
        : {}),
      ...(input.UserName === undefined ? {} : { username: input.UserName }),
      ...(input.Password === undefined ? {} : { password: input.Password, allowemailconnectortousecredentials: true }),
    }
    if (!input.Regarding)
      return { MailboxId: await mailboxes.createForward(call.principal, input.Name, input.EmailAddress, values) }
    const MailboxId = await mailboxes.createFor(await personOf(call, input.Regarding), input.Name, input.EmailAddress)
    await mailboxes.update(call.principal, MailboxId, { ...values, emailaddress: input.EmailAddress })
    return { MailboxId }
  },
})

const testAndEnable = operation({
  name: 'TestAndEnable',
  kind: 'action',
  says: 'Tests mailboxes and enables each direction whose test succeeds (MB-70 … MB-76).',
  input: z.strictObject({
    MailboxIds: ids(MOST_TESTED),
    /** Synchronize items from this organization only, even if another one did so (MB-77). */
    TakeOver: z.boolean().optional(),
  }),
  output: z.object({
    value: z.array(
      z.object({
        MailboxId: id,
        Direction: z.enum(['incoming', 'outgoing', 'act']),
        Status: z.enum(['success', 'failure', 'notTested']),
        Code: z.string().optional(),
        Text: z.string(),
      }),
    ),
  }),
  async run(call, input) {
    const results = await testMailboxes(call.regarding, call.principal, input.MailboxIds, {
      takeOver: input.TakeOver === true,
    })
    return {
      value: [...results].flatMap(([mailboxId, directions]) =>
        directions.map(({ direction, status, text: says, code }) => ({
          MailboxId: mailboxId,
          Direction: direction,
          Status: status,
          Text: says,
          ...(code === undefined ? {} : { Code: code }),
        })),
      ),
    }
  },
})

const syncNowOperation = operation({
  name: 'SyncNow',
  kind: 'action',
  says: 'Moves a mailbox to the front of the queue (B-15).',
  input: z.strictObject({ MailboxId: id }),
  output: nothing,
  async run(call, input) {
    await syncNow(call.regarding, call.principal, input.MailboxId)
    return {}
  },
})

const approval = (name: string, says: string, decide: 'approve' | 'reject') =>
  operation({
    name,
    kind: 'action',
    says,
    input: z.strictObject({ MailboxIds: ids(MOST_APPROVED) }),
    output: nothing,
    async run(call, input) {
      await call.regarding.mailboxes[decide](call.principal, input.MailboxIds)
      return {}
    },
  })

async function requireCreate({ access }: Call): Promise<void> {
  if (await access.may('create', 'mailbox')) return
  throw new RecordError('PrivilegeDenied', 'Adding a mailbox needs the privilege prvCreateMailbox.', {
    table: 'mailbox',
    privilege: 'prvCreateMailbox',
  })
}

async function personOf(call: Call, given: z.output<typeof reference>) {
  const person = readReference(call, given)
  if (person.table !== 'systemuser' && person.table !== 'queue')
    throw new RequestError(400, 'ParameterInvalid', 'A mailbox belongs to a user or a queue.', { target: 'Regarding' })
  if (!(await call.access.may('read', person.table, person.id)))
    throw new RecordError('NotFound', `There is no ${person.table} ${person.id} that you may read.`, {
      table: person.table,
    })
  return person
}

export const mailboxOperations = [
  addMailbox,
  testAndEnable,
  syncNowOperation,
  approval('ApproveEmailAddresses', 'Approves the addresses of mailboxes (MB-62).', 'approve'),
  approval('RejectEmailAddresses', 'Rejects the addresses of mailboxes (MB-62).', 'reject'),
]
