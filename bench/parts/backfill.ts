import type { BackfillJob, BackfillResult } from '../children/backfill.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { runChild } from '../support/child.ts'
import { type MailServer, startMailServer } from '../support/mailServer.ts'
import { MBSYNC, OFFLINEIMAP, type Peer, secondsToCopy } from '../support/peers.ts'
import { ENGINE_NAME, type Engine } from '../support/store.ts'

/** What is measured of the project: which store, and what is tracked. */
interface Contender {
  engine: Engine
  track: 'all' | 'nothing'
  /** Times as fast as mbsync, at least. */
  target: number
  beyond: number
}

const CONTENDERS: readonly Contender[] = [
  { engine: 'server', track: 'all', target: 0.2, beyond: 0.5 },
  { engine: 'embedded', track: 'all', target: 0.12, beyond: 0.5 },
  { engine: 'server', track: 'nothing', target: 1, beyond: 2 },
  { engine: 'embedded', track: 'nothing', target: 1, beyond: 2 },
]

/** One run of a contender. */
interface Run {
  seconds: number
  perSecond: number
  /** Processor seconds per message. */
  processor: BackfillResult['processor']
}

/**
 * The same mailbox, copied by mbsync and offlineimap and read by a worker, in turns. What a copy takes depends on how
 * much the disk has to write just then, four times as long and more; so the median of all copies, which stand between
 * all runs, is compared with the median of the runs.
 */
export const backfill: Part = {
  name: 'backfill',
  says: 'a mailbox of 20,000 messages from Dovecot, all tracked or none, against mbsync and offlineimap',
  async run(bench) {
    const messages = bench.quick ? 2_000 : 20_000
    const rounds = bench.quick ? 1 : 3
    const contenders = CONTENDERS.filter((contender) => nameOf(contender).includes(bench.only ?? ''))
    const server = await startMailServer({ messages })
    try {
      bench.say(`${messages} messages, ${Math.round(server.corpus.bytes / 1e6)} MB`)
      await copy(MBSYNC, bench, server) // Dovecot's files are in memory from here on, for everybody.
      const runs = new Map<Contender, Run[]>(contenders.map((contender) => [contender, []]))
      const copies = [await copy(MBSYNC, bench, server)]
      for (let round = 0; round < rounds; round++) {
        for (const contender of contenders) {
          const { result, processor } = await measure(contender, bench, server)
          const copied = await copy(MBSYNC, bench, server)
          copies.push(copied)
          const { seconds } = result
          runs.get(contender)?.push({ seconds, perSecond: messages / seconds, processor })
          const { main } = processor
          bench.say(
            `${nameOf(contender)}: ${short(messages / seconds)}/s, main thread ${short(main * 1e6)} µs per message ` +
              `(mbsync afterwards ${short(messages / copied)}/s)`,
          )
        }
      }
      // Slow, and steady enough to be measured once; nobody is held against it where bodies are not fetched.
      const slow = contenders.some(({ track }) => track === 'all') ? await copy(OFFLINEIMAP, bench, server) : undefined
      const mbsync = median(copies)
      const [fastest, slowest] = [Math.min(...copies), Math.max(...copies)].map((seconds) => short(messages / seconds))
      bench.say(
        `mbsync: ${short(messages / mbsync)}/s (${slowest} to ${fastest})` +
          (slow === undefined ? '' : `; offlineimap: ${short(messages / slow)}/s`),
      )
      return [...runs].map(([contender, of]) => figure(contender, of, { mbsync, offlineimap: slow }))
    } finally {
      await server.stop()
    }
  },
}

async function copy(peer: Peer, bench: Bench, server: MailServer): Promise<number> {
  return secondsToCopy(peer, await server.account(), bench.directory, server.corpus.messages)
}

async function measure({ engine, track }: Contender, bench: Bench, server: MailServer) {
  const { corpus } = server
  await bench.stores.url()
  const target = await bench.stores.make(engine)
  const job: BackfillJob = {
    target,
    messages: corpus.messages,
    postgres: bench.stores.pid,
    server: server.pid,
    installation: {
      account: await server.account(),
      track: track === 'all' ? 'all' : 'knownSenders',
      // Where everything is tracked, half of the senders are known.
      contacts: track === 'all' ? corpus.senders.filter((_, index) => index % 2 === 0) : [],
    },
  }
  const result = await runChild<BackfillResult>('backfill', job)
  await bench.stores.remove(target)
  const { node, main, postgres, server: dovecot } = result.processor
  const each = (seconds: number) => seconds / corpus.messages
  return { result, processor: { node: each(node), main: each(main), postgres: each(postgres), server: each(dovecot) } }
}

function figure(
  contender: Contender,
  runs: readonly Run[],
  { mbsync, offlineimap }: { mbsync: number; offlineimap: number | undefined },
): Figure {
  const { target, beyond, track } = contender
  const seconds = median(runs.map((run) => run.seconds))
  const ratio = mbsync / seconds
  const faster = offlineimap === undefined ? undefined : offlineimap / seconds
  return {
    what: nameOf(contender),
    measured: `${short(ratio)} × mbsync${faster === undefined ? '' : `, ${short(faster)} × offlineimap`}`,
    target: `≥ ${target} × mbsync${track === 'all' ? ', > offlineimap' : ''} (beyond: ${beyond} ×)`,
    met: ratio >= target && (track === 'nothing' || (faster ?? 0) > 1),
    bound: boundOf(contender, runs, ratio),
  }
}

/** The processor is what bounds it: the time of a message on every program, and what two cores could do at best. */
function boundOf({ engine }: Contender, runs: readonly Run[], ratio: number): string {
  const of = (key: keyof Run['processor']) => median(runs.map((run) => run.processor[key])) * 1e6
  const [node, main, postgres, dovecot] = [of('node'), of('main'), of('postgres'), of('server')]
  const perSecond = median(runs.map((run) => run.perSecond))
  // Work on one thread cannot be shared out; the embedded store is another thread of the same process.
  const best = (1e6 / Math.max(main, postgres, (node + postgres + dovecot) / 2)) * (ratio / perSecond)
  const store = engine === 'embedded' ? 'with the store in it' : `PostgreSQL ${short(postgres)} µs`
  return (
    `Bound by the processor: per message ${short(node)} µs in the worker (main thread ${short(main)} µs), ${store}, ` +
    `Dovecot ${short(dovecot)} µs; both cores always busy would give ${short(best)} × mbsync.`
  )
}

function nameOf({ engine, track }: Contender): string {
  return `${track === 'all' ? 'everything tracked' : 'nothing to track'}, ${ENGINE_NAME[engine]}`
}
