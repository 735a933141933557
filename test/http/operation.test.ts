import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, client, openSite, type Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

test('HTTP: /healthz and /readyz say that the process lives and can work', async () => {
  const anybody = client(site.url)
  expect((await anybody.get('/healthz')).json).toEqual({ status: 'ok' })
  const ready = await anybody.get('/readyz')
  expect(ready.status).toBe(200)
  expect(ready.json).toEqual({ status: 'ok', checks: { database: 'ok' } })
})

test('HTTP: /metrics counts mailboxes, schedule, messages and requests, and names no mailbox', async () => {
  const { text, status, headers } = await client(site.url).get('/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toContain('text/plain')
  expect(text).toMatch(/regarding_mailboxes\{kind="user",state="enabled"\} 2/)
  expect(text).toMatch(/regarding_workloads\{workload="incoming",state="enabled"\} 3/)
  expect(text).toMatch(/regarding_schedule_lag_seconds\{workload="incoming"\} \d/)
  expect(text).toMatch(/regarding_database_latency_seconds \d/)
  expect(text).toMatch(
    /regarding_http_request_duration_seconds_count\{method="GET",route="\/healthz",status="200"\} \d/,
  )
  expect(text).not.toContain('adatum.example')
  expect(text).not.toContain(site.anna.mailboxId)
})

test('HTTP: WhoAmI tells the user, the business unit and the organization', async () => {
  const anna = await site.as(site.anna)
  const { json, headers } = await anna.get(`${API}/WhoAmI()`)
  expect(json.UserId).toBe(site.anna.id)
  expect(json.BusinessUnitId).toMatch(/^[0-9a-f-]{36}$/)
  expect(headers.get('odata-version')).toBe('4.0')
  expect((await anna.get(`${API}/WhoAmI`)).json).toEqual(json)
})
