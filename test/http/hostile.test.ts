import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '#http'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
const log: string[] = []
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000, log: createLogger('info', { write: (line) => log.push(line) }) })
  anna = await site.as(site.anna)
})
afterAll(() => site.close())

const filter = (text: string) => `${API}/contacts?$filter=${encodeURIComponent(text)}`

test('HTTP: filters that are deep, wide or long are refused in OData form', async () => {
  const cases: [string, number, string][] = [
    [filter(`${'('.repeat(3000)}statecode eq 0${')'.repeat(3000)}`), 400, 'QueryTooComplex'],
    [filter(`${'not '.repeat(3000)}(statecode eq 0)`), 400, 'QueryTooComplex'],
    [filter(Array.from({ length: 600 }, () => 'statecode eq 0').join(' or ')), 400, 'QueryTooComplex'],
    [filter(`lastname eq '${'x'.repeat(30_000)}'`), 200, ''],
    [filter(`lastname eq '${'x'.repeat(40_000)}'`), 414, 'UrlTooLong'],
    [`${API}/contacts?${'a'.repeat(40_000)}`, 414, 'UrlTooLong'],
    [`/${'x'.repeat(100_000)}`, 431, 'HeadersTooLarge'],
    [
      `${API}/contacts?fetchXml=${encodeURIComponent('<fetch><entity name="contact">'.repeat(500))}`,
      400,
      'QueryTooComplex',
    ],
    [
      `${API}/contacts?fetchXml=${encodeURIComponent('<!DOCTYPE a [<!ENTITY b "c">]><fetch>&b;</fetch>')}`,
      400,
      'QueryInvalid',
    ],
    [`${API}/contacts?$filter=%ff%fe`, 400, 'QueryInvalid'],
    [`${API}/%ff`, 400, 'RequestInvalid'],
    [`${API}/contacts(%00)`, 400, 'KeyInvalid'],
    [filter("lastname eq '\u0000'"), 400, 'QueryInvalid'],
  ]
  for (const [path, status, code] of cases) {
    const answer = await anna.get(path)
    const at = path.slice(0, 80)
    expect([at, answer.status, answer.json?.error?.code ?? '']).toEqual([at, status, code])
  }
})

const sendBody = (body: string, type = 'application/json') =>
  anna.send(`${API}/SyncNow`, { method: 'POST', body, headers: { 'content-type': type } })

test('HTTP: bodies that are no JSON, too large, of another type or poisoned are refused', async () => {
  const cases: [Promise<{ status: number; json: { error: { code: string } } }>, number][] = [
    [sendBody('{"MailboxId":'), 400],
    [sendBody(''), 400],
    [sendBody('[]'), 400],
    [sendBody('null'), 400],
    [sendBody(`{"MailboxId":"${'x'.repeat(1_100_000)}"}`), 413],
    [sendBody('MailboxId=x', 'application/x-www-form-urlencoded'), 415],
    [sendBody('<a/>', 'text/xml'), 415],
    [sendBody('{"__proto__":{"a":1}}'), 400],
    [sendBody('{"constructor":{"prototype":{"a":1}}}'), 400],
    [sendBody('['.repeat(50_000)), 400],
  ]
  for (const [pending, status] of cases) {
    const answer = await pending
    expect(answer.status).toBe(status)
    expect(answer.json.error.code).toBeTruthy()
  }
})

const raw = (text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(site.running.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })

test('HTTP: what is not even HTTP gets an answer in OData form, and the connection ends', async () => {
  expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"RequestInvalid"/)
  expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
})

test('HTTP: too many requests of one address are refused for a while', async () => {
  const small = await openSite({ requestsPerMinute: 5 })
  const answers = []
  for (let index = 0; index < 7; index++) answers.push(await client(small.url).get('/signin'))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429])
  expect(answers[6]?.json.error.code).toBe('TooManyRequests')
  expect(Number(answers[6]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await client(small.url).get('/healthz')).status).toBe(200)
  await small.close()
})

test('HTTP: the host that a client names does not reach the answer unless it is one', async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(site.running.port, '127.0.0.1', () =>
      socket.write(`GET /api/openapi.json HTTP/1.1\r\nHost: "><script>\r\nConnection: close\r\n\r\n`),
    )
    let text = ''
    socket.on('data', (data) => (text += data.toString()))
    socket.on('close', () => resolve(text))
  })
  expect(answer).not.toContain('"><script>')
})

const WORDS = `contacts accounts emails activityparties mailboxes WhoAmI Explain RetrieveOptions $filter $select $expand
$orderby $top $count $skiptoken fetchXml @p MessageId 'a' null 0 -1 1e999 9999999999999999999 eq ne and or not in any all
lastname createdon statecode ownerid _ownerid_value contactid Microsoft.Dynamics.CRM.Today() contains(lastname, 2026-01-05
2026-13-45T99:99:99Z 00000000-0000-0000-0000-000000000000 ( ) , / = * & ? [ {"a":1} <fetch> </entity> </fetch>`
const word = fc.oneof(
  fc.constantFrom(...WORDS.split(/\s/), ' ', '<entity name="contact">', '<filter type="or">'),
  fc.string({ maxLength: 12, unit: 'binary' }),
)
const oddUrl = fc.array(word, { maxLength: 12 }).map((words) => words.join(''))

test('HTTP: odd requests never fail on our side: always an answer, in OData form when it is a refusal', async () => {
  const method = fc.constantFrom('GET', 'GET', 'GET', 'POST', 'DELETE', 'PATCH')
  const name = fc.constantFrom(
    ...'Track SetRegarding Untrack SyncNow SetOptions AddBlockRule ClearAlerts Explain'.split(' '),
  )
  await fc.assert(
    fc.asyncProperty(
      method,
      fc.boolean(),
      oddUrl,
      oddUrl,
      fc.jsonValue({ maxDepth: 3 }),
      name,
      async (verb, plain, path, question, body, action) => {
        const target =
          verb === 'POST'
            ? `${API}/${action}`
            : `${API}/${plain ? `contacts?${path.startsWith('$') ? '' : '$filter='}` : ''}${encodeURIComponent(path).replaceAll('%2F', '/')}${plain ? '' : '?'}${encodeURIComponent(question).replaceAll('%3D', '=').replaceAll('%26', '&').replaceAll('%24', '$')}`
        const answer = await anna.send(target, {
          method: verb,
          ...(verb === 'POST' ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
        })
        expect([target, answer.status < 500]).toEqual([target, true])
        expect(answer.status < 400 || Object.keys(answer.json).join() === 'error').toBe(true)
      },
    ),
    { numRuns: 400 },
  )
})

test('HTTP: an odd filter never fails on our side', async () => {
  const column = fc.constantFrom(
    'lastname',
    'statecode',
    'createdon',
    'ownerid',
    'contactid',
    'donotemail',
    'versionnumber',
    'birthdate',
    'parentcustomerid_account/name',
  )
  const operator = fc.constantFrom('eq', 'ne', 'gt', 'le', 'in')
  const value = fc.constantFrom(
    "'x'",
    '1',
    '99999999999999999999',
    '-1.5',
    'null',
    'true',
    '2026-01-05',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    "''",
    "('a','b')",
    '(1,2)',
    site?.anna?.id ?? '00000000-0000-0000-0000-000000000000',
  )
  const condition = fc.tuple(column, operator, value).map((parts) => parts.join(' '))
  await fc.assert(
    fc.asyncProperty(condition, condition, fc.constantFrom('and', 'or'), column, async (a, b, join, sort) => {
      const answer = await anna.get(`${filter(`${a} ${join} not (${b})`)}&$orderby=${sort}&$count=true`)
      expect([a, b, answer.status, answer.status < 500]).toEqual([a, b, answer.status, true])
    }),
    { numRuns: 150 },
  )
})

test('HTTP: the log names requests without their questions, and keeps no secret', async () => {
  const token = await site.token(site.anna)
  await client(site.url).get(`${API}/contacts?$filter=lastname eq 'Private'`, { authorization: `Bearer ${token}` })
  await client(site.url).post('/signin', { name: 'x', password: 'typed-password' })
  const text = log.join('\n')
  expect(log.length).toBeGreaterThan(100)
  expect(JSON.parse(log.at(-1) as string)).toMatchObject({ method: 'POST', route: '/signin', status: 401 })
  for (const secret of [token, 'Private', 'typed-password', 'rgp_']) expect(text).not.toContain(secret)
  expect(text).not.toContain('failed unexpectedly')
})

test('HTTP: secrets in what is logged are blanked', () => {
  const lines: string[] = []
  const logger = createLogger('info', { write: (line) => lines.push(line) })
  logger.info({ headers: { authorization: 'Bearer x-y-z', cookie: 'x-y-z' }, body: { password: 'x-y-z' } })
  expect(lines.join('')).not.toContain('x-y-z')
})
