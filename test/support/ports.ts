import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Below the ports that the kernel gives to connections, any of which may be taken before a slow server listens. */
const FIRST = 15_000
const LAST = 32_000

/** A TCP port of 127.0.0.1 that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, LAST)
    if (await mayListen(port)) return port
  }
  throw new Error(`No free port was found between ${FIRST} and ${LAST}.`)
}

function mayListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Waits until somebody listens on the port, at most `milliseconds`. `stop` ends the waiting by throwing. */
export async function listening(port: number, milliseconds: number, stop: () => void = () => {}): Promise<boolean> {
  const end = Date.now() + milliseconds
  while (Date.now() < end) {
    stop()
    if (await answers(port)) return true
    await sleep(5)
  }
  return false
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
