import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#time'
import { readBody, sendJson } from './http.ts'
import { digest, type User, type World } from './model/index.ts'

/** An application that is registered with the tenant. */
export interface Application {
  clientId: string
  clientSecret: string
  /** Addresses it may open; all when absent. */
  mailboxes?: readonly string[]
}

/** Who calls: an application, and the user it acts for when he signed in. */
export interface Caller {
  application: Application
  user?: User | undefined
}

/** An hour and some, as Microsoft's. */
const LIFETIME_SECONDS = 3_599

/** Gives tokens out (OAuth 2.0: client credentials, password, refresh token) and knows them again until they expire by the clock. */
export class Login {
  readonly tenant: string
  readonly applications: Application[]
  readonly #world: World
  readonly #issued = new Map<string, { caller: Caller; expires: number }>()
  readonly #refresh = new Map<string, Caller>()
  #count = 0

  constructor(world: World, tenant: string, applications: readonly Application[]) {
    this.#world = world
    this.tenant = tenant
    this.applications = [...applications]
  }

  get #clock(): Clock {
    return this.#world.clock
  }

  /** Who an `Authorization: Bearer` header stands for; undefined when the token is unknown or has expired. */
  verify(authorization: string | undefined): Caller | undefined {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
    const issued = this.#issued.get(token)
    return issued && issued.expires > this.#clock.now().getTime() ? issued.caller : undefined
  }

  /** A refresh token as a user would get who signed in. */
  refreshTokenOf(address: string, application = this.applications[0] as Application): string {
    const token = `1.${this.#secret('refresh')}`
    this.#refresh.set(token, { application, user: this.#world.user(address) })
    return token
  }

  /** Makes all tokens given out so far unknown. */
  revoke(): void {
    this.#issued.clear()
    this.#refresh.clear()
  }

  /** `POST /{tenant}/oauth2/v2.0/token` */
  async answer(request: IncomingMessage, response: ServerResponse, tenant: string): Promise<void> {
    const form = new URLSearchParams((await readBody(request, 64 * 1024)).toString('utf8'))
    const faults = this.#world.faults.strike({ face: 'login', operation: 'token' })
    for (const fault of faults) {
      if (fault.kind === 'slow') await this.#clock.sleep(fault.milliseconds)
      if (fault.kind === 'cutBefore') return void request.destroy()
      if (fault.kind === 'unavailable')
        return sendJson(
          response,
          503,
          this.#problem('temporarily_unavailable', 90033, 'A transient error has occurred. Please try again.'),
        )
      if (fault.kind === 'unauthorized')
        return sendJson(
          response,
          401,
          this.#problem('invalid_client', 7000222, 'The provided client secret keys for the app are expired.'),
        )
    }
    const [status, body] = this.#token(tenant, form)
    if (faults.some(({ kind }) => kind === 'cutAfter')) return void request.destroy()
    sendJson(response, status, body, { 'cache-control': 'no-store' })
  }

  #token(tenant: string, form: URLSearchParams): [status: number, body: object] {
    const refuse = (status: number, error: string, code: number, says: string): [number, object] => [
      status,
      this.#problem(error, code, says),
    ]
    if (![this.tenant, 'common', 'organizations'].includes(tenant))
      return refuse(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`)
    const id = form.get('client_id') ?? ''
    const application = this.applications.find(({ clientId }) => clientId === id)
    if (!application)
      return refuse(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${id}' was not found in the directory.`,
      )
    if (form.get('client_secret') !== application.clientSecret)
      return refuse(401, 'invalid_client', 7000215, 'Invalid client secret provided.')
    const scope = form.get('scope') ?? ''
    switch (form.get('grant_type') ?? '') {
      case 'client_credentials':
        if (!scope.endsWith('/.default'))
          return refuse(400, 'invalid_scope', 1002012, `The provided value for scope ${scope} is not valid.`)
        return [200, this.#issue({ application })]
      case 'refresh_token': {
        const caller = this.#refresh.get(form.get('refresh_token') ?? '')
        if (caller?.application !== application)
          return refuse(400, 'invalid_grant', 700082, 'The refresh token has expired or was revoked.')
        return [
          200,
          { ...this.#issue(caller), refresh_token: this.refreshTokenOf((caller.user as User).address, application) },
        ]
      }
      case 'password': {
        const user = this.#world.find(form.get('username') ?? '')
        if (!user || user.password !== form.get('password'))
          return refuse(
            400,
            'invalid_grant',
            50126,
            'Error validating credentials due to invalid username or password.',
          )
        return [
          200,
          { ...this.#issue({ application, user }), refresh_token: this.refreshTokenOf(user.address, application) },
        ]
      }
      default:
        return refuse(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
    }
  }

  #issue(caller: Caller): object {
    const now = Math.floor(this.#clock.now().getTime() / 1000)
    const claims = {
      tid: this.tenant,
      appid: caller.application.clientId,
      upn: caller.user?.address,
      iat: now,
      exp: now + LIFETIME_SECONDS,
    }
    const token = ['{"typ":"JWT","alg":"none"}', JSON.stringify(claims), this.#secret('access')]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')
    this.#issued.set(token, { caller, expires: (now + LIFETIME_SECONDS) * 1000 })
    return { token_type: 'Bearer', expires_in: LIFETIME_SECONDS, ext_expires_in: LIFETIME_SECONDS, access_token: token }
  }

  #secret(purpose: string): string {
    return digest(`${purpose}/${this.#count++}/${this.#world.ids.guid()}`, 48)
      .replaceAll('+', '-')
      .replaceAll('/', '_')
  }

  #problem(error: string, code: number, says: string): object {
    const trace = this.#world.ids.guid()
    const timestamp = this.#clock
      .now()
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z/, 'Z')
    return {
      error,
      error_description: `AADSTS${code}: ${says} Trace ID: ${trace} Correlation ID: ${trace} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: trace,
    }
  }
}
