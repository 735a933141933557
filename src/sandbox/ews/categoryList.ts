import type { Category, Mailbox } from '../model/index.ts'
import { EwsFailure } from './failure.ts'
import { MalformedXml, parseXml, tag } from './xml.ts'

/** The XML of the master category list ([MS-OXOCFG] 2.2.5.2). */
export function writeCategoryList(categories: readonly Category[]): string {
  const list = tag(
    'categories',
    { default: categories[0]?.name ?? '', lastSavedSession: 1, xmlns: 'CategoryList.xsd' },
    categories.map(({ id, name, color }) =>
      tag('category', {
        name,
        color,
        keyboardShortcut: 0,
        usageCount: 0,
        guid: `{${id.toUpperCase()}}`,
        renameOnFirstUse: 0,
      }),
    ),
  )
  return `<?xml version="1.0" encoding="utf-8"?>${list.source}`
}

/** Makes the list what a client wrote. @throws EwsFailure for what is no such list */
export function applyCategoryList(categories: Mailbox['categories'], xml: string): void {
  const wanted = new Map(readCategoryList(xml).map((each) => [each.name.toLowerCase(), each]))
  for (const { id, name } of categories.all()) if (!wanted.has(name.toLowerCase())) categories.remove(id)
  for (const { name, color, id } of wanted.values()) {
    const known = categories.all().find((each) => each.name.toLowerCase() === name.toLowerCase())
    if (!known) categories.add(name, color, id)
    else if (known.color !== color) categories.recolor(known.id, color)
  }
}

function readCategoryList(xml: string): { name: string; color: number; id: string | undefined }[] {
  try {
    return parseXml(xml.replace(/^\uFEFF/, '')).children.map(({ attributes }) => ({
      name: attributes.get('name') ?? '',
      color: Number(attributes.get('color') ?? -1),
      id: attributes.get('guid')?.replaceAll(/[{}]/g, '').toLowerCase(),
    }))
  } catch (error) {
    if (error instanceof MalformedXml) throw new EwsFailure('ErrorInvalidRequest', error.message)
    throw error
  }
}
