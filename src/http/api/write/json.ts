import { RequestError } from '../../failure.ts'

/** Objects and lists within each other. */
const DEEPEST = 20

/**
 * A body of JSON, read without leniency: what says the same name twice, or is nested deeper than anything we understand,
 * is refused (RFC 8259 §4). Undefined for an empty body.
 * @throws RequestError 400
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    checkNames(text)
    return parsed
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new RequestError(400, 'JsonInvalid', 'The body is not JSON.')
  }
}

const [QUOTE, COMMA, BACKSLASH] = [34, 44, 92]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]

/** `JSON.parse` keeps the last of two values with one name and says nothing; here is known that the text is JSON. */
function checkNames(text: string): void {
  /** The names so far of each object that is open; undefined for lists. */
  const open: (Set<string> | undefined)[] = []
  let isName = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      if (isName) addName(open.at(-1), text.slice(at, end + 1))
      isName = false
      at = end
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      isName = code === OPEN_OBJECT
      open.push(isName ? new Set() : undefined)
      if (open.length > DEEPEST)
        throw new RequestError(400, 'BodyTooComplex', `The body is nested more than ${DEEPEST} deep.`)
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      open.pop()
      isName = false
    } else if (code === COMMA) isName = open.at(-1) !== undefined
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

function addName(names: Set<string> | undefined, quoted: string): void {
  const name = JSON.parse(quoted) as string
  if (names?.has(name) || name === '__proto__')
    throw new RequestError(400, 'JsonInvalid', `The name ${quoted.slice(0, 100)} cannot stand here, or stands twice.`, {
      target: name.slice(0, 100),
    })
  names?.add(name)
}
