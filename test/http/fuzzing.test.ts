import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, type Client, openSite, type Site } from './support/site.ts'

/** Questions of every kind, mostly right, half right and wrong, as somebody who may read little. */

let site: Site
let cleo: Client
let hidden: ReadonlySet<string>
const SECRET = 'Unmistakable'
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 1_000_000 })
  cleo = await site.as(site.cleo)
  const account = await site.account({ name: `${SECRET} account`, revenue: 17, industrycode: 1 })
  const parentcustomerid = { table: 'account', id: account.id }
  const ids = [account.id]
  for (const firstname of ['a', 'b'])
    ids.push((await site.contact({ firstname, lastname: SECRET, parentcustomerid })).id)
  hidden = new Set(ids)
  const own = { ownerid: { table: 'systemuser', id: site.cleo.id } }
  await site.create('contact', { firstname: 'Mine', lastname: 'Open', parentcustomerid, ...own })
  await site.create('account', { name: 'Mine', revenue: 3, ...own })
})
afterAll(() => site.close())

/** Mostly what is right, now and then what is not. */
function mostly(right: readonly string[], wrong: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  )
}

const property = mostly(
  ['createdon', 'statecode', 'versionnumber', '_ownerid_value', 'telephone1', 'emailaddress1', 'donotemail'],
  [
    'lastname',
    'name',
    'revenue',
    'parentcustomerid_account/name',
    'parentcustomerid_account/revenue',
    'description',
    'nosuch',
    '__proto__',
    'lastname; drop table contact',
    '',
  ],
)
const navigation = mostly(
  ['ownerid_systemuser', 'createdby', 'owninguser', 'ownerid_team'],
  [
    'parentcustomerid_account',
    'contact_customer_accounts',
    'contact_customer_contacts',
    'Contact_Tasks',
    'Account_Tasks',
    'account_parent_account',
    'owner_contacts',
    'systemuserroles_association',
    'nosuch',
    'a/b',
  ],
)
const collection = mostly(
  ['contact_customer_contacts', 'Contact_Tasks', 'Contact_Annotation'],
  ['contact_customer_accounts', 'owner_contacts', 'nosuch'],
)
const literal = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom("'Unmistakable'", "'x'", "''", "'it''s'", '1', 'null', 'true', '2026-01-05', "'%'"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('-1.5e3', '2026-01-05T08:00:00Z', "'", '"x"', '9'.repeat(40), '@p1', '1e999', "'[a-z]'"),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
)
const called = fc.constantFrom(
  'LastXDays',
  'Between',
  'In',
  'ContainValues',
  'EqualUserId',
  'Today',
  'Like',
  'OlderThanXMonths',
  'On',
  'Nosuch',
  'Under',
)

function condition(depth: number): fc.Arbitrary<string> {
  const plain = fc.oneof(
    fc.tuple(property, mostly(['eq', 'ne', 'gt', 'le'], ['is', '==']), literal).map((parts) => parts.join(' ')),
    fc
      .tuple(fc.constantFrom('contains', 'startswith', 'endswith', 'tolower'), property, literal)
      .map(([name, of, value]) => `${name}(${of},${value})`),
    fc.tuple(property, fc.array(literal, { maxLength: 4 })).map(([of, values]) => `${of} in (${values.join(',')})`),
    fc
      .tuple(called, property, fc.constantFrom('PropertyValue', 'PropertyValues'), fc.array(literal, { maxLength: 2 }))
      .map(
        ([name, of, parameter, values]) =>
          `Microsoft.Dynamics.CRM.${name}(PropertyName='${of}',${parameter}=${parameter === 'PropertyValues' ? `[${values.join(',')}]` : values.join(',')})`,
      ),
  )
  if (depth === 0) return plain
  const inner = condition(depth - 1)
  return fc.oneof(
    plain,
    fc.tuple(inner, fc.constantFrom('and', 'or'), inner).map(([a, type, b]) => `(${a} ${type} ${b})`),
    inner.map((text) => `not (${text})`),
    fc
      .tuple(collection, fc.constantFrom('any', 'all'), property, literal)
      .map(([to, type, name, value]) => `${to}/${type}(x:x/${name} eq ${value})`),
  )
}

function expand(depth: number): fc.Arbitrary<string> {
  const options = fc.array(
    fc.oneof(
      fc.array(property, { maxLength: 3 }).map((names) => `$select=${names.join(',')}`),
      condition(1).map((text) => `$filter=${text}`),
      property.map((name) => `$orderby=${name} desc`),
      fc.constantFrom('$top=2', '$count=true', '$levels=3', '$top=-1'),
      ...(depth > 0 ? [expand(depth - 1).map((text) => `$expand=${text}`)] : []),
    ),
    { maxLength: 3 },
  )
  return fc
    .array(fc.tuple(fc.oneof(navigation, navigation, collection), fc.constantFrom('', '', '/$ref'), options), {
      minLength: 1,
      maxLength: 3,
    })
    .map((items) =>
      items.map(([name, ref, given]) => `${name}${ref}${given.length > 0 ? `(${given.join(';')})` : ''}`).join(','),
    )
}

const applied = fc.oneof(
  fc
    .tuple(
      fc.array(property, { minLength: 1, maxLength: 2 }),
      fc.constantFrom('sum', 'average', 'min', 'max', 'countdistinct', 'nosuch'),
      property,
    )
    .map(([by, method, of]) => `groupby((${by.join(',')}),aggregate(${of} with ${method} as x,$count as n))`),
  condition(1).map((text) => `filter(${text})/aggregate($count as n)`),
)

const attribute = fc.constantFrom(
  'lastname',
  'contactid',
  'parentcustomerid',
  'createdon',
  'statecode',
  'nosuch',
  'firstname',
  '__proto__',
)
const operator = fc.constantFrom(
  'eq',
  'like',
  'in',
  'null',
  'on',
  'last-x-days',
  'between',
  'eq-userid',
  'contain-values',
  'above',
  'x',
)
const fetchCondition = fc
  .tuple(attribute, operator, fc.constantFrom('1', SECRET, '%', '2026-01-05', "'", '&amp;', ''))
  .map(([name, how, value]) => `<condition attribute="${name}" operator="${how}" value="${value}"/>`)
const fetchXml = fc
  .tuple(
    fc.constantFrom(
      '',
      ' top="2"',
      ' count="1"',
      ' count="1" page="2"',
      ' distinct="true"',
      ' aggregate="true"',
      ' top="x"',
      ' paging-cookie="zzz"',
      ' returntotalrecordcount="true"',
    ),
    fc.array(
      fc.oneof(
        attribute.map((name) => `<attribute name="${name}"/>`),
        attribute.map((name) => `<attribute name="${name}" alias="${name}x" groupby="true"/>`),
        attribute.map((name) => `<attribute name="${name}" alias="n" aggregate="max"/>`),
        attribute.map((name) => `<order attribute="${name}"/>`),
      ),
      { maxLength: 3 },
    ),
    fc.array(fetchCondition, { maxLength: 3 }),
    fc.constantFrom(
      '',
      '<link-entity name="account" from="accountid" to="parentcustomerid" alias="a" link-type="outer"><attribute name="name"/></link-entity>',
      '<link-entity name="contact" from="parentcustomerid" to="parentcustomerid" alias="b"><all-attributes/></link-entity>',
      '<link-entity name="systemuser" from="systemuserid" to="lastname"/>',
    ),
  )
  .map(
    ([attributes, columns, conditions, link]) =>
      `<fetch${attributes}><entity name="contact">${columns.join('')}<filter>${conditions.join('')}</filter>${link}</entity></fetch>`,
  )

function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(6), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 3 })
  return fc.oneof(
    { weight: 3, arbitrary: texts },
    {
      weight: 1,
      arbitrary: fc.tuple(texts, edits).map(([text, changes]) =>
        changes.reduce((so, [at, cut, insert]) => {
          const start = at % (so.length + 1)
          return so.slice(0, start) + insert + so.slice(start + cut)
        }, text),
      ),
    },
  )
}

const options = fc.oneof(
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.constant('$filter'), mutated(condition(2))),
        fc.tuple(fc.constant('$select'), mutated(fc.array(property, { minLength: 1, maxLength: 3 }).map(String))),
        fc.tuple(fc.constant('$orderby'), property),
        fc.tuple(fc.constant('$expand'), mutated(expand(1))),
        fc.tuple(fc.constant('$top'), mostly(['1', '3'], ['-1', 'x', '99999999999'])),
        fc.tuple(fc.constant('$count'), mostly(['true', 'false'], ['x'])),
        fc.tuple(fc.constantFrom('$skiptoken', '$deltatoken'), fc.constantFrom('x', 'WzEsIngiXQ', '')),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((pairs): Record<string, string> => ({ ...Object.fromEntries(pairs), '@p1': "'x'" })),
  mutated(applied).map(($apply) => ({ $apply })),
  mutated(fetchXml).map((text) => ({ fetchXml: text })),
)
const path = fc.constantFrom(
  'contacts',
  'contacts',
  'accounts',
  'systemusers',
  'contacts/$count',
  'activitypointers',
  'roles',
  'tasks',
)

/** Whether an answer holds a row, or a sum over rows, that its reader may not see; links repeat the question. */
function leaks(json: unknown): boolean {
  const text = JSON.stringify(json, (key, value: unknown) =>
    /@odata\.(?:nextLink|context)$/.test(key) ? undefined : value,
  )
  const named = [...hidden].some((id) => text.includes(`"contactid":"${id}"`) || text.includes(`"accountid":"${id}"`))
  return named || text.includes(SECRET) || /"(?:x|n)":(?:17|20)\b/.test(text)
}

/** What only the database would say. */
const INSIDES = /\bselect\b.*\bfrom\b|syntax error|pg_|"t\d+"|relation "/i

test('HTTP: no question makes the server fail, shows SQL, or shows what its asker may not read', async () => {
  const worst = { ok: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(path, options, fc.boolean(), async (to, given, annotated) => {
      const query = new URLSearchParams(
        Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
      const url = `${API}/${to}?${query.toString()}`
      const { status, json } = await cleo.get(url, annotated ? { prefer: 'odata.include-annotations="*"' } : {})
      const isRefused = status >= 400
      if (isRefused) worst.refused++
      else worst.ok++
      expect(status).toBeLessThan(500)
      expect(isRefused ? Object.keys(json) : ['error']).toEqual(['error'])
      expect(isRefused ? json.error.message : '').not.toMatch(INSIDES)
      expect(!isRefused && leaks(json)).toBe(false)
    }),
    { numRuns: 400, endOnFailure: true },
  )
  // A fuzzer whose questions are all refused proves nothing.
  expect(worst.ok).toBeGreaterThan(40)
  expect(worst.refused).toBeGreaterThan(40)
})
