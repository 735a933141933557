/** What can go wrong. Times in milliseconds, but `retryAfter` in seconds, as it stands in the header. */
export type Fault =
  | { kind: 'slow'; milliseconds: number }
  /** The token is refused (401). */
  | { kind: 'unauthorized' }
  /** 429 with Retry-After. */
  | { kind: 'throttled'; retryAfter?: number }
  /** 503, with Retry-After when given. */
  | { kind: 'unavailable'; retryAfter?: number }
  /** EWS: ErrorServerBusy with BackOffMilliseconds. Graph: 503. */
  | { kind: 'serverBusy'; backOff: number }
  /** The connection is cut before anything is done. */
  | { kind: 'cutBefore' }
  /** It is done, and the connection is cut before the answer. */
  | { kind: 'cutAfter' }
  /** The cursor of this request is not known any more. */
  | { kind: 'cursorLost' }
  /** An error of the face, as it writes it: HTTP status and code, such as `ErrorAccessDenied`. */
  | { kind: 'error'; status: number; code: string; message?: string }
  | { kind: 'notificationLost' }
  | { kind: 'notificationDoubled' }
  | { kind: 'notificationLate'; milliseconds: number }

export interface FaultRule {
  fault: Fault
  /** Address of the mailbox; any when absent. */
  mailbox?: string
  face?: 'graph' | 'ews' | 'smtp' | 'login'
  /**
   * The operation, or how it begins: `GET /messages` of Graph (the path below the mailbox, ids as `{id}`), `SyncFolderItems`
   * of EWS. For notifications: `notification`. Any when absent.
   */
  operation?: string
  /** Only where this stands in what is asked of one item: its id, or what is written. EWS answers `error` for it alone. */
  about?: string
  /** The first of the fitting calls that it happens to, counted from 1 (default 1). */
  nth?: number
  /** How many in a row (default 1; `Infinity` until taken back). */
  times?: number
}

export interface Call {
  mailbox?: string | undefined
  face: 'graph' | 'ews' | 'smtp' | 'login'
  operation: string
  /** What is asked of one item, as it was sent. */
  about?: string | undefined
  /** It is one item of a request that was asked about before: rules without `about` have had their turn. */
  part?: boolean
}

/** What shall go wrong, and when. Both faces ask `strike` once for every request (a part of a batch is one), and for every notification. */
export class Faults {
  #rules: (FaultRule & { seen: number; struck: number })[] = []

  /** @returns takes the rule back and tells how often it struck */
  inject(rule: FaultRule): () => number {
    const standing = { ...rule, seen: 0, struck: 0 }
    this.#rules.push(standing)
    return () => {
      this.#rules = this.#rules.filter((other) => other !== standing)
      return standing.struck
    }
  }

  /** The rules that stand, how many calls fitted each and how often it struck. */
  get standing(): readonly (FaultRule & { seen: number; struck: number })[] {
    return this.#rules
  }

  /** Whether any rule asks what is said of an item. */
  get concernItems(): boolean {
    return this.#rules.some(({ about }) => about !== undefined)
  }

  clear(): void {
    this.#rules = []
  }

  /** The faults of this call, in the order they were injected. Counts the call. */
  strike(call: Call): Fault[] {
    const faults: Fault[] = []
    for (const rule of this.#rules.filter((each) => fits(each, call))) {
      rule.seen++
      const first = rule.nth ?? 1
      if (rule.seen < first || rule.seen >= first + (rule.times ?? 1)) continue
      rule.struck++
      faults.push(rule.fault)
    }
    return faults
  }
}

function fits(rule: FaultRule, { mailbox, face, operation, about, part = false }: Call): boolean {
  if (part && rule.about === undefined) return false
  if (rule.about !== undefined && about?.includes(rule.about) !== true) return false
  if (rule.mailbox !== undefined && rule.mailbox.toLowerCase() !== mailbox?.toLowerCase()) return false
  if (rule.face !== undefined && rule.face !== face) return false
  if (rule.operation === undefined) return rule.fault.kind.startsWith('notification') === (operation === 'notification')
  return operation.toLowerCase().startsWith(rule.operation.toLowerCase())
}
