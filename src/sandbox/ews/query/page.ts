import type { Element } from '../xml.ts'

/** No view gives more at once (the throttling policy's EwsFindCountLimit). */
const MAX_ENTRIES = 1_000

export interface Page<T> {
  entries: readonly T[]
  /** Of RootFolder. */
  attributes: Readonly<Record<string, number | boolean>>
}

/** What an IndexedPageItemView or IndexedPageFolderView shows; without one as much as one answer may have. */
export function pageOf<T>(all: readonly T[], view: Element | undefined): Page<T> {
  const number = (name: string) => Number(view?.attributes.get(name) ?? 0)
  const limit = Math.min(number('MaxEntriesReturned') || MAX_ENTRIES, MAX_ENTRIES)
  const offset = Math.max(0, number('Offset'))
  const fromEnd = view?.attributes.get('BasePoint') === 'End'
  const start = fromEnd ? Math.max(0, all.length - offset - limit) : offset
  const end = fromEnd ? Math.max(0, all.length - offset) : offset + limit
  const last = fromEnd ? start === 0 : end >= all.length
  return {
    entries: all.slice(start, end),
    attributes: {
      ...(view && { IndexedPagingOffset: fromEnd ? all.length - start : Math.min(end, all.length) }),
      TotalItemsInView: all.length,
      IncludesLastItemInRange: last,
    },
  }
}
