import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Subscriptions } from '../graph/subscriptions.ts'
import { readBody, sendJson } from '../http.ts'
import type { Login } from '../login.ts'
import { delegate, deliver, Failure, type World } from '../model/index.ts'
import { faultRuleSchema } from './faultRule.ts'

export interface Controlled {
  world: World
  login: Login
  subscriptions: Subscriptions
}

const mail = z.strictObject({ from: z.string(), to: z.array(z.string()).min(1), mime: z.string() })
const user = z.strictObject({
  address: z.email(),
  name: z.string().min(1),
  aliases: z.array(z.email()).optional(),
  timeZone: z.string().optional(),
  password: z.string().min(1).optional(),
})
const delegates = z.strictObject({
  delegate: z.string(),
  copies: z.boolean().optional(),
  meetingMessages: z
    .enum(['sendToDelegateOnly', 'sendToDelegateAndPrincipal', 'sendToDelegateAndInformationToPrincipal'])
    .optional(),
})
const home = z.strictObject({ home: z.enum(['both', 'graph', 'ews']) })
const lifecycle = z.strictObject({
  subscription: z.string(),
  event: z.enum(['reauthorizationRequired', 'missed', 'subscriptionRemoved']),
})

type Act = (controlled: Controlled, body: unknown, rest: string) => unknown

/** What can be done below `/control`. Everything answers JSON. */
const ACTS: Readonly<Record<string, Act>> = {
  'GET ': ({ world, subscriptions }) => ({
    users: world.users.map(({ id, address, name, home: where, mailbox }) => ({
      id,
      address,
      name,
      home: where,
      folders: mailbox.folders().map((folder) => ({ name: folder.name, items: mailbox.count(folder.id) })),
    })),
    outbox: world.outbox.length,
    faults: world.faults.standing,
    subscriptions: subscriptions
      .all()
      .map(({ id, written, expires, notificationUrl }) => ({ id, resource: written, expires, notificationUrl })),
  }),
  'GET outbox': ({ world }) =>
    world.outbox.map(({ from, to, at, mime }) => ({ from, to, at, mime: Buffer.from(mime).toString('latin1') })),
  'POST faults': ({ world }, body) => {
    world.faults.inject(faultRuleSchema.parse(body))
    return world.faults.standing
  },
  'DELETE faults': ({ world }) => {
    world.faults.clear()
    return []
  },
  'POST mail': async ({ world }, body) => {
    const { from, to, mime } = mail.parse(body)
    await deliver(world, { from, to, mime: Buffer.from(mime.replaceAll(/\r?\n/g, '\r\n')) })
    return { delivered: to }
  },
  'POST users': ({ world }, body) => {
    const { aliases, timeZone, password, ...named } = user.parse(body)
    const made = world.addUser({
      ...named,
      ...(aliases && { aliases }),
      ...(timeZone && { timeZone }),
      ...(password && { password }),
    })
    return { id: made.id, address: made.address, password: made.password }
  },
  'POST home': ({ world }, body, rest) => {
    const moved = world.user(rest)
    moved.home = home.parse(body).home
    return { address: moved.address, home: moved.home }
  },
  'POST delegates': ({ world }, body, rest) => {
    const { delegate: address, copies, meetingMessages } = delegates.parse(body)
    const owner = world.user(rest)
    delegate(owner, world.user(address), { ...(copies !== undefined && { copies }) })
    owner.meetingMessages = meetingMessages ?? owner.meetingMessages
    return { address: owner.address, delegates: [...owner.delegates.keys()], meetingMessages: owner.meetingMessages }
  },
  'POST forget': ({ world }, _, rest) => {
    const users = rest ? [world.user(rest)] : world.users
    for (const { mailbox } of users) mailbox.forgetChanges()
    return { forgotten: users.map(({ address }) => address) }
  },
  'POST revoke': ({ login }) => {
    login.revoke()
    return { revoked: true }
  },
  'POST lifecycle': ({ subscriptions }, body) => {
    const { subscription, event } = lifecycle.parse(body)
    subscriptions.lifecycle(subscription, event)
    return { told: event }
  },
  'POST settle': async ({ subscriptions }) => {
    await subscriptions.settled()
    return { settled: true }
  },
}

/** Steers the sandbox: `/control/faults`, `/control/mail` … */
export async function control(
  controlled: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const [name = '', ...rest] = path.split('/').filter(Boolean)
  const act = ACTS[`${request.method} ${name}`]
  if (!act)
    return sendJson(response, 404, {
      error: `There is no ${request.method} /control/${name}.`,
      known: Object.keys(ACTS),
    })
  try {
    const text = (await readBody(request)).toString('utf8')
    sendJson(response, 200, await act(controlled, text ? JSON.parse(text) : {}, decodeURIComponent(rest.join('/'))))
  } catch (error) {
    if (error instanceof z.ZodError) return sendJson(response, 400, { error: z.prettifyError(error) })
    if (error instanceof SyntaxError || error instanceof Failure || error instanceof URIError)
      return sendJson(response, 400, { error: error.message })
    throw error
  }
}
