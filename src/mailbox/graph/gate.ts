/** Exchange Online serves one application at most four requests per mailbox at a time. */
const ROOM = 4

/** Lets requests pass, four at a time and in the order they came. A batch takes the whole room: it runs four by four. */
class Gate {
  users = 0
  #free = ROOM
  #waiting: { weight: number; pass: () => void }[] = []

  async enter(weight: number): Promise<() => void> {
    if (this.#waiting.length > 0 || this.#free < weight)
      await new Promise<void>((pass) => this.#waiting.push({ weight, pass }))
    else this.#free -= weight
    let left = false
    return () => {
      if (left) return
      left = true
      this.#free += weight
      this.#admit()
    }
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0]
      if (!next || next.weight > this.#free) return
      this.#waiting.shift()
      this.#free -= next.weight
      next.pass()
    }
  }
}

export const BATCH_WEIGHT = ROOM

/** The gate of a mailbox, shared by all connections of this process to it. */
const gates = new Map<string, Gate>()

export interface Passage {
  /** Resolves when there is room; call what it returns when the request is over. */
  enter(weight: number): Promise<() => void>
  close(): void
}

export function passageTo(mailbox: string): Passage {
  const gate = gates.get(mailbox) ?? new Gate()
  gates.set(mailbox, gate)
  gate.users++
  let open = true
  return {
    enter: (weight) => gate.enter(weight),
    close() {
      if (!open) return
      open = false
      if (--gate.users === 0) gates.delete(mailbox)
    },
  }
}
