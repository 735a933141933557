import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { ApiJob, ApiServer } from '../children/api.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { ENGINE_NAME, type Engine } from '../support/store.ts'

const ROWS_PER_SECOND = 2_000
const SHARE_OF_BARE = 0.5
const ROWS_PER_BATCH = 100
const CLIENTS = 8
const API = '/api/data/v9.2'

/** The Web API over HTTP on loopback, as a salesperson with a token: reading one row, and storing many. */
export const api: Part = {
  name: 'api',
  says: 'Web API: retrieve by id against a bare Fastify route with the same SELECT, and rows created through $batch',
  async run(bench) {
    return [...(await measure(bench, 'server')), ...(await measure(bench, 'embedded'))]
  },
}

async function measure(bench: Bench, engine: Engine): Promise<Figure[]> {
  const target = await bench.stores.make(engine)
  const server = await start({ target, contacts: 1_000 })
  const pool = new Pool(server.url, { connections: CLIENTS })
  try {
    const retrieving = server.bare ? [await retrieve(bench, server, pool, server.bare)] : []
    bench.say(`creating rows through $batch, ${ENGINE_NAME[engine]}`)
    return [...retrieving, await create(bench, server, pool, engine)]
  } finally {
    await pool.close()
    await server.stop()
    await bench.stores.remove(target)
  }
}

/** Requests/s of both by turns. */
async function retrieve(bench: Bench, server: Started, pool: Pool, bare: string): Promise<Figure> {
  const other = new Pool(bare, { connections: CLIENTS })
  const headers = { authorization: `Bearer ${server.token}` }
  const ours = () =>
    rate(bench, pool, (n) => `${API}/contacts(${at(server, n)})?$select=fullname,emailaddress1`, headers)
  const theirs = () => rate(bench, other, (n) => `/?id=${at(server, n)}`)
  const rounds: { ours: number; theirs: number }[] = []
  for (let round = -1; round < 3; round++) {
    const taken = { ours: await ours(), theirs: await theirs() }
    if (round >= 0) rounds.push(taken)
  }
  await other.close()
  const ratio = median(rounds.map((round) => round.ours / round.theirs))
  const [mine, bareRate] = [median(rounds.map((round) => round.ours)), median(rounds.map((round) => round.theirs))]
  return {
    what: 'retrieve by id as a user, beside a bare route of the same process with the same SELECT',
    measured: `${short(ratio)} × (${Math.round(mine)} and ${Math.round(bareRate)} requests/s)`,
    target: `≥ ${SHARE_OF_BARE} ×`,
    met: ratio >= SHARE_OF_BARE,
    bound: 'The token is looked up, who may see what is checked, and the row is told in OData.',
  }
}

const at = (server: Started, n: number) => server.ids[(n * 7919) % server.ids.length] as string

async function rate(bench: Bench, pool: Pool, path: (n: number) => string, headers = {}): Promise<number> {
  const seconds = bench.quick ? 1 : 4
  const start = performance.now()
  let count = 0
  const client = async () => {
    while (performance.now() - start < seconds * 1000) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: path(count++), headers })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`Answered ${statusCode}: ${text.slice(0, 500)}`)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return count / ((performance.now() - start) / 1000)
}

/** Change sets of many rows each, some at once. */
async function create(bench: Bench, server: Started, pool: Pool, engine: Engine): Promise<Figure> {
  const seconds = bench.quick ? 1 : 10
  let made = 0
  const send = async () => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `${API}/$batch`,
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'multipart/mixed; boundary=batch' },
      body: batchOf(made),
    })
    const text = await body.text()
    const created = text.match(/^HTTP\/1\.1 204/gm)?.length ?? 0
    if (statusCode !== 200 || created !== ROWS_PER_BATCH) throw new Error(`Not all were created: ${text.slice(0, 500)}`)
    made += created
  }
  await send()
  made = 0
  const start = performance.now()
  const client = async () => {
    while (performance.now() - start < seconds * 1000) await send()
  }
  await Promise.all(Array.from({ length: 4 }, client))
  const perSecond = made / ((performance.now() - start) / 1000)
  return {
    what: `contacts created through $batch, ${ROWS_PER_BATCH} to a change set, ${ENGINE_NAME[engine]}`,
    measured: `${short(perSecond / ROWS_PER_SECOND)} × ${ROWS_PER_SECOND} rows/s (${Math.round(perSecond)} rows/s)`,
    target: `≥ 1 × ${ROWS_PER_SECOND} rows/s`,
    met: perSecond >= ROWS_PER_SECOND,
    bound: 'Each change set is one transaction on disk.',
  }
}

function batchOf(from: number): string {
  const parts = Array.from({ length: ROWS_PER_BATCH }, (_, index) =>
    [
      '--set',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      `Content-ID: ${index + 1}`,
      '',
      `POST ${API}/contacts HTTP/1.1`,
      'Content-Type: application/json; type=entry',
      '',
      JSON.stringify({
        firstname: 'New',
        lastname: `Person ${from + index}`,
        jobtitle: 'Buyer',
        telephone1: '+49 30 1',
      }),
    ].join('\r\n'),
  )
  return `--batch\r\nContent-Type: multipart/mixed; boundary=set\r\n\r\n${parts.join('\r\n')}\r\n--set--\r\n--batch--\r\n`
}

interface Started extends ApiServer {
  stop(): Promise<void>
}

/** Our server in a process of its own. */
async function start(job: ApiJob): Promise<Started> {
  const file = fileURLToPath(new URL('../children/api.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as [unknown]
  if (typeof line !== 'string') throw new Error('The measured server did not start.')
  return {
    ...(JSON.parse(line) as ApiServer),
    async stop() {
      child.stdin?.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
