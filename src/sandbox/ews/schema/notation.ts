/*
 * The notation of the tables, one type in a paragraph whose further lines are indented:
 *   Name : particles            a type of elements in this order
 *   Name < Base : particles     the particles of Base first
 *   Name = A | B                a simple type of these values; `list` before them: several, with spaces between
 *   Name = other                the same as the other simple type; `nonempty` behind it: at least one character
 *   %Name : (…)                 particles that several types share
 *   ANY : Name Name             types whose content is not looked at
 * A particle is an element `Name=Type` (string without a type, `t:` before it for the other namespace), a choice
 * `(A | B)` or a sequence `(A B)`, each followed by `?`, `*` or `+`. `@Name=Type` is an attribute, `?` behind it when
 * it may be missing; `#Type` is text.
 */

export const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'
export const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'

export type Particle = { readonly optional: boolean; readonly repeated: boolean } & (
  | { readonly kind: 'element'; readonly name: string; readonly namespace: string; readonly type: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Particle[] }
)

interface AttributeRule {
  readonly type: string
  readonly required: boolean
}

export interface ComplexType {
  readonly namespace: string
  readonly name: string
  readonly base: string | undefined
  readonly attributes: ReadonlyMap<string, AttributeRule>
  readonly content: Particle
  /** The simple type of its text, when it may have any. */
  readonly text: string | undefined
  /** Not looked at. */
  readonly any: boolean
}

export interface SimpleType {
  readonly name: string
  readonly namespace: string
  readonly values: ReadonlySet<string> | undefined
  readonly like: string | undefined
  readonly list: boolean
  readonly nonempty: boolean
}

const WORD = /#\w+|@[\w=]+\??|[()|]|[?*+]|[\w.:=]+/g

/** What stands before and behind the first mark. */
export function split(line: string, by: string): [string, string] {
  const at = line.indexOf(by)
  return [line.slice(0, at), line.slice(at + by.length)]
}

export function simpleType(namespace: string, name: string, body: string): SimpleType {
  const list = body.startsWith('list ')
  const words = (list ? body.slice(5) : body).split(/\s*\|\s*/)
  const [first = 'string'] = words
  const [like, nonempty] = first.split(' ')
  const alone = words.length === 1
  return {
    name,
    namespace,
    values: alone ? undefined : new Set(words),
    like: alone ? like : undefined,
    list,
    nonempty: nonempty === 'nonempty',
  }
}

export function complexType(
  namespace: string,
  head: string,
  body: string,
  macros: ReadonlyMap<string, string>,
  any = false,
): ComplexType {
  const [name, base] = head.split(' < ') as [string, string | undefined]
  const words = [...body.replaceAll(/%\w+/g, (macro) => macros.get(macro) ?? '').matchAll(WORD)].map(([word]) => word)
  const attributes = new Map<string, AttributeRule>()
  let text: string | undefined
  const particles: string[] = []
  for (const word of words) {
    if (word.startsWith('#')) text = word.slice(1)
    else if (word.startsWith('@')) {
      const [key = '', type = 'string'] = word.slice(1).replace('?', '').split('=')
      attributes.set(key, { type, required: !word.endsWith('?') })
    } else particles.push(word)
  }
  return { namespace, name, base, attributes, content: parseParticles(particles, namespace), text, any }
}

function parseParticles(words: readonly string[], namespace: string): Particle {
  let at = 0
  const group = (): Particle => {
    const parts: Particle[] = []
    let choice = false
    while (at < words.length && words[at] !== ')') {
      const word = words[at++] as string
      if (word === '|') choice = true
      else if (word === '(') {
        const inner = group()
        at += 1
        parts.push({ ...inner, ...occurrence() })
      } else parts.push({ ...element(word, namespace), ...occurrence() })
    }
    return { kind: choice ? 'choice' : 'sequence', parts, optional: false, repeated: false }
  }
  const occurrence = () => {
    const mark = words[at]
    if (mark === undefined || !'?*+'.includes(mark)) return { optional: false, repeated: false }
    at += 1
    return { optional: mark !== '+', repeated: mark !== '?' }
  }
  return group()
}

function element(word: string, namespace: string): Particle {
  const [name = '', type = 'string'] = word.replace(/^t:/, '').split('=')
  return {
    kind: 'element',
    name,
    namespace: word.startsWith('t:') ? TYPES : namespace,
    type,
    optional: false,
    repeated: false,
  }
}
