import { RequestError } from '../../failure.ts'

/** One part of a path: a name, and what stands within its parentheses. */
export interface Segment {
  name: string
  inside?: string
}

const MOST = 5
/** Within parentheses, text in single quotes may hold anything; a doubled quote reads as two texts side by side. */
const SEGMENT = /(\$?[A-Za-z0-9_][\w.]{0,199})(?:\(((?:[^'()]|'[^']*')*)\))?(\/|$)/y

/** The parts of a decoded path below the service root. @throws RequestError 404 */
export function parseAddress(path: string): Segment[] {
  const segments: Segment[] = []
  SEGMENT.lastIndex = 0
  for (let more = true; more; ) {
    const [, name, inside, end] = SEGMENT.exec(path) ?? []
    if (name === undefined || segments.length >= MOST)
      throw new RequestError(404, 'ResourceNotFound', 'There is nothing at this address of the Web API.')
    segments.push(inside === undefined ? { name } : { name, inside })
    more = end === '/' && SEGMENT.lastIndex < path.length
  }
  return segments
}
