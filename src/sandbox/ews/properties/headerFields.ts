import { parseHeaderBlockOf } from '#mime'
import { headerList } from '../../model/index.ts'

type Fields = ReturnType<typeof headerList>
const cache = new WeakMap<Uint8Array, Fields>()

/** The header fields of a message in their order; those of the same source are read once. */
export function headerFields(mime: Uint8Array): Fields {
  const known = cache.get(mime)
  if (known) return known
  const fields = headerList(mime)
  cache.set(mime, fields)
  return fields
}

/** The header block as it stands in the source. */
export function headerText(mime: Uint8Array): string {
  return Buffer.from(parseHeaderBlockOf(mime)).toString('utf8')
}
