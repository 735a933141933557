import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BackfillJob, BackfillResult } from '../children/backfill.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { mean, median, short } from '../statistics.ts'
import { type Account, FACE_NAME, type Face, PASSWORD } from '../support/accounts.ts'
import { runChild } from '../support/child.ts'
import { type Corpus, OWNER_ADDRESS, writeCorpus } from '../support/corpus.ts'
import { type MailServer, startMailServer } from '../support/mailServer.ts'
import { startBenchSandbox } from '../support/sandbox.ts'

type Track = 'nothing' | 'all'

const FACES: readonly Face[] = ['graph', 'ews']
const DEED: Record<Track, string> = { nothing: 'headers decided', all: 'messages tracked' }
/** Requests of Graph per message, at most. */
const MOST_REQUESTS: Record<Track, number> = { nothing: 0.06, all: 0.12 }

interface Speed {
  perSecond: number
  seconds: number
  /** Processor seconds of the whole run. */
  processor: BackfillResult['processor']
}

/** One run through Exchange. */
interface Run extends Speed {
  /** Times as fast as IMAP just before and just after it. */
  ratio: number
  /** Per message. */
  requests: number
  bytes: number
}

/**
 * The same mailbox read by one worker on PostgreSQL through Graph and EWS from the sandbox, in a process of its own, and
 * through IMAP from Dovecot, in turns: a ratio compares runs that stand beside each other, and the median of the rounds
 * counts.
 */
export const exchange: Part = {
  name: 'exchange',
  says: 'a mailbox of 2,000 messages through Graph and EWS from the sandbox, beside IMAP; requests and bytes',
  async run(bench) {
    const messages = bench.quick ? 200 : 2_000
    const maildir = join(bench.directory, 'mail')
    const corpus = writeCorpus(maildir, { messages })
    const server = await startMailServer({ messages })
    try {
      bench.say(`${messages} messages, ${Math.round(corpus.bytes / 1e6)} MB`)
      await throughImap('nothing', bench, server) // Dovecot's files are in memory from here on.
      const figures: Figure[] = []
      for (const track of ['nothing', 'all'] as const) figures.push(...(await measure(track, bench, server, maildir)))
      return figures
    } finally {
      await server.stop()
    }
  },
}

async function measure(track: Track, bench: Bench, server: MailServer, maildir: string): Promise<Figure[]> {
  const runs: Record<Face, Run[]> = { graph: [], ews: [] }
  for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
    let before = await throughImap(track, bench, server)
    for (const face of FACES) {
      const { speed, traffic } = await throughExchange(face, track, bench, server.corpus, maildir)
      const after = await throughImap(track, bench, server)
      const ratio = speed.perSecond / mean([before.perSecond, after.perSecond])
      runs[face].push({ ...speed, ...traffic, ratio })
      before = after
      const name = `${DEED[track]} through ${FACE_NAME[face]}`
      bench.say(`${name}: ${short(speed.perSecond)}/s (IMAP ${short(after.perSecond)}/s), ${short(ratio)} × IMAP`)
    }
  }
  return FACES.flatMap((face) => [speedFigure(face, track, runs[face]), trafficFigure(face, track, runs[face])])
}

async function throughImap(track: Track, bench: Bench, server: MailServer): Promise<Speed> {
  return read(track, bench, server.corpus, await server.account(), server.pid)
}

/** Each run finds a mailbox that nobody has touched. */
async function throughExchange(face: Face, track: Track, bench: Bench, corpus: Corpus, maildir: string) {
  const sandbox = await startBenchSandbox({ users: [{ address: OWNER_ADDRESS, password: PASSWORD, maildir }] })
  try {
    const speed = await read(track, bench, corpus, { face, place: sandbox.place }, sandbox.pid)
    const { requests, bytes } = await sandbox.traffic()
    return { speed, traffic: { requests: requests / corpus.messages, bytes: bytes / corpus.messages } }
  } finally {
    await sandbox.stop()
  }
}

async function read(track: Track, bench: Bench, corpus: Corpus, account: Account, server: number): Promise<Speed> {
  await bench.stores.url()
  const target = await bench.stores.make('server')
  const job: BackfillJob = {
    target,
    messages: corpus.messages,
    postgres: bench.stores.pid,
    server,
    installation: {
      account,
      track: track === 'all' ? 'all' : 'knownSenders',
      // Where everything is tracked, half of the senders are known.
      contacts: track === 'all' ? corpus.senders.filter((_, index) => index % 2 === 0) : [],
    },
  }
  const { seconds, processor } = await runChild<BackfillResult>('backfill', job)
  await bench.stores.remove(target)
  return { perSecond: corpus.messages / seconds, seconds, processor }
}

function speedFigure(face: Face, track: Track, runs: readonly Run[]): Figure {
  const of = (value: (run: Run) => number) => short(median(runs.map(value)))
  const each = (key: keyof Speed['processor']) => of(({ processor, seconds }) => (processor[key] / seconds) * 100)
  return {
    what: `${DEED[track]} through ${FACE_NAME[face]}`,
    measured: `${of((run) => run.ratio)} × IMAP (${of((run) => run.perSecond)}/s)`,
    bound: `Busy meanwhile: the worker ${each('node')} %, PostgreSQL ${each('postgres')} %, the sandbox ${each('server')} % of one core; ${availableParallelism()} cores are there.`,
  }
}

function trafficFigure(face: Face, track: Track, runs: readonly Run[]): Figure {
  const requests = median(runs.map((run) => run.requests))
  const most = MOST_REQUESTS[track]
  return {
    what: `${FACE_NAME[face]}: requests and bytes of a message, ${track === 'all' ? 'tracked' : 'untracked'}`,
    measured: `${requests.toFixed(3)} requests, ${short(median(runs.map((run) => run.bytes)) / 1000)} kB`,
    ...(face === 'graph' ? { target: `≤ ${most} requests`, met: requests <= most } : {}),
    bound: `With sign-in and folders, over all messages.${face === 'graph' ? ' A batch is one request of up to 20 parts.' : ''}`,
  }
}
