import type { FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import { secretHash } from './auth/secretText.ts'
import { type Caller, callerOf, identify, presentedBy } from './caller.ts'
import { inWhoseName } from './impersonation.ts'

/** Callers kept at once; those who asked longest ago go first. */
const MOST = 10_000

/**
 * Who called lately, by what they presented. Whoever is known asks without being looked up first: the statement that
 * answers asks along whether everything that is known of the caller still holds, and answers nothing when it does not.
 */
export class KnownCallers {
  readonly #regarding: Regarding
  readonly #kept = new Map<string, Caller>()

  constructor(regarding: Regarding) {
    this.#regarding = regarding
  }

  /**
   * Reads on behalf of the caller. `read` may be run twice, and changes nothing: what it found for a caller whom no
   * statement has confirmed, an answer or an error, is of no worth.
   * @throws RequestError 401, and what `read` throws for a caller who is confirmed.
   */
  async reading<T>(request: FastifyRequest, read: (caller: Caller) => Promise<T>): Promise<T> {
    const known = this.#known(request)
    if (known?.standing) {
      request.caller = known
      try {
        const answer = await read(known)
        if (known.standing.confirmed) return answer
      } catch (error) {
        if (known.standing.confirmed) throw error
      }
    }
    return read(await this.found(request))
  }

  /** Looks up who calls. @throws RequestError 401 */
  async found(request: FastifyRequest): Promise<Caller> {
    const key = keyOf(request)
    if (key) this.#kept.delete(key)
    const caller = await identify(this.#regarding, request)
    if (key && caller?.standing && caller.knownUntil) this.#keep(key, caller)
    request.caller = await inWhoseName(this.#regarding, caller, request.headers)
    return callerOf(request)
  }

  #known(request: FastifyRequest): Caller | undefined {
    if (request.headers['mscrmcallerid'] !== undefined || request.headers['callerobjectid'] !== undefined)
      return undefined
    const key = keyOf(request)
    const known = key === undefined ? undefined : this.#kept.get(key)
    if (!known?.standing || !known.knownUntil || known.knownUntil <= this.#regarding.clock.now()) return undefined
    return { ...known, standing: { ...known.standing, confirmed: false } }
  }

  #keep(key: string, caller: Caller): void {
    if (this.#kept.size >= MOST) this.#kept.delete(this.#kept.keys().next().value as string)
    this.#kept.set(key, caller)
  }
}

/** A session's secret is none of a token, and the other way round. */
function keyOf(request: FastifyRequest): string | undefined {
  const { by, secret } = presentedBy(request)
  return secret === undefined ? undefined : `${by} ${secretHash(secret)}`
}
