import { z } from 'zod'
import { pauseWebhook, replayWebhook, resumeWebhook, testWebhook, webhookLog } from '#sync'
import { RequestError } from '../failure.ts'
import { id as guid, instant } from '../fields.ts'
import { nothing, operation } from './operation.ts'

const one = { WebhookId: guid }

const pause = operation({
  name: 'PauseWebhook',
  kind: 'action',
  says: 'Stops sending to a webhook; what changes meanwhile is sent when it is resumed.',
  input: z.strictObject(one),
  output: nothing,
  silent: true,
  async run({ regarding, principal }, input) {
    await pauseWebhook(regarding, principal, input.WebhookId)
    return {}
  },
})

const resume = operation({
  name: 'ResumeWebhook',
  kind: 'action',
  says: 'Sends to a paused webhook again, at once and from where it stopped.',
  input: z.strictObject(one),
  output: nothing,
  silent: true,
  async run({ regarding, principal }, input) {
    await resumeWebhook(regarding, principal, input.WebhookId)
    return {}
  },
})

const replay = operation({
  name: 'ReplayWebhook',
  kind: 'action',
  says: 'Sends again: one delivery of the log, or every change since an hour (90 days are kept).',
  input: z.strictObject({ ...one, DeliveryId: guid.optional(), Since: instant.optional() }),
  output: nothing,
  silent: true,
  async run({ regarding, principal }, { WebhookId, DeliveryId, Since }) {
    if ((DeliveryId === undefined) === (Since === undefined))
      throw new RequestError(400, 'ParameterInvalid', 'Say either DeliveryId or Since.', { target: 'DeliveryId' })
    const what = DeliveryId === undefined ? { since: new Date(Since ?? 0) } : { deliveryId: DeliveryId }
    await replayWebhook(regarding, principal, WebhookId, what)
    return {}
  },
})

const test = operation({
  name: 'TestWebhook',
  kind: 'action',
  says: 'Sends a delivery without changes, to see that it arrives; its outcome stands in the log.',
  input: z.strictObject(one),
  output: z.object({ DeliveryId: z.string() }),
  async run({ regarding, principal }, input) {
    return { DeliveryId: await testWebhook(regarding, principal, input.WebhookId) }
  },
})

const log = operation({
  name: 'RetrieveWebhookDeliveries',
  kind: 'function',
  says: 'What was sent to a webhook in the last 30 days, and what waits to be sent; the newest first.',
  input: z.strictObject({ ...one, Top: z.coerce.number().int().min(1).max(500).optional() }),
  output: z.object({
    Deliveries: z.array(
      z.object({
        DeliveryId: z.string(),
        State: z.enum(['waiting', 'delivered', 'nothing', 'dropped']),
        CreatedOn: z.string(),
        Attempts: z.number(),
        AttemptedOn: z.string().nullable(),
        Status: z.number().nullable(),
        Error: z.string().nullable(),
        ReplayOf: z.string().nullable(),
        Events: z.array(z.object({ Message: z.string(), Table: z.string(), RecordId: z.string() })),
      }),
    ),
  }),
  async run({ regarding, principal }, { WebhookId, Top }) {
    const deliveries = await webhookLog(regarding, principal, WebhookId, Top ?? 50)
    return {
      Deliveries: deliveries.map((each) => ({
        DeliveryId: each.id,
        State: each.state,
        CreatedOn: each.createdOn.toISOString(),
        Attempts: each.attempts,
        AttemptedOn: each.attemptedOn?.toISOString() ?? null,
        Status: each.status,
        Error: each.error,
        ReplayOf: each.replayOf,
        Events: each.events.map(({ message, table, id }) => ({ Message: message, Table: table, RecordId: id })),
      })),
    }
  },
})

export const webhookOperations = [pause, resume, replay, test, log]
