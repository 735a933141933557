import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { StringDecoder } from 'node:string_decoder'
import { SaxesParser } from 'saxes'
import { Secret } from '#mailbox'
import { systemClock } from '#time'
import { EwsClient } from '../../src/mailbox/ews/client.ts'
import { EwsMailbox } from '../../src/mailbox/ews/ewsMailbox.ts'
import { type Answer, Endpoint, type Request } from '../../src/mailbox/ews/http/endpoint.ts'
import { MimeSplitter } from '../../src/mailbox/ews/mimeContent.ts'
import { AnswerReader } from '../../src/mailbox/ews/reader.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { PASSWORD } from '../support/accounts.ts'
import { OWNER_ADDRESS, writeCorpus } from '../support/corpus.ts'
import { startBenchSandbox } from '../support/sandbox.ts'

/** Megabytes per second, at least. */
const TARGET = 40
/** Of what comes at once. */
const CHUNK = 64 * 1024
const TIMEOUT = 60_000

/** Answers to GetItem as the connector asks for them, of the headers and of the sources of messages. */
export const parsing: Part = {
  name: 'parsing',
  says: 'answers of EWS read by our reader, beside bare saxes over the same bytes',
  async run(bench) {
    const { headers, sources } = await record(bench)
    return [
      figure('headers', headers, readHeaders, bench, 'Saxes, and making an object of each element.'),
      figure('sources', sources, readSources, bench, 'Decoding base64, which never passes through the parser.'),
    ]
  },
}

function readHeaders(answer: Buffer): void {
  const reader = newReader()
  for (const chunk of chunksOf(answer)) reader.push(chunk)
  reader.end()
}

/** As the client does: the sources are taken out before the parser sees them. */
function readSources(answer: Buffer): void {
  const reader = newReader()
  const splitter = new MimeSplitter()
  for (const chunk of chunksOf(answer))
    for (const piece of splitter.push(chunk)) if ('xml' in piece) reader.push(piece.xml)
  for (const piece of splitter.end()) if ('xml' in piece) reader.push(piece.xml)
  reader.end()
}

function newReader(): AnswerReader {
  const wanted = new Set(['GetItemResponseMessage', 'ServerVersionInfo', 'Fault'])
  return new AnswerReader({ wanted, onNode: () => undefined })
}

function bare(answer: Buffer): void {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const decoder = new StringDecoder('utf8')
  for (const event of ['opentag', 'text', 'closetag'] as const) parser.on(event, () => undefined)
  for (const chunk of chunksOf(answer)) parser.write(decoder.write(chunk))
  parser.close()
}

function chunksOf(answer: Buffer): Buffer[] {
  const count = Math.ceil(answer.length / CHUNK)
  return Array.from({ length: count }, (_, index) => answer.subarray(index * CHUNK, (index + 1) * CHUNK))
}

function figure(
  what: string,
  answers: readonly Buffer[],
  ours: (answer: Buffer) => void,
  bench: Bench,
  bound: string,
): Figure {
  const rounds: { ours: number; bare: number }[] = []
  for (let round = -1; round < 5; round++) {
    const taken = { ours: speedOf(ours, answers, bench), bare: speedOf(bare, answers, bench) }
    if (round >= 0) rounds.push(taken)
  }
  const speed = median(rounds.map((round) => round.ours))
  const ratio = median(rounds.map((round) => round.ours / round.bare))
  const megabytes = (bytesOf(answers) / 1e6).toFixed(1)
  return {
    what: `answers with the ${what} of messages, ${megabytes} MB`,
    measured: `${short(speed)} MB/s, ${short(ratio)} × bare saxes (${short(median(rounds.map((round) => round.bare)))} MB/s)`,
    target: `≥ ${TARGET} MB/s`,
    met: speed >= TARGET,
    bound,
  }
}

/** Megabytes per second of the processor, which others on the machine do not take from it. */
function speedOf(read: (answer: Buffer) => void, answers: readonly Buffer[], bench: Bench): number {
  const least = bench.quick ? 200 : 1_000
  const start = process.cpuUsage()
  let [times, taken] = [0, 0]
  while (taken < least) {
    answers.forEach(read)
    times++
    const { user, system } = process.cpuUsage(start)
    taken = (user + system) / 1_000
  }
  return (bytesOf(answers) * times) / 1e3 / taken
}

function bytesOf(answers: readonly Buffer[]): number {
  return answers.reduce((sum, { length }) => sum + length, 0)
}

/** About 4 MB of each kind, asked of the sandbox by the connector itself. */
async function record(bench: Bench): Promise<{ headers: Buffer[]; sources: Buffer[] }> {
  const maildir = join(bench.directory, 'mail')
  writeCorpus(maildir, { messages: bench.quick ? 200 : 1_000 })
  // In a process of its own: its parser, made for other ends, would slow down ours.
  const sandbox = await startBenchSandbox({ users: [{ address: OWNER_ADDRESS, password: PASSWORD, maildir }] })
  const url = new URL(sandbox.place.ewsUrl)
  const endpoint = new Recorder(url.origin)
  const client = new EwsClient({ endpoint, url, anchor: OWNER_ADDRESS, timeoutMs: TIMEOUT, clock: systemClock })
  const mailbox = new EwsMailbox({ place: { client }, address: OWNER_ADDRESS, push: true })
  try {
    const inbox = (await mailbox.folders()).find(({ use }) => use === 'inbox')
    if (!inbox) throw new Error('The sandbox has no Inbox.')
    const sizes = new Map<string, number>()
    for await (const page of mailbox.changes(inbox.id, undefined, { pageSize: 500 }))
      for (const { id, size } of page.upserts) sizes.set(id, size)
    endpoint.answers.length = 0
    await mailbox.headers(inbox.id, [...sizes.keys()])
    const headers = endpoint.answers.splice(0)
    for await (const _ of mailbox.raw(inbox.id, small(sizes), { sizes })) continue
    return { headers, sources: endpoint.answers.splice(0) }
  } finally {
    await mailbox.close()
    await endpoint.close()
    await sandbox.stop()
  }
}

/** Messages without attachments whose sources are 3 MB: 4 MB in base64. */
function small(sizes: ReadonlyMap<string, number>): string[] {
  const ids: string[] = []
  let bytes = 0
  for (const [id, size] of sizes) {
    if (size > CHUNK) continue
    bytes += size
    if (bytes > 3e6) break
    ids.push(id)
  }
  return ids
}

/** Keeps every answer. */
class Recorder extends Endpoint {
  readonly answers: Buffer[] = []

  constructor(origin: string) {
    const password = new Secret(PASSWORD)
    const credentials = { kind: 'password', user: OWNER_ADDRESS, password, scheme: 'basic' } as const
    super({ origin, timeoutMs: TIMEOUT, credentials, clock: systemClock, connections: 1 })
  }

  override async send(request: Request): Promise<Answer> {
    const answer = await super.send(request)
    const bytes = await buffer(answer.body)
    this.answers.push(bytes)
    return { ...answer, body: Readable.from([bytes], { objectMode: false }) }
  }
}
