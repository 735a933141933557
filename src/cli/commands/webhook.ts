import { randomBytes } from 'node:crypto'
import { RecordError, type Row } from '#records'
import { pauseWebhook, type Regarding, replayWebhook, resumeWebhook, testWebhook, webhookLog } from '#sync'
import { UsageError } from '../command.ts'
import type { Context, RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

const MESSAGES: Readonly<Record<string, number>> = { create: 1, update: 2, delete: 3 }

const add: RegardingCommand = {
  name: 'webhook add',
  takes: '<address>',
  says: 'Tell an address of changes; prints the key of the signatures once',
  details:
    'Deliveries are signed as Standard Webhooks are. They hold what the user may read, and go to public addresses over https only; REGARDING_WEBHOOK_NETWORKS allows others, e.g. 10.1.0.0/16,127.0.0.1.',
  positionals: [1, 1],
  flags: {
    as: { type: 'string', value: 'user', says: 'What this user may read is told' },
    name: { type: 'string', value: 'name', says: 'Its name; the host without it' },
    table: { type: 'string', value: 'table', multiple: true, says: 'A table that it is told of' },
    message: { type: 'string', value: 'create|update|delete', multiple: true, says: 'Only these changes' },
    attribute: { type: 'string', value: 'column', multiple: true, says: 'Only updates that change one of these' },
    batch: { type: 'string', value: 'n', says: 'Changes in one delivery, at most (1)' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    if (flags['as'] === undefined)
      throw new UsageError('--as names the user whose rights decide what is told.', 'webhook add')
    const list = (name: string) => [flags[name] ?? []].flat().map(String)
    const messages = list('message').map((each) => MESSAGES[each] ?? unknownMessage(each))
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const url = positionals[0] as string
    const id = await regarding.records.as(principal).create('webhook', {
      name: String(flags['name'] ?? (URL.canParse(url) ? new URL(url).host : url)),
      url,
      secret,
      tables: list('table').join(','),
      filteringattributes: list('attribute').join(',') || null,
      ...(messages.length > 0 ? { messages: messages.join(',') } : {}),
      ...(flags['batch'] === undefined ? {} : { batchsize: Number(flags['batch']) }),
      ownerid: { table: 'systemuser', id: await findUser(regarding, String(flags['as'])) },
    })
    output.result(`Added ${id}.\nKey of the signatures, shown only now: ${secret}`, { webhookId: id, secret })
    return undefined
  },
}

function unknownMessage(given: string): never {
  throw new UsageError(`--message is create, update or delete, not “${given}”.`, 'webhook add')
}

const list: RegardingCommand = {
  name: 'webhook list',
  says: 'Webhooks, and which of them are paused',
  async run({ regarding, principal }, _, output) {
    const { rows } = await regarding.records.as(principal).query({
      table: 'webhook',
      columns: ['webhookid', 'name', 'url', 'tables', 'pausedon', 'pausedreason', 'statecode'],
      order: [{ column: 'name' }],
    })
    const lines = rows.map((row) => [String(row['name']), String(row['url']), String(row['tables']), stateOf(row)])
    output.result(table(['Name', 'Address', 'Tables', 'State'], lines), rows)
    return undefined
  },
}

function stateOf(row: Row): string {
  if (row['statecode'] !== 0) return 'inactive'
  return row['pausedon'] === null ? 'active' : `paused: ${String(row['pausedreason'] ?? '')}`
}

const log: RegardingCommand = {
  name: 'webhook log',
  takes: '<webhook>',
  says: 'What was sent to a webhook, and what came of it; the newest first',
  positionals: [1, 1],
  async run(context, { positionals }, output) {
    const id = await idOf(context, positionals[0] as string)
    const deliveries = await webhookLog(context.regarding, context.principal, id, 50)
    const lines = deliveries.map((each) => [
      each.createdOn.toISOString(),
      each.id,
      each.state,
      String(each.attempts),
      each.error ?? (each.status === null ? '' : String(each.status)),
    ])
    output.result(table(['Made', 'Delivery', 'State', 'Attempts', 'Outcome'], lines), deliveries)
    return undefined
  },
}

type Act = (regarding: Regarding, principal: Context['principal'], id: string) => Promise<unknown>

const acting = (name: string, says: string, done: string, act: Act): RegardingCommand => ({
  name: `webhook ${name}`,
  takes: '<webhook>',
  says,
  positionals: [1, 1],
  async run(context, { positionals }, output) {
    const id = await idOf(context, positionals[0] as string)
    await act(context.regarding, context.principal, id)
    output.result(done, { webhookId: id })
    return undefined
  },
})

const replay: RegardingCommand = {
  name: 'webhook replay',
  takes: '<webhook>',
  says: 'Send again: one delivery of the log, or every change since an hour',
  positionals: [1, 1],
  flags: {
    delivery: { type: 'string', value: 'id', says: 'This delivery' },
    since: { type: 'string', value: 'time', says: 'Every change since then, e.g. 2026-05-01T08:00Z; 90 days are kept' },
  },
  async run(context, { positionals, flags }, output) {
    const id = await idOf(context, positionals[0] as string)
    const { delivery, since } = flags
    const time = new Date(String(since))
    if ((delivery === undefined) === (since === undefined) || (since !== undefined && Number.isNaN(time.getTime())))
      throw new UsageError('Say --delivery <id>, or --since <time> like 2026-05-01T08:00Z.', 'webhook replay')
    const what = delivery === undefined ? { since: time } : { deliveryId: String(delivery) }
    await replayWebhook(context.regarding, context.principal, id, what)
    output.result('It is sent again.', { webhookId: id })
    return undefined
  },
}

/** By id or name. @throws RecordError `NotFound` */
async function idOf({ regarding, principal }: Context, wanted: string): Promise<string> {
  const { rows } = await regarding.records.as(principal).query({ table: 'webhook', columns: ['webhookid', 'name'] })
  const found = rows.filter((row) => row['webhookid'] === wanted || row['name'] === wanted)
  const [only] = found
  if (only && found.length === 1) return String(only['webhookid'])
  throw new RecordError('NotFound', `${found.length} webhooks are called “${wanted}”; see regarding webhook list.`, {
    table: 'webhook',
  })
}

export const webhookCommands = [
  add,
  list,
  log,
  acting('pause', 'Stop sending; what changes meanwhile is sent later', 'Paused.', pauseWebhook),
  acting('resume', 'Send again, from where it stopped', 'It is told what it missed.', resumeWebhook),
  acting('test', 'Send a delivery without changes', 'Sent as soon as a worker runs; see webhook log.', testWebhook),
  replay,
]
