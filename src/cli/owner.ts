import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Regarding } from '#sync'
import type { Output } from './command.ts'
import { runCommand } from './run.ts'

/** The socket on which the process that owns a directory takes the commands of others. */
const SOCKET = 'regarding.sock'
/** Longest request line: a command's words. */
const LONGEST = 100_000

/** Longest path of a socket on every system we know. */
const LONGEST_PATH = 100

/** In the directory, where only its owner gets; for a very long path under a name derived from it. */
function socketPath(directory: string): string {
  const path = join(directory, SOCKET)
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path
  return join(tmpdir(), `regarding-${createHash('sha256').update(directory).digest('hex').slice(0, 24)}.sock`)
}

type Answer =
  | { kind: 'result'; text: string; data: unknown }
  | { kind: 'say'; line: string }
  | { kind: 'progress'; label: string; done: number; total: number }
  | { kind: 'exit'; code: number }

/** Serves commands to other processes of the same person: the socket lies in the directory with mode 600. */
export async function serveCommands(regarding: Regarding, directory: string): Promise<Server> {
  const path = socketPath(directory)
  await rm(path, { force: true })
  const server = createServer((socket) => void serveOne(regarding, socket))
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(mask)
  }
  return server
}

async function serveOne(regarding: Regarding, socket: Socket): Promise<void> {
  const abort = new AbortController()
  socket.on('close', () => abort.abort())
  socket.on('error', () => abort.abort())
  const answer = (message: Answer) => void (socket.writable && socket.write(`${JSON.stringify(message)}\n`))
  const words = await firstLine(socket)
  const output: Output = {
    result: (text, data) => answer({ kind: 'result', text, data }),
    say: (line) => answer({ kind: 'say', line }),
    progress: (label, done, total) => answer({ kind: 'progress', label, done, total }),
  }
  const code = words ? await runCommand(regarding, words, output, abort.signal) : 64
  answer({ kind: 'exit', code })
  socket.end()
}

/** The words of the command; undefined when the other side does not speak our language. */
function firstLine(socket: Socket): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: socket })
    lines.once('line', (line) => resolve(line.length > LONGEST ? undefined : wordsOf(line)))
    lines.once('close', () => resolve(undefined))
  })
}

function wordsOf(line: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return Array.isArray(parsed) && parsed.every((word) => typeof word === 'string') ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Runs a command in the process that owns the directory; undefined when no process does. */
export async function runInOwner(
  directory: string,
  words: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<number | undefined> {
  const socket = await connect(socketPath(directory))
  if (!socket) return undefined
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  socket.write(`${JSON.stringify(words)}\n`)
  for await (const line of createInterface({ input: socket })) {
    const message = JSON.parse(line) as Answer
    if (message.kind === 'exit') {
      socket.end()
      return message.code
    }
    if (message.kind === 'result') output.result(message.text, message.data)
    else if (message.kind === 'say') output.say(message.line)
    else output.progress(message.label, message.done, message.total)
  }
  throw new Error('The process that owns the directory went away before it answered; try again.')
}

function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error),
    )
  })
}
