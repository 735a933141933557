/** What the log says of a call to a mail system: numbers and ids of the server alone, never what is in a message or an item. */
export interface CallWords {
  /** Of what the call is about, for every reader. */
  about?: (...given: never[]) => string
  /** Of the answer, or of one page of it. */
  answer?: (answer: never) => string
  /** Ids of folders and items. */
  ids?: (...given: never[]) => readonly unknown[]
}

type Ids = readonly string[]
interface Ref {
  folder: string
  id: string
}
interface Page {
  upserts: Ids
  removals: Ids
  more: boolean
}
interface Patch {
  kind: string
  set?: object
  clear?: Ids
  occurrences?: Ids
  attachments?: object
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
const page = {
  about: (_folder: string, since: string | undefined) =>
    since === undefined ? 'from the beginning' : 'since the last',
  answer: ({ upserts, removals, more }: Page) =>
    `${upserts.length} new or changed, ${removals.length} gone${more ? ', more follows' : ''}`,
  ids: (folder: string) => [folder],
}
const some = {
  about: (_folder: string, ids: Ids) => count(ids.length, 'id'),
  ids: (folder: string, ids: Ids) => [folder, ...ids],
}
const listed = { answer: (all: Ids) => count(all.length, 'folder') }
const found = { answer: (all: Ids) => `${all.length} found` }
const told = ({ notify }: { notify: string }) => `tells ${notify}`

/** Calls of the port of mail. Those that are not named here, such as `close`, are not logged. */
export const mailCalls: Readonly<Record<string, CallWords>> = {
  folders: listed,
  changes: page,
  headers: { ...some, ...found },
  raw: { ...some, answer: ({ size }: { size: number }) => `${size} bytes` },
  meetings: { ...some, ...found },
  find: found,
  mark: {
    ids: some.ids,
    about: (_folder: string, ids: Ids, { add, remove }: { add?: Ids; remove?: Ids }) =>
      `${count(ids.length, 'id')}, ${add?.length ?? 0} categories on, ${remove?.length ?? 0} off`,
  },
  move: { ...some, ids: (folder: string, ids: Ids, to: string) => [folder, to, ...ids] },
  remove: some,
  createFolder: {},
  append: { about: (_folder: string, source: Uint8Array) => `${source.length} bytes`, ids: page.ids },
  send: {
    about: ({ to, source }: { to: Ids; source: Uint8Array }) =>
      `${count(to.length, 'recipient')}, ${source.length} bytes`,
    answer: ({ refused }: { refused?: Ids }) => `taken, ${count(refused?.length ?? 0, 'recipient')} refused`,
  },
}

/** Calls of the port of appointments, contacts and tasks. */
export const itemCalls: Readonly<Record<string, CallWords>> = {
  folders: listed,
  changes: page,
  get: { ...some, ...found },
  create: {
    about: (_folder: string, { kind }: { kind: string }, _key: string, how: { notify: string }) =>
      `${kind}, ${told(how)}`,
    ids: page.ids,
  },
  update: {
    about: (_ref: Ref, patch: Patch, how: { notify: string }) => `${namesOf(patch)}, ${told(how)}`,
    ids: ({ folder, id }: Ref) => [folder, id],
  },
  remove: { about: (_ref: Ref, how: { notify: string }) => told(how), ids: ({ folder, id }: Ref) => [folder, id] },
  respond: { about: (_ref: Ref, answer: string) => answer, ids: ({ folder, id }: Ref) => [folder, id] },
  find: found,
  attachment: {
    answer: (content: Uint8Array) => `${content.length} bytes`,
    ids: ({ folder, id }: Ref) => [folder, id],
  },
}

function namesOf({ kind, set, clear, occurrences, attachments }: Patch): string {
  const fields = [...Object.keys(set ?? {}), ...(clear ?? [])]
  return [
    `${kind}: ${fields.join(', ') || 'no fields'}`,
    ...(occurrences?.length ? [count(occurrences.length, 'occurrence')] : []),
    ...(attachments ? ['attachments'] : []),
  ].join(', ')
}
