import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let admin: Client
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000 })
  admin = await site.as(site.administrator)
})
afterAll(() => site.close())

interface Inner {
  line: string
  body?: object | string
  headers?: Record<string, string>
  id?: string
}

const CRLF = '\r\n'

function requestText({ line, body, headers = {}, id }: Inner): string {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json; type=entry' }
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(id === undefined ? [] : [`Content-ID: ${id}`]),
    '',
    `${line} HTTP/1.1`,
    ...Object.entries({ ...type, ...headers }).map(([name, value]) => `${name}: ${value}`),
    '',
    ...(body === undefined ? [''] : [typeof body === 'string' ? body : JSON.stringify(body), '']),
  ].join(CRLF)
}

/** Single requests, and change sets as lists of requests. */
function batchText(items: (Inner | Inner[])[], boundary = 'batch_1'): string {
  const parts = items.map((item, at) => {
    if (!Array.isArray(item)) return requestText(item)
    const set = `changeset_${at}`
    const inner = item.map((each) => `--${set}${CRLF}${requestText(each)}`).join(CRLF)
    return `Content-Type: multipart/mixed;boundary=${set}${CRLF}${CRLF}${inner}${CRLF}--${set}--${CRLF}`
  })
  return `${parts.map((part) => `--${boundary}${CRLF}${part}`).join(CRLF)}${CRLF}--${boundary}--${CRLF}`
}

const post = (text: string, headers: Record<string, string> = {}, from = admin): Promise<Answer> =>
  from.send(`${API}/$batch`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/mixed;boundary=batch_1', ...headers },
    body: text,
  })

const batch = (items: (Inner | Inner[])[], headers?: Record<string, string>, from?: Client) =>
  post(batchText(items), headers, from)

/** The statuses in the order of the answer. */
const statuses = ({ text }: Answer) => [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
const ids = ({ text }: Answer) => [...text.matchAll(/^OData-EntityId: .*\(([0-9a-f-]{36})\)\r$/gm)].map(([, id]) => id)

const create = (lastname: string, id?: string): Inner => ({
  line: 'POST contacts',
  body: { lastname },
  ...(id === undefined ? {} : { id }),
})

async function named(lastname: string): Promise<Record<string, unknown>[]> {
  return (await admin.get(`${API}/contacts?$filter=startswith(lastname,'${lastname}')&$orderby=lastname`)).json.value
}

test('HTTP: $batch answers its requests in their order, reading and writing, however they are addressed', async () => {
  const answer = await batch([
    { line: `POST ${API}/contacts`, body: { lastname: 'Order' } },
    { line: `GET ${site.url}${API}/contacts?$select=lastname&$filter=lastname%20eq%20%27Order%27` },
    { line: 'GET contacts/$count?$filter=lastname eq'.replaceAll(' eq', '%20eq%20%27Order%27') },
    { line: 'GET WhoAmI' },
  ])
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=batchresponse_/)
  expect(statuses(answer)).toEqual([204, 200, 200, 200])
  expect(answer.text).toContain(`OData-EntityId: ${site.url}${API}/contacts(`)
  expect(answer.text).toContain('"lastname":"Order"')
  expect(answer.text).toContain(site.administrator.id)
})

test('HTTP: a change set happens as a whole or not at all', async () => {
  const good = await batch([[create('Set 1', '1'), create('Set 2', '2')]])
  expect([good.status, statuses(good)]).toEqual([200, [204, 204]])
  expect(good.text).toMatch(/Content-Type: multipart\/mixed; boundary=changesetresponse_/)
  expect(good.text.match(/^Content-ID: (\d)\r$/gm)).toEqual(['Content-ID: 1\r', 'Content-ID: 2\r'])
  const bad = await batch([[create('Undone 1', '1'), create('x'.repeat(60), '2')]])
  expect([bad.status, statuses(bad)]).toEqual([400, [400]])
  expect(bad.text).toContain('ValueTooLong')
  expect(await named('Undone')).toEqual([])
  expect(await named('Set')).toHaveLength(2)
})

test('HTTP: what was written before in a batch is named by its Content-ID, in addresses and in bodies', async () => {
  const answer = await batch([
    [
      { line: 'POST accounts', body: { name: 'Named by id' }, id: '1' },
      {
        line: 'POST contacts',
        body: { lastname: 'Refers', 'parentcustomerid_account@odata.bind': '$1' },
        id: '2',
      },
      { line: 'PUT $1/telephone1', body: { value: '555' } },
      { line: 'PUT $1/primarycontactid/$ref', body: { '@odata.id': '$2' } },
      { line: 'PATCH /$2', body: { firstname: 'Changed' } },
    ],
    { line: 'GET $1?$select=name,telephone1&$expand=primarycontactid($select=firstname)' },
  ])
  expect(statuses(answer)).toEqual([204, 204, 204, 204, 204, 200])
  expect(answer.text).toContain('"telephone1":"555"')
  expect(answer.text).toContain('"firstname":"Changed"')
  const unknown = await batch([[{ line: 'PATCH $7', body: {} }]])
  expect([unknown.status, unknown.text.includes('ContentIdUnknown')]).toEqual([400, true])
})

test('HTTP: a batch stops at the first failure, or goes on for those who prefer it', async () => {
  const items = [create('Stop 1'), { line: 'POST contacts', body: { nosuch: 1 } }, create('Stop 2'), [create('Stop 3')]]
  const stopped = await batch(items)
  expect([stopped.status, statuses(stopped)]).toEqual([400, [204, 400]])
  expect(await named('Stop')).toHaveLength(1)
  const went = await batch(items, { prefer: 'odata.continue-on-error' })
  expect([went.status, statuses(went)]).toEqual([200, [204, 400, 204, 204]])
  expect(went.headers.get('preference-applied')).toBe('odata.continue-on-error')
  expect(await named('Stop')).toHaveLength(4)
})

test('HTTP: lines may end with LF, and the last empty lines may be missing', async () => {
  const text = batchText([[create('Lines')], { line: 'GET WhoAmI' }])
  expect(statuses(await post(text.replaceAll(CRLF, '\n')))).toEqual([204, 200])
  const bare = ['--batch_1', 'Content-Type: application/http', '', 'GET WhoAmI', '--batch_1--'].join(CRLF)
  expect(statuses(await post(bare))).toEqual([200])
})

test('HTTP: requests in a change set have headers of their own', async () => {
  const id = randomUUID()
  const made = await batch([
    [
      { line: `PATCH contacts(${id})`, body: { lastname: 'Own' }, headers: { 'If-None-Match': '*' } },
      {
        line: `PATCH contacts(${id})?$select=lastname`,
        body: { lastname: 'Heads' },
        headers: { 'If-Match': '*', Prefer: 'return=representation' },
      },
    ],
  ])
  expect(statuses(made)).toEqual([204, 200])
  expect(made.text).toContain('"lastname":"Heads"')
  const stale = [{ line: `DELETE contacts(${id})`, headers: { 'If-Match': 'W/"1"' } }]
  expect(statuses(await batch([stale]))).toEqual([412])
  expect(await named('Heads')).toHaveLength(1)
})

test('HTTP: a thousand rows of one change set get their addresses in order', async () => {
  const answer = await batch([Array.from({ length: 1000 }, (_, n) => create(`Bulk ${String(n).padStart(4, '0')}`))])
  expect(answer.status).toBe(200)
  expect(ids(answer)).toHaveLength(1000)
  const third = await admin.get(`${API}/contacts(${ids(answer)[2] ?? ''})?$select=lastname`)
  expect(third.json.lastname).toBe('Bulk 0002')
})

test('HTTP: rows that point to others of their change set, or are changed in it, come in order', async () => {
  const [one, two] = [randomUUID(), randomUUID()]
  const answer = await batch([
    [
      { line: 'POST contacts', body: { contactid: one, lastname: 'Chain 1' } },
      {
        line: 'POST contacts',
        body: { contactid: two, lastname: 'Chain 2', 'parentcustomerid_contact@odata.bind': `contacts(${one})` },
      },
      { line: `PATCH contacts(${one})`, body: { lastname: 'Chain one' } },
      { line: `DELETE contacts(${two})` },
      { line: `POST contacts`, body: { contactid: two, lastname: 'Chain two' } },
    ],
  ])
  expect(statuses(answer)).toEqual([204, 204, 204, 204, 204])
  expect((await named('Chain')).map((row) => row['lastname'])).toEqual(['Chain one', 'Chain two'])
})

test('HTTP: a batch that is none, too large, or asks for what cannot be is refused before anything of it happens', async () => {
  const first = create('Never')
  const text = batchText([first])
  const cases: [string, string, number, string, string?][] = [
    ['empty', '', 400, 'BatchInvalid'],
    ['unended', text.replace('--batch_1--', ''), 400, 'BatchInvalid'],
    ['no boundary', text, 400, 'BatchInvalid', 'multipart/mixed'],
    ['other boundary', text, 400, 'BatchInvalid', 'multipart/mixed;boundary=other'],
    ['json', '{}', 415, 'UnsupportedMediaType', 'application/json'],
    ['plain', text, 415, 'UnsupportedMediaType', 'text/plain'],
    ['nested', batchText([first, { line: 'POST $batch', body: {} }]), 400, 'BatchInvalid'],
    ['reading in a set', batchText([[first, { line: 'GET contacts' }]]), 400, 'BatchInvalid'],
    ['id twice', batchText([[create('Never', '1'), create('Never', '1')]]), 400, 'BatchInvalid'],
    ['foreign', batchText([first, { line: 'POST https://elsewhere.example/contacts', body: {} }]), 400, 'BatchInvalid'],
    ['method', batchText([first, { line: 'BREW contacts' }]), 400, 'BatchInvalid'],
    ['header', batchText([first, { line: 'GET contacts', headers: { 'a b': 'c' } }]), 400, 'BatchInvalid'],
    ['many', batchText([Array.from({ length: 1001 }, () => first)]), 400, 'BatchTooLarge'],
    [
      'many sets',
      batchText([Array.from({ length: 600 }, () => first), Array.from({ length: 600 }, () => first)]),
      400,
      'BatchTooLarge',
    ],
  ]
  for (const [name, body, status, code, type] of cases) {
    const answer = await post(body, type === undefined ? {} : { 'content-type': type })
    expect([name, answer.status, answer.json?.error?.code]).toEqual([name, status, code])
  }
  const large = await post('x'.repeat(33 * 1024 * 1024)).catch(() => undefined)
  expect(large?.status ?? 413).toBe(413)
  expect(await named('Never')).toEqual([])
})

test('HTTP: actions that wait for others do not belong into change sets, but into batches', async () => {
  const act = { line: 'POST SyncNow', body: { MailboxId: site.anna.mailboxId } }
  const refused = await batch([[act]])
  expect([refused.status, refused.text.includes('NotAtomic')]).toEqual([400, true])
  expect(statuses(await batch([act]))).toEqual([200])
})

test('law 7: a batch may do no more than its requests one by one', async () => {
  const cleo = await site.as(site.cleo)
  const { id } = await site.contact({ lastname: 'Hidden' })
  const answer = await batch(
    [
      { line: `GET contacts(${id})` },
      { line: `GET contacts(${id})`, headers: { Authorization: `Bearer ${await site.token(site.administrator)}` } },
      { line: `PATCH contacts(${id})`, body: { lastname: 'Taken' }, headers: { 'If-Match': '*' } },
      [{ line: `DELETE contacts(${id})` }],
      { line: 'POST leads', body: { lastname: 'X' } },
    ],
    { prefer: 'odata.continue-on-error' },
    cleo,
  )
  expect(statuses(answer)).toEqual([404, 404, 404, 404, 403])
  expect(answer.text).toContain('prvCreateLead')
  expect((await admin.get(`${API}/contacts(${id})`)).json.lastname).toBe('Hidden')
})
