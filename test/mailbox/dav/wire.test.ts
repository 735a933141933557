import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type CalendarItem, connectionSettings, type ItemRef, type MailboxErrorKind } from '#mailbox'
import { systemClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import type { Meddling, ProxiedAnswer } from '../../support/httpProxy.ts'
import { type Radicale, startRadicale } from '../../support/radicale.ts'
import { itemChangesConform } from '../conformance/items/changes.ts'
import { itemModelConforms } from '../conformance/items/model.ts'
import { contact, event, sample, task } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readOne, retitle, use } from '../conformance/items/use.ts'
import { expectFailure, failure } from '../conformance/use.ts'
import { type DavBench, davBench } from './support/bench.ts'
import { radicaleServer } from './support/radicaleServer.ts'

let radicale: Radicale

beforeAll(async () => {
  radicale = await startRadicale()
})
afterAll(() => radicale.stop())

const setup = async (options: Parameters<typeof davBench>[1] = {}): Promise<DavBench> =>
  (await use(() => davBench(radicaleServer(radicale), options))) as DavBench

/** As a server without RFC 6578 answers. */
const WITHOUT_SYNC: Meddling = {
  answer: ({ body }) => (body.includes('sync-collection') ? { status: 403, headers: {}, body: '' } : undefined),
  change: (answer) => ({ ...answer, body: answer.body.replaceAll('<report><sync-collection /></report>', '') }),
}

const withoutSync = () => davBench(radicaleServer(radicale), { meddling: WITHOUT_SYNC })

describe('a server that tells no changes', () => {
  itemChangesConform(withoutSync)
  itemModelConforms(withoutSync, 4)

  test('B-13: it is said that removals are compared; another tag and nothing new is an empty page', async () => {
    const { items, other } = await setup({ meddling: WITHOUT_SYNC })
    expect(items.can.removals).toBe('compared')
    const { id, path } = await mainFolder(items, 'event')
    await other.make(path, event('One'))
    const copy = new ItemCopy(items, id)
    await copy.follow()
    await other.make(path, event('Two'))
    await other.delete(path, 'Two')
    expect(await copy.follow()).toMatchObject({ upserts: [], removals: [] })
  })
})

describe('finding the way to calendars and contacts', () => {
  test('B-1, RFC 6764: from the address of the server alone to both homes', async () => {
    const { items, proxy } = await setup()
    expect(items.can).toMatchObject({
      event: 'write',
      contact: 'write',
      task: 'write',
      notify: ['none'],
      respond: false,
    })
    expect(proxy.requests.map(({ method }) => method)).not.toContain('MKCOL')
    expect((await items.folders()).filter(({ main }) => main).map(({ path }) => path[0])).toEqual([
      'Calendar',
      'Contacts',
      'Tasks',
    ])
  })

  test('B-1: a server that does not say what it can is taken for one that can the basics', async () => {
    const { proxy, settings } = await setup()
    proxy.meddle({ answer: ({ method }) => (method === 'OPTIONS' ? { status: 405 } : undefined) })
    const { items, close } = await reopened(settings)
    expect(items.can).toMatchObject({ event: 'write', contact: 'write', notify: ['none'] })
    await close()
  })

  test('B-1: credentials are not sent to another server, wherever a redirection or an address leads', async () => {
    const { proxy, settings } = await setup()
    const asked: string[] = []
    const stranger = createServer((request, answer) => {
      asked.push(String(request.url))
      answer.end()
    })
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void stranger.close())
    const away = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
    const [redirect, href]: Meddling[] = [
      { answer: () => ({ status: 301, headers: { location: `${away}/dav/` } }) },
      { change: (answer) => ({ ...answer, body: answer.body.replaceAll('<href>/', `<href>${away}/`) }) },
    ]
    for (const meddling of [redirect, href]) {
      proxy.meddle(meddling ?? {})
      const error = await failure(() => openDav(settings, { clock: systemClock }))
      expect(error.kind).toBe('permanent')
      expect(error.message).toContain(away)
    }
    proxy.meddle({ answer: ({ path }) => ({ status: 302, headers: { location: `${path}x` } }) })
    await expectFailure(() => openDav(settings, { clock: systemClock }), 'permanent')
    expect(asked).toEqual([])
  })

  test('MB-25, B-1: plain text is for servers on this machine only', () => {
    const auth = { kind: 'password', user: 'anna', password: 'secret' }
    const settings = (url: string) => ({
      kind: 'imap',
      host: 'imap.example.org',
      port: 993,
      security: 'tls',
      auth,
      dav: { url, auth },
    })
    for (const url of [
      'http://dav.example.org/',
      'https://anna:secret@dav.example.org/',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ])
      expect(() => connectionSettings(settings(url))).toThrow('dav.url')
    expect(connectionSettings(settings('https://dav.example.org/'))).toMatchObject({
      dav: { url: 'https://dav.example.org/' },
    })
  })
})

describe('what servers answer', () => {
  const answers: [number, Partial<ProxiedAnswer>, MailboxErrorKind][] = [
    [401, {}, 'denied'],
    [403, {}, 'denied'],
    [
      403,
      { body: '<error xmlns="DAV:"><C:max-resource-size xmlns:C="urn:ietf:params:xml:ns:caldav"/></error>' },
      'tooLarge',
    ],
    [
      403,
      { body: '<error xmlns="DAV:"><C:valid-calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"/></error>' },
      'permanent',
    ],
    [404, {}, 'notFound'],
    [412, {}, 'conflict'],
    [413, {}, 'tooLarge'],
    [423, {}, 'transient'],
    [429, { headers: { 'retry-after': '7' } }, 'throttled'],
    [500, { body: '<!DOCTYPE html><p>Oh</p>' }, 'transient'],
    [503, { headers: { 'retry-after': '7' } }, 'throttled'],
    [507, {}, 'full'],
  ]
  test.each(answers)('law 10: a write answered %i (%o) is %s', async (status, answer, kind) => {
    const { items, proxy } = await setup()
    const { id } = await mainFolder(items, 'event')
    const made = await items.create(id, event('Mine'), 'answers', QUIET)
    proxy.meddle({ answer: ({ method }) => (method === 'PUT' ? { status, ...answer } : undefined) })
    const error = await failure(() => items.update(made, retitle('event', 'Yours'), QUIET))
    expect(error.kind).toBe(kind)
    expect(error.retryAfter).toBe(answer.headers ? 7_000 : undefined)
  })

  test('B-13, RFC 6578: a server that cannot cut its answer is asked for all of it, and told page by page', async () => {
    const { items, other, proxy } = await setup()
    const { id, path } = await mainFolder(items, 'event')
    for (const title of ['One', 'Two', 'Three']) await other.make(path, event(title))
    const uncut = '<error xmlns="DAV:"><number-of-matches-within-limits/></error>'
    proxy.meddle({ answer: ({ body }) => (body.includes(':nresults') ? { status: 507, body: uncut } : undefined) })
    const copy = new ItemCopy(items, id)
    expect(await copy.follow({ pageSize: 2 })).toMatchObject({ pages: 2 })
    expect(await copy.titles()).toEqual(['One', 'Three', 'Two'])
  })

  test('B-60, law 2: items are found where a server knows no filter, and where it ignores it', async () => {
    const { items, other, proxy } = await setup()
    const { id, path } = await mainFolder(items, 'event')
    const made = await items.create(id, event('Mine'), 'lies', QUIET)
    await other.make(path, event('Other'))
    const { uid = '' } = (await items.get(id, [made.id]))[0] as CalendarItem
    const refuses: Meddling = { answer: ({ body }) => (body.includes('calendar-query') ? { status: 403 } : undefined) }
    const ignores: Meddling = {
      forward: (request) => ({ ...request, body: request.body.replace(/<C:prop-filter.*<\/C:prop-filter>/, '') }),
    }
    for (const meddling of [refuses, ignores]) {
      proxy.meddle(meddling)
      expect(await items.find({ key: 'lies' }, [id])).toEqual([made])
      expect(await items.find({ uid }, [id])).toEqual([made])
      expect(await items.find({ key: 'nothing' }, [id])).toEqual([])
    }
  })

  test('B-70: an ETag that a proxy made weak is the same version; conditions are strong', async () => {
    const { items, proxy } = await setup()
    proxy.meddle({
      change: ({ status, headers, body }) => ({
        status,
        headers: { ...headers, ...(headers['etag'] && { etag: `W/${headers['etag']}` }) },
        body: body.replaceAll('<getetag>', '<getetag>W/'),
      }),
    })
    const { id } = await mainFolder(items, 'event')
    const made = await items.create(id, event('Mine'), 'weak', QUIET)
    const next = await items.update(made, retitle('event', 'Ours'), QUIET)
    await expectFailure(() => items.update(made, retitle('event', 'Late'), QUIET), 'conflict')
    await items.remove(next, QUIET)
    expect(await items.get(id, [next.id])).toEqual([])
  })

  test('B-14: a refused token is a lost cursor, in whatever words; a folder that is gone is not', async () => {
    const { items, other, proxy } = await setup()
    const { id, path } = await mainFolder(items, 'event')
    const copy = new ItemCopy(items, id)
    await copy.follow()
    for (const status of [400, 403, 409, 410, 412]) {
      proxy.meddle({ answer: ({ body }) => (body.includes('sync-collection') ? { status } : undefined) })
      expect((await failure(() => copy.follow())).kind).toBe('cursorLost')
    }
    proxy.meddle({})
    await other.ask('DELETE', other.pathOf(path))
    await expectFailure(() => copy.follow(), 'notFound')
  })

  test('B-13: whatever a server encodes in names of resources, they are one item', async () => {
    const { items, other, proxy } = await setup()
    proxy.meddle({ change: (answer) => ({ ...answer, body: answer.body.replaceAll('%40', '@') }) })
    const { id, path } = await mainFolder(items, 'event')
    const text = (await textOf(items, id)).replace('UID:regarding-text', 'UID:odd')
    expect((await other.put(path, encodeURIComponent('ä b@c+d%.ics'), text)).status).toBe(201)
    const copy = new ItemCopy(items, id)
    await copy.follow()
    const [odd] = await items.find({ uid: 'odd' })
    expect(odd).toEqual(copy.refs.get('ä b@c+d%.ics'))
    const next = await items.update(odd as ItemRef, retitle('event', 'Renamed'), QUIET)
    expect(next.id).toBe(odd?.id)
  })

  test('AP-3, AP-75: a broken item says why, and the others are read, also where XML cannot say it', async () => {
    const { items, other, proxy } = await setup()
    const { id, path } = await mainFolder(items, 'event')
    for (const title of ['Good', 'Bad']) await other.make(path, event(title))
    const copy = new ItemCopy(items, id)
    await copy.follow()
    const read = async () => (await items.get(id, [...copy.refs.keys()])).map(({ kind }) => kind).sort()
    proxy.meddle(spoil(/DTSTART[^\n]*/, 'DTSTART:soon'))
    expect(await read()).toEqual(['event', 'unreadable'])
    proxy.meddle(spoil(/SUMMARY:Bad/, 'SUMMARY:Bad\u0001'))
    expect(await read()).toEqual(['event', 'event'])
    proxy.meddle({ change: (answer) => ({ ...answer, body: answer.body.replaceAll('200 OK', '403 Forbidden') }) })
    expect(await read()).toEqual(['unreadable', 'unreadable'])
  })

  test('law 10: what is larger than the server says it takes is not sent', async () => {
    const limit = '<C:max-resource-size>600</C:max-resource-size>'
    const { items, proxy } = await setup({
      meddling: {
        change: (answer) => ({ ...answer, body: answer.body.replaceAll('</displayname>', `</displayname>${limit}`) }),
      },
    })
    const { id } = await mainFolder(items, 'event')
    await items.create(
      id,
      event('Small', { time: { allDay: true, start: '2026-03-09', end: '2026-03-10', zone: 'UTC' } }),
      'small',
      QUIET,
    )
    const large = event('Large', { body: { text: 'x'.repeat(1_000) } })
    await expectFailure(() => items.create(id, large, 'large', QUIET), 'tooLarge')
    expect(proxy.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })
})

describe('folders and identity', () => {
  test.each([true, false])(
    'AP-3: a calendar of appointments and tasks is two folders, each telling its own (components told: %s)',
    async (told) => {
      const { items, other, proxy } = await setup({
        main: [
          ['event', 'Calendar'],
          ['contact', 'Contacts'],
        ],
        mixed: true,
      })
      if (!told)
        proxy.meddle({ change: (answer) => ({ ...answer, body: answer.body.replaceAll(/;component=\w+/g, '') }) })
      for (const item of [event('Meet'), task('Do')]) await other.make(['Calendar'], item)
      for (const [kind, title] of [
        ['event', 'Meet'],
        ['task', 'Do'],
      ] as const) {
        const { id, path } = await mainFolder(items, kind)
        expect(path).toEqual(['Calendar'])
        const copy = new ItemCopy(items, id)
        expect((await copy.follow({ pageSize: 1 })).upserts).toHaveLength(1)
        expect(await copy.titles()).toEqual([title])
      }
    },
  )

  test('AP-11: a copy has the key of its original, and both are found by it', async () => {
    const { items, other } = await setup()
    for (const kind of ['event', 'contact', 'task'] as const) {
      const { id, path } = await mainFolder(items, kind)
      const made = await items.create(id, sample(kind, 'Original'), `copied-${kind}`, QUIET)
      const { text } = await other.textOf(path, 'Original')
      await other.put(path, kind === 'contact' ? 'copy.vcf' : 'copy.ics', text.replace(/^UID:.*$/m, `UID:copy-${kind}`))
      const found = await items.find({ key: `copied-${kind}` })
      expect(found.map((ref) => ref.id).sort()).toEqual(
        ['copy', made.id].map((name) => (name === 'copy' ? `copy.${kind === 'contact' ? 'vcf' : 'ics'}` : name)).sort(),
      )
    }
  })

  test('law 2: an item that was moved to another folder is still the one of its key', async () => {
    const { items, other } = await setup()
    const { id, path } = await mainFolder(items, 'event')
    await other.createFolder('event', ['Elsewhere'])
    await items.folders()
    await items.create(id, event('Once'), 'moved', QUIET)
    await other.move(path, 'Once', ['Elsewhere'])
    const again = await items.create(id, event('Twice'), 'moved', QUIET)
    expect(again.folder).not.toBe(id)
    expect(await other.list(path)).toEqual([])
  })

  test('FD-23: a contact keeps its photo and what we do not know when its name changes', async () => {
    const { items, other } = await setup()
    const { id, path } = await mainFolder(items, 'contact')
    await items.create(id, contact('Ada'), 'photo', QUIET)
    const { name, text } = await other.textOf(path, 'Ada')
    const photo = Buffer.alloc(30_000, 'picture').toString('base64')
    const pictured = text.replace('END:VCARD', `PHOTO;ENCODING=b;TYPE=JPEG:${photo}\r\nX-SHOE-SIZE:42\r\nEND:VCARD`)
    await other.put(path, name, pictured)
    const [ref] = await items.find({ key: 'photo' })
    await items.update(ref as ItemRef, retitle('contact', 'Ada B.'), QUIET)
    const after = (await other.textOf(path, 'Ada B.')).text.replace(/\r?\n /g, '')
    expect(after).toContain(photo)
    expect(after).toContain('X-SHOE-SIZE:42')
  })
})

async function textOf(items: DavBench['items'], id: string): Promise<string> {
  const made = await items.create(id, event('Text'), 'text', QUIET)
  const item = await readOne(items, made)
  await items.remove(made, QUIET)
  return item.rest ?? ''
}

async function reopened(settings: DavBench['settings']) {
  const opened = await openDav(settings, { clock: systemClock })
  return { items: opened.items, close: () => opened.close() }
}

/** What the server says of the item Bad, spoilt. */
function spoil(from: RegExp, to: string): Meddling {
  return {
    change: (answer, { method }) =>
      method === 'REPORT' || method === 'GET'
        ? {
            ...answer,
            body: answer.body.replace(/BEGIN:VEVENT(?:(?!END:VEVENT)[\s\S])*SUMMARY:Bad[\s\S]*?END:VEVENT/, (one) =>
              one.replace(from, to),
            ),
          }
        : answer,
  }
}
