import type { Folder } from '../port.ts'
import { expectOk } from './failures.ts'
import { decodeName } from './folderName.ts'
import { pairsOf, type Response, textOf, type Value } from './response.ts'
import { quote, type Session } from './session.ts'
import { guessUses, type Use, useOfAttributes } from './specialUse.ts'

/** Most folders a mailbox may have; more are not looked at. */
const MOST = 20_000

/** A folder and where the server keeps it. */
export interface Place {
  folder: Folder
  /** The name on the wire, in modified UTF-7. */
  name: string
  uidValidity: number
}

/** How folders are told apart: by an id that survives renaming, or else by their name. */
export type IdentityItem = 'MAILBOXID' | 'X-GUID' | undefined

/** Which item of STATUS tells a folder's lasting id: RFC 8474, or what Dovecot has had before it. */
export async function identityItem(session: Session): Promise<IdentityItem> {
  if (session.has('OBJECTID')) return 'MAILBOXID'
  if (!/dovecot/i.test(session.facts.serverName)) return undefined
  const answer = await session.run(['STATUS INBOX (X-GUID)'])
  return answer.name === 'OK' ? 'X-GUID' : undefined
}

interface Listed {
  name: string
  delimiter: string
  attributes: string[]
}

/** Every folder that can hold messages, parents before children. The caller holds the session. */
export async function listFolders(session: Session, identity: IdentityItem): Promise<Place[]> {
  const items = `UIDVALIDITY${identity ? ` ${identity}` : ''}`
  const extended = session.has('LIST-EXTENDED')
  const returns = [
    ...(extended && session.has('SPECIAL-USE') ? ['SPECIAL-USE'] : []),
    ...(session.has('LIST-STATUS') ? [`STATUS (${items})`] : []),
  ]
  const listed: Listed[] = []
  const states = new Map<string, Map<string, Value>>()
  const onUntagged = (response: Response) => {
    if (response.name === 'LIST' && listed.length < MOST) listed.push(readList(response))
    if (response.name === 'STATUS') states.set(textOf(response.values[0]) ?? '', pairsOf(response.values[1]))
  }
  const command = `LIST "" "*"${returns.length > 0 ? ` RETURN (${returns.join(' ')})` : ''}`
  expectOk(await session.run([command], { onUntagged }), 'Reading the folders')
  const places: Place[] = []
  for (const entry of unique(listed)) {
    if (entry.attributes.some((attribute) => /^\\(noselect|nonexistent)$/i.test(attribute))) continue
    if (!states.has(entry.name)) {
      // A folder that vanishes now, or that may not be looked into, answers NO and is left out.
      await session.run(['STATUS ', quote(entry.name), ` (${items})`], { onUntagged })
    }
    const state = states.get(entry.name)
    if (state) places.push(placeOf(entry, state, identity))
  }
  places.sort((a, b) => compareNames(a.folder.path, b.folder.path))
  guessUses(places.map((place) => place.folder))
  return places
}

function readList(response: Response): Listed {
  const [attributes, delimiter, name] = response.values
  return {
    attributes: Array.isArray(attributes) ? attributes.flatMap((value) => textOf(value) ?? []) : [],
    delimiter: textOf(delimiter) ?? '',
    name: textOf(name) ?? '',
  }
}

/** Some servers list a folder twice, e.g. once for each namespace. */
function unique(listed: readonly Listed[]): Listed[] {
  return [...new Map(listed.filter((entry) => entry.name !== '').map((entry) => [entry.name, entry])).values()]
}

function placeOf(entry: Listed, state: Map<string, Value>, identity: IdentityItem): Place {
  const parts = entry.delimiter === '' ? [entry.name] : entry.name.split(entry.delimiter)
  const path = parts.map(decodeName)
  if (path[0]?.toUpperCase() === 'INBOX') path[0] = 'INBOX'
  const uidValidity = Number(textOf(state.get('UIDVALIDITY')) ?? 0)
  const lasting = identity === undefined ? undefined : identityOf(state.get(identity))
  const use: Use | undefined = path.length === 1 && path[0] === 'INBOX' ? 'inbox' : useOfAttributes(entry.attributes)
  const id = lasting === undefined ? `path:${entry.name}` : `id:${lasting}`
  return {
    folder: { id, path, ...(use && { use }), fingerprint: String(uidValidity) },
    name: entry.name,
    uidValidity,
  }
}

function identityOf(value: Value | undefined): string | undefined {
  return textOf(Array.isArray(value) ? value[0] : value)
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = (a[index] as string).localeCompare(b[index] as string)
    if (order !== 0) return order
  }
  return a.length - b.length
}
