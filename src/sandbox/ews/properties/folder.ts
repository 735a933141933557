import { type Folder, findProperty, type Mailbox } from '../../model/index.ts'
import { elementOrder } from '../schema/grammar.ts'
import { type Content, type Element, tag, textOf, type Xml } from '../xml.ts'
import { extendedProperty, type Path } from './path.ts'
import { additionalPaths } from './shape.ts'

export interface FolderShape {
  base: 'IdOnly' | 'Default' | 'AllProperties'
  additional: readonly Path[]
}

export function readFolderShape(element: Element | undefined): FolderShape {
  const base = textOf(element, 'BaseShape')
  return {
    base: base === 'Default' || base === 'AllProperties' ? base : 'IdOnly',
    additional: additionalPaths(element),
  }
}

const ELEMENTS = { message: 'Folder', event: 'CalendarFolder', contact: 'ContactsFolder', task: 'TasksFolder' } as const
const CLASSES = { message: 'IPF.Note', event: 'IPF.Appointment', contact: 'IPF.Contact', task: 'IPF.Task' } as const

/** The kind of items that a folder of an element, or of a class, is for. */
export function folderKind(element: Element): Folder['kind'] {
  const byClass = textOf(element, 'FolderClass')
  const kinds = Object.keys(ELEMENTS) as Folder['kind'][]
  return (
    kinds.find((kind) => byClass !== undefined && byClass.startsWith(CLASSES[kind])) ??
    kinds.find((kind) => ELEMENTS[kind] === element.name) ??
    'message'
  )
}

interface FolderProperty {
  element: string
  shape?: 'Default' | 'AllProperties'
  read(folder: Folder, mailbox: Mailbox): Content
  attributes?(folder: Folder, mailbox: Mailbox): Record<string, string>
}

const PROPERTIES: Readonly<Record<string, FolderProperty>> = {
  'folder:FolderId': {
    element: 'FolderId',
    shape: 'Default',
    read: () => '',
    attributes: ({ id, changeKey }) => ({ Id: id, ChangeKey: changeKey }),
  },
  'folder:ParentFolderId': {
    element: 'ParentFolderId',
    shape: 'AllProperties',
    read: ({ parent }) => (parent === undefined ? undefined : ''),
    attributes: ({ parent = '' }, mailbox) => ({ Id: parent, ChangeKey: mailbox.folder(parent).changeKey }),
  },
  'folder:FolderClass': {
    element: 'FolderClass',
    shape: 'AllProperties',
    read: ({ kind, wellKnown }) => (wellKnown === 'root' ? undefined : CLASSES[kind]),
  },
  'folder:DisplayName': { element: 'DisplayName', shape: 'Default', read: ({ name }) => name },
  'folder:TotalCount': { element: 'TotalCount', shape: 'Default', read: ({ id }, mailbox) => mailbox.count(id) },
  'folder:ChildFolderCount': {
    element: 'ChildFolderCount',
    shape: 'Default',
    read: ({ id }, mailbox) => mailbox.children(id).length,
  },
  'folder:UnreadCount': {
    element: 'UnreadCount',
    shape: 'Default',
    read: ({ id, kind }, mailbox) => (kind === 'event' || kind === 'contact' ? undefined : unread(id, mailbox)),
  },
  'folder:DistinguishedFolderId': {
    element: 'DistinguishedFolderId',
    shape: 'AllProperties',
    read: ({ wellKnown }) => wellKnown,
  },
  'folder:EffectiveRights': {
    element: 'EffectiveRights',
    shape: 'AllProperties',
    read: () => RIGHTS.map((right) => tag(`t:${right}`, {}, true)),
  },
}

const RIGHTS = ['CreateAssociated', 'CreateContents', 'CreateHierarchy', 'Delete', 'Modify', 'Read', 'ViewPrivateItems']

const TYPES = {
  Folder: 'FolderType',
  CalendarFolder: 'CalendarFolderType',
  ContactsFolder: 'ContactsFolderType',
  TasksFolder: 'TasksFolderType',
} as const

/** The folder as the shape wants it, its elements in the order of the schema. */
export function writeFolder(folder: Folder, mailbox: Mailbox, shape: FolderShape): Xml {
  const name = ELEMENTS[folder.kind]
  const asked = new Set(shape.additional.map((path) => (path.kind === 'field' ? path.uri : '')))
  const written = new Map<string, Content>()
  for (const [uri, property] of Object.entries(PROPERTIES)) {
    const inShape = shape.base === 'AllProperties' ? property.shape !== undefined : property.shape === shape.base
    if (!inShape && !asked.has(uri) && uri !== 'folder:FolderId') continue
    const content = property.read(folder, mailbox)
    if (content === undefined) continue
    written.set(property.element, tag(`t:${property.element}`, property.attributes?.(folder, mailbox), content))
  }
  const extended = shape.additional.flatMap((path) => {
    const value = path.kind === 'extended' ? folderValue(folder, mailbox, path) : undefined
    return path.kind === 'extended' && value !== undefined ? [extendedProperty(path.property, value)] : []
  })
  written.set('ExtendedProperty', extended)
  return tag(
    `t:${name}`,
    {},
    elementOrder(TYPES[name]).map((element) => written.get(element)),
  )
}

/** What a search compares with. */
export function folderValue(folder: Folder, mailbox: Mailbox, path: Path): string | undefined {
  if (path.kind === 'extended') {
    const own = TAGS[path.property.tag ?? '']?.(folder, mailbox)
    const value = own ?? findProperty(folder.properties ?? [], path.property)?.value
    return typeof value === 'object' ? value.join(';') : value
  }
  if (path.kind === 'indexed') return undefined
  if (path.uri === 'folder:FolderId') return folder.id
  if (path.uri === 'folder:ParentFolderId') return folder.parent
  const content = PROPERTIES[path.uri]?.read(folder, mailbox)
  return content === undefined || typeof content === 'object' ? undefined : String(content)
}

const TAGS: Readonly<Record<string, (folder: Folder, mailbox: Mailbox) => string>> = {
  '0x3001': ({ name }) => name,
  '0x10f4': ({ hidden }) => String(hidden),
  '0x3601': ({ wellKnown }) => (wellKnown === 'root' ? '0' : '1'),
  '0x3602': ({ id }, mailbox) => String(mailbox.count(id)),
  '0x3603': ({ id }, mailbox) => String(unread(id, mailbox)),
  '0x360a': ({ id }, mailbox) => String(mailbox.children(id).length > 0),
  '0x3613': ({ kind }) => CLASSES[kind],
  '0x3008': ({ id }, mailbox) => lastChange(id, mailbox),
  '0x670a': ({ id }, mailbox) => lastChange(id, mailbox),
  '0x6751': ({ id }, mailbox) => String(mailbox.log(id).position + 1),
}

function unread(id: string, mailbox: Mailbox): number {
  return mailbox.items(id).filter((item) => item.kind === 'message' && !item.read).length
}

/** When something was last done in the folder; it grows with every change, as clients take it for a version. */
function lastChange(id: string, mailbox: Mailbox): string {
  return new Date(Date.UTC(2026, 0, 1) + mailbox.log(id).position * 1000).toISOString().replace('.000Z', 'Z')
}
