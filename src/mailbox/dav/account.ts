import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { FolderId } from '../ids.ts'
import type { ItemFolder, ItemKind } from '../items/index.ts'
import type { DavSettings } from '../settings.ts'
import { DavClient } from './client.ts'
import { type Collection, collectionsOf, defaultCalendar, folderId, foldersOf, withBulkCards } from './collections.ts'
import { discover, type Homes, type Service } from './discovery.ts'
import type { Place } from './readItems.ts'
import { Remembered } from './remembered.ts'

/** What is found out about one service of a user. */
interface Found extends Homes {
  /** What the server can beyond the basics: the words of its header DAV. */
  features: ReadonlySet<string>
}

/** One service of a user: where her calendars, or her address books, lie. */
interface Home extends Found {
  client: DavClient
  service: Service
}

/** Where users have their homes hardly ever changes: it is asked once an hour, not once a cycle. */
const HOMES = new Remembered<Found>(60 * 60_000)

interface Listing {
  folders: ItemFolder[]
  places: ReadonlyMap<FolderId, Place>
}

/** A user's calendars and address books, and the connections to them. */
export class DavAccount {
  readonly #homes: readonly Home[]
  readonly address: string
  #listing: Listing | undefined
  /** Nobody has seen the listing yet: it is of this moment. */
  #isFresh = false

  /** @throws MailboxError */
  static async open(settings: DavSettings, clock: Clock): Promise<DavAccount> {
    const known = [settings.url, settings.contactsUrl ?? settings.url].map((url, n) =>
      keyOf(settings, url, SERVICES[n]),
    )
    try {
      return await DavAccount.#open(settings, clock)
    } catch (error) {
      const isMoved = error instanceof MailboxError && ['notFound', 'permanent', 'denied'].includes(error.kind)
      // A home that was remembered and is gone is looked for again.
      if (!isMoved || !HOMES.forget(known)) throw error
      return DavAccount.#open(settings, clock)
    }
  }

  static async #open(settings: DavSettings, clock: Clock): Promise<DavAccount> {
    const clients = new Map<string, DavClient>()
    const clientFor = (url: URL) => {
      const client = clients.get(url.origin) ?? new DavClient(settings, url.origin, clock)
      clients.set(url.origin, client)
      return client
    }
    try {
      const calendars = new URL(settings.url)
      const contacts = new URL(settings.contactsUrl ?? settings.url)
      const homes = await someOf([
        homeOf(clientFor(calendars), calendars, 'caldav', settings, clock),
        homeOf(clientFor(contacts), contacts, 'carddav', settings, clock),
      ])
      const account = new DavAccount(homes, settings)
      await account.#list()
      account.#isFresh = true
      return account
    } catch (error) {
      await Promise.all([...clients.values()].map((client) => client.close()))
      throw error
    }
  }

  private constructor(homes: readonly Home[], settings: DavSettings) {
    this.#homes = homes
    const wanted = (settings.address ?? settings.auth.user).toLowerCase()
    const own = homes.flatMap(({ addresses }) => addresses)
    // The server schedules for its own addresses only.
    this.address = own.includes(wanted) || own.length === 0 ? wanted : (own[0] as string)
  }

  /** The server itself tells attendees and organizers (RFC 6638). */
  get schedules(): boolean {
    return this.#homes.some(({ features, inbox }) => inbox !== undefined && features.has('calendar-auto-schedule'))
  }

  async folders(): Promise<ItemFolder[]> {
    const fresh = this.#isFresh ? this.#listing : undefined
    this.#isFresh = false
    return (fresh ?? (await this.#list())).folders
  }

  /** Something was written: whoever asks how far a folder is by its listing gets a new one. */
  forgetListing(): void {
    this.#isFresh = false
  }

  /** As they were listed last. */
  get listed(): readonly ItemFolder[] {
    return this.#listing?.folders ?? []
  }

  /** @throws MailboxError `notFound` */
  async place(folder: FolderId): Promise<Place & { about: ItemFolder }> {
    const known = this.#listing?.places.get(folder) ?? (await this.#list()).places.get(folder)
    const about = this.#listing?.folders.find(({ id }) => id === folder)
    if (!known || !about) throw folderNotFound(folder)
    return { ...known, about }
  }

  /** Every folder, or those of a kind. */
  async places(kind?: ItemKind): Promise<Place[]> {
    const { places } = this.#listing ?? (await this.#list())
    return [...places.values()].filter((place) => kind === undefined || place.kind === kind)
  }

  async close(): Promise<void> {
    await Promise.all(this.#homes.map(({ client }) => client.close()))
  }

  async #list(): Promise<Listing> {
    const found = await Promise.all(this.#homes.map((home) => collectionsIn(home)))
    const inbox = this.#homes.find((home) => home.inbox !== undefined)
    const main =
      inbox?.inbox === undefined ? undefined : await defaultCalendar(inbox.client, inbox.inbox).catch(missing)
    const clients = [...new Set(this.#homes.map(({ client }) => client))]
    const collections = clients.flatMap((client) => {
      const own = found.flat().filter((one) => one.client === client)
      return withBulkCards(own.map(({ collection }) => collection)).map((collection) => ({ client, collection }))
    })
    const places = collections.flatMap(({ client, collection }) =>
      collection.kinds.map(
        (kind): Place => ({ client, collection, kind, folder: folderId(kind, collection), address: this.address }),
      ),
    )
    const folders = foldersOf(
      collections.map(({ collection }) => collection),
      main,
    )
    this.#listing = { folders, places: new Map(places.map((place) => [place.folder, place])) }
    return this.#listing
  }
}

async function homeOf(
  client: DavClient,
  url: URL,
  service: Service,
  settings: DavSettings,
  clock: Clock,
): Promise<Home> {
  const found = await HOMES.get(keyOf(settings, url.href, service), clock, () => find(client, url.pathname, service))
  return { ...found, client, service }
}

const SERVICES = ['caldav', 'carddav'] as const

function keyOf({ auth, address }: DavSettings, url: string, service: Service | undefined): string {
  return JSON.stringify([new URL(url).href, service, auth.user, address])
}

async function find(client: DavClient, start: string, service: Service): Promise<Found> {
  const homes = await discover(client, start, service)
  const doing = 'Asking what the server can do'
  // A server that refuses to say can the basics.
  const answer = await client.sendAny({ method: 'OPTIONS', path: homes.homes[0] ?? start, doing, again: true })
  await client.skip(answer)
  const features = new Set((answer.headers['dav'] ?? '').split(',').map((word) => word.trim().toLowerCase()))
  return { ...homes, features }
}

async function collectionsIn({
  client,
  homes,
  service,
}: Home): Promise<{ client: DavClient; collection: Collection }[]> {
  const found = (await Promise.all(homes.map((home) => collectionsOf(client, home)))).flat()
  const isOne = ({ kinds }: Collection) => kinds.includes('contact') === (service === 'carddav')
  return found.filter(isOne).map((collection) => ({ client, collection }))
}

/** One service may be missing: then the other is all there is. */
async function someOf(homes: readonly Promise<Home>[]): Promise<Home[]> {
  const results = await Promise.allSettled(homes)
  const there = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const grave = failures.find((error) => !(error instanceof MailboxError && error.code === 'SettingsInvalid'))
  if (grave !== undefined) throw grave
  if (there.length === 0) throw failures[0]
  return there
}

function missing(error: unknown): undefined {
  if (error instanceof MailboxError && (error.kind === 'notFound' || error.kind === 'denied')) return undefined
  throw error
}
