import { MailboxError } from '#mailbox'
import type { CycleOutcome } from '#schedule'
import type { Clock } from '#time'

/** From which verbosity on a line is written (MO-84). Failures are written from 1 on. */
export const DETAIL = { cycle: 1, calls: 25, ids: 75 } as const

/** One line of the log of a cycle: what was done, when within the cycle, and for how long, in milliseconds. */
export interface LogLine {
  at: number
  text: string
  took?: number
  /** Code of the failure, as in the list of alerts; its text may name people, and stands there. */
  error?: string
}

/** Lines of one cycle; what comes after them is counted only. */
const MOST_LINES = 2000
const LONGEST_LINE = 1000

/** Takes down what one cycle does. Neither contents nor addresses nor secrets are ever told to it (MO-84, MO-85). */
export class CycleLog {
  readonly #lines: LogLine[] = []
  readonly #started: number
  readonly #clock: Clock
  readonly verbosity: number
  #leftOut = 0

  constructor(verbosity: number, clock: Clock) {
    this.verbosity = verbosity
    this.#clock = clock
    this.#started = clock.now().getTime()
  }

  now(): number {
    return this.#clock.now().getTime() - this.#started
  }

  /** `since`: when it began, by `now`. */
  add(text: string, since?: number, error?: unknown): void {
    if (this.#lines.length >= MOST_LINES) {
      this.#leftOut++
      return
    }
    this.#lines.push(lineOf(this.now(), text, since, error))
  }

  end(outcome: CycleOutcome | undefined, error?: unknown): readonly LogLine[] {
    const left = this.#leftOut ? [lineOf(this.now(), `${this.#leftOut} further lines were left out.`)] : []
    const said = outcome
      ? `Ended: ${outcome.seen} seen, ${outcome.processed} processed, ${outcome.failed} failed${outcome.more ? '; more is left' : ''}.`
      : 'Ended early.'
    return [...this.#lines, ...left, lineOf(this.now(), said, 0, error)]
  }
}

function lineOf(at: number, text: string, since?: number, error?: unknown): LogLine {
  return {
    at: since ?? at,
    text: text.slice(0, LONGEST_LINE),
    ...(since === undefined ? {} : { took: at - since }),
    ...(error === undefined ? {} : { error: codeOf(error) }),
  }
}

function codeOf(error: unknown): string {
  if (error instanceof MailboxError) return error.code
  return error instanceof Error ? error.name : 'unknown'
}
