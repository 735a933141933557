import { type ExtendedProperty, headerList, type Item, type PropertyName, type PropertyType } from '../model/index.ts'
import { badRequest } from './error.ts'

const TYPES: readonly PropertyType[] = [
  'String',
  'Integer',
  'Long',
  'Short',
  'Boolean',
  'Double',
  'Float',
  'SystemTime',
  'CLSID',
  'Binary',
  'StringArray',
  'IntegerArray',
]

/** `String {guid} Name abc`, `Integer {guid} Id 0x8502`, `String 0x1035`; undefined when it is none. */
export function readPropertyId(id: string): PropertyName | undefined {
  const found = /^(\w+) (?:(0x[0-9a-f]{1,4})|\{([0-9a-f-]{36})\} (?:Name (.+)|Id (0x[0-9a-f]+|\d+)))$/i.exec(id.trim())
  const type = TYPES.find((each) => each.toLowerCase() === found?.[1]?.toLowerCase())
  if (!found || !type) return undefined
  const [, , tag, set, name, number] = found
  if (tag) return { type, tag: `0x${Number(tag).toString(16).padStart(4, '0')}` }
  return { type, set: (set as string).toLowerCase(), ...(name === undefined ? { id: Number(number) } : { name }) }
}

export function writePropertyId({ type, tag, set, name, id }: PropertyName): string {
  if (tag) return `${type} ${tag}`
  return `${type} {${set}} ${name === undefined ? `Id 0x${(id ?? 0).toString(16)}` : `Name ${name}`}`
}

/** @throws GraphError 400 */
export function propertyNameOf(id: string): PropertyName {
  const name = readPropertyId(id)
  if (name) return name
  throw badRequest(`The extended property id '${id}' is invalid.`, 'ErrorInvalidProperty')
}

/** Those that were set, and those of MAPI that follow from the item itself. */
export function allProperties(item: Item): ExtendedProperty[] {
  return [...item.properties, ...ofMessage(item)]
}

function ofMessage(item: Item): ExtendedProperty[] {
  if (item.kind !== 'message') return []
  const { headers } = item
  return [
    ...text('0x001a', 'IPM.Note'),
    ...text('0x0037', headers.subject),
    ...text(
      '0x007d',
      headerList(item.mime)
        .map(({ name, value }) => `${name}: ${value}\r\n`)
        .join(''),
    ),
    ...text('0x1035', headers.messageId),
    ...text('0x1039', headers.references.join(' ')),
    ...text('0x1042', headers.inReplyTo),
    { property: { type: 'Integer', tag: '0x0e08' }, value: String(item.mime.length) },
    { property: { type: 'Integer', tag: '0x0e07' }, value: String((item.read ? 1 : 0) + (item.draft ? 8 : 0)) },
  ]
}

function text(tag: string, value: string | undefined): ExtendedProperty[] {
  return value ? [{ property: { type: 'String', tag }, value }] : []
}

/** Whether a property is told as a single value. */
export function isSingle({ value }: ExtendedProperty): boolean {
  return typeof value === 'string'
}
