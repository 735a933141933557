import { DatabaseError } from 'pg'

/** A statement is prepared under a name when it comes for the so-manieth time. */
const USES = 3
/** Each prepared statement holds memory in every session. */
const MOST_NAMED = 300
const MOST_COUNTED = 3000
const LONGEST = 20_000
/** Only these have a plan worth keeping. */
const PLANNED = /^\s*(select|insert|update|delete|with|merge)\b/i

/**
 * Which statements are prepared once per session rather than parsed and planned each time, which takes half the time of
 * small queries: those that come again and again.
 */
export class StatementNames {
  readonly #uses = new Map<string, number>()
  readonly #names = new Map<string, string | undefined>()

  /** The name under which to run the statement, if any. */
  of(text: string): string | undefined {
    if (this.#names.has(text)) return this.#names.get(text)
    if (text.length > LONGEST || !PLANNED.test(text) || this.#names.size >= MOST_NAMED) return undefined
    if (this.#uses.size >= MOST_COUNTED) this.#uses.clear()
    const uses = (this.#uses.get(text) ?? 0) + 1
    this.#uses.set(text, uses)
    if (uses < USES) return undefined
    this.#uses.delete(text)
    const name = `s${this.#names.size}`
    this.#names.set(text, name)
    return name
  }

  /** The statement's result has changed its columns, as when a table gained one: it is not prepared any more. */
  forget(text: string): void {
    this.#names.set(text, undefined)
  }
}

/** Refused because a table changed under a prepared statement; run again without a name it succeeds. */
export function isOutdatedPlan(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '0A000' && /cached plan/.test(error.message)
}
