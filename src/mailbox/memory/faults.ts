import type { MailboxError } from '../errors.ts'

/** A call that can be disturbed. `changes` counts once per page, `raw` once per message. */
export type CallName =
  | 'open'
  | 'folders'
  | 'changes'
  | 'headers'
  | 'raw'
  | 'find'
  | 'mark'
  | 'move'
  | 'remove'
  | 'createFolder'
  | 'append'
  | 'send'
  | 'watch'
  | `items.${'folders' | 'changes' | 'get' | 'create' | 'update' | 'remove' | 'respond' | 'find' | 'attachment'}`

export interface Call {
  name: CallName
  account: string
  /** `after`: what was asked for has happened, but the answer can still be lost. */
  moment: 'before' | 'after'
}

export interface Fault {
  error: MailboxError
  /** Only calls of this account; else of all. */
  account?: string
  /** Only this call; else every one. */
  call?: CallName
  /** `before` (usual): nothing happens. `after`: it happens, and the answer is lost. */
  moment?: 'before' | 'after'
  /** Calls that still succeed before it strikes. */
  skip?: number
  /** How often it strikes: once unless said otherwise. */
  times?: number
  /** The connection is cut too: watches end. */
  cuts?: boolean
}

/** What goes wrong on a simulated server, by plan or by chance. */
export class Faults {
  #planned: { fault: Fault; skip: number; times: number }[] = []
  /** Asked for every call that no plan disturbs; for seeded chaos. */
  chance: ((call: Call) => Fault | undefined) | undefined

  /** Plans a fault; the returned function withdraws it. */
  plan(fault: Fault): () => void {
    const entry = { fault, skip: fault.skip ?? 0, times: fault.times ?? 1 }
    this.#planned.push(entry)
    return () => {
      this.#planned = this.#planned.filter((other) => other !== entry)
    }
  }

  clear(): void {
    this.#planned = []
    this.chance = undefined
  }

  /** The fault that strikes this call, counted as having struck. */
  strike(call: Call): Fault | undefined {
    for (const entry of this.#planned) {
      if (entry.times === 0 || !concerns(entry.fault, call)) continue
      if (entry.skip-- > 0) continue
      entry.times--
      return entry.fault
    }
    return this.chance?.(call)
  }
}

function concerns(fault: Fault, call: Call): boolean {
  return (
    (fault.account ?? call.account) === call.account &&
    (fault.call ?? call.name) === call.name &&
    (fault.moment ?? 'before') === call.moment
  )
}

/** What was asked of a simulated server: proves that headers come first and bodies only where they are needed. */
export class Traffic {
  requests = 0
  readonly calls: Partial<Record<CallName, number>> = {}
  /** Messages whose headers were read, and their bytes. */
  headers = 0
  headerBytes = 0
  /** Messages whose whole source was read, and their bytes. */
  bodies = 0
  bodyBytes = 0

  count(name: CallName): void {
    this.requests++
    this.calls[name] = (this.calls[name] ?? 0) + 1
  }

  reset(): void {
    this.requests = this.headers = this.headerBytes = this.bodies = this.bodyBytes = 0
    for (const name of Object.keys(this.calls) as CallName[]) delete this.calls[name]
  }
}
