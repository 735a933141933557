import type { AttachmentInfo, Importance, ItemFrame, ItemRef, Sensitivity } from '../../items/index.ts'
import type { FolderId } from '../../port.ts'
import { categoriesOf, changeKeyOf, idOf } from '../item.ts'
import { childOf, childrenOf, instantOf, isTrue, type Node, numberOf, textOf } from '../node.ts'
import type { ExtendedValues } from './extended.ts'
import { readMarks } from './marks.ts'

export function refOf(folder: FolderId, item: Node | undefined): ItemRef {
  return { folder, id: idOf(item) ?? '', version: changeKeyOf(item) ?? '' }
}

/** What every item is besides its fields. */
export function readFrame(folder: FolderId, item: Node, values: ExtendedValues, rest: string | undefined): ItemFrame {
  const created = instantOf(textOf(item, 'DateTimeCreated'))
  return {
    ref: refOf(folder, item),
    marks: readMarks(values),
    ...(created && { created }),
    modified: instantOf(textOf(item, 'LastModifiedTime')) ?? created ?? new Date(0),
    attachments: childrenOf(item, 'Attachments').flatMap(attachment),
    ...(rest !== undefined && { rest }),
  }
}

/** Files and attached items; a link to a file elsewhere has no content here. */
function attachment(node: Node): AttachmentInfo[] {
  const id = childOf(node, 'AttachmentId')?.attributes['Id']
  const isItem = node.name === 'ItemAttachment'
  if (id === undefined || (node.name !== 'FileAttachment' && !isItem)) return []
  const type = isItem ? 'message/rfc822' : textOf(node, 'ContentType') || 'application/octet-stream'
  const name = textOf(node, 'Name') ?? ''
  return [{ id, name, type, size: numberOf(textOf(node, 'Size')), inline: isTrue(textOf(node, 'IsInline')) }]
}

export function readImportance(item: Node): Importance {
  const value = textOf(item, 'Importance')?.toLowerCase()
  return value === 'low' || value === 'high' ? value : 'normal'
}

export function readSensitivity(item: Node): Sensitivity {
  const value = textOf(item, 'Sensitivity')?.toLowerCase()
  return value === 'personal' || value === 'private' || value === 'confidential' ? value : 'normal'
}

export function readCategories(item: Node): string[] | undefined {
  const categories = categoriesOf(item)
  return categories.length > 0 ? categories : undefined
}

export const capitalized = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`

/** The parts of an object that are there. */
export function filled<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>
  }
}
