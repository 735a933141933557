import { connect, createServer, type Socket } from 'node:net'

/** When a connection is cut: with the command that matches, for the `count`-th time on this proxy. */
interface Blow {
  /** Matched against each line the client sends. */
  command: RegExp
  count?: number
  /**
   * `before` the command reaches the server; once the server has it, before any `answer`; after so many bytes of the
   * answer, in the `midst`.
   */
  moment: 'before' | 'answer' | 'midst'
  bytes?: number
}

/** A TCP proxy before a server of 127.0.0.1 that cuts connections on demand. It reads plain text only. */
export interface Cut {
  port: number
  /** Lines the clients have sent, without their tags. */
  commands: string[]
  /** Connections now open. */
  readonly open: number
  /** Connections ever made. */
  readonly made: number
  /** Cuts every connection now, by a reset. */
  cutAll(): void
  /** Cuts one connection when its command comes; once. */
  cutAt(blow: Blow): void
  /** Does something once a client sends such a command; the server gets it when that is done. Once. */
  before(command: RegExp, deed: () => Promise<unknown>): void
  /** Answers such a command in place of the server, e.g. `NO [OVERQUOTA] Quota exceeded`. Once. */
  answer(command: RegExp, words: string): void
  /** Passes nothing on any more, in either direction, without closing. */
  stall(): void
  close(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket
  /** Bytes of answers still let through; undefined while all are. */
  left?: number
}

export async function startCut(target: number): Promise<Cut> {
  const pairs = new Set<Pair>()
  const commands: string[] = []
  let made = 0
  let stalled = false
  let blow: (Blow & { left: number }) | undefined
  let spoken: { command: RegExp; words: string } | undefined
  let held: { command: RegExp; deed: () => Promise<unknown> } | undefined

  const cut = (pair: Pair) => {
    pair.client.resetAndDestroy()
    pair.server.destroy()
    pairs.delete(pair)
  }

  const listener = createServer((client) => {
    const pair: Pair = { client, server: connect(target, '127.0.0.1') }
    pairs.add(pair)
    made++
    for (const socket of [pair.client, pair.server]) {
      socket.on('error', () => cut(pair))
      socket.on('close', () => {
        pair.client.destroy()
        pair.server.destroy()
        pairs.delete(pair)
      })
    }
    client.on('data', (data: Buffer) => {
      if (stalled) return
      for (const line of data.toString('latin1').split('\r\n').filter(Boolean)) {
        commands.push(line.replace(/^\S+ /, ''))
        if (!blow?.command.test(line) || --blow.left > 0) continue
        const { moment, bytes } = blow
        blow = undefined
        if (moment === 'before') return cut(pair)
        pair.left = moment === 'answer' ? 0 : (bytes ?? 10)
      }
      const said = data.toString('latin1')
      if (spoken?.command.test(said)) {
        client.write(`${said.split(' ', 1)[0]} ${spoken.words}\r\n`)
        spoken = undefined
        return
      }
      const wait = held
      if (!wait?.command.test(said)) return pair.server.write(data)
      held = undefined
      client.pause()
      const passOn = () => {
        pair.server.write(data)
        client.resume()
      }
      wait.deed().then(passOn, (error: Error) => client.destroy(error))
    })
    pair.server.on('data', (data: Buffer) => {
      if (stalled) return
      if (pair.left === undefined) {
        client.write(data)
        return
      }
      const passed = data.subarray(0, pair.left)
      pair.left -= passed.length
      if (pair.left > 0) client.write(passed)
      // A reset would also take back what was just passed on.
      else client.end(passed, () => cut(pair))
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  return {
    port,
    commands,
    get open() {
      return pairs.size
    },
    get made() {
      return made
    },
    cutAll() {
      for (const pair of pairs) cut(pair)
    },
    cutAt(next) {
      blow = { ...next, left: next.count ?? 1 }
    },
    before(command, deed) {
      held = { command, deed }
    },
    answer(command, words) {
      spoken = { command, words }
    },
    stall() {
      stalled = true
    },
    async close() {
      for (const pair of pairs) cut(pair)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
