import { once } from 'node:events'
import fastify from 'fastify'
import pg from 'pg'
import type { Target } from '#database'
import { createToken, startServer } from '#http'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { openRegarding } from '#sync'

export interface ApiJob {
  target: Target
  contacts: number
}

/** What the process tells when it listens; it ends with its standard input. */
export interface ApiServer {
  url: string
  /** A route of Fastify alone that runs the SELECT of our own: `/?id=`. */
  bare?: string
  token: string
  ids: string[]
}

const CONNECTIONS = 10

const job = JSON.parse(process.argv[2] as string) as ApiJob
const asked = watchStatements()
const regarding = await openRegarding(job.target, { connections: CONNECTIONS })
const system = regarding.records.as(SYSTEM)
const user = await system.create('systemuser', { lastname: 'Berg', businessunitid: ROOT_BUSINESS_UNIT })
await system.create('systemuserroles', { systemuserid: user, roleid: ROLES.salesperson })
const ids = await system.createMany(
  'contact',
  Array.from({ length: job.contacts }, (_, n) => ({
    lastname: `Number ${n}`,
    emailaddress1: `person${n}@customer.example`,
    ownerid: { table: 'systemuser', id: user },
  })),
)
const token = (await createToken(regarding, user, 'bench', new Date(Date.now() + 3_600_000))).secret
const running = await startServer(regarding, { port: 0, requestsPerMinute: 1e9 })
const told: ApiServer = { url: running.url, token, ids }
const stopBare = 'url' in job.target ? await startBare(job.target.url) : async () => {}
process.stdout.write(`${JSON.stringify(told)}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
await running.close()
await stopBare()
await regarding.close()

/** A bare route of the same process, with as many connections: what a retrieve by id cannot do without. */
async function startBare(url: string): Promise<() => Promise<void>> {
  const address = `${running.url}/api/data/v9.2/contacts(${ids[0]})?$select=fullname,emailaddress1`
  for (let n = 0; n < 3; n++) await fetch(address, { headers: { authorization: `Bearer ${token}` } })
  const select = asked.findLast(({ text }) => /from "contact"/.test(text))
  if (!select) throw new Error('The statement of a retrieve was not seen.')
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  const app = fastify()
  app.get<{ Querystring: { id: string } }>('/', async (request) => {
    const values = select.values.map((value) => (value === ids[0] ? request.query.id : value))
    const { rows } = await pool.query({ name: 'bare', text: select.text, values })
    return rows[0]
  })
  told.bare = await app.listen({ host: '127.0.0.1', port: 0 })
  return async () => {
    await app.close()
    await pool.end()
  }
}

/** The statements that the driver of PostgreSQL is given, with their values. */
function watchStatements(): { text: string; values: unknown[] }[] {
  const seen: { text: string; values: unknown[] }[] = []
  const prototype = pg.Client.prototype as { query: (this: unknown, ...given: unknown[]) => unknown }
  const asks = prototype.query
  prototype.query = function (...given) {
    const [first, second] = given
    if (seen.length < 10_000) {
      if (typeof first === 'string') seen.push({ text: first, values: Array.isArray(second) ? second : [] })
      else if (isStatement(first)) seen.push({ text: first.text, values: [...(first.values ?? [])] })
    }
    return asks.apply(this, given)
  }
  return seen
}

function isStatement(value: unknown): value is { text: string; values?: unknown[] } {
  return typeof (value as { text?: unknown } | null)?.text === 'string'
}
