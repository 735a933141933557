import {
  type Item,
  type ItemKind,
  type NewItem,
  patchContact,
  patchEvent,
  patchTask,
  printContact,
  printEvent,
  printTask,
  readContact,
  readEvent,
  readTask,
} from '#mailbox'
import type { ItemOtherSide } from '../../conformance/items/bench.ts'
import { titleOf } from '../../conformance/items/samples.ts'

const ZONE = 'Europe/Berlin'

/** The owner at a client that speaks plain HTTP, without the connector's help. */
export interface Hands extends ItemOtherSide {
  /** Any request, on a path of the server. */
  ask(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<Answer>
  /** The path of a folder of ours. */
  pathOf(folder: readonly string[]): string
  /** The text of an item, and the name of its resource. */
  textOf(folder: readonly string[], title: string): Promise<{ name: string; text: string; etag: string }>
  put(folder: readonly string[], name: string, text: string, headers?: Record<string, string>): Promise<Answer>
  /** `slug`: the last segment of its path. */
  createFolder(kind: ItemKind, path: readonly string[], slug?: string): Promise<void>
}

interface Answer {
  status: number
  headers: Headers
  text: string
}

export interface HandsOptions {
  port: number
  user: string
  address: string
  calendars: string
  addressbooks: string
  /** Calendars hold appointments and tasks. */
  mixed: boolean
}

const XMLNS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="urn:ietf:params:xml:ns:carddav"'
const COMPONENTS = { event: ['VEVENT'], task: ['VTODO'], contact: [] } as const

export async function handsOf({ port, user, address, calendars, addressbooks, mixed }: HandsOptions): Promise<Hands> {
  const paths = new Map<string, string>()
  let made = 0
  const options = () => ({ address, now: new Date(), fallback: ZONE })

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`
    const init = { method, headers: { authorization, ...headers }, ...(body !== undefined && { body }) }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  const pathOf = (folder: readonly string[]) => {
    const path = paths.get(folder.join('/'))
    if (!path) throw new Error(`There is no folder ${folder.join('/')}`)
    return path
  }
  const put = (folder: readonly string[], name: string, text: string, headers: Record<string, string> = {}) => {
    const type = name.endsWith('.vcf') ? 'text/vcard; charset=utf-8' : 'text/calendar; charset=utf-8'
    return ask('PUT', `${pathOf(folder)}${name}`, { 'content-type': type, ...headers }, text)
  }

  async function names(folder: readonly string[]): Promise<string[]> {
    const body = `<propfind ${XMLNS}><prop><getetag/></prop></propfind>`
    const { text } = await must(
      ask('PROPFIND', pathOf(folder), { depth: '1', 'content-type': 'application/xml' }, body),
    )
    const hrefs = [...text.matchAll(/<href>([^<]+)<\/href>/g)].map(([, href = '']) => href)
    return hrefs.filter((href) => !href.endsWith('/')).map((href) => href.slice(href.lastIndexOf('/') + 1))
  }
  async function all(folder: readonly string[]) {
    const texts = await Promise.all(
      (await names(folder)).map(async (name) => ({ name, ...(await must(ask('GET', `${pathOf(folder)}${name}`))) })),
    )
    return texts.map(({ name, text, headers }) => ({
      name,
      text,
      etag: headers.get('etag') ?? '',
      item: itemOf(name, text),
    }))
  }
  function itemOf(name: string, text: string): Item {
    const read = text.startsWith('BEGIN:VCARD')
      ? readContact(text)
      : text.includes('BEGIN:VTODO')
        ? readTask(text, options())
        : readEvent(text, options())
    return {
      ...read,
      ref: { folder: '', id: decodeURIComponent(name), version: '' },
      modified: new Date(0),
      attachments: [],
    }
  }
  async function textOf(folder: readonly string[], title: string) {
    const found = (await all(folder)).find(({ item }) => titleOf(item) === title)
    if (!found) throw new Error(`${title} is not in ${folder.join('/')}`)
    return found
  }
  const print = (item: NewItem, uid: string) =>
    item.kind === 'event'
      ? printEvent(item, uid, options())
      : item.kind === 'task'
        ? printTask(item, uid, options())
        : printContact(item, uid)

  // Before those that a server makes by itself (`Default`), in the order in which they are made.
  const nextSlug = () => `A${String(++made).padStart(4, '0')}`
  async function createFolder(kind: ItemKind, path: readonly string[], slug = nextSlug()): Promise<void> {
    const [name = slug] = path.slice(-1)
    const at = `${kind === 'contact' ? addressbooks : calendars}${slug}/`
    const zone = printZone()
    const components = (mixed && kind !== 'contact' ? ['VEVENT', 'VTODO'] : COMPONENTS[kind])
      .map((one) => `<C:comp name="${one}"/>`)
      .join('')
    const type = kind === 'contact' ? '<A:addressbook/>' : '<C:calendar/>'
    const calendar = `<C:supported-calendar-component-set>${components}</C:supported-calendar-component-set><C:calendar-timezone>${zone}</C:calendar-timezone>`
    const props = `<resourcetype><collection/>${type}</resourcetype><displayname>${name}</displayname>${kind === 'contact' ? '' : calendar}`
    const body = `<?xml version="1.0"?><mkcol ${XMLNS}><set><prop>${props}</prop></set></mkcol>`
    const xml = { 'content-type': 'application/xml' }
    const answer = await ask('MKCOL', at, xml, body)
    const naming = `<propertyupdate ${XMLNS}><set><prop><displayname>${name}</displayname></prop></set></propertyupdate>`
    await must(
      answer.status === 405 || answer.status === 403 ? ask('PROPPATCH', at, xml, naming) : Promise.resolve(answer),
    )
    paths.set(path.join('/'), at)
  }

  return {
    ask,
    pathOf,
    textOf,
    put,
    createFolder,
    async make(folder, item) {
      const uid = `made-${++made}@client.example`
      const name = `${uid}.${item.kind === 'contact' ? 'vcf' : 'ics'}`
      await must(put(folder, encodeURIComponent(name), print(item, uid), { 'if-none-match': '*' }))
    },
    async change(folder, title, patch) {
      const { name, text } = await textOf(folder, title)
      const next =
        patch.kind === 'event'
          ? patchEvent(text, patch, options())
          : patch.kind === 'task'
            ? patchTask(text, patch, options())
            : patchContact(text, patch, new Date())
      await must(put(folder, name, next))
    },
    async delete(folder, title) {
      const { name } = await textOf(folder, title)
      await must(ask('DELETE', `${pathOf(folder)}${name}`))
    },
    async move(folder, title, to) {
      const { name } = await textOf(folder, title)
      const destination = `http://127.0.0.1:${port}${pathOf(to)}${name}`
      await must(ask('MOVE', `${pathOf(folder)}${name}`, { destination }))
    },
    async list(folder) {
      return (await all(folder)).map(({ item }) => item)
    },
    async putUnknown(folder, title) {
      const { name, text } = await textOf(folder, title)
      await must(put(folder, name, text.replace(/^(UID.*\r?\n)/m, '$1X-MOON:full\r\n')))
    },
    async hasUnknown(folder, title) {
      return (await textOf(folder, title)).text.includes('X-MOON:full')
    },
  }
}

function printZone(): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Test//EN',
    'BEGIN:VTIMEZONE',
    `TZID:${ZONE}`,
    ...BERLIN,
    'END:VTIMEZONE',
    'END:VCALENDAR',
    '',
  ].join('&#13;\n')
}

const BERLIN = [
  'BEGIN:STANDARD',
  'DTSTART:19701025T030000',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:19700329T020000',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
  'END:DAYLIGHT',
]

async function must(work: Promise<Answer>): Promise<Answer> {
  const answer = await work
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text.slice(0, 500)}`)
  return answer
}
