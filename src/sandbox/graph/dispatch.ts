import type { Caller } from '../login.ts'
import type { Fault, User } from '../model/index.ts'
import { mayReach } from './access.ts'
import { batch } from './batch.ts'
import type { Context, Graph, MailboxContext } from './context.ts'
import { badRequest, Cut, GraphError, graphError, notFound } from './error.ts'
import { Limits } from './limits.ts'
import { list } from './query.ts'
import type { GraphAnswer, GraphRequest } from './request.ts'
import { type Match, Router } from './router.ts'
import { mailboxRoutes } from './routes.ts'
import { userJson } from './settings.ts'
import { atOwner } from './shared.ts'
import { subscriptionRoutes } from './subscriptionRoutes.ts'

/** Answers requests: who calls, which mailbox, whether he may and may now, what goes wrong, and then what is asked. */
export class Dispatch {
  readonly #graph: Graph
  readonly #limits: Limits
  readonly #mailboxes = new Router<MailboxContext>(mailboxRoutes)
  readonly #others = new Router<Context>(subscriptionRoutes)

  constructor(graph: Graph) {
    this.#graph = graph
    this.#limits = new Limits(graph.world.clock)
  }

  /** Every error is an answer but `Cut`: then the connection is to be cut. */
  async answer(request: GraphRequest): Promise<GraphAnswer> {
    try {
      if (request.path[0] === 'uploads') return await this.#graph.uploads.answer(request.path[1] ?? '', request)
      const caller = this.#graph.login.verify(request.headers['authorization'])
      if (!caller) throw unauthorized()
      return await this.#authorized(request, caller)
    } catch (error) {
      if (error instanceof Cut) throw error
      return this.#refusal(graphError(error), request)
    }
  }

  async #authorized(request: GraphRequest, caller: Caller): Promise<GraphAnswer> {
    const [first = ''] = request.path
    if (first === '$batch') {
      if (request.method !== 'POST') throw methodNotAllowed()
      const { authorization } = request.headers
      return batch(request, (part) => this.answer({ ...part, headers: { ...part.headers, authorization } }))
    }
    if (first === 'users' && request.path.length === 1) return this.#users(request)
    const owner = ownerOf(this.#graph, request, caller)
    if (owner) return this.#limits.within(caller.application, owner.user, () => this.#inMailbox(request, caller, owner))
    const match = found(this.#others.find(request.method, request.path))
    const faults = this.#strike(match.route.operation)
    return this.#carryOut(faults, () =>
      match.route.handle({ ...this.#graph, request, caller, params: match.params, cursorLost: false }),
    )
  }

  #inMailbox(request: GraphRequest, caller: Caller, { user, root, length }: Owner): Promise<GraphAnswer> {
    if (!mayReach(caller, user, request.path.slice(length)))
      throw new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.')
    if (user.home === 'ews')
      throw new GraphError(
        404,
        'MailboxNotEnabledForRESTAPI',
        'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
      )
    const match = found(this.#mailboxes.find(request.method, request.path.slice(length)))
    const faults = this.#strike(match.route.operation, user, request)
    const cursorLost = faults.some(({ kind }) => kind === 'cursorLost')
    const { mailbox } = user
    const context = { ...this.#graph, request, caller, params: match.params, cursorLost, user, mailbox, root }
    return this.#carryOut(faults, () => match.route.handle(atOwner(context)))
  }

  #strike(operation: string, user?: User, request?: GraphRequest): Fault[] {
    const { faults } = this.#graph.world
    const about =
      faults.concernItems && request
        ? `${request.path.join('/')} ${[...request.query].flat().join(' ')} ${request.body.toString('utf8')}`
        : undefined
    return faults.strike({ face: 'graph', operation, mailbox: user?.address, about })
  }

  async #carryOut(faults: readonly Fault[], work: () => GraphAnswer | Promise<GraphAnswer>): Promise<GraphAnswer> {
    for (const fault of faults) await this.#suffer(fault)
    const answer = await work()
    if (faults.some(({ kind }) => kind === 'cutAfter')) throw new Cut()
    return answer
  }

  async #suffer(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'slow':
        await this.#graph.world.clock.sleep(fault.milliseconds)
        break
      case 'unauthorized':
        throw unauthorized()
      case 'throttled':
        throw new GraphError(
          429,
          'ApplicationThrottled',
          'Application is over its IncomingBytes limit.',
          retryAfter(fault.retryAfter ?? 10),
        )
      case 'unavailable':
        throw new GraphError(
          503,
          'serviceNotAvailable',
          'The service is not available. Try again later.',
          fault.retryAfter ? retryAfter(fault.retryAfter) : {},
        )
      case 'serverBusy':
        throw new GraphError(
          503,
          'ErrorServerBusy',
          'The server cannot service this request right now. Try again later.',
          retryAfter(Math.ceil(fault.backOff / 1000)),
        )
      case 'cutBefore':
        throw new Cut()
      case 'error':
        throw new GraphError(fault.status, fault.code, fault.message ?? fault.code)
      case 'cutAfter':
      case 'cursorLost':
      case 'notificationLost':
      case 'notificationDoubled':
      case 'notificationLate':
        break
    }
  }

  #users(request: GraphRequest): Promise<GraphAnswer> {
    const { world, url } = this.#graph
    return list(request, url, { items: world.users, brief: userJson, full: userJson, context: 'users' })
  }

  #refusal({ status, code, message, headers }: GraphError, request: GraphRequest): GraphAnswer {
    const { world } = this.#graph
    const id = world.ids.guid()
    const innerError = {
      date: world.clock.now().toISOString().slice(0, 19),
      'request-id': id,
      'client-request-id': request.headers['client-request-id'] ?? id,
    }
    return { status, headers, body: { error: { code, message, innerError } } }
  }
}

interface Owner {
  user: User
  root: string
  /** Segments of the path that name the mailbox. */
  length: number
}

function ownerOf({ world }: Graph, { path }: GraphRequest, caller: Caller): Owner | undefined {
  if (path[0]?.toLowerCase() === 'me') {
    if (!caller.user) throw badRequest('/me request is only valid with delegated authentication flow.')
    return { user: caller.user, root: 'me', length: 1 }
  }
  if (path[0]?.toLowerCase() !== 'users') return undefined
  const user = world.find(path[1] ?? '')
  if (!user) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${path[1]}' is invalid.`)
  return { user, root: `users/${encodeURIComponent(path[1] ?? '')}`, length: 2 }
}

function found<C>(match: Match<C> | 'wrongMethod' | undefined): Match<C> {
  if (match === 'wrongMethod') throw methodNotAllowed()
  if (!match) throw notFound('Resource not found for the segment.')
  return match
}

function methodNotAllowed(): GraphError {
  return new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.')
}

function unauthorized(): GraphError {
  return new GraphError(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.', {
    'www-authenticate': 'Bearer realm="", error="invalid_token"',
  })
}

function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(seconds) }
}
