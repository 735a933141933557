import { MailboxError } from './errors.ts'

interface Waiting<Asked, Answer> {
  asked: Asked
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

/** What is sent at once, at most. */
interface Most<Asked> {
  count: number
  /** Of all together, in what `sizeOf` counts; one that is larger goes alone. */
  size: number
  sizeOf: (asked: Asked) => number
}

/**
 * Puts what is asked for in the same turn of the event loop into one request. Each has its own answer; when the request
 * is refused unread, its halves are sent each for itself, down to the one at fault (SC-56); when it fails otherwise,
 * everybody in it is told so.
 */
export class Together<Asked, Answer> {
  readonly #send: (all: readonly Asked[]) => Promise<readonly PromiseSettledResult<Answer>[]>
  readonly #most: Most<Asked>
  #waiting: Waiting<Asked, Answer>[] = []

  /** @param send answers in the order of what is asked, one for each */
  constructor(send: (all: readonly Asked[]) => Promise<readonly PromiseSettledResult<Answer>[]>, most: Most<Asked>) {
    this.#send = send
    this.#most = most
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    let group: Waiting<Asked, Answer>[] = []
    let size = 0
    for (const one of this.#waiting.splice(0)) {
      const own = this.#most.sizeOf(one.asked)
      if (group.length > 0 && (group.length >= this.#most.count || size + own > this.#most.size)) {
        void this.#go(group)
        group = []
        size = 0
      }
      group.push(one)
      size += own
    }
    void this.#go(group)
  }

  async #go(group: readonly Waiting<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await this.#send(group.map(({ asked }) => asked))
      for (const [index, { resolve, reject }] of group.entries()) {
        const answer = answers[index]
        if (answer?.status === 'fulfilled') resolve(answer.value)
        else reject(answer?.reason)
      }
    } catch (error) {
      if (group.length === 1 || !isRefusedUnread(error)) {
        for (const { reject } of group) reject(error)
        return
      }
      const half = Math.ceil(group.length / 2)
      await this.#go(group.slice(0, half))
      await this.#go(group.slice(half))
    }
  }
}

/** Too large, or not to be understood: nothing of it was done, and one of its parts may be at fault. */
function isRefusedUnread(error: unknown): boolean {
  if (!(error instanceof MailboxError)) return false
  return error.kind === 'tooLarge' || (error.kind === 'permanent' && error.code === 'NotSupported')
}
