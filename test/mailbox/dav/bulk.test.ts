import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type ItemKind, type ItemMailbox, type ItemRef, MailboxError, type NewItem } from '#mailbox'
import { systemClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { type Cyrus, startCyrus } from '../../support/cyrus.ts'
import type { Meddling } from '../../support/httpProxy.ts'
import { contact, event, sample, task, titleOf } from '../conformance/items/samples.ts'
import { mainFolder, QUIET, readOne } from '../conformance/items/use.ts'
import { type DavBench, davBench } from './support/bench.ts'
import { cyrusServer } from './support/cyrusServer.ts'

let cyrus: Cyrus
let shared: DavBench

beforeAll(async () => {
  cyrus = await startCyrus()
  shared = await davBench(cyrusServer(cyrus))
}, 60_000)
afterAll(async () => {
  await shared?.mailbox.close()
  await shared?.close()
  await cyrus.stop()
})

const KINDS = ['event', 'contact', 'task'] as const
const PATHS = { event: ['Calendar'], contact: ['Contacts'], task: ['Tasks'] }
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** The same user with empty folders and a connection of her own. */
async function open(meddling: Meddling = {}): Promise<DavBench> {
  const { proxy, settings, other } = shared
  proxy.meddle({})
  const before = await openDav(settings, { clock: systemClock })
  const { items } = before
  for (const { id } of await items.folders())
    for await (const { upserts } of items.changes(id, undefined, { pageSize: 500 }))
      await Promise.all(upserts.map(({ ref }) => items.remove(ref, QUIET)))
  await before.close()
  proxy.meddle(meddling)
  proxy.requests.length = 0
  const opened = await openDav(settings, { clock: systemClock })
  onTestFinished(() => opened.close())
  return { ...shared, other, items: opened.items }
}

/** Makes them at once, as the first attempt or a later one; the nth by the key `<kind>-<n>`. */
async function make(
  items: ItemMailbox,
  all: readonly NewItem[],
  first = true,
): Promise<PromiseSettledResult<ItemRef>[]> {
  const kind = all[0]?.kind as ItemKind
  const { id } = await mainFolder(items, kind)
  return Promise.allSettled(all.map((item, n) => items.create(id, item, `${kind}-${n}`, { ...QUIET, first })))
}

const many = (kind: ItemKind, count = 8) => numbers(count).map((n) => sample(kind, `Item ${n}`))
const refsIn = (results: readonly PromiseSettledResult<ItemRef>[]) =>
  results.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
const failuresIn = (results: readonly PromiseSettledResult<ItemRef>[]) =>
  results.flatMap((one, n) => (one.status === 'rejected' ? [{ n, error: one.reason as MailboxError }] : []))

/** There is each of them once, where `refs` say, and in their version. */
async function areOnce({ items, other }: DavBench, kind: ItemKind, all: readonly NewItem[], refs: readonly ItemRef[]) {
  const { id } = await mainFolder(items, kind)
  const there = (await other.list(PATHS[kind])).map(titleOf)
  expect(there.sort()).toEqual(all.map(titleOf).sort())
  const read = await items.get(
    id,
    refs.map((ref) => ref.id),
  )
  expect(read.map((one) => one.kind !== 'unreadable' && titleOf(one))).toEqual(all.map(titleOf))
  expect(read.map(({ ref }) => ref)).toEqual(refs)
  expect(read.map((one) => one.kind !== 'unreadable' && one.marks.key)).toEqual(all.map((_, n) => `${kind}-${n}`))
}

const written = ({ proxy }: DavBench) =>
  proxy.requests.map(({ method }) => method).filter((one) => /^P(OST|UT)$/.test(one))

describe('many new items on a server that takes them in one request', () => {
  test.each(KINDS)(
    'SC-33, law 2: %ss go in one; they are told as they lie there, and no second attempt doubles one',
    async (kind) => {
      const bench = await open()
      const all = many(kind)
      const refs = refsIn(await make(bench.items, all))
      expect(written(bench)).toEqual(['POST'])
      await areOnce(bench, kind, all, refs)
      expect(refsIn(await make(bench.items, all, false))).toEqual(refs)
      expect(written(bench)).toEqual(['POST'])
      expect(await bench.items.find({ key: `${kind}-3` })).toEqual([refs[3]])
      expect(await bench.items.find({ uid: `regarding-${kind}-3` })).toEqual([refs[3]])
    },
  )

  test('AP-20: one alone goes under our name, and so does what the server tells others of', async () => {
    const bench = await open()
    const [one] = refsIn(await make(bench.items, many('contact', 1)))
    expect(one?.id).toBe('regarding-contact-0.vcf')
    const attendees = [{ address: 'ben@adatum.example', role: 'required', answer: 'none' }] as const
    const meetings = many('event', 3).map((item) => event(titleOf(item), { attendees: [...attendees] }))
    const refs = refsIn(await make(bench.items, meetings))
    expect(written(bench)).toEqual(['PUT', 'PUT', 'PUT', 'PUT'])
    expect(refs.map(({ id }) => id)).toEqual(numbers(3).map((n) => `regarding-event-${n}.ics`))
    expect((await bench.other.textOf(['Calendar'], 'Item 1')).text).toMatch(/SCHEDULE-AGENT=NONE/)
  })

  test('B-41: what is restored of a lost item goes alone, and loses nothing', async () => {
    const bench = await open()
    const { id } = await mainFolder(bench.items, 'event')
    await bench.other.make(['Calendar'], event('Lost'))
    const { name, text } = await bench.other.textOf(['Calendar'], 'Lost')
    await bench.other.put(['Calendar'], name, text.replace('BEGIN:VEVENT', 'X-WR-CALNAME:Kept\r\nBEGIN:VEVENT'))
    const { rest } = await readOne(bench.items, { folder: id, id: name })
    await bench.other.delete(['Calendar'], 'Lost')
    refsIn(await make(bench.items, [...many('event', 2), { ...event('Lost'), rest: rest as string }]))
    expect((await bench.other.textOf(['Calendar'], 'Lost')).text).toContain('X-WR-CALNAME:Kept')
    expect(written(bench).toSorted()).toEqual(['POST', 'PUT'])
  })

  test('AP-70, AP-60: each keeps its own zone, though others call another one so, and the exceptions of its series', async () => {
    const bench = await open()
    const all = numbers(6).map((n) => {
      const time = { allDay: false, start: `20${20 + n * 2}-07-06T10:00:00`, end: `20${20 + n * 2}-07-06T11:00:00` }
      const recurrence = { frequency: 'daily', interval: 1, end: { count: 5 } } as const
      const moved = { originalStart: `20${20 + n * 2}-07-08T10:00:00`, fields: { subject: `Moved ${n}` } }
      return event(
        `Visit ${n}`,
        { time: { ...time, zone: n % 2 ? 'Europe/Berlin' : 'America/New_York' } },
        { recurrence, cancelled: [], exceptions: [moved] },
      )
    })
    const refs = refsIn(await make(bench.items, all))
    expect(written(bench).length).toBeLessThanOrEqual(6)
    await areOnce(bench, 'event', all, refs)
    for (const [n, ref] of refs.entries()) {
      const item = await readOne(bench.items, ref)
      expect(item).toMatchObject({
        fields: { time: (all[n] as ReturnType<typeof event>).fields.time },
        series: { exceptions: [{ fields: { subject: `Moved ${n}` } }] },
      })
      const { text } = await bench.other.textOf(['Calendar'], `Visit ${n}`)
      const [zone, ...others] = text.match(/BEGIN:VTIMEZONE[^]*?END:VTIMEZONE/g) ?? []
      expect(others).toEqual([])
      const time = all[n]?.fields.time as { zone: string; start: string }
      expect(zone).toContain(`TZID:${time.zone}`)
      // It begins the year before: as it was sent with this one, not with another.
      expect(zone).toMatch(new RegExp(`^(?:[^]*?)DTSTART:${Number(time.start.slice(0, 4)) - (n % 2 ? 1 : 2)}`))
    }
  })

  test('B-60: of two with one UID each is told for itself', async () => {
    const bench = await open()
    const results = await make(
      bench.items,
      many('event', 4).map((item, n) => ({ ...item, uid: n < 2 ? 'same@adatum.example' : `own-${n}@adatum.example` })),
    )
    expect(failuresIn(results)).toMatchObject([{ error: { code: 'ItemRefused' } }])
    expect(failuresIn(results)[0]?.error.message).toMatch(/another item with the UID same@adatum.example/)
    expect(await bench.other.list(['Calendar'])).toHaveLength(3)
  })
})

describe('what the server says of many new items is not believed blindly', () => {
  test.each(['contact', 'event'] as const)(
    'SC-56, B-60: of %ss the one that is refused fails alone, by name',
    async (kind) => {
      const bench = await open()
      const bad: NewItem =
        kind === 'event'
          ? { ...event('Taken'), uid: 'taken@adatum.example' }
          : contact('Taken', { body: { text: 'Broken' } })
      if (kind === 'event') {
        await bench.other.make(['Calendar'], event('Holder'))
        const { name, text } = await bench.other.textOf(['Calendar'], 'Holder')
        await bench.other.delete(['Calendar'], 'Holder')
        await bench.other.put(['Calendar'], name, text.replace(/^UID:.*/m, 'UID:taken@adatum.example'))
      } else {
        // The server wants a card to have a name.
        bench.proxy.meddle({
          forward: (request) => ({ ...request, body: request.body.replace(/FN:Taken\r\n/, '') }),
        })
      }
      const all = [...many(kind, 3), bad, ...many(kind, 7).slice(4)]
      const results = await make(bench.items, all)
      expect(failuresIn(results)).toMatchObject([
        { n: 3, error: { kind: 'permanent', code: 'ItemRefused', scope: 'item' } },
      ])
      expect(failuresIn(results)[0]?.error.message).toMatch(
        kind === 'event'
          ? /another item with the UID taken@adatum.example.*Link that one/
          : /answered 403.*Correct the item/,
      )
      const good = all.filter((item) => item !== bad)
      const there = (await bench.other.list(PATHS[kind])).map(titleOf).filter((title) => title !== 'Holder')
      expect(there.sort()).toEqual(good.map(titleOf).sort())
    },
  )

  test('SC-56: a card that breaks the request does not break the others', async () => {
    const bench = await open({
      forward: (request) => ({ ...request, body: request.body.replace('FN:Item 2\r\n', 'FN:Item 2\r\nBROKEN\r\n') }),
    })
    const results = await make(bench.items, many('contact', 6))
    expect(failuresIn(results).map(({ n }) => n)).toEqual([2])
    expect(await bench.other.list(['Contacts'])).toHaveLength(5)
  })

  test.each([200, 201, 400, 403, 404, 405, 413, 415, 500, 501, 507])(
    'SC-56: where it refuses the request (%i) each goes alone, and the next ones do at once',
    async (status) => {
      const bench = await open({ answer: ({ method }) => (method === 'POST' ? { status } : undefined) })
      const all = many('contact', 3)
      await areOnce(bench, 'contact', all, refsIn(await make(bench.items, all)))
      const { id } = await mainFolder(bench.items, 'contact')
      const next = numbers(2).map((n) =>
        bench.items.create(id, contact(`Next ${n}`), `next-${n}`, { ...QUIET, first: true }),
      )
      await Promise.all(next)
      expect(written(bench)).toEqual(['POST', 'PUT', 'PUT', 'PUT', 'PUT', 'PUT'])
    },
  )

  test.each([401, 429, 503])(
    'SC-50: where it is not to be asked now (%i) everybody is told so, and none is sent alone',
    async (status) => {
      const bench = await open({ answer: ({ method }) => (method === 'POST' ? { status } : undefined) })
      const results = await make(bench.items, many('contact', 3))
      expect(failuresIn(results).map(({ error }) => error.scope)).toEqual(
        Array(3).fill(status === 401 ? 'mailbox' : 'server'),
      )
      expect(written(bench)).toEqual(['POST'])
    },
  )

  const MANGLED: [string, (body: string) => string][] = [
    ['is cut', (body) => body.slice(0, body.length / 2)],
    ['is no XML', () => '<html>Sign in'],
    ['is empty', () => ''],
    ['misses an item', (body) => body.replace(/<D:response>[^]*?<\/D:response>/, '')],
    ['tells an item without UID', (body) => body.replace(/<CS:uid>[^<]*<\/CS:uid>/, '')],
    ['tells an item without version', (body) => body.replace(/<D:getetag>[^<]*<\/D:getetag>/, '')],
    ['tells an item twice', (body) => body.replace(/<D:response>[^]*?<\/D:response>/, '$&$&')],
    [
      'gives two items one place',
      (body) => {
        const [one = '', two = ''] = body.match(/<D:href>[^<]+<\/D:href>/g) ?? []
        return body.replace(two, one)
      },
    ],
    ['leads elsewhere', (body) => body.replace(/<D:href>/, '<D:href>/dav/addressbooks/user/somebody/A1/x.vcf#')],
    ['leads to another server', (body) => body.replace(/<D:href>/, '<D:href>http://elsewhere.example')],
    ['leads to the collection', (body) => body.replace(/(<D:href>[^<]*\/)[^</]+</, '$1<')],
    ['tells the items of others', (body) => body.replaceAll('regarding-contact', 'somebody')],
  ]
  test.each(MANGLED)(
    'law 2: where its answer %s, what was made is found, and none is made twice',
    async (_how, mangle) => {
      const bench = await open({
        change: (answer, { method }) => (method === 'POST' ? { ...answer, body: mangle(answer.body) } : answer),
      })
      const all = many('contact', 4)
      await areOnce(bench, 'contact', all, refsIn(await make(bench.items, all)))
      expect(written(bench)).toEqual(['POST'])
    },
  )

  test('law 2: where its answer is unreadable and nothing is there, nothing is made until the second attempt', async () => {
    const bench = await open({
      answer: ({ method }) => (method === 'POST' ? { status: 207, body: '<D:multistatus xmlns:D="DAV:">' } : undefined),
    })
    const all = many('contact', 4)
    const results = await make(bench.items, all)
    expect(failuresIn(results).map(({ error }) => error.kind)).toEqual(all.map(() => 'transient'))
    expect(written(bench)).toEqual(['POST'])
    await areOnce(bench, 'contact', all, refsIn(await make(bench.items, all, false)))
  })
})

describe('what became of many new items is not known', () => {
  test.each(KINDS)('law 2: %ss that were made and whose answer was lost are found', async (kind) => {
    const bench = await open()
    const all = many(kind)
    bench.other.loseNextAnswer?.()
    const lost = failuresIn(await make(bench.items, all))
    expect(lost.map(({ error }) => error.kind)).toEqual(all.map(() => 'transient'))
    expect(await bench.other.list(PATHS[kind])).toHaveLength(all.length)
    await areOnce(bench, kind, all, refsIn(await make(bench.items, all, false)))
  })

  test.each(KINDS)('law 2: %ss that were not made are made by the second attempt', async (kind) => {
    const bench = await open()
    const all = many(kind)
    bench.proxy.meddle({
      answer({ method }) {
        if (method === 'POST') throw new Error('The connection breaks.')
        return undefined
      },
    })
    expect(failuresIn(await make(bench.items, all))).toHaveLength(all.length)
    bench.proxy.meddle({})
    await areOnce(bench, kind, all, refsIn(await make(bench.items, all, false)))
  })

  test.each(KINDS)('law 2: %ss that were made, and moved to another folder since, are found there', async (kind) => {
    const bench = await open()
    const all = many(kind, 4)
    bench.other.loseNextAnswer?.()
    await make(bench.items, all)
    await bench.other.createFolder(kind, [`Elsewhere ${kind}`])
    await bench.other.move(PATHS[kind], 'Item 2', [`Elsewhere ${kind}`])
    await bench.items.folders()
    await bench.items.folders() // The list that it opened with is told first.
    const refs = refsIn(await make(bench.items, all, false))
    expect((await bench.other.list([`Elsewhere ${kind}`])).map(titleOf)).toEqual(['Item 2'])
    expect(await bench.other.list(PATHS[kind])).toHaveLength(3)
    expect(new Set(refs.map(({ folder }) => folder)).size).toBe(2)
  })
})

/** As a server that tells limits. */
const told = (limits: string): Meddling => ({
  change: (answer) => ({
    ...answer,
    body: answer.body
      .replaceAll('<ME:max-resources/><ME:max-bytes/>', limits)
      .replaceAll('<MC:max-resources/><MC:max-bytes/>', limits.replaceAll('ME:', 'MC:')),
  }),
})

describe('what the server allows', () => {
  test.each([
    ['<ME:max-resources>3</ME:max-resources>', 3],
    ['<ME:max-bytes>450</ME:max-bytes>', 5],
    ['<ME:max-resources>0</ME:max-resources>', 9],
    ['<ME:max-resources>many</ME:max-resources>', 9],
  ])('SC-33: of %s no request holds more', async (limits, atLeast) => {
    const bench = await open(told(limits))
    const all = many('contact', 9)
    await areOnce(bench, 'contact', all, refsIn(await make(bench.items, all)))
    expect(written(bench).length).toBeGreaterThanOrEqual(atLeast)
    for (const { method, body } of bench.proxy.requests) {
      if (method !== 'POST') continue
      expect(body.match(/BEGIN:VCARD/g)?.length).toBeLessThanOrEqual(limits.includes('resources') ? 3 : 9)
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limits.includes('bytes') ? 450 : 2_000)
    }
  })

  test('SC-33: without limits no request holds more than a hundred, nor one that is large', async () => {
    const bench = await open()
    const large = task('Large', { body: { text: 'x'.repeat(200_000) } })
    refsIn(await make(bench.items, [large, ...many('task', 120)]))
    const sizes = bench.proxy.requests.flatMap(({ method, body }) =>
      method === 'POST' ? [body.match(/BEGIN:VTODO/g)?.length] : [],
    )
    expect(sizes).toEqual([100, 20])
    expect(written(bench)).toHaveLength(3)
  })
})
