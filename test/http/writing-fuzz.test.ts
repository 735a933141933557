import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let admin: Client
let anna: Client
let contact: string
let account: string
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 1_000_000 })
  admin = await site.as(site.administrator)
  anna = await site.as(site.anna)
  contact = (await site.contact({ lastname: 'Fuzz' })).id
  account = (await site.account({ name: 'Fuzz' })).id
})
afterAll(() => site.close())

/** Where the change feed ends: what changes anything moves it. */
async function mark(): Promise<string> {
  const { rows } = await sql<{ mark: string }>`select coalesce(max(sequence), 0)::text as mark from changefeed`.execute(
    site.regarding.database.sql,
  )
  return rows[0]?.mark ?? ''
}

const NAMES = `lastname firstname contactid birthdate gendercode donotemail statecode statuscode ownerid createdon
parentcustomerid parentcustomerid_account parentcustomerid_account@odata.bind ownerid@odata.bind primarycontactid name
contact_customer_accounts contact_customer_accounts@odata.bind @odata.type @odata.id _ownerid_value Targets value
preferredappointmentdays revenue numberofemployees __proto__ constructor toString regardingobjectid_contact@odata.bind
email_activity_parties participationtypemask subject scheduledend OpportunityClose Status versionnumber`.split(/\s+/)
const SETS = `contacts accounts emails tasks opportunities leads teams systemuserrolescollection activitypointers
principalobjectaccessset organizations mailboxes nosuch activityparties queueitems`.split(/\s+/)

/** Those of rows that are there are known only when the site is open. */
const id = () =>
  fc.constantFrom('contact', 'account', 'anna', '00000000-0000-4000-8000-000000000001', 'x', '').map(
    (which) =>
      new Map([
        ['contact', contact],
        ['account', account],
        ['anna', site.anna.id],
      ]).get(which) ?? which,
  )
const address = () =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('contacts', 'accounts', 'systemusers', 'nosuch'), id())
      .map(([set, key]) => `/${set}(${key})`),
    fc.constantFrom('$1', '/$2', `emails(messageid='a',directioncode=true)`, '((', `accounts('`, 'https://x/y'),
  )
const scalar = () =>
  fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      1,
      -1,
      5,
      1e308,
      2 ** 53,
      '',
      'x',
      '2026-01-05',
      '0001-01-01T00:00:00Z',
      '\0',
    ),
    fc.constantFrom<unknown>('9999-12-31T23:59:59Z', '2026-13-45', 'x'.repeat(3000), '\ud800', '1,3'),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 10 }),
    id(),
    address(),
  )
const { body } = fc.letrec<{ body: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar(),
    tie('body'),
    fc.array(tie('body'), { maxLength: 3 }),
  ),
  body: fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8 })), tie('value'), { maxKeys: 5 }),
}))

const path = () => {
  const set = fc.constantFrom(...SETS)
  const part = fc.constantFrom(
    '',
    '/$ref',
    '/lastname',
    '/parentcustomerid_account/$ref',
    '/contact_customer_accounts/$ref',
    '/nosuch',
    '/Microsoft.Dynamics.CRM.CreateMultiple',
    '/Microsoft.Dynamics.CRM.UpsertMultiple',
    '/Microsoft.Dynamics.CRM.QualifyLead',
    '/primarycontactid/$ref',
    '/teammembership_association/$ref',
    '?$select=lastname',
    '?$expand=x',
    '/a/b/c/d/e/f',
  )
  const key = fc.oneof(
    id().map((each) => `(${each})`),
    fc.constantFrom('', '', '(', `(a='b')`, `(messageid='x''y',directioncode=false)`),
  )
  return fc.tuple(set, key, part).map((parts) => parts.join(''))
}
const method = fc.constantFrom('POST', 'POST', 'PATCH', 'PATCH', 'PUT', 'DELETE')
const headers = fc.record(
  {
    'if-match': fc.constantFrom('*', 'W/"1"', 'x', '"'),
    'if-none-match': fc.constantFrom('*', 'null'),
    prefer: fc.constantFrom('return=representation', 'odata.continue-on-error', 'x'),
    mscrmcallerid: fc.constantFrom('x', '00000000-0000-4000-8000-000000000002'),
  },
  { requiredKeys: [] },
)

/** Names that `JSON.stringify` would lose stay. */
const text = (value: unknown) => JSON.stringify(value) ?? 'null'

const post = (parts: readonly string[], more: Record<string, string>): Promise<Answer> =>
  admin.send(`${API}/$batch`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/mixed; boundary=b', ...more },
    body: `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`,
  })

/** What an answer does that none may do; undefined when all is well. */
async function faultOf(send: () => Promise<Answer>): Promise<string | undefined> {
  const before = await mark()
  const answer = await send()
  if (answer.status >= 500 || answer.text.includes('HTTP/1.1 5')) return `${answer.status}: ${answer.text}`
  if (answer.status < 400) return undefined
  if (Object.keys(answer.json ?? { error: answer.text }).join() !== 'error') return `No error of OData: ${answer.text}`
  // What is refused has changed nothing; of a batch that stopped, what came before stays.
  const isWhole = !answer.text.startsWith('--')
  return isWhole && (await mark()) !== before ? `Refused, and something changed: ${answer.text}` : undefined
}

test('HTTP: whatever is written anywhere, no request fails on our side, and none that is refused changes anything', async () => {
  const request = fc.record({
    verb: method,
    to: fc.constant(null).chain(path),
    what: body,
    more: headers,
    who: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ verb, to, what, more, who }) => {
      const client = who ? admin : anna
      const headers = { 'content-type': 'application/json', ...more }
      const send = () => client.send(`${API}/${encodeURI(to)}`, { method: verb, headers, body: text(what) })
      expect(await faultOf(send)).toBeUndefined()
    }),
    { numRuns: 400 },
  )
})

test('HTTP: rows of likely columns are written or refused, never half', async () => {
  const likely = fc.dictionary(fc.constantFrom(...NAMES.slice(0, 20)), scalar(), { maxKeys: 4 })
  const rows = fc.record({
    name: fc.string({ maxLength: 20 }),
    contact_customer_accounts: fc.array(likely, { maxLength: 3 }),
    primarycontactid: likely,
  })
  await fc.assert(
    fc.asyncProperty(rows, async (row) => {
      expect(await faultOf(() => admin.post(`${API}/accounts`, row))).toBeUndefined()
    }),
    { numRuns: 150 },
  )
})

test('HTTP: whatever a batch is, it does not fail on our side; a change set that is refused changes nothing', async () => {
  const line = fc.constantFrom('\r\n', '\n', '\r\n', '\n\n', '')
  const inner = fc
    .tuple(method, fc.constant(null).chain(path), body, fc.option(fc.nat(3)), line)
    .map(
      ([verb, to, what, contentId, end]) =>
        [
          'Content-Type: application/http',
          ...(contentId === null ? [] : [`Content-ID: ${contentId}`]),
          '',
          `${verb} ${encodeURI(to)} HTTP/1.1`,
          'Content-Type: application/json',
          '',
          text(what),
        ].join('\r\n') + end,
    )
  const set = fc
    .array(inner, { maxLength: 4 })
    .map(
      (parts) =>
        `Content-Type: multipart/mixed; boundary=c\r\n\r\n${parts.map((part) => `--c\r\n${part}\r\n`).join('')}--c--\r\n`,
    )
  const odd = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('Content-Type: application/http\r\n\r\nGET x', '--c', 'GET / HTTP/1.1'),
  )
  const batch = fc.array(fc.oneof({ weight: 3, arbitrary: inner }, { weight: 3, arbitrary: set }, odd), {
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(batch, fc.boolean(), async (parts, goOn) => {
      const more: Record<string, string> = goOn ? { prefer: 'odata.continue-on-error' } : {}
      expect(await faultOf(() => post(parts, more))).toBeUndefined()
    }),
    { numRuns: 150 },
  )
  await fc.assert(
    fc.asyncProperty(set, async (part) => {
      const before = await mark()
      const answer = await post([part], {})
      expect(answer.status < 500).toBe(true)
      expect(answer.status < 400 || (await mark()) === before).toBe(true)
    }),
    { numRuns: 100 },
  )
})
