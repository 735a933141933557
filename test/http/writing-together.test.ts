import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../support/database.ts'
import { type Answer, API, type Client, openSite, type Site } from './support/site.ts'

const count = (answers: readonly Answer[], status: number) => answers.filter((each) => each.status === status).length
const many = <T>(make: (n: number) => Promise<T>, most = 12) =>
  Promise.all(Array.from({ length: most }, (_, n) => make(n)))

const change = (id: string, n: number) =>
  `--c\nContent-Type: application/http\n\nPATCH contacts(${id}) HTTP/1.1\nContent-Type: application/json\n\n${JSON.stringify({ lastname: `Set ${n}` })}\n`

const creation = (n: number) =>
  `--c\r\nContent-Type: application/http\r\nContent-ID: ${n}\r\n\r\nPOST contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ firstname: 'Quick', lastname: `Number ${n}`, emailaddress1: `quick${n}@test.example` })}\r\n`

describe.each(engines)('several who write at once (%s)', (engine) => {
  let site: Site
  let admin: Client
  beforeAll(async () => {
    site = await openSite({ requestsPerMinute: 100_000 }, engine)
    admin = await site.as(site.administrator)
  })
  afterAll(() => site.close())

  const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> =>
    admin.send(`${API}/${path}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const read = async (path: string) => (await admin.get(`${API}/${path}`)).json
  test('HTTP: of all who change or delete the version that they read, one does', async () => {
    for (let round = 0; round < 5; round++) {
      const path = `contacts(${randomUUID()})`
      await send('PATCH', path, { lastname: 'Start' })
      const etag = (await read(path))['@odata.etag']
      const answers = await many((n) =>
        n % 4 === 3
          ? send('DELETE', path, undefined, { 'if-match': etag })
          : send('PATCH', path, { lastname: `Number ${n}` }, { 'if-match': etag }),
      )
      expect(count(answers, 204)).toBe(1)
      expect(count(answers, 412) + count(answers, 404)).toBe(11)
    }
  })

  test('HTTP: changes by version that are tried again until they succeed are all there', async () => {
    const path = `contacts(${randomUUID()})`
    await send('PATCH', path, { lastname: 'Counter', description: '0' })
    await many(async () => {
      for (let status = 412; status === 412; ) {
        const row = await read(path)
        const next = { description: String(Number(row.description) + 1) }
        status = (await send('PATCH', path, next, { 'if-match': row['@odata.etag'] })).status
      }
    }, 8)
    expect((await read(path)).description).toBe('8')
  })

  test('HTTP: all who upsert one row write it, and only one creates it', async () => {
    const [id, messageid] = [randomUUID(), `<${randomUUID()}@test.example>`]
    const byId = await many((n) => send('PATCH', `contacts(${id})`, { lastname: `Number ${n}` }))
    expect(count(byId, 204)).toBe(12)
    const key = `emails(messageid='${encodeURIComponent(messageid)}',directioncode=true)`
    const byKey = await many((n) => send('PATCH', key, { subject: `Number ${n}` }))
    expect(count(byKey, 204)).toBe(12)
    expect(new Set(byKey.map(({ headers }) => headers.get('odata-entityid'))).size).toBe(1)
    const only = await many(() =>
      send('PATCH', `contacts(${randomUUID()})`, { lastname: 'X' }, { 'if-none-match': '*' }),
    )
    expect(count(only, 204)).toBe(12)
  })

  test('HTTP: of all who create one row only where there is none, one does', async () => {
    const path = `contacts(${randomUUID()})`
    const answers = await many((n) => send('PATCH', path, { lastname: `Number ${n}` }, { 'if-none-match': '*' }))
    expect(count(answers, 204)).toBe(1)
    expect(count(answers, 412)).toBe(11)
  })

  test('HTTP: change sets that write the same rows in other orders all happen, each as a whole', async () => {
    const [one, two] = [randomUUID(), randomUUID()]
    for (const id of [one, two]) await send('PATCH', `contacts(${id})`, { lastname: 'Start' })
    const answers = await many((n) => {
      const ids = n % 2 ? [one, two] : [two, one]
      return admin.send(`${API}/$batch`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/mixed; boundary=b' },
        body: `--b\nContent-Type: multipart/mixed; boundary=c\n\n${ids.map((id) => change(id, n)).join('')}--c--\n--b--\n`,
      })
    }, 6)
    // Who loses five times against others is told to come back.
    expect(count(answers, 200) + count(answers, 503)).toBe(6)
    expect(count(answers, 200)).toBeGreaterThan(0)
    expect((await read(`contacts(${one})`)).lastname).toBe((await read(`contacts(${two})`)).lastname)
  })

  test('HTTP: a thousand creations of one change set are all there', async () => {
    const body = `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n${Array.from({ length: 1000 }, (_, n) => creation(n)).join('')}--c--\r\n--b--\r\n`
    const batch = () =>
      admin.send(`${API}/$batch`, { method: 'POST', headers: { 'content-type': 'multipart/mixed; boundary=b' }, body })
    expect((await batch()).status).toBe(200)
    expect(Number((await admin.get(`${API}/contacts/$count?$filter=firstname eq 'Quick'`)).text)).toBe(1000)
  })
})
